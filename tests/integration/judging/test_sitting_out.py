"""An organizer who also judges: from the assignment of the round until it is decided, nothing of the organizers' view."""

from __future__ import annotations

import re

import pytest

from server.access import ORGANIZER, ORGANIZER_ALSO_JUDGING
from server.app import Parts, create_app, http_handlers
from server.db import fetch, fetch_one
from server.secrets_at_rest import new_token, token_hash
from tests.client import Visitor
from tests.world import World, assign_all, make_world, organizer_who_judges

JSON = {"accept": "application/json"}
OPEN_WHILE_JUDGING = {
    "GET /organize/{contest:str}/people",
    "GET /api/v1/organize/{contest:str}/people",
    "POST /organize/{contest:str}/people",
    "POST /organize/{contest:str}/people/{person:int}/invite",
    "POST /organize/{contest:str}/people/{person:int}/link",
}
FILLED = {
    "contest:str": "thu-nghiem", "code:str": "so-khao", "entry:str": "E01", "verdict:str": "accept", "step:str": "close",
    "file:int": "1", "job:int": "1", "conflict:int": "1", "panel:int": "1", "judge:int": "1", "version:int": "1",
}  # fmt: skip


@pytest.fixture
async def world(database: object) -> World:
    world = await make_world(state="closed", entries=4)
    await organizer_who_judges(world)
    return world


def organizer_routes(parts: Parts) -> list[tuple[str, str]]:
    """Method and address of every route of pages and API that only organizers may use, with our contest in it."""
    found = []
    for handler in http_handlers(create_app(parts)):
        if handler.opt["access"] == ORGANIZER:
            for path in handler.paths:
                address = re.sub(r"\{([^}]+)\}", lambda m: FILLED.get(m[1], "1"), path)
                found += [(m, address) for m in sorted(handler.http_methods - {"HEAD", "OPTIONS"})]
    return [route for route in found if "thu-nghiem" in route[1]]


async def bearer(person: int) -> dict[str, str]:
    token = new_token()
    await fetch(
        "insert into api_token (token_hash, person, name, scopes) values ($1, $2, 'n', '{read,write}')",
        token_hash(token),
        person,
    )
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize("state", ["assigned", "judging", "closed"])
async def test_every_page_and_api_route_of_organizers_is_closed(
    visitor: Visitor, parts: Parts, world: World, state: str
) -> None:
    await assign_all(world)
    await fetch("update round set state = $1", state)
    await visitor.sign_in(world.people["oj"])
    token = await bearer(world.people["oj"])
    program = Visitor(visitor.app)
    routes = organizer_routes(parts)
    assert len(routes) > 40
    for method, address in routes:
        body = {"json": {"reason": "x"}} if "/api/" in address else {"data": {"_csrf": visitor.csrf}}
        page = await visitor.request(
            method, address, headers={"x-csrftoken": visitor.csrf}, **(body if method != "GET" else {})
        )
        assert (page.status_code, "Bạn đang chấm thi" in page.text) == (403, True), (method, address, page.text)
        answer = await program.request(method, address, headers={**token, **JSON}, **(body if method != "GET" else {}))
        assert (answer.status_code, answer.json()["code"]) == (403, "judging"), (method, address)
    await program.aclose()


@pytest.mark.parametrize("state", ["waiting", "decided"])
async def test_before_the_assignment_and_after_the_decision_the_view_is_open(
    visitor: Visitor, world: World, state: str
) -> None:
    await fetch("update round set state = $1", state)
    await visitor.sign_in(world.people["oj"])
    for page in (
        "",
        "/entries",
        "/entries/E01",
        "/rounds/so-khao",
        "/rounds/so-khao/standings",
        "/conflicts",
        "/audit",
    ):
        assert (await visitor.get(f"/organize/{world.contest}{page}")).status_code == 200, page


async def test_people_stay_within_reach_so_that_somebody_else_can_organize(visitor: Visitor, world: World) -> None:
    await assign_all(world)
    await visitor.sign_in(world.people["oj"])
    refused = await visitor.get(f"/organize/{world.contest}/entries")
    assert f'href="/organize/{world.contest}/people"' in refused.text
    assert 'href="/judge"' in refused.text
    person = {"email": "moi@example.org", "full_name": "Người mới", "kind": "organizer", "unit": "H"}
    assert (await visitor.submit(f"/organize/{world.contest}/people", person)).status_code == 303
    people = await visitor.get(f"/organize/{world.contest}/people")
    assert (people.status_code, "Người mới" in people.text) == (200, True)
    for entry in ("E01", "Tác giả 1", "Bài dự thi số 1", "T001"):
        assert entry not in people.text


