"""Every form sent twice, one after the other and both at once: the second is answered like the first, and adds nothing.

A route that posts and is not named here fails, so that the question is asked for each new one.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from server.db import fetch
from tests.client import Visitor
from tests.integration.test_permissions import FORMS, address, declared, objects
from tests.world import World

__all__ = ["objects"]

OPEN = ("update contest set state = 'open' where code = 'thu-nghiem'",)
CLOSED = ("update contest set state = 'closed' where code = 'thu-nghiem'",)
WAITING = (*CLOSED, "update round set state = 'waiting'")
ASSIGNED = (*CLOSED, "update round set state = 'assigned'")
MARKED = (
    "insert into mark (assignment, criterion, version, points, person) select a.id, c.id, 1, 10, a.person "
    "from assignment a join round_entry re on re.id = a.round_entry join criterion c on c.round = re.round",
    "update assignment set version = 1",
)
HANDED_IN = (*MARKED, "update assignment set version = 2, submitted_at = now()")
ENDED = (*HANDED_IN, "update round set state = 'closed', closed_at = now() - interval '1 minute'")
TIED = (*ENDED, "update round set tie_break = '{}', advance_top = 1")
DECIDED = (*ENDED, "update round set state = 'decided'", "update contest set state = 'decided'")
UNPROVEN = (*CLOSED, "update person set confined_to = '{}', password_hash = 'x' where email = 'j2@example.org'")

SCENES: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "POST /contests/{contest:str}/entries": ("officer_a", OPEN, {"key": "k"}),
    "POST /contests/{contest:str}/entries/{entry:str}": ("officer_a", OPEN, {"title": "Khác"}),
    "POST /contests/{contest:str}/entries/{entry:str}/files/{file:int}/remove": ("officer_a", OPEN, {}),
    "POST /contests/{contest:str}/entries/{entry:str}/submit": ("officer_a", OPEN, {"key": "k"}),
    "POST /contests/{contest:str}/entries/{entry:str}/withdraw": ("officer_a", OPEN, {}),
    "POST /contests/{contest:str}/entries/{entry:str}/restore": (
        "officer_a",
        (*OPEN, "update entry set state = 'withdrawn' where code = 'E01'"),
        {},
    ),
    "POST /judge/{contest:str}/{round_code:str}/{alias:str}/marks": (
        "j1",
        (),
        {"version": "0", "mark-noi-dung": "5", "mark-hinh-thuc": "5", "comment": "a"},
    ),
    "POST /judge/{contest:str}/{round_code:str}/{alias:str}/submit": ("j1", MARKED, {}),
    "POST /judge/{contest:str}/{round_code:str}/{alias:str}/reopen": ("j1", HANDED_IN, {}),
    "POST /judge/{contest:str}/{round_code:str}/{alias:str}/recuse": ("j1", (), {}),
    "POST /judge/{contest:str}/{round_code:str}/leave": ("j1", (), {}),
    "POST /organize/{contest:str}/dates": ("o1", OPEN, {"closes_at": "2099-01-01T00:00"}),
    "POST /organize/{contest:str}/extensions": (
        "o1",
        (*OPEN, "update contest set closes_at = now()"),
        {"unit": "A", "extended_to": "2099-01-01T00:00"},
    ),
    "POST /organize/{contest:str}/extensions/{extension:int}/take-back": ("o1", OPEN, {}),
    "POST /organize/{contest:str}/steps/{step:str}": ("o1", (*OPEN, "update round set state = 'waiting'"), {}),
    "POST /organize/{contest:str}/jobs/{job:int}/retry": ("o1", (), {}),
    "POST /organize/{contest:str}/entries/accept-all": ("o1", CLOSED, {}),
    "POST /organize/{contest:str}/entries/{entry:str}/edit": ("o1", CLOSED, {"title": "Khác"}),
    "POST /organize/{contest:str}/entries/{entry:str}/verdicts/{verdict:str}": ("o1", CLOSED, {}),
    "POST /organize/{contest:str}/people": ("o1", CLOSED, {"unit": "A"}),
    "POST /organize/{contest:str}/people/{person:int}/invite": ("o1", CLOSED, {}),
    "POST /organize/{contest:str}/people/{person:int}/vouch": ("o1", UNPROVEN, {}),
    "POST /organize/{contest:str}/roles/{role:int}/remove": ("o1", CLOSED, {}),
    "POST /organize/{contest:str}/units/{unit:int}": ("o1", CLOSED, {}),
    "POST /organize/{contest:str}/conflicts": ("o1", (), {"entry": "E01"}),
    "POST /organize/{contest:str}/conflicts/{conflict:int}/remove": ("o1", (), {}),
    "POST /organize/{contest:str}/rounds/{code:str}/panels/{panel:int}/seats": (
        "o1",
        ASSIGNED,
        {"judge": "j4@example.org"},
    ),
    "POST /organize/{contest:str}/rounds/{code:str}/panels/{panel:int}/seats/{judge:int}/leave": ("o1", WAITING, {}),
    "POST /organize/{contest:str}/rounds/{code:str}/start": ("o1", ASSIGNED, {}),
    "POST /organize/{contest:str}/rounds/{code:str}/stop": ("o1", (), {}),
    "POST /organize/{contest:str}/rounds/{code:str}/close": ("o1", (), {}),
    "POST /organize/{contest:str}/rounds/{code:str}/reopen": ("o1", ENDED, {}),
    "POST /organize/{contest:str}/rounds/{code:str}/decide": ("o1", TIED, {"entries": "E02"}),
    "POST /organize/{contest:str}/rounds/{code:str}/advance": ("o1", ENDED, {"then": "finish"}),
    "POST /organize/{contest:str}/rounds/{code:str}/undo-advance": ("o1", DECIDED, {}),
    "POST /organize/{contest:str}/publication/{step:str}": ("o1", DECIDED, {"digest": "d"}),
    "POST /account/language": ("o1", (), {"locale": "en"}),
    "POST /account/tokens/{token:int}/revoke": ("o1", (), {}),
    "POST /locale": ("o1", (), {"locale": "en"}),
}
"""Route -> who presses, what was so before, and the form's own fields over the usual ones."""

