"""`hoithi worker`: does jobs, and nothing else, beside separate web processes on one database."""

from __future__ import annotations

import asyncio
import signal

from server.delivery import make_delivery
from server.jobs import JobContext
from server.mail import make_transport
from server.runtime import database
from server.settings import Settings
from server.storage import make_storage


async def work(settings: Settings) -> None:
    """Do jobs until SIGTERM or SIGINT; running ones end or are given back first."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with database(settings, run_migrations=False):
        storage = make_storage(settings.storage, settings.data_dir)
        context = JobContext(settings=settings, storage=storage, mail=make_transport(settings))
        delivery = make_delivery(context)
        if delivery is not None:
            await delivery.run(stop)
