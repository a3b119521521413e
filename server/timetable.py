"""Jobs that come back: each is written into the job table once a period, however many processes run."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

from server.db import unit_of_work
from server.jobs import DATABASE_ERRORS

EVERY_HOUR: Final = 3600
EVERY_DAY: Final = 24 * 3600
LOOK_SECONDS = 300.0

_log = logging.getLogger(__name__)
_periods: dict[str, int] = {}


def recurring(name: str, seconds: int) -> None:
    """Have the job `name`, which takes no arguments, done once in each period of the database's clock."""
    _periods[name] = seconds


async def enqueue_due() -> None:
    """Write the jobs of the present periods, unless somebody has."""
    async with unit_of_work() as work:
        now = (await work.clock()).timestamp()
        for name, seconds in _periods.items():
            work.enqueue(name, {}, unique=f"{name}/{seconds}/{int(now // seconds)}")


async def keep_timetable(stop: asyncio.Event) -> None:
    """Look every few minutes what is due, until `stop` is set; waits out a database that is away."""
    while not stop.is_set():
        try:
            await enqueue_due()
        except DATABASE_ERRORS as error:
            _log.warning("the timetable cannot be kept at the moment: %s", type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
