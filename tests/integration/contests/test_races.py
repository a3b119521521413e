"""Entries under races: submits, closings, files, withdrawals and dates at the same moment leave a state that adds up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server.db import fetch
from tests.client import Visitor
from tests.integration.contests.test_officer import PDF, new_entry, objects, upload
from tests.integration.judging.test_races import held, post
from tests.world import World, make_world


@pytest.fixture
async def world(visitor: Visitor) -> World:
    world = await make_world()
    await visitor.sign_in(world.people["officer_a"])
    return world


async def adds_up() -> None:
    """What must be true of entries, receipts and files after anything."""
    assert await fetch("select 1 from receipt group by entry, version having count(*) > 1") == []
    assert (
        await fetch(
            "select 1 from entry e where e.state = 'submitted' and not exists (select 1 from receipt r where r.entry = e.id)"
        )
        == []
    )
    assert await fetch("select 1 from receipt r join entry e on e.id = r.entry where r.version > e.version") == []
    assert (
        await fetch("select 1 from entry_file where removed_at is null group by entry, kind having count(*) > 2") == []
    )
    # A receipt lists the files that were there when it was given.
    assert await fetch(
        "select 1 from receipt r where jsonb_array_length(r.document -> 'files') <> (select count(*) from entry_file f "
        "where f.entry = r.entry and f.uploaded_at <= r.submitted_at and coalesce(f.removed_at > r.submitted_at, true))"
    ) == []  # fmt: skip
    closings = await fetch(
        "select at, data ->> 'target' as target from audit_event where action = 'contest.step' order by id"
    )
    for row in closings:
        later = [other["at"] for other in closings if other["at"] > row["at"]]
        if row["target"] == "closed":
            until = later[0] if later else None
            late = await fetch(
                "select 1 from receipt where submitted_at > $1 and ($2::timestamptz is null or submitted_at < $2)",
                row["at"],
                until,
            )
            assert late == []


async def test_a_submit_that_waited_for_the_closing_is_too_late(
    visitor: Visitor, world: World, database: dict[str, Any]
) -> None:
    url = await new_entry(visitor, world)
    organizer = await visitor.as_person(world.people["o1"])
    async with held(database, "select 1 from contest where id = $1 for update", world.contest_id) as waiting:
        close = post(organizer, f"/organize/{world.contest}/steps/close", {"state": "open"})
        await waiting()
        submit = post(visitor, f"{url}/submit", {"version": "1"})
        file = asyncio.create_task(upload(visitor, url))
        await waiting(3)
        until = (await fetch("select clock_timestamp() as now"))[0]["now"]
    assert [(await task).status_code for task in (close, submit, file)] == [303, 409, 409]
    assert await fetch("select 1 from receipt") == []
    assert objects(visitor) == []
    told = await fetch("select at from audit_event where action = 'contest.step'")
    assert told[0]["at"] > until
    await adds_up()


async def test_a_deadline_that_changes_under_a_submit_binds_it(
    visitor: Visitor, world: World, database: dict[str, Any]
) -> None:
    url = await new_entry(visitor, world)
    earlier = "update contest set closes_at = clock_timestamp() - interval '1 second' where id = $1"
    async with held(database, earlier, world.contest_id) as waiting:
        submit = post(visitor, f"{url}/submit", {"version": "1"})
        await waiting()
    assert (await submit).status_code == 303
    assert [row["late"] for row in await fetch("select late from receipt")] == [True]


async def test_one_of_several_replacements_of_a_file_counts(visitor: Visitor, world: World) -> None:
    url = await new_entry(visitor, world)
    first = (await upload(visitor, url)).json()["id"]
    answers = await asyncio.gather(*(upload(visitor, url, PDF + b"%d" % n, replace=str(first)) for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]
    assert len(await fetch("select 1 from entry_file where removed_at is null")) == 1
    assert len(objects(visitor)) == len(await fetch("select 1 from entry_file"))


async def test_two_tabs_on_one_entry_lose_nothing(visitor: Visitor, world: World) -> None:
    url = await new_entry(visitor, world)
    forms = [{"title": f"Tên {n}", "category": "tap-the", "authors": "A", "version": "1"} for n in range(6)]
    statuses = [(await task).status_code for task in [post(visitor, url, form) for form in forms]]
    assert sorted(statuses) == [200, 412, 412, 412, 412, 412]
    stored = await fetch("select title, version from entry")
    assert [(row["title"], row["version"]) for row in stored] == [(f"Tên {statuses.index(200)}", 2)]


async def test_everything_at_once_adds_up(visitor: Visitor, world: World) -> None:
    urls = [await new_entry(visitor, world) for _ in range(3)]
    organizer = await visitor.as_person(world.people["o1"])
    steps = f"/organize/{world.contest}/steps"

    async def officer(url: str) -> list[int]:
        seen = []
        for turn in range(4):
            version = str((await fetch("select version from entry where code = $1", url[-4:]))[0]["version"])
            tasks = [post(visitor, f"{url}/submit", {"version": version, "key": f"{turn}"}) for _ in range(3)]
            tasks += [post(visitor, f"{url}/withdraw"), post(visitor, f"{url}/restore")]
            tasks.append(asyncio.create_task(upload(visitor, url, PDF + str(turn).encode())))
            tasks.append(post(visitor, url, {"title": f"T{turn}", "category": "tap-the", "version": version}))
            seen += [(await task).status_code for task in tasks]
        return seen

    async def closing() -> list[int]:
        seen = []
        for _ in range(4):
            for step, state in (("close", "open"), ("reopen", "closed")):
                await asyncio.sleep(0.05)
                seen.append((await post(organizer, f"{steps}/{step}", {"state": state})).status_code)
        return seen

    closed, *seen = await asyncio.gather(closing(), *(officer(url) for url in urls))
    assert set(closed) == {303}
    assert {status for statuses in seen for status in statuses} <= {200, 201, 303, 409, 412, 422}
    await adds_up()
