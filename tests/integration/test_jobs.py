"""One contract for both deliveries, the drain and arq on a real Redis: no job is lost, doubled or tried for ever."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis

from server import db, jobs
from server.actor import Actor
from server.arq_delivery import ArqDelivery
from server.db import fetch, fetch_one, unit_of_work
from server.errors import NotFound
from server.job_table import claim_next, finish
from server.jobs import Delivery, Drain, GiveUp, JobContext, job, retry_job
from tests.integration.redis_process import redis_server

CONTEXT: Any = JobContext(settings=None, storage=None, mail=None)
ORGANIZER = Actor(1, "o@x.example", "O", "vi", (), None, None, "")

done: list[Any] = []
failures_left = 0


@job("test_note")
async def note(context: JobContext, *, value: int) -> None:
    await asyncio.sleep(0)
    done.append(value)


@job("test_flaky", max_attempts=3)
async def flaky(context: JobContext) -> None:
    global failures_left
    if failures_left:
        failures_left -= 1
        raise ValueError("cannot reach hoa@soctrang.example")
    done.append(context.job)


@job("test_hopeless")
async def hopeless(context: JobContext) -> None:
    done.append("tried")
    raise GiveUp("no such mailbox")


@job("test_slow")
async def slow(context: JobContext) -> None:
    done.append("begun")
    try:
        await asyncio.sleep(0.2 if done.count("begun") > 1 else 3600)
    except asyncio.CancelledError:
        done.append("cancelled")
        raise
    done.append("ended")


@job("test_endless", max_attempts=1, timeout=0.1)
async def endless(context: JobContext) -> None:
    await asyncio.sleep(3600)


@job("test_killed")
async def killed(context: JobContext) -> None:
    done.append("second life")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    global failures_left
    done.clear()
    failures_left = 0
    monkeypatch.setattr(jobs, "retry_delay", lambda attempts, chance: 0.01)


@dataclass
class Kind:
    """One way of delivery; `make()` gives a new process's worth of it."""

    make: Callable[[], Delivery]
    redis_url: str


@pytest.fixture(params=["table", "redis"])
async def kind(request: pytest.FixtureRequest, database: dict[str, Any]) -> AsyncIterator[Kind]:
    if request.param == "table":
        yield Kind(lambda: Drain(CONTEXT), "")
        return
    async with redis_server() as url:
        yield Kind(lambda: ArqDelivery(CONTEXT, url, sweep_seconds=0.3), url)


@asynccontextmanager
async def delivering(*deliveries: Delivery) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(delivery.run(stop)) for delivery in deliveries]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def enqueue(name: str, count: int = 1, **args: Any) -> None:
    async with unit_of_work(contest="c1") as work:
        for number in range(count):
            work.enqueue(name, {**args, **({"value": number} if name == "test_note" else {})})


async def enqueue_and_fail() -> None:
    async with unit_of_work() as work:
        work.enqueue("test_note", {"value": 99})
        await work.flush()
        raise RuntimeError


async def all_in(state: str, seconds: float = 15) -> list[Any]:
    """Wait until every job is in `state`; returns the rows."""
    rows: list[Any] = []
    for _ in range(int(seconds / 0.02)):
        rows = await fetch("select * from job order by id")
        if {row["state"] for row in rows} == {state}:
            return rows
        await asyncio.sleep(0.02)
    raise AssertionError([(row["name"], row["state"], row["last_error"]) for row in rows])


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(750):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(done)


async def test_what_was_committed_is_done_and_what_was_rolled_back_is_not(kind: Kind) -> None:
    async with delivering(kind.make()):
        with pytest.raises(RuntimeError):
            await enqueue_and_fail()
        await enqueue("test_note", 3)
        rows = await all_in("done")
    assert sorted(done) == [0, 1, 2]
    assert {(row["attempts"], row["contest"], row["leased_until"]) for row in rows} == {(1, "c1", None)}
    assert all(row["finished_at"] for row in rows)


