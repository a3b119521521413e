"""Submits that race with the deadline, on a service whose own clock is an hour wrong: receipt, entry and database agree.

200 submits within 50 ms around the deadline, and 20 identical submits at once, 5 rounds; HOITHI_ROUNDS=200 asks for
more, and for a clock that is slow as well. Run with `pytest -s` for the counts.
"""

from __future__ import annotations

import asyncio
import email.utils
import os
import shutil
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from server import db
from server.db import fetch, fetch_one
from server.embedded import EmbeddedPostgres
from server.packs.rehearse.instance import Instance
from server.runtime import DATABASE
from server.secrets_at_rest import csrf_token, new_token, token_hash
from tests.world import World, make_world

ROUNDS = int(os.environ.get("HOITHI_ROUNDS", "5"))
SUBMITS = 200
AROUND_SECONDS = 0.05

pytestmark = pytest.mark.faults


class WrongClock(Instance):
    """A service whose Python clock is off by `shift` seconds; PostgreSQL's is not."""

    shift = 0

    def environment(self) -> dict[str, str]:
        return {
            **super().environment(),
            "HOITHI_TEST_SHIFT": str(self.shift),
            "PYTHONPATH": os.pathsep.join([str(self.data / "shift"), os.getcwd()]),
        }


@asynccontextmanager
async def service(data: Path, shift: int) -> AsyncIterator[tuple[Instance, World]]:
    """A running service with a contest and its database open in this process too."""
    os.chmod(data.parent, 0o711)
    (data / "shift").mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("shifted_clock.py"), data / "shift" / "sitecustomize.py")
    instance = WrongClock(data)
    instance.shift = shift
    keeper = asyncio.create_task(instance.run())
    try:
        await instance.ready()
        await db.connect(EmbeddedPostgres(data).dsn(DATABASE), size=4)
        try:
            yield instance, await make_world()
        finally:
            await db.disconnect()
    finally:
        await instance.stop()
        await keeper


async def officer(instance: Instance, world: World) -> httpx.AsyncClient:
    """A client that is signed in as the officer of unit A."""
    token = new_token()
    await fetch(
        "insert into session (token_hash, person, created_at, expires_at, confirmed_at) "
        "values ($1, $2, now(), now() + interval '1 hour', now())",
        token_hash(token),
        world.people["officer_a"],
    )
    return httpx.AsyncClient(
        base_url=instance.url,
        cookies={"hoithi_session": token},
        headers={"x-csrftoken": csrf_token(token)},
        limits=httpx.Limits(max_connections=SUBMITS, max_keepalive_connections=0),
        timeout=60,
    )


async def drafts(world: World, number: int, prefix: str) -> list[str]:
    """That many draft entries of unit A."""
    codes = [f"{prefix}{n:04}" for n in range(number)]
    await fetch(
        "insert into entry (contest, code, title, category, unit, authors, created_by) "
        "select $1, c, 'Bài ' || c, $2, $3, '{}', $4 from unnest($5::text[]) c",
        world.contest_id,
        world.categories["tap-the"],
        world.units["A"],
        world.people["officer_a"],
        codes,
    )
    return codes


async def submit(client: httpx.AsyncClient, world: World, code: str, key: str) -> httpx.Response:
    return await client.post(
        f"/contests/{world.contest}/entries/{code}/submit",
        data={"version": "1", "key": key},
        headers={"accept": "text/html"},
    )


