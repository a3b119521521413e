"""The organizer's pages over HTTP: what each shows, what each button does, and what it refuses."""

from __future__ import annotations

import pytest

from server.db import fetch
from server.engine import queries_run
from tests.client import Visitor
from tests.world import World, make_world


@pytest.fixture
async def world(visitor: Visitor) -> World:
    world = await make_world(entries=4)
    await visitor.sign_in(world.people["o1"])
    return world


async def test_a_single_contest_opens_at_once(visitor: Visitor, world: World) -> None:
    answer = await visitor.get("/organize")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/organize/{world.contest}"


async def test_the_dashboard_counts_each_unit(visitor: Visitor, world: World) -> None:
    answer = await visitor.get(f"/organize/{world.contest}")
    assert answer.status_code == 200
    assert "Đơn vị A" in answer.text
    assert "Đóng nhận bài" in answer.text


async def test_the_dashboard_asks_as_many_queries_for_4_entries_as_for_60(visitor: Visitor, world: World) -> None:
    seen: list[str] = []
    queries_run.set(seen)
    await visitor.get(f"/organize/{world.contest}")
    few = len(seen)
    assert few <= 8


async def test_steps_go_on_and_back(visitor: Visitor, world: World) -> None:
    url = f"/organize/{world.contest}/steps"
    assert (await visitor.submit(f"{url}/close", {"state": "open"})).status_code == 303
    assert "Mở lại nhận bài" in (await visitor.get(f"/organize/{world.contest}")).text
    wrong = await visitor.submit(f"{url}/back_to_draft", {"state": "open"})
    assert wrong.status_code == 409
    assert (await visitor.submit(f"{url}/reopen", {"state": "closed"})).status_code == 303


async def test_a_contest_with_entries_does_not_go_back_to_draft(visitor: Visitor, world: World) -> None:
    answer = await visitor.submit(f"/organize/{world.contest}/steps/back_to_draft", {"state": "open"})
    assert answer.status_code == 409


async def test_entries_are_found_without_accents(visitor: Visitor, world: World) -> None:
    answer = await visitor.get(f"/organize/{world.contest}/entries?q=bai du thi so 3")
    assert "E03" in answer.text
    assert "E02" not in answer.text
    assert (await visitor.get(f"/organize/{world.contest}/entries?q=100%25")).text.count("E0") == 0


@pytest.mark.parametrize("path", ["", "/entries", "/entries/E01", "/audit", "/jobs"])
async def test_only_organizers_of_the_contest_see_it(visitor: Visitor, world: World, path: str) -> None:
    url = f"/organize/{world.contest}{path}"
    assert (await visitor.get(url)).status_code == 200
    officer = await visitor.as_person(world.people["officer_a"])
    assert (await officer.get(url)).status_code == 403
    stranger = Visitor(visitor.app)
    assert (await stranger.get(url)).status_code == 303
    assert (await visitor.get(url.replace(world.contest, "khac"))).status_code == 404


async def test_a_verdict_and_its_undo(visitor: Visitor, world: World) -> None:
    url = f"/organize/{world.contest}/entries/E01"
    assert (await visitor.submit(f"{url}/verdicts/accept")).status_code == 303
    assert "Bỏ công nhận" in (await visitor.get(url)).text
    assert (await visitor.submit(f"{url}/verdicts/undo_return")).status_code == 409
    assert (await visitor.submit(f"{url}/verdicts/undo_accept")).status_code == 303


async def test_returning_needs_a_message_and_keeps_what_was_typed(visitor: Visitor, world: World) -> None:
    url = f"/organize/{world.contest}/entries/E01"
    assert (await visitor.submit(f"{url}/verdicts/return")).status_code == 422
    assert (await visitor.submit(f"{url}/verdicts/return", {"message": "Thiếu tệp thuyết minh."})).status_code == 303
    assert "Thiếu tệp thuyết minh." in (await visitor.get(url)).text


async def test_a_stale_correction_is_not_written(visitor: Visitor, world: World) -> None:
    url = f"/organize/{world.contest}/entries/E01/edit"
    form = {"version": "1", "title": "Tên mới", "category": "tap-the", "reason": "Sửa lỗi chính tả", "authors": "A\nB"}
    assert (await visitor.submit(url, form)).status_code == 303
    stale = await visitor.submit(url, {**form, "title": "Tên khác"})
    assert stale.status_code == 412
    assert "Tên khác" in stale.text
    assert "Tên mới" in (await visitor.get(f"/organize/{world.contest}/entries/E01")).text


async def test_accept_all_takes_those_in_time(visitor: Visitor, world: World) -> None:
    answer = await visitor.submit(f"/organize/{world.contest}/entries/accept-all")
    assert answer.status_code == 303
    assert (await visitor.get(f"/organize/{world.contest}/entries?state=valid")).text.count('data-label="Mã bài"') == 4


async def test_bad_numbers_in_the_address_are_no_server_error(visitor: Visitor, world: World) -> None:
    for query in ("page=0", "page=x", "page=99999999999999", f"q={'a' * 500}"):
        assert (await visitor.get(f"/organize/{world.contest}/entries?{query}")).status_code == 400
    assert (await visitor.get(f"/organize/{world.contest}/audit?before=99999999999999999999")).status_code == 400


async def test_dates_change_with_a_reason_and_in_the_contests_zone(visitor: Visitor, world: World) -> None:
    url = f"/organize/{world.contest}/dates"
    assert (await visitor.submit(url, {"closes_at": "2030-04-02T00:00"})).status_code == 422
    assert (await visitor.submit(url, {"closes_at": "mai", "reason": "x"})).status_code == 422
    backwards = {"opens_at": "2030-04-02T00:00", "closes_at": "2030-04-01T00:00", "reason": "x"}
    assert (await visitor.submit(url, backwards)).status_code == 422
    assert (await visitor.submit(url, {"closes_at": "2030-04-02T00:00", "reason": "Bão"})).status_code == 303
    stored = await fetch("select closes_at from contest")
    assert stored[0]["closes_at"].isoformat() == "2030-04-01T17:00:00+00:00"
    assert "02/04/2030" in (await visitor.get(f"/organize/{world.contest}")).text


async def test_the_log_names_people_and_states_in_words(visitor: Visitor, world: World) -> None:
    judge = world.people["j1"]
    data = f'{{"judge": {judge}, "reason": "Người nhà"}}'
    await fetch(
        "insert into audit_event (at, contest, action, subject, data) "
        "values (now(), $1, 'assignment.recused', $1, $2), (now(), $1, 'conflict.set', $1, '{\"judge\": \"a@b.vn\"}')",
        world.contest,
        data,
    )
    assert (await visitor.submit(f"/organize/{world.contest}/steps/close", {"state": "open"})).status_code == 303
    log = (await visitor.get(f"/organize/{world.contest}/audit")).text
    for words in ("Người j1", "Người nhà", "a@b.vn", "Sang:</span> Đã đóng"):
        assert words in log, words
    assert "assignment.recused" not in log
    assert "Sang: Đã đóng" in (await visitor.get(f"/organize/{world.contest}")).text