async def test_a_key_is_used_once(database: dict[str, Any]) -> None:
    for value in (1, 2):
        async with unit_of_work() as work:
            work.enqueue("test_note", {"value": value}, unique="receipt:17")
    async with delivering(Drain(CONTEXT)):
        await all_in("done")
    assert done == [1]


async def test_two_processes_share_the_jobs_and_do_each_once(kind: Kind) -> None:
    await enqueue("test_note", 60)
    async with delivering(kind.make(), kind.make()):
        await all_in("done")
    assert sorted(done) == list(range(60))


async def test_a_failure_is_tried_again(kind: Kind) -> None:
    global failures_left
    failures_left = 2
    await enqueue("test_flaky")
    async with delivering(kind.make()):
        (row,) = await all_in("done")
    assert (row["attempts"], row["last_error"]) == (3, None)
    assert done == [row["id"]]


async def test_the_last_failure_leaves_a_dead_job_that_an_organizer_can_retry(kind: Kind) -> None:
    global failures_left
    failures_left = 3
    await enqueue("test_flaky")
    async with delivering(kind.make()):
        (row,) = await all_in("dead")
        assert (row["attempts"], row["last_error"]) == (3, "ValueError: cannot reach [address]")
        with pytest.raises(NotFound):
            await retry_job(ORGANIZER, "other", row["id"])
        await retry_job(ORGANIZER, "c1", row["id"])
        await all_in("done")
        await retry_job(ORGANIZER, "c1", row["id"])
    assert done == [row["id"]]
    events = await fetch("select person, action, subject from audit_event")
    assert [tuple(event) for event in events] == [(1, "job.retried", f"c1/{row['id']}")]


async def test_what_cannot_succeed_is_dead_at_once(kind: Kind) -> None:
    await enqueue("test_hopeless")
    await enqueue("test_endless")
    async with unit_of_work() as work:
        work.enqueue("test_note", {"unexpected": 1})
    await fetch("update job set attempts = 7 where name = 'test_note'")
    async with delivering(kind.make()):
        rows = await all_in("dead")
    assert done == ["tried"]
    assert [row["last_error"].split(":")[0] for row in rows] == ["GiveUp", "TimeoutError", "TypeError"]


async def test_an_unknown_job_waits_for_a_program_that_knows_it(kind: Kind) -> None:
    await enqueue("test_unknown")
    await fetch("update job set attempts = 6")
    async with delivering(kind.make()):
        (row,) = await all_in("dead")
    assert row["last_error"] == "UnknownJob: test_unknown"
    assert row["attempts"] == 8


async def test_a_stopped_process_gives_its_job_back_without_counting_the_try(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "STOP_SECONDS", 0.1)
    await enqueue("test_slow")
    async with delivering(kind.make()):
        await until(lambda: done == ["begun"])
    row = await fetch_one("select state, attempts from job")
    assert row is not None
    assert (row["state"], row["attempts"]) == ("ready", 0)
    async with delivering(kind.make()):
        (row,) = await all_in("done")
    assert done == ["begun", "cancelled", "begun", "ended"]
    assert row["attempts"] == 1


async def test_the_job_of_a_killed_process_is_done_by_another(kind: Kind, database: dict[str, Any]) -> None:
    await enqueue("test_killed")
    repository = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("job_process.py")),
        json.dumps(database),
        kind.redis_url,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(repository), os.environ.get("PYTHONPATH", "")])},
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 20) == b"doing\n"
    process.kill()
    await process.wait()
    async with delivering(kind.make()):
        await asyncio.sleep(0.5)
        assert done == []
        await fetch("update job set leased_until = clock_timestamp()")
        (row,) = await all_in("done")
    assert done == ["second life"]
    assert row["attempts"] == 2


async def test_the_only_process_does_not_wait_for_the_leases_of_the_dead(database: dict[str, Any]) -> None:
    await enqueue("test_note")
    assert await claim_next() is not None
    async with delivering(Drain(CONTEXT, sole=True)):
        await all_in("done", seconds=2)