async def race(client: httpx.AsyncClient, world: World, prefix: str, lag: float) -> list[dict[str, Any]]:
    """200 submits that are pressed within 50 ms around a deadline, `lag` seconds early; what the database then holds."""
    codes = await drafts(world, SUBMITS, prefix)
    await fetch("update contest set closes_at = clock_timestamp() + $1 * interval '1 second'", lag + 0.5)
    held = await fetch_one(
        "select closes_at, clock_timestamp() as began_at, "
        "  extract(epoch from closes_at - clock_timestamp())::float as left from contest"
    )
    assert held is not None
    deadline = time.monotonic() + held["left"]

    async def press(number: int, code: str) -> httpx.Response:
        at = deadline - lag + AROUND_SECONDS * (2 * number / (SUBMITS - 1) - 1)
        await asyncio.sleep(at - time.monotonic())
        return await submit(client, world, code, code)

    answers = await asyncio.gather(*(press(n, code) for n, code in enumerate(codes)))
    rows = await fetch(
        "select e.state, e.late, e.submitted_at, r.code as receipt, r.late as receipt_late, r.submitted_at as receipt_at, "
        "  r.document->>'timing' as timing, r.document->>'submitted_at' as said, "
        "  r.submitted_at between $4 and clock_timestamp() as by_the_database, "
        "  extract(epoch from r.submitted_at - $1::timestamptz)::float as after, (select count(*) from audit_event a "
        "    where a.action = 'entry.submitted' and a.subject = $2 || '/' || e.code) as events "
        "from entry e join receipt r on r.entry = e.id where e.code like $3 order by e.code",
        held["closes_at"],
        world.contest,
        f"{prefix}%",
        held["began_at"],
    )
    assert len(rows) == SUBMITS
    return [{**row, "answer": (a.status_code, a.headers.get("location"))} for row, a in zip(rows, answers, strict=True)]


@pytest.mark.parametrize("shift", [3600, -3600] if ROUNDS > 5 else [3600])
async def test_the_database_alone_decides_what_is_late(tmp_path: Path, shift: int) -> None:
    async with service(tmp_path / "data", shift) as (instance, world), await officer(instance, world) as client:
        said = email.utils.parsedate_to_datetime((await client.get("/health")).headers["date"])
        assert abs(said.timestamp() - time.time() - shift) < 30, "the service's clock is not shifted"
        # A race finds how long a submit waits for its turn on this machine; the next one allows for that.
        rows = last = await race(client, world, "Q", 0.0)
        for prefix in ("R", "T", "U", "V"):
            if len({row["late"] for row in last}) == 1:
                last = await race(client, world, prefix, statistics.median(row["after"] for row in last))
                rows = [*rows, *last]
    for row in rows:
        assert row["answer"] == (303, f"/receipts/{row['receipt']}")
        assert row["state"] == "submitted"
        assert row["by_the_database"], row
        assert row["late"] == row["receipt_late"] == (row["after"] > 0) == (row["timing"] == "late"), row
        assert row["submitted_at"] == row["receipt_at"]
        assert row["said"] == row["receipt_at"].isoformat()
        assert row["events"] == 1
    seen = Counter("late" if row["late"] else "on time" for row in rows)
    near = sum(abs(row["after"]) <= AROUND_SECONDS for row in rows)
    print(f"\nservice's clock {shift:+} s: {dict(seen)} of {len(rows)}, {near} within 50 ms of the deadline")
    assert len(seen) == 2, "the race did not straddle the deadline"


async def test_identical_submits_at_once_are_one(tmp_path: Path) -> None:
    async with service(tmp_path / "data", 0) as (instance, world), await officer(instance, world) as client:
        for code in await drafts(world, ROUNDS, "S"):
            answers = await asyncio.gather(*(submit(client, world, code, "one") for _ in range(20)))
            told = {(a.status_code, a.headers.get("location")) for a in answers}
            assert told == {(303, answers[0].headers["location"])}
        counts: list[Any] = await fetch(
            "select count(r.id) as receipts, (select count(*) from job j where j.name = 'mail_receipt' "
            "  and (j.args->>'receipt')::bigint = any(array_agg(r.id))) as mails, "
            "  (select count(*) from audit_event a where a.action = 'entry.submitted' and a.subject like '%/' || e.code) as events "
            "from entry e left join receipt r on r.entry = e.id group by e.id"
        )
    print(
        f"\n{ROUNDS} rounds of 20 identical submits: {len(counts)} entries, {sum(c['receipts'] for c in counts)} receipts"
    )
    assert len(counts) == ROUNDS
    assert {(c["receipts"], c["mails"], c["events"]) for c in counts} == {(1, 1, 1)}
