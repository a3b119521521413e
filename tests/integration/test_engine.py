"""No connection of the pool is lost to a transaction that was cancelled while it began."""

from __future__ import annotations

import asyncio
from typing import Any

from server import db
from server.db import fetch_one, unit_of_work


async def begin_only() -> None:
    async with unit_of_work():
        pass


async def test_a_cancelled_begin_returns_its_connection(database: dict[str, Any]) -> None:
    await db.disconnect()
    await db.connect(database, size=1)
    for steps in range(1, 30):
        task = asyncio.create_task(begin_only())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(5):
            assert await fetch_one("select 1 as n") is not None