ELSEWHERE = {
    "POST /contests/{contest:str}/entries/{entry:str}/files": "a body of its own: contests/test_officer.py",
    "POST /organize/{contest:str}/rounds/{code:str}/apply": "below",
    "POST /organize/{contest:str}/publication/prepare": "publishing/test_publication.py",
    "POST /organize/{contest:str}/people/{person:int}/link": "each press shows another link, and the last one works",
    "POST /account/tokens": "below",
    "POST /account/password": "accounts/test_accounts.py",
    "POST /account/confirm": "nothing is made; the password is only looked at",
    "POST /login": "each sign-in is a session of its own, and the last cookie counts",
    "POST /logout": "nobody is signed in any more",
    "POST /logout-everywhere": "nobody is signed in any more",
    "POST /forgotten": "accounts/test_forgotten.py",
    "POST /invitations/{token:str}": "below",
}


def test_every_form_is_asked() -> None:
    posts = {route for route in declared() if route.startswith("POST") and "/uploads" not in route}
    assert posts == set(SCENES) | set(ELSEWHERE)


async def everything() -> dict[str, str]:
    """Every table's rows as one digest each; sessions and the log come and go."""
    names = await fetch("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
    found = {}
    for name in sorted(row["relname"] for row in names):
        if name in ("session", "audit_event", "migration", "job"):
            continue
        rows = await fetch(f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as d from {name} t")
        found[name] = rows[0]["d"]
    # Of jobs and events only how many: a job may be under way.
    for name in ("audit_event", "job"):
        found[name] = str((await fetch(f"select count(*) as n from {name}"))[0]["n"])
    return found


async def set_the_scene(world: World, before: tuple[str, ...]) -> None:
    for statement in before:
        await fetch(statement)


def press(client: Visitor, url: str, fields: dict[str, str]) -> Any:
    return client.submit(url, {**FORMS, **fields})


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("location", "")


@pytest.mark.parametrize("route", list(SCENES))
@pytest.mark.parametrize("how", ["one after the other", "at once"])
async def test_a_form_sent_twice(visitor: Visitor, objects: tuple[World, dict[str, str]], route: str, how: str) -> None:
    world, names = objects
    who, before, fields = SCENES[route]
    await set_the_scene(world, before)
    url = address(route.split(" ")[1], names)
    client = await visitor.as_person(world.people[who])
    if how == "at once":
        answers = await asyncio.gather(*(press(client, url, fields) for _ in range(4)))
        once = await everything()
        answers.append(await press(client, url, fields))
    else:
        answers = [await press(client, url, fields)]
        once = await everything()
        answers.append(await press(client, url, fields))
    assert {said(answer) for answer in answers} == {said(answers[0])}, [said(a) for a in answers]
    assert answers[0].status_code in (200, 303), answers[0].text[-3000:]
    twice = await everything()
    assert {name for name in once if once[name] != twice[name]} == set()
    if how == "at once":
        made = {
            row["action"]: row["n"] for row in await fetch("select action, count(*) as n from audit_event group by 1")
        }
        assert not {action: n for action, n in made.items() if n > 1 and action != "assignment.recused"}


@pytest.mark.parametrize("how", ["one after the other", "at once"])
async def test_a_plan_applied_twice_is_one_plan(
    visitor: Visitor, objects: tuple[World, dict[str, str]], how: str
) -> None:
    world, _ = objects
    await set_the_scene(world, WAITING)
    client = await visitor.as_person(world.people["o1"])
    url = f"/organize/{world.contest}/rounds/so-khao"
    plan = (await client.get(url, headers={"accept": "application/json"})).json()
    form = {"seed": str(plan["seed"]), "basis": plan["basis"]}
    if how == "at once":
        answers = await asyncio.gather(*(client.submit(f"{url}/apply", form) for _ in range(4)))
    else:
        answers = [await client.submit(f"{url}/apply", form) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    assert len(await fetch("select 1 from assignment")) == plan["assignments"]
    assert len(await fetch("select 1 from round_entry")) == 3


async def test_a_token_made_twice_is_the_one_that_is_shown_last(
    visitor: Visitor, objects: tuple[World, dict[str, str]]
) -> None:
    world, _ = objects
    client = await visitor.as_person(world.people["o2"])
    answers = await asyncio.gather(
        *(client.submit("/account/tokens", {"name": "máy", "write": "1", "key": "k"}) for _ in range(3))
    )
    assert {answer.status_code for answer in answers} == {200}
    query = "select 1 from api_token where person = $1 and revoked_at is null"
    assert len(await fetch(query, world.people["o2"])) == 1
    await client.submit("/account/tokens", {"name": "máy khác", "write": "1", "key": "k"})
    await client.submit("/account/tokens", {"name": "máy", "write": "1", "key": "another"})
    assert len(await fetch(query, world.people["o2"])) == 3


async def test_an_invitation_sent_twice_ends_at_the_door(
    visitor: Visitor, objects: tuple[World, dict[str, str]]
) -> None:
    _, names = objects
    url = f"/invitations/{names['token:str']}"
    form = {"password": "mat khau du dai 1"}
    answers = await asyncio.gather(*(Visitor(visitor.app).submit(url, form) for _ in range(3)))
    assert sorted(said(answer) for answer in answers) == [(303, "/home"), (303, "/login"), (303, "/login")]
    assert said(await visitor.submit(url, form)) == (303, "/login")
    assert (await visitor.submit("/invitations/x", form)).status_code == 404
