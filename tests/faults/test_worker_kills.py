"""Redis forgets everything and workers are killed with -9 in the middle of their work: each effect happens once.

A run queues 150 receipts' mails for two `hoithi worker`, flushes Redis and kills both at random moments, and looks
what came of it. One run by default; HOITHI_KILLS=100 asks for a hundred. The counts are printed with `pytest -s`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from redis.asyncio import Redis

from server.db import fetch, fetch_one, unit_of_work
from server.rules.signing import SigningKey
from tests.integration.redis_process import redis_server
from tests.world import World, make_world

RUNS = int(os.environ.get("HOITHI_KILLS", "1"))
RECEIPTS = 150
STALL_SECONDS = 60.0
HOITHI = (sys.executable, "-c", "from server.cli import main; main()")

pytestmark = pytest.mark.faults


class Worker:
    """`hoithi worker`, started again whenever it dies until `stop`."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._keeper = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        while True:
            self._process = await asyncio.create_subprocess_exec(*HOITHI, "worker", env=self._environment)
            await self._process.wait()

    def kill(self) -> bool:
        """Kill -9 it now; False when there is nothing to kill."""
        if self._process is None or self._process.returncode is not None:
            return False
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
            return True
        return False

    async def stop(self) -> None:
        """End it for good."""
        self._keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._keeper
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()


async def receipts(world: World, run: int) -> list[int]:
    """150 receipts whose mails are queued, as after so many submits."""
    async with unit_of_work(world.people["officer_a"], world.contest) as work:
        rows = await fetch(
            "insert into receipt (code, entry, version, document, person) "
            'select \'HT-\' || $1 || \'-\' || n, $2, n, \'{"title": "Bài", "unit": "U", "files": []}\', $3 '
            "from generate_series(1, $4) n returning id",
            str(run),
            world.entries["E01"],
            world.people["officer_a"],
            RECEIPTS,
        )
        for row in rows:
            work.enqueue("mail_receipt", {"receipt": row["id"]}, unique=f"mail_receipt/{row['id']}")
    return [row["id"] for row in rows]


async def under_fire(workers: list[Worker], redis: Redis) -> int:
    """Flush Redis once and kill each worker once, at random moments within the work; how many kills hit."""
    started = time.monotonic()
    while time.monotonic() - started < 60:
        done = await fetch_one(
            "select count(*) as n from job where state = 'done' and finished_at > now() - interval '5 s'"
        )
        if done is not None and done["n"]:
            break
        await asyncio.sleep(0.05)
    hit = 0
    for act in random.sample(["flush", *range(len(workers))], len(workers) + 1):
        await asyncio.sleep(random.random() * 0.4)
        if act == "flush":
            await redis.flushall()
        else:
            hit += workers[int(act)].kill()
    return hit


async def settled() -> None:
    """Wait until no job is waiting; a run that stands still for too long fails."""
    seen, since = -1, time.monotonic()
    while True:
        row = await fetch_one(
            "select count(*) filter (where state in ('ready', 'running')) as waiting, count(*) filter (where state = 'done') as done from job"
        )
        assert row is not None
        if not row["waiting"]:
            return
        if row["done"] != seen:
            seen, since = row["done"], time.monotonic()
        assert time.monotonic() - since < STALL_SECONDS, (
            f"no job was done for {STALL_SECONDS:.0f} s, {row['waiting']} wait"
        )
        await asyncio.sleep(0.1)


async def test_each_effect_once(database: dict[str, Any], tmp_path: Path) -> None:
    world = await make_world(entries=1)
    SigningKey.generate().save(tmp_path / "signing.pem")
    url = f"postgresql://{database['user']}:{database['password']}@/{database['database']}"
    async with redis_server() as redis_url:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HOITHI_")},
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "HOITHI_DATA": str(tmp_path),
            "HOITHI_DATABASE_URL": f"{url}?host={quote(str(database['host']))}",
            "HOITHI_REDIS_URL": redis_url,
            "HOITHI_SIGNING_KEY": str(tmp_path / "signing.pem"),
        }
        workers = [Worker(environment), Worker(environment)]
        kills, interrupted, longest = 0, 0, 0.0
        try:
            async with Redis.from_url(redis_url) as redis:
                for run in range(RUNS):
                    made = await receipts(world, run)
                    kills += await under_fire(workers, redis)
                    await settled()
                    interrupted += await check(made, len(list((tmp_path / "outbox").glob("*.eml"))), run)
                    longest = max(longest, await longest_stall())
        finally:
            for worker in workers:
                await worker.stop()
    print(
        f"\n{RUNS} runs, {kills} workers killed, {RUNS} times FLUSHALL: {RUNS * RECEIPTS} mails once each, "
        f"{interrupted} jobs interrupted and done again, longest stall {longest:.1f} s"
    )
    assert kills == 2 * RUNS
    assert longest <= STALL_SECONDS


async def check(made: list[int], files: int, run: int) -> int:
    """One message and one file for each receipt, every job done; how many jobs took more than one try."""
    states = {row["state"]: row["n"] for row in await fetch("select state, count(*) as n from job group by state")}
    assert states == {"done": 2 * RECEIPTS * (run + 1)}
    messages = await fetch(
        "select count(*) as n, count(distinct message_id) as ids, count(sent_at) as sent from email_message"
    )
    assert tuple(messages[0].values()) == (RECEIPTS * (run + 1),) * 3
    assert files == RECEIPTS * (run + 1)
    again = await fetch_one(
        "select count(*) as n from job where attempts > 1 and (args->>'receipt')::bigint = any($1::bigint[])", made
    )
    assert again is not None
    return int(again["n"])


async def longest_stall() -> float:
    """The longest time in which no job ended while some were waiting, within one run; seconds."""
    row = await fetch_one(
        "select max(extract(epoch from finished_at - before))::float as gap from (select finished_at, created_at, "
        "  greatest(created_at, lag(finished_at) over (order by finished_at)) as before from job where state = 'done') g"
    )
    assert row is not None
    return float(row["gap"])
