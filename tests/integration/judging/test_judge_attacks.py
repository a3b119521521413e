"""What a curious judge tries: others' marks, entries of her own unit, originals, sheets she gave up, rounds that are over."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.app import Parts, create_app
from server.db import fetch, fetch_one
from tests.client import Visitor
from tests.world import World, assign_all, make_world

JSON = {"accept": "application/json"}
MARKS = {"version": "0", "mark-noi-dung": "37.5", "mark-hinh-thuc": "12.5", "comment": "nhận xét kín của j1"}


@pytest.fixture
async def world(database: object) -> World:
    world = await make_world(state="closed", entries=4)
    await assign_all(world)
    return world


@pytest.fixture
async def judges(world: World, parts: Parts) -> AsyncIterator[dict[str, Visitor]]:
    app = create_app(parts)
    found = {name: await Visitor(app).sign_in(world.people[name]) for name in ("j1", "j2", "j4", "o1")}
    yield found
    for visitor in found.values():
        await visitor.aclose()


def desk(world: World, page: str = "") -> str:
    return f"/judge/{world.contest}/so-khao{page}"


async def test_marks_of_another_judge_are_in_no_answer(world: World, judges: dict[str, Visitor]) -> None:
    one, two = judges["j1"], judges["j2"]
    await one.submit(desk(world, "/T001/marks"), MARKS)
    await one.submit(desk(world, "/T001/submit"), {"version": "1"})
    api = f"/api/v1{desk(world)}/sheets"
    answers = [
        await two.get("/judge"),
        await two.get(desk(world)),
        await two.get(desk(world, "/T001")),
        await two.get(api),
        await two.get(f"{api}/T001"),
        # A version that only the other's sheet has reached is stale here, and what is stored here is nothing.
        await two.submit(desk(world, "/T001/marks"), {**MARKS, "version": "2", "mark-noi-dung": "1", "comment": ""}),
        await two.submit(desk(world, "/T001/marks"), {"version": "2", "mark-noi-dung": "1"}, headers=JSON),
        await two.submit(desk(world, "/T001/submit"), {"version": "2"}, headers=JSON),
        await two.submit(desk(world, "/T001/reopen"), {}, headers=JSON),
    ]
    for answer in answers:
        assert answer.status_code < 500
        for secret in ("37,5", "37.5", "nhận xét kín"):
            assert secret not in answer.text, answer.url
    sheet = (await two.get(f"{api}/T001")).json()
    assert (sheet["version"], {c["points"] for c in sheet["criteria"]}) == (0, {None})


async def test_nothing_of_a_running_round_is_in_public(world: World, judges: dict[str, Visitor]) -> None:
    await judges["j1"].submit(desk(world, "/T001/marks"), MARKS)
    await judges["j1"].submit(desk(world, "/T001/submit"), {"version": "1"})
    for visitor in (judges["j2"], Visitor(judges["j2"].app)):
        for page in ("", "/publication.json", "/chain.json"):
            assert (await visitor.get(f"/results/{world.contest}{page}")).status_code == 404
        assert "Bài dự thi số" not in (await visitor.get("/")).text


@pytest.mark.parametrize("name", ["j1", "j4"])
async def test_originals_are_out_of_reach(world: World, judges: dict[str, Visitor], name: str) -> None:
    row = await fetch_one(
        "insert into entry_file (entry, kind, file_name, media_type, size, sha256, storage_key, uploaded_by) "
        "values ($1, 'document', 'a.pdf', 'application/pdf', 9, repeat('a', 64), $2, $3) returning id",
        world.entries["E01"], f"entries/aa/aa{'0' * 30}", world.people["officer_a"],
    )  # fmt: skip
    assert row is not None
    for url in (
        f"/contests/{world.contest}/entries/E01/files/{row['id']}",
        f"/organize/{world.contest}/entries/E01/files/{row['id']}",
    ):
        assert (await judges[name].get(url)).status_code == 403, url
        assert (await judges[name].get(url, headers={"range": "bytes=0-3"})).status_code == 403, url
    # A copy that is not made yet is nothing, not the original.
    assert (await judges["j1"].get(desk(world, "/T001/files/1"))).status_code == 404


async def test_a_judge_who_submits_for_a_unit_is_never_planned_for_it(world: World, judges: dict[str, Visitor]) -> None:
    await fetch("update round set state = 'waiting'")
    await fetch("delete from assignment")
    await fetch("delete from round_entry")
    await fetch("update contest set state = 'closed'")
    for judge, unit in (("j1", "A"), ("j2", "H")):
        await fetch(
            "insert into role (person, kind, contest, unit) values ($1, 'officer', $2, $3)",
            world.people[judge], world.contest, world.units[unit],
        )  # fmt: skip
    # The host's own entry: people of the host judge everybody, but not what they submitted themselves.
    await fetch("update entry set unit = $1 where code = 'E02'", world.units["H"])
    url = f"/organize/{world.contest}/rounds/so-khao"
    plan = (await judges["o1"].get(url, headers=JSON)).json()
    applied = await judges["o1"].submit(f"{url}/apply", {"seed": str(plan["seed"]), "basis": plan["basis"]})
    assert applied.status_code == 303
    rows = await fetch(
        "select a.person, e.code, u.code as unit from assignment a join round_entry re on re.id = a.round_entry "
        "join entry e on e.id = re.entry join unit u on u.id = e.unit"
    )
    assert {row["unit"] for row in rows if row["person"] == world.people["j1"]} <= {"B", "H"}
    assert "E02" not in {row["code"] for row in rows if row["person"] == world.people["j2"]}
    assert any(row["person"] == world.people["j2"] for row in rows)


async def test_who_becomes_an_officer_of_the_unit_loses_its_entries_at_once(
    world: World, judges: dict[str, Visitor]
) -> None:
    one = judges["j1"]
    assert (await one.get(desk(world, "/T001"))).status_code == 200
    # E01 and E03 are of unit A.
    await fetch(
        "insert into role (person, kind, contest, unit) values ($1, 'officer', $2, $3)",
        world.people["j1"], world.contest, world.units["A"],
    )  # fmt: skip
    for alias in ("T001", "T003"):
        assert (await one.get(desk(world, f"/{alias}"))).status_code == 404
        assert (await one.submit(desk(world, f"/{alias}/marks"), MARKS)).status_code == 404
        assert alias not in (await one.get(desk(world))).text
    assert (await one.get(desk(world, "/T002"))).status_code == 200


async def test_an_entry_in_conflict_is_gone_like_one_that_never_was(world: World, judges: dict[str, Visitor]) -> None:
    one = judges["j1"]
    await one.submit(desk(world, "/T001/marks"), MARKS)
    form = {"judge": "j1@example.org", "entry": "E01", "reason": "người nhà"}
    assert (await judges["o1"].submit(f"/organize/{world.contest}/conflicts", form)).status_code == 303
    await gone(one, world, "T001")
    assert "T001" not in (await one.get(desk(world))).text


async def test_a_sheet_that_was_given_up_is_gone(world: World, judges: dict[str, Visitor]) -> None:
    one = judges["j1"]
    await one.submit(desk(world, "/T001/marks"), MARKS)
    assert (await one.submit(desk(world, "/T001/recuse"), {"reason": "quen"})).status_code == 303
    await gone(one, world, "T001")


async def gone(judge: Visitor, world: World, alias: str) -> None:
    """The alias answers like one that was never drawn, to reading and to writing, by page and by API."""
    api = f"/api/v1{desk(world)}/sheets"
    await judge.get("/judge")  # what the last form had to say is said here
    for url in (desk(world, "/{}"), desk(world, "/{}/files/1"), f"{api}/{{}}"):
        mine, none = await judge.get(url.format(alias)), await judge.get(url.format("T099"))
        assert (mine.status_code, mine.text.replace(alias, "T099")) == (404, none.text), url
    for step in ("marks", "submit", "reopen"):
        mine = await judge.submit(desk(world, f"/{alias}/{step}"), {**MARKS, "version": "1"})
        none = await judge.submit(desk(world, f"/T099/{step}"), {**MARKS, "version": "1"})
        assert (mine.status_code, mine.text.replace(alias, "T099")) == (404, none.text), step


async def test_taken_off_a_panel_binds_the_next_request(world: World, judges: dict[str, Visitor]) -> None:
    one = judges["j1"]
    await fetch("update round set state = 'assigned'")
    panel = f"/organize/{world.contest}/rounds/so-khao/panels/{world.panels['1']}/seats/{world.people['j1']}/leave"
    assert (await judges["o1"].submit(panel)).status_code == 303
    await fetch("update round set state = 'judging'")
    assert (await one.get(desk(world))).status_code == 404
    await gone(one, world, "T001")


async def test_after_the_close_a_sheet_is_read_and_not_written(world: World, judges: dict[str, Visitor]) -> None:
    one = judges["j1"]
    await one.submit(desk(world, "/T001/marks"), MARKS)
    await fetch("update round set state = 'closed', closed_at = now()")
    assert "37,5" in (await one.get(desk(world, "/T001"))).text
    for step, form in (
        ("marks", {**MARKS, "version": "1", "mark-noi-dung": "60"}), ("submit", {"version": "1"}),
        ("reopen", {}), ("recuse", {"reason": "x"}),
    ):  # fmt: skip
        assert (await one.submit(desk(world, f"/T001/{step}"), form)).status_code == 409, step
    assert (await one.submit(desk(world, "/leave"), {"reason": "x"})).status_code == 409


async def test_a_replacement_is_somebody_who_may_judge_it(world: World, judges: dict[str, Visitor]) -> None:
    """j3 was disabled, and oj's judge's role was taken away: j2, who is left, submits for the entry's unit."""
    await fetch("update round set judges_per_entry = 1, plan_seed = 1")
    await fetch("delete from assignment where person <> $1", world.people["j1"])
    await fetch("update person set disabled = true where id = $1", world.people["j3"])
    await fetch("insert into seat (panel, person) values ($1, $2)", world.panels["1"], world.people["j4"])
    await fetch("delete from role where person = $1", world.people["j4"])
    await fetch(
        "insert into role (person, kind, contest, unit) values ($1, 'officer', $2, $3)",
        world.people["j2"], world.contest, world.units["A"],
    )  # fmt: skip
    for alias in ("T001", "T002"):
        assert (await judges["j1"].submit(desk(world, f"/{alias}/recuse"), {"reason": "quen"})).status_code == 303
    rows = await fetch(
        "select re.alias, a.person from assignment a join round_entry re on re.id = a.round_entry where a.state = 'active' "
        "and re.alias in ('T001', 'T002')"
    )
    assert [(row["alias"], row["person"]) for row in rows] == [("T002", world.people["j2"])]