async def test_nobody_who_sees_entries_is_made_or_become_meanwhile(visitor: Visitor, world: World) -> None:
    await assign_all(world)
    await visitor.sign_in(world.people["oj"])
    people = f"/organize/{world.contest}/people"
    for kind, email in (("officer", "oj@example.org"), ("officer", "la@example.org"), ("judge", "la@example.org")):
        form = {"email": email, "full_name": "X", "kind": kind, "unit": "A"}
        assert (await visitor.submit(people, form)).status_code == 403, kind
    # Who holds a link of an officer or of another judge becomes that person.
    for name in ("officer_a", "j1"):
        assert (await visitor.submit(f"{people}/{world.people[name]}/link")).status_code == 403, name
    assert (await visitor.submit(f"{people}/{world.people['o2']}/link")).status_code == 200
    # Neither do others make an officer of who judges now, for a look and back again.
    await visitor.sign_in(world.people["o1"])
    form = {"email": "j1@example.org", "full_name": "X", "kind": "officer", "unit": "A"}
    assert (await visitor.submit(people, form)).status_code == 422
    await fetch("update round set state = 'decided'")
    assert (await visitor.submit(people, form)).status_code == 303


async def test_what_organizers_may_do_while_judging_is_listed_here(parts: Parts) -> None:
    found = {
        f"{method} {path}"
        for handler in http_handlers(create_app(parts))
        if handler.opt["access"] == ORGANIZER_ALSO_JUDGING
        for path in handler.paths
        for method in handler.http_methods - {"HEAD", "OPTIONS"}
    }
    assert found == OPEN_WHILE_JUDGING


async def test_receipts_are_organizers_business_too(visitor: Visitor, world: World) -> None:
    await assign_all(world)
    await fetch(
        "insert into receipt (code, entry, version, document, person) values ('HT-1', $1, 1, "
        '\'{"title": "T", "unit": "U", "files": []}\', $2)',
        world.entries["E01"],
        world.people["officer_a"],
    )
    await visitor.sign_in(world.people["o1"])
    assert (await visitor.get("/receipts/HT-1")).status_code == 200
    await visitor.sign_in(world.people["oj"])
    for address in ("/receipts/HT-1", "/api/v1/receipts/HT-1"):
        unknown = await visitor.get(address.replace("HT-1", "HT-9"))
        answer = await visitor.get(address)
        assert answer.status_code == unknown.status_code == 404
        assert answer.text.replace("HT-1", "HT-9") == unknown.text


@pytest.mark.parametrize(
    "change",
    [
        "delete from role where person = $1 and kind = 'judge'",  # taken off for a look, to be given back
        "update seat set left_at = now() where person = $1",  # the assignments stay
        "update assignment set state = 'recused' where person = $1",  # the seat may be drawn as a replacement
    ],
)
async def test_no_half_of_it_opens_the_view(visitor: Visitor, world: World, change: str) -> None:
    await assign_all(world)
    await fetch(change, world.people["oj"])
    await visitor.sign_in(world.people["oj"])
    for state in ("assigned", "judging", "closed"):
        await fetch("update round set state = $1", state)
        assert (await visitor.get(f"/organize/{world.contest}/rounds/so-khao/progress")).status_code == 403, state


async def test_leaving_the_panel_opens_the_view_and_the_desk_is_gone(visitor: Visitor, world: World) -> None:
    await assign_all(world)
    await visitor.sign_in(world.people["oj"])
    desk = f"/judge/{world.contest}/so-khao"
    await visitor.submit(f"{desk}/T001/marks", {"version": "0", "mark-noi-dung": "50", "mark-hinh-thuc": "30"})
    assert (await visitor.submit(f"{desk}/T001/submit", {"version": "1"})).status_code == 303
    assert (await visitor.submit(f"{desk}/leave", {"reason": ""})).status_code == 422
    assert (await visitor.submit(f"{desk}/leave", {"reason": "Thiếu người điều hành"})).status_code == 303
    assert (await visitor.get(f"/organize/{world.contest}/rounds/so-khao/progress")).status_code == 200
    for address in (desk, f"{desk}/T001", f"{desk}/T001/files/1"):
        assert (await visitor.get(address)).status_code == 404, address
    assert (await visitor.submit(f"{desk}/leave", {"reason": "hai lần"})).status_code == 303
    for step in ("T001/reopen", "T002/marks"):
        assert (await visitor.submit(f"{desk}/{step}", {"version": "2", "reason": "x"})).status_code == 404, step
    counted = await fetch_one(
        "select count(*) filter (where state = 'recused' and submitted_at is null) as n, count(*) as mine from assignment "
        "where person = $1",
        world.people["oj"],
    )
    assert counted is not None
    assert counted["n"] == counted["mine"] == 4


