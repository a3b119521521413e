"""Judging under races: what two people do at the same moment leaves what one after the other would have left.

A race is made certain by a lock that the test holds on a row until both are under way; no sleep decides who wins.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from server.db import fetch
from tests.client import Visitor
from tests.world import World, assign_all, make_world

JSON = {"accept": "application/json"}
MARKS = {"version": "0", "mark-noi-dung": "50", "mark-hinh-thuc": "30", "comment": ""}


@pytest.fixture
async def world(visitor: Visitor) -> World:
    world = await make_world(state="closed", entries=3)
    await assign_all(world)
    await visitor.sign_in(world.people["o1"])
    return world


def organize(world: World, step: str, code: str = "so-khao") -> str:
    return f"/organize/{world.contest}/rounds/{code}/{step}"


def desk(world: World, step: str, alias: str = "T001") -> str:
    return f"/judge/{world.contest}/so-khao/{alias}/{step}"


async def sheet_of(world: World, judge: str, alias: str = "T001") -> dict[str, Any]:
    rows = await fetch(
        "select a.* from assignment a join round_entry re on re.id = a.round_entry where re.alias = $1 and a.person = $2",
        alias,
        world.people[judge],
    )
    return dict(rows[0])


@asynccontextmanager
async def held(database: dict[str, Any], lock: str, *args: Any) -> AsyncIterator[Any]:
    """Hold the lock that the statement takes; yields a coroutine that waits until `n` others wait for a lock."""
    connection = await asyncpg.connect(**database)
    watcher = await asyncpg.connect(**database)

    async def waiting(n: int = 1) -> None:
        for _ in range(200):
            if await watcher.fetchval("select count(*) from pg_stat_activity where wait_event_type = 'Lock'") >= n:
                return
            await asyncio.sleep(0.01)

    try:
        async with connection.transaction():
            await connection.execute(lock, *args)
            yield waiting
    finally:
        await connection.close()
        await watcher.close()


def post(client: Visitor, url: str, fields: dict[str, str] | None = None) -> asyncio.Task[httpx.Response]:
    return asyncio.create_task(client.submit(url, fields, headers=JSON))


async def test_no_mark_is_written_after_the_round_was_closed(
    visitor: Visitor, world: World, database: dict[str, Any]
) -> None:
    judge = await visitor.as_person(world.people["j1"])
    sheet = await sheet_of(world, "j1")
    async with held(database, "select 1 from assignment where id = $1 for update", sheet["id"]) as waiting:
        save = post(judge, desk(world, "marks"), MARKS)
        await waiting()
        close = post(visitor, organize(world, "close"), {"reason": "thiếu phiếu"})
        await waiting(2)
        assert not close.done()
    answers = [(await task).status_code for task in (save, close)]
    late = await fetch("select 1 from mark m, round r where m.at > r.closed_at")
    assert late == []
    assert answers == [200, 303]
    assert (
        await judge.submit(desk(world, "marks"), {**MARKS, "version": "1", "mark-noi-dung": "1"})
    ).status_code == 409


async def test_a_round_with_marks_is_not_stopped_by_a_race(
    visitor: Visitor, world: World, database: dict[str, Any]
) -> None:
    judge = await visitor.as_person(world.people["j1"])
    sheet = await sheet_of(world, "j1")
    async with held(database, "select 1 from assignment where id = $1 for update", sheet["id"]) as waiting:
        save = post(judge, desk(world, "marks"), MARKS)
        await waiting()
        stop = post(visitor, organize(world, "stop"))
        await waiting(2)
    assert [(await task).status_code for task in (save, stop)] == [200, 409]
    assert (await fetch("select state from round"))[0]["state"] == "judging"


async def test_a_sheet_given_up_is_not_handed_in_as_well(
    visitor: Visitor, world: World, database: dict[str, Any]
) -> None:
    judge = await visitor.as_person(world.people["j1"])
    assert (await judge.submit(desk(world, "marks"), MARKS)).status_code == 303
    sheet = await sheet_of(world, "j1")
    async with held(database, "select 1 from assignment where id = $1 for update", sheet["id"]) as waiting:
        recuse = post(judge, desk(world, "recuse"), {"reason": "người nhà"})
        await waiting()
        hand_in = post(judge, desk(world, "submit"), {"version": "1"})
        await waiting(2)
    assert (await recuse).status_code == 303
    assert (await hand_in).status_code == 404
    after = await sheet_of(world, "j1")
    assert (after["state"], after["submitted_at"]) == ("recused", None)


async def test_two_judges_who_step_back_at_once_are_not_replaced_by_one_judge_twice(
    visitor: Visitor, world: World, database: dict[str, Any]
) -> None:
    await fetch("update round set judges_per_entry = 2")
    await fetch(
        "delete from assignment where person = $1 or round_entry not in (select id from round_entry where alias = 'T001')",
        world.people["j3"],
    )
    judges = [await visitor.as_person(world.people[name]) for name in ("j1", "j2")]
    async with held(database, "lock table seat in access exclusive mode") as waiting:
        tasks = [post(judge, desk(world, "recuse"), {"reason": "người nhà"}) for judge in judges]
        await waiting(2)
    assert [(await task).status_code for task in tasks] == [303, 303]
    active = await fetch("select person from assignment where state = 'active'")
    assert [row["person"] for row in active] == [world.people["j3"]]


async def test_steps_of_two_rounds_do_not_lock_each_other_out(
    visitor: Visitor, world: World, database: dict[str, Any]
) -> None:
    await fetch(
        "insert into round (contest, code, position, title_vi, title_en, step, decimals, method, trim, per, tie_break) "
        "select contest, 'chung-khao', 1, 'Chung khảo', 'Final', step, decimals, method, trim, per, '{}' from round"
    )
    await fetch("update round set state = 'decided', closed_at = now() where code = 'so-khao'")
    contest = "select 1 from contest where id = $1 for update"
    async with held(database, contest, world.contest_id) as waiting:
        undo = post(visitor, organize(world, "undo-advance"))
        apply = post(visitor, organize(world, "apply", "chung-khao"), {"seed": "1", "basis": "x"})
        await waiting(2)
    assert sorted([(await undo).status_code, (await apply).status_code]) == [303, 409]


async def test_a_plan_of_other_entries_is_not_started(visitor: Visitor, world: World) -> None:
    await fetch("update round set state = 'assigned'")
    await fetch("update contest set state = 'closed'")
    entry = f"/organize/{world.contest}/entries/E02/verdicts"
    assert (await visitor.submit(f"{entry}/withdraw", {"message": "rút"})).status_code == 303
    refused = await visitor.submit(organize(world, "start"), headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "step_not_allowed")
    plan = (await visitor.get(organize(world, "").rstrip("/"), headers=JSON)).json()
    again = {"seed": str(plan["seed"]), "basis": plan["basis"]}
    assert (await visitor.submit(organize(world, "apply"), again)).status_code == 303
    assert (await visitor.submit(organize(world, "start"))).status_code == 303


async def test_forty_saves_against_one_closing(visitor: Visitor, world: World) -> None:
    judges = {name: await visitor.as_person(world.people[name]) for name in ("j1", "j2", "j3")}

    async def mark(judge: Visitor, alias: str) -> list[int]:
        statuses = []
        for version in range(5):
            fields = {**MARKS, "version": str(version), "mark-noi-dung": str(version + 1)}
            statuses.append((await post(judge, desk(world, "marks", alias), fields)).status_code)
        statuses.append((await post(judge, desk(world, "submit", alias), {"version": "5"})).status_code)
        return statuses

    async def close() -> int:
        await asyncio.sleep(0.15)
        return (await post(visitor, organize(world, "close"), {"reason": "hết giờ"})).status_code

    closed, *seen = await asyncio.gather(
        close(), *(mark(judge, alias) for judge in judges.values() for alias in ("T001", "T002", "T003"))
    )
    assert closed == 303
    assert {status for statuses in seen for status in statuses} <= {200, 409, 412}
    assert await fetch("select 1 from mark m, round r where m.at > r.closed_at") == []
    assert await fetch("select 1 from assignment a, round r where a.submitted_at > r.closed_at") == []
    assert await fetch("select 1 from mark group by assignment, criterion, version having count(*) > 1") == []
    gaps = (await fetch("select data from audit_event where action = 'round.closed'"))[0]["data"].count('"entry"')
    missing = await fetch("select 1 from assignment where submitted_at is null")
    assert gaps == len(missing)


async def test_only_one_of_two_decisions_and_advances_counts(visitor: Visitor, world: World) -> None:
    await fetch("update round set tie_break = '{}', advance_top = 1")
    for name in ("j1", "j2", "j3"):
        judge = await visitor.as_person(world.people[name])
        for alias in ("T001", "T002", "T003"):
            assert (await judge.submit(desk(world, "marks", alias), {**MARKS, "submit": "1"})).status_code == 303
    assert (await visitor.submit(organize(world, "close"))).status_code == 303
    other = await visitor.as_person(world.people["o2"])
    decisions = [
        post(client, organize(world, "decide"), {"entries": entry, "reason": f"chọn {entry}"})
        for client, entry in ((visitor, "E01"), (other, "E02"), (visitor, "E01"), (other, "E02"))
    ]
    assert sorted([(await task).status_code for task in decisions]) == [303, 303, 409, 409]
    assert len(await fetch("select 1 from cut_decision")) == 1
    advances = [post(client, organize(world, "advance"), {"then": "finish"}) for client in (visitor, other)]
    assert [(await task).status_code for task in advances] == [303, 303]
    assert len(await fetch("select 1 from standing")) == 3
    assert len(await fetch("select 1 from audit_event where action = 'round.advanced'")) == 1
