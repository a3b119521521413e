"""The judge's desk over HTTP: marks are kept by version, never lost, never another's, and never of a stranger's entry."""

from __future__ import annotations

import pytest

from server.db import fetch
from server.engine import queries_run
from tests.client import Visitor
from tests.world import World, assign_all, make_world

JSON = {"accept": "application/json"}


@pytest.fixture
async def world(visitor: Visitor) -> World:
    world = await make_world(state="closed", entries=3)
    await assign_all(world)
    await visitor.sign_in(world.people["j1"])
    return world


def desk(world: World, alias: str = "T001") -> str:
    return f"/judge/{world.contest}/so-khao/{alias}"


def marks(version: int, content: str = "50", form: str = "30", comment: str = "") -> dict[str, str]:
    return {"version": str(version), "mark-noi-dung": content, "mark-hinh-thuc": form, "comment": comment}


async def stored(world: World, alias: str = "T001", judge: str = "j1") -> list[tuple[int, str, str | None]]:
    rows = await fetch(
        "select m.version, c.code, m.points::text from mark m join criterion c on c.id = m.criterion "
        "join assignment a on a.id = m.assignment join round_entry re on re.id = a.round_entry "
        "where re.alias = $1 and a.person = $2 order by m.version, c.position",
        alias,
        world.people[judge],
    )
    return [tuple(row.values()) for row in rows]


async def test_the_queue_and_the_desk_within_their_queries(visitor: Visitor, world: World) -> None:
    for url, most in ((f"/judge/{world.contest}/so-khao", 4), (desk(world), 6), ("/judge", 4)):
        seen: list[str] = []
        queries_run.set(seen)
        answer = await visitor.get(url)
        assert answer.status_code == 200
        assert len(seen) <= most, seen


async def test_marks_are_saved_by_version_with_a_comma_or_a_point(visitor: Visitor, world: World) -> None:
    first = await visitor.submit(f"{desk(world)}/marks", marks(0, "45,5", "30.5"), headers=JSON)
    assert first.status_code == 200
    assert first.json()["version"] == 1
    assert first.json()["total"] == "76"
    second = await visitor.submit(f"{desk(world)}/marks", marks(1, "45,5", "31"), headers=JSON)
    assert second.json()["version"] == 2
    assert await stored(world) == [(1, "noi-dung", "45.5"), (1, "hinh-thuc", "30.5"), (2, "hinh-thuc", "31")]


async def test_a_lost_answer_is_repeated_not_refused(visitor: Visitor, world: World) -> None:
    await visitor.submit(f"{desk(world)}/marks", marks(0), headers=JSON)
    again = await visitor.submit(f"{desk(world)}/marks", marks(0), headers=JSON)
    assert again.status_code == 200
    assert again.json()["version"] == 1
    assert len(await stored(world)) == 2


async def test_a_stale_tab_overwrites_nothing_and_sees_both(visitor: Visitor, world: World) -> None:
    await visitor.submit(f"{desk(world)}/marks", marks(0, "50"), headers=JSON)
    stale = await visitor.submit(f"{desk(world)}/marks", marks(0, "10"), headers=JSON)
    assert stale.status_code == 412
    assert stale.json()["version"] == 1
    assert stale.json()["current"]["noi-dung"] == "50"
    page = await visitor.submit(f"{desk(world)}/marks", marks(0, "10"))
    assert page.status_code == 412
    assert 'value="10"' in page.text
    assert "Điểm đang lưu: 50" in page.text
    assert len(await stored(world)) == 2


async def test_no_version_is_428(visitor: Visitor, world: World) -> None:
    answer = await visitor.submit(f"{desk(world)}/marks", {"mark-noi-dung": "5"}, headers=JSON)
    assert answer.status_code == 428


