"""A round over HTTP: planned, applied as shown, started, closed, ties decided with a reason, and the best advance."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from server.db import fetch
from server.engine import queries_run
from tests.client import Visitor
from tests.world import World, make_world

JSON = {"accept": "application/json"}


@pytest.fixture
async def world(visitor: Visitor) -> World:
    world = await make_world(state="closed", entries=6)
    await visitor.sign_in(world.people["o1"])
    return world


def url(world: World, page: str = "") -> str:
    return f"/organize/{world.contest}/rounds/so-khao{page}"


async def shown(visitor: Visitor, world: World) -> dict[str, Any]:
    answer = await visitor.get(url(world), headers=JSON)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def apply(visitor: Visitor, world: World) -> None:
    plan = await shown(visitor, world)
    answer = await visitor.submit(url(world, "/apply"), {"seed": str(plan["seed"]), "basis": plan["basis"]})
    assert answer.status_code == 303, answer.text


async def rows(visitor: Visitor, world: World) -> list[dict[str, str]]:
    return list((await visitor.get(url(world, "/progress"), headers=JSON)).json()["rows"])


async def score(visitor: Visitor, world: World, points: dict[str, tuple[str, str]]) -> None:
    """Every assigned judge gives each entry these points and hands the sheet in."""
    by_mail = {f"{name}@example.org": person for name, person in world.people.items()}
    for row in await rows(visitor, world):
        judge = await visitor.as_person(by_mail[row["judge"]])
        content, form = points[row["entry"]]
        desk = f"/judge/{world.contest}/so-khao/{row['alias']}"
        answer = await judge.submit(
            f"{desk}/marks",
            {"version": "0", "mark-noi-dung": content, "mark-hinh-thuc": form, "comment": "", "submit": "1"},
        )
        assert answer.status_code == 303, answer.text


async def test_a_preview_writes_nothing_and_is_applied_as_shown(visitor: Visitor, world: World) -> None:
    plan = await shown(visitor, world)
    assert await fetch("select 1 from round_entry") == []
    assert (await visitor.get(url(world))).status_code == 200
    await apply(visitor, world)
    placed = await rows(visitor, world)
    assert {row["entry"] for row in placed} == set(world.entries)
    assert len({row["alias"] for row in placed}) == 6
    stale = await visitor.submit(url(world, "/apply"), {"seed": "1", "basis": "x" + plan["basis"][1:]})
    assert stale.status_code == 409


async def test_a_conflict_is_never_assigned_and_ends_what_was(visitor: Visitor, world: World) -> None:
    form = {"judge": "j3@example.org", "unit": "A", "reason": "Quê ở A"}
    assert (await visitor.submit(f"/organize/{world.contest}/conflicts", form)).status_code == 303
    await apply(visitor, world)
    from_a = {code for number, code in enumerate(world.entries, 1) if number % 2}
    assert not [row for row in await rows(visitor, world) if row["judge"].startswith("j3") and row["entry"] in from_a]
    judged = next(row for row in await rows(visitor, world) if row["judge"].startswith("j1"))
    form = {"judge": "j1@example.org", "entry": judged["entry"], "reason": "Người nhà"}
    assert (await visitor.submit(f"/organize/{world.contest}/conflicts", form)).status_code == 303
    assert judged not in await rows(visitor, world)


@pytest.mark.parametrize(
    "form",
    [
        {"judge": "ai@example.org", "entry": "E01", "reason": "x"},
        {"judge": "j1@example.org", "reason": "x"},
        {"judge": "j1@example.org", "entry": "E99", "reason": "x"},
        {"judge": "j1@example.org", "entry": "E01", "unit": "A", "reason": "x"},
        {"judge": "j1@example.org", "entry": "E01"},
    ],
)
async def test_conflicts_that_name_nothing_are_refused(visitor: Visitor, world: World, form: dict[str, str]) -> None:
    assert (await visitor.submit(f"/organize/{world.contest}/conflicts", form)).status_code == 422


async def test_a_round_to_its_end(visitor: Visitor, world: World) -> None:
    await apply(visitor, world)
    assert (await visitor.submit(url(world, "/start"))).status_code == 303
    points = {code: (str(50 - 2 * n), str(30 - n)) for n, code in enumerate(world.entries)}
    await score(visitor, world, points)
    live = (await visitor.get(url(world, "/standings"), headers=JSON)).json()
    assert [line["rank"] for line in live["standings"]] == [1, 2, 3, 4, 5, 6]
    expected = {code: f"{float(Fraction(a) + Fraction(b)):.2f}" for code, (a, b) in points.items()}
    assert {line["entry"]: line["score"] for line in live["standings"]} == expected
    assert (await visitor.submit(url(world, "/advance"), {"then": "finish"})).status_code == 409
    assert (await visitor.submit(url(world, "/close"))).status_code == 303
    assert (await visitor.submit(url(world, "/advance"), {"then": "next"})).status_code == 409
    assert (await visitor.submit(url(world, "/advance"), {"then": "finish"})).status_code == 303
    kept = await fetch("select count(*) as n, count(*) filter (where advanced) as advanced from standing")
    assert (kept[0]["n"], kept[0]["advanced"]) == (6, 2)
    assert (await fetch("select state from contest"))[0]["state"] == "decided"
    assert (await visitor.submit(url(world, "/undo-advance"))).status_code == 303
    assert (await fetch("select state from contest"))[0]["state"] == "judging"


async def test_missing_sheets_need_a_reason_that_goes_on_record(visitor: Visitor, world: World) -> None:
    await apply(visitor, world)
    await visitor.submit(url(world, "/start"))
    refused = await visitor.submit(url(world, "/close"))
    assert refused.status_code == 422
    assert (await visitor.submit(url(world, "/close"), {"reason": "Giám khảo ốm"})).status_code == 303
    events = await fetch("select data from audit_event where action = 'round.closed'")
    assert "Giám khảo ốm" in events[0]["data"]
    assert events[0]["data"].count('"entry"') == len(await rows(visitor, world))


async def test_a_tie_on_the_cut_is_decided_by_people_with_a_reason(visitor: Visitor, world: World) -> None:
    await fetch("update round set tie_break = '{}'")
    await apply(visitor, world)
    await visitor.submit(url(world, "/start"))
    await score(visitor, world, {code: ("50" if code == "E01" else "40", "20") for code in world.entries})
    await visitor.submit(url(world, "/close"))
    result = (await visitor.get(url(world, "/standings"), headers=JSON)).json()
    assert result["advanced"] == ["E01"]
    assert result["unresolved_tie"] == ["E02", "E03", "E04", "E05", "E06"]
    assert "=2" in (await visitor.get(url(world, "/standings"))).text
    assert (await visitor.submit(url(world, "/advance"), {"then": "finish"})).status_code == 409
    decide = url(world, "/decide")
    for wrong in (
        {"entries": ["E02"]},
        {"entries": ["E02", "E03"], "reason": "x"},
        {"entries": ["E01"], "reason": "x"},
        {"reason": "x"},
    ):
        assert (await visitor.submit(decide, wrong)).status_code == 422
    assert (await visitor.submit(decide, {"entries": ["E04"], "reason": "Điểm ứng dụng cao hơn"})).status_code == 303
    result = (await visitor.get(url(world, "/standings"), headers=JSON)).json()
    assert result["advanced"] == ["E01", "E04"]
    await visitor.submit(url(world, "/reopen"))
    await visitor.submit(url(world, "/close"), {"reason": ""})
    result = (await visitor.get(url(world, "/standings"), headers=JSON)).json()
    assert len(result["unresolved_tie"]) == 5


async def test_start_can_be_undone_until_the_first_mark(visitor: Visitor, world: World) -> None:
    await apply(visitor, world)
    await visitor.submit(url(world, "/start"))
    assert (await visitor.submit(url(world, "/stop"))).status_code == 303
    await apply(visitor, world)
    await visitor.submit(url(world, "/start"))
    row = (await rows(visitor, world))[0]
    judge = await visitor.as_person({f"{n}@example.org": p for n, p in world.people.items()}[row["judge"]])
    await judge.submit(f"/judge/{world.contest}/so-khao/{row['alias']}/marks", {"version": "0", "mark-noi-dung": "5"})
    assert (await visitor.submit(url(world, "/stop"))).status_code == 409


async def test_the_best_enter_the_next_round_under_new_aliases(visitor: Visitor, world: World) -> None:
    await fetch(
        "insert into round (contest, code, position, title_vi, title_en, step, decimals, method, trim, per, tie_break) "
        "select contest, 'chung-khao', 1, 'Chung khảo', 'Final', step, decimals, method, trim, per, '{}' from round"
    )
    await apply(visitor, world)
    await visitor.submit(url(world, "/start"))
    await score(visitor, world, {code: (str(50 - n), "20") for n, code in enumerate(world.entries)})
    await visitor.submit(url(world, "/close"))
    assert (await visitor.submit(url(world, "/advance"), {"then": "next"})).status_code == 303
    entered = await fetch(
        "select e.code from round_entry re join entry e on e.id = re.entry join round r on r.id = re.round "
        "where r.code = 'chung-khao' order by e.code"
    )
    assert [row["code"] for row in entered] == ["E01", "E02"]
    assert len({r["alias"] for r in await fetch("select alias from round_entry")}) == 8
    assert (await visitor.get(url(world).replace("so-khao", "chung-khao"))).status_code == 200
    assert (await visitor.submit(url(world, "/undo-advance"))).status_code == 303


async def test_queries_do_not_grow_with_the_entries(visitor: Visitor, world: World) -> None:
    await apply(visitor, world)
    for page, most in (("/progress", 6), ("/standings", 9), ("", 13)):
        seen: list[str] = []
        queries_run.set(seen)
        assert (await visitor.get(url(world, page))).status_code == 200
        assert len(seen) <= most, (page, seen)


async def test_judges_and_officers_do_not_see_it(visitor: Visitor, world: World) -> None:
    await apply(visitor, world)
    for name in ("j1", "officer_a"):
        other = await visitor.as_person(world.people[name])
        for page in ("", "/progress", "/standings"):
            assert (await other.get(url(world, page))).status_code == 403
        assert (await other.submit(url(world, "/start"))).status_code == 403


async def test_seats_are_given_and_taken_back_until_the_round_is_judged(visitor: Visitor, world: World) -> None:
    await apply(visitor, world)
    panel = url(world, f"/panels/{world.panels['2']}/seats")
    assert (await visitor.submit(panel, {"judge": "officer_a@example.org"})).status_code == 422
    assert (await visitor.submit(panel, {"judge": "j1@example.org"})).status_code == 303
    assert (await fetch("select state from round"))[0]["state"] == "waiting"
    await apply(visitor, world)
    in_two = {r["judge"] for r in await rows(visitor, world) if r["panel"] == "2"}
    assert in_two == {"j1@example.org", "j3@example.org", "j4@example.org"}
    assert (await visitor.submit(f"{panel}/{world.people['j1']}/leave")).status_code == 303
    assert (await visitor.submit(f"{panel}/{world.people['o1']}/leave")).status_code == 404
    assert (await visitor.submit(url(world, "/panels/999/seats"), {"judge": "j1@example.org"})).status_code == 404
    await fetch("delete from role where person = $1", world.people["j4"])
    await apply(visitor, world)
    assert not [r for r in await rows(visitor, world) if r["judge"] == "j4@example.org"]
    await visitor.submit(url(world, "/start"))
    assert (await visitor.submit(panel, {"judge": "j1@example.org"})).status_code == 409


async def test_judges_and_units_stand_in_the_order_of_the_vietnamese_alphabet(visitor: Visitor, world: World) -> None:
    for person, name in (("j1", "Võ An"), ("j2", "Đặng Hà"), ("j3", "Dương Lan")):
        await fetch("update person set full_name = $2 where id = $1", world.people[person], name)
    await fetch("update panel set units = $1", [world.units["A"], world.units["B"]])
    await fetch("update unit set name = case code when 'A' then 'Huyện Đầm' else 'Huyện An' end")
    await apply(visitor, world)
    for page, tag in (
        (url(world), "<li"),
        (url(world, "/progress"), "<th"),
        (f"/organize/{world.contest}/conflicts", ""),
    ):
        text = (await visitor.get(page)).text
        assert text.index(f"{tag}") <= text.index("Dương Lan") < text.index("Đặng Hà") < text.index("Võ An"), page
    assert "Huyện An, Huyện Đầm" in (await visitor.get(url(world))).text