async def test_a_job_that_kills_its_process_is_not_tried_for_ever(database: dict[str, Any]) -> None:
    await enqueue("test_flaky")
    await fetch("update job set state = 'running', attempts = 3, leased_until = clock_timestamp()")
    async with delivering(Drain(CONTEXT)):
        (row,) = await all_in("dead")
    assert row["last_error"].startswith("ProcessLost")
    assert done == []


async def test_a_lease_is_renewed_and_a_lost_one_ends_the_work(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "RENEW_SECONDS", 0.05)
    await enqueue("test_slow")
    async with delivering(kind.make()):
        await until(lambda: done == ["begun"])
        before = await fetch_one("select leased_until from job")
        await asyncio.sleep(0.2)
        after = await fetch_one("select leased_until from job")
        assert before is not None
        assert after is not None
        assert after["leased_until"] > before["leased_until"]
        await fetch("update job set attempts = 2")
        await until(lambda: done == ["begun", "cancelled"])
        row = await fetch_one("select state, attempts from job")
        assert row is not None
        assert (row["state"], row["attempts"]) == ("running", 2)


async def test_an_end_is_recorded_by_the_claim_that_holds_the_job_alone(database: dict[str, Any]) -> None:
    await enqueue("test_note")
    first = await claim_next()
    await fetch("update job set leased_until = clock_timestamp()")
    second = await claim_next()
    assert first is not None
    assert second is not None
    assert not await finish(first)
    assert await finish(second)


async def test_jobs_go_on_after_every_connection_was_cut(kind: Kind, database: dict[str, Any]) -> None:
    async with delivering(kind.make()):
        await enqueue("test_note")
        await all_in("done")
        owner = await asyncpg.connect(**database)
        await owner.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
        await owner.execute("insert into job (name, args) values ('test_note', '{\"value\": 7}')")
        await until(lambda: 7 in done)
        await owner.close()
    assert db.DB.pool is not None


async def handed_to(redis: Redis) -> bytes:
    """arq's key of the job that a relay hands to Redis."""
    for _ in range(100):
        if keys := await redis.keys("arq:job:*"):
            return keys[0]
        await asyncio.sleep(0.05)
    raise AssertionError("no job came to Redis")


async def test_a_redis_that_forgets_everything_loses_no_job(database: dict[str, Any]) -> None:
    async with redis_server() as url:
        delivery = ArqDelivery(CONTEXT, url, sweep_seconds=0.3, width=2)
        redis = Redis.from_url(url)
        async with delivering(delivery):
            await enqueue("test_note", 40)
            for _ in range(5):
                await asyncio.sleep(0.1)
                await redis.flushall()
            await all_in("done")
        await redis.aclose()
    assert sorted(done) == list(range(40))


async def test_a_worker_killed_before_it_claimed_holds_no_job_back(database: dict[str, Any]) -> None:
    async with redis_server() as url:
        redis = Redis.from_url(url)
        await enqueue("test_note")
        async with delivering(ArqDelivery(CONTEXT, url)._relay):
            key = await handed_to(redis)
        # What arq writes when it takes a job up, for as long as a job may last.
        await redis.set(key.replace(b"arq:job:", b"arq:in-progress:"), b"1", px=3_610_000)
        async with delivering(ArqDelivery(CONTEXT, url, sweep_seconds=0.3)):
            await all_in("done")
        await redis.aclose()
    assert done == [0]


async def test_redis_sees_ids_alone(database: dict[str, Any]) -> None:
    async with redis_server() as url:
        redis = Redis.from_url(url)
        relay = ArqDelivery(CONTEXT, url)._relay
        async with unit_of_work() as work:
            work.enqueue("test_note", {"value": "Nguyễn Thị Hoa"})
        async with delivering(relay):
            stored = json.loads(await redis.get(await handed_to(redis)))
        await redis.aclose()
    row = await fetch_one("select id from job")
    assert row is not None
    assert (stored["f"], stored["a"], stored["k"]) == ("run_job", [row["id"]], {})