@pytest.mark.parametrize("points", ["60.5", "-1", "abc", "1e1", "50.25", "NaN", "٥", "1.000.000"])
async def test_points_that_are_no_mark_are_named_and_not_clamped(visitor: Visitor, world: World, points: str) -> None:
    answer = await visitor.submit(f"{desk(world)}/marks", marks(0, points), headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "noi-dung"
    page = await visitor.submit(f"{desk(world)}/marks", marks(0, points))
    assert page.status_code == 422
    assert f'value="{points}"' in page.text
    assert await stored(world) == []


async def test_a_sheet_is_handed_in_once_and_taken_back(visitor: Visitor, world: World) -> None:
    await visitor.submit(f"{desk(world)}/marks", {**marks(0), "submit": "1"})
    assert "Sửa phiếu" in (await visitor.get(desk(world))).text
    refused = await visitor.submit(f"{desk(world)}/marks", marks(2, "1"), headers=JSON)
    assert refused.status_code == 409
    twice = await visitor.submit(f"{desk(world)}/submit", {"version": "1"}, headers=JSON)
    assert twice.status_code == 200
    assert (await visitor.submit(f"{desk(world)}/reopen")).status_code == 303
    saved = await visitor.submit(f"{desk(world)}/marks", marks(3, "1"), headers=JSON)
    assert saved.json()["version"] == 4


async def test_a_missing_mark_needs_a_yes_and_stays_missing(visitor: Visitor, world: World) -> None:
    half = {**marks(0, "50", ""), "submit": "1"}
    asked = await visitor.submit(f"{desk(world)}/marks", half)
    assert asked.status_code == 422
    assert "leave_blank" in asked.text
    given = await visitor.submit(f"{desk(world)}/marks", {**half, "version": "1", "leave_blank": "1"})
    assert given.status_code == 303
    empty = await visitor.submit(f"{desk(world, 'T002')}/submit", {"version": "0", "leave_blank": "1"}, headers=JSON)
    assert empty.status_code == 422


async def test_another_judge_and_another_panel_find_nothing(visitor: Visitor, world: World) -> None:
    other = await visitor.as_person(world.people["j4"])
    assert (await other.get(desk(world))).status_code == 404
    assert (await other.submit(f"{desk(world)}/marks", marks(0))).status_code == 404
    assert (await visitor.get(desk(world, "T999"))).status_code == 404
    organizer = await visitor.as_person(world.people["o1"])
    assert (await organizer.get(desk(world))).status_code == 403


async def test_a_cancelled_assignment_binds_the_next_request(visitor: Visitor, world: World) -> None:
    await fetch("update assignment set state = 'cancelled' where person = $1", world.people["j1"])
    assert (await visitor.submit(f"{desk(world)}/marks", marks(0))).status_code == 404


async def test_a_closed_round_takes_no_marks(visitor: Visitor, world: World) -> None:
    await fetch("update round set state = 'closed' where id = $1", world.round_id)
    assert (await visitor.submit(f"{desk(world)}/marks", marks(0), headers=JSON)).status_code == 409
    assert "chỉ xem được" in (await visitor.get(desk(world))).text


async def test_recusing_needs_a_reason_and_ends_the_assignment(visitor: Visitor, world: World) -> None:
    assert (await visitor.submit(f"{desk(world)}/recuse")).status_code == 422
    assert (await visitor.submit(f"{desk(world)}/recuse", {"reason": "Tác giả là em tôi"})).status_code == 303
    assert (await visitor.get(desk(world))).status_code == 404
    rows = await fetch("select reason, source from conflict_of_interest")
    assert [tuple(r.values()) for r in rows] == [("Tác giả là em tôi", "declared")]


async def test_a_recusal_draws_a_replacement_where_a_number_of_judges_is_drawn(visitor: Visitor, world: World) -> None:
    await fetch("update round set judges_per_entry = 2, plan_seed = 1 where id = $1", world.round_id)
    await fetch("delete from assignment where person = $1", world.people["j3"])
    await visitor.submit(f"{desk(world)}/recuse", {"reason": "Quen biết"})
    rows = await fetch(
        "select a.person from assignment a join round_entry re on re.id = a.round_entry "
        "where re.alias = 'T001' and a.state = 'active' order by a.person"
    )
    assert [row["person"] for row in rows] == sorted([world.people["j2"], world.people["j3"]])