async def test_leaving_finds_a_replacement_where_the_round_draws_judges(visitor: Visitor, world: World) -> None:
    await assign_all(world)
    await fetch("update round set judges_per_entry = 2, plan_seed = 1")
    await fetch("delete from assignment where person = any($1::bigint[])", [world.people[j] for j in ("j2", "j3")])
    await visitor.sign_in(world.people["oj"])
    token = await bearer(world.people["oj"])
    answer = await visitor.post(
        f"/api/v1/judge/{world.contest}/so-khao/leave", json={"reason": "Bận"}, headers={**token, **JSON}
    )
    assert (answer.status_code, answer.json()) == (200, {"not_replaced": 0})
    rows = await fetch(
        "select person, count(*) as n from assignment where state = 'active' group by person order by person"
    )
    assert [(r["person"], r["n"]) for r in rows] == [(world.people[j], n) for j, n in (("j1", 4), ("j2", 2), ("j3", 2))]


async def test_a_plan_that_would_leave_nobody_to_run_the_round_is_refused(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["oj"])
    url = f"/organize/{world.contest}/rounds/so-khao"
    plan = (await visitor.get(url, headers=JSON)).json()
    form = {"seed": str(plan["seed"]), "basis": plan["basis"]}
    await fetch(
        "update person set disabled = true where id = any($1::bigint[])", [world.people["o1"], world.people["o2"]]
    )
    refused = await visitor.submit(f"{url}/apply", form)
    assert (refused.status_code, "không còn ai điều hành" in refused.text) == (409, True)
    await fetch("update person set disabled = false where id = $1", world.people["o2"])
    applied = await visitor.submit(f"{url}/apply", form)
    assert applied.status_code == 303
    assert (await visitor.get(applied.headers["location"])).status_code == 403


async def test_the_plan_and_a_new_seat_warn(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["oj"])
    url = f"/organize/{world.contest}/rounds/so-khao"
    page = await visitor.get(url)
    assert "Người oj chỉ thấy bàn chấm" in page.text
    assert "Trong đó có bạn." in page.text
    seated = await visitor.submit(f"{url}/panels/{world.panels['2']}/seats", {"judge": "oj@example.org"})
    assert seated.status_code == 303
    assert "cũng thuộc Ban Tổ chức" in (await visitor.get(url)).text
    await visitor.sign_in(world.people["o1"])
    page = await visitor.get(url)
    assert "Người oj chỉ thấy bàn chấm" in page.text
    assert "Trong đó có bạn." not in page.text


async def test_a_decided_round_is_not_opened_again_by_who_judged_it(visitor: Visitor, world: World) -> None:
    await assign_all(world)
    await fetch("update round set state = 'decided', closed_at = now()")
    await fetch("update contest set state = 'decided'")
    undo = f"/organize/{world.contest}/rounds/so-khao/undo-advance"
    await visitor.sign_in(world.people["oj"])
    assert (await visitor.get(f"/organize/{world.contest}/rounds/so-khao/standings")).status_code == 200
    assert (await visitor.submit(undo)).status_code == 403
    await visitor.sign_in(world.people["o1"])
    assert (await visitor.submit(undo)).status_code == 303


async def test_aliases_and_queues_of_an_earlier_plan_tell_nothing(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    url = f"/organize/{world.contest}/rounds/so-khao"
    seen = []
    for _ in range(2):
        plan = (await visitor.get(f"{url}?seed=7", headers=JSON)).json()
        await visitor.submit(f"{url}/apply", {"seed": "7", "basis": plan["basis"]})
        rows = await fetch("select re.entry, re.alias from round_entry re order by re.entry")
        seen.append([row["alias"] for row in rows])
    assert not set(seen[0]) & set(seen[1])


async def test_an_organizer_of_one_contest_who_judges_another_sees_the_first(visitor: Visitor, world: World) -> None:
    await assign_all(world)
    await fetch(
        "insert into contest (code, title_vi, title_en, host_unit, timezone, state) "
        "select 'khac', 'Khác', 'Other', host_unit, timezone, 'closed' from contest"
    )
    await fetch("update role set contest = 'khac' where person = $1 and kind = 'organizer'", world.people["oj"])
    await visitor.sign_in(world.people["oj"])
    assert (await visitor.get("/organize/khac/entries")).status_code == 200
    assert (await visitor.get(f"/organize/{world.contest}/entries")).status_code == 403
    assert (await visitor.get(f"/judge/{world.contest}/so-khao")).status_code == 200
