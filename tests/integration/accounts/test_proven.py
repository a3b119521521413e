"""Whose address it is: a mailed link proves it, a link that an organizer saw opens that organizer's contest alone."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Awaitable, Callable

import pytest

from server.accounts.jobs import send_invitation
from server.accounts.services.passwords import hash_password
from server.app import Parts
from server.db import fetch, fetch_one
from server.jobs import JobContext
from server.mail import make_transport
from tests.client import Visitor
from tests.world import World, make_world

PASSWORD = "mật khẩu đủ dài"
OTHER = "một mật khẩu khác"
VICTIM = "co-giao@truong.example"


@pytest.fixture
async def world(database: object) -> World:
    """Our contest, and the contest "khac" of organizer j4, who is a stranger to ours there."""
    world = await make_world()
    await fetch(
        "insert into contest (code, title_vi, title_en, host_unit, timezone, approvals, per_unit_max, state) "
        "select 'khac', 'Khác', 'Other', host_unit, timezone, 1, 0, 'open' from contest"
    )
    await fetch(
        "insert into role (person, kind, contest, unit) values ($1, 'organizer', 'khac', $2)",
        world.people["j4"],
        world.units["H"],
    )
    return world


@pytest.fixture
def mailed_link(parts: Parts) -> Callable[[int], Awaitable[str]]:
    """The path of the newest link that is mailed to a person."""

    async def send(person: int) -> str:
        context = JobContext(settings=parts.settings, storage=parts.storage, mail=make_transport(parts.settings), job=1)
        await send_invitation(context, person=person)
        (path,) = (parts.settings.data_dir / "outbox").glob("*.eml")
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        path.unlink()
        found = re.search(r"/invitations/[\w-]+", message.get_content())
        assert found is not None
        return found[0]

    return send


async def squat(visitor: Visitor, world: World) -> tuple[Visitor, int]:
    """The organizer of "khac" invites the victim, keeps the link and sets the password; the squatter and the account."""
    squatter = await visitor.as_person(world.people["j4"])
    people = "/organize/khac/people"
    form = {"email": VICTIM, "full_name": "Cô giáo", "kind": "judge", "unit": "H"}
    assert (await squatter.submit(people, form)).status_code == 303
    row = await fetch_one("select id from person where email = $1", VICTIM)
    assert row is not None
    page = await squatter.submit(f"{people}/{row['id']}/link")
    link = "/invitations/" + page.text.split("/invitations/")[1].split("<")[0]
    thief = Visitor(visitor.app)
    assert (await thief.post(link, data={"password": PASSWORD})).status_code == 303
    return thief, int(row["id"])


async def grant(visitor: Visitor, world: World) -> Visitor:
    organizer = await visitor.as_person(world.people["o1"])
    form = {"email": VICTIM, "full_name": "Cô giáo", "kind": "organizer", "unit": "H"}
    assert (await organizer.submit(f"/organize/{world.contest}/people", form)).status_code == 303
    return organizer


async def test_who_squats_an_address_never_holds_the_role_that_another_contest_gives_it(
    visitor: Visitor, world: World, mailed_link: Callable[[int], Awaitable[str]]
) -> None:
    thief, person = await squat(visitor, world)
    assert (await thief.get("/judge")).status_code == 200
    await grant(visitor, world)
    assert (await thief.get(f"/organize/{world.contest}")).status_code == 404
    assert (await thief.get("/organize")).status_code == 403
    assert [j["name"] for j in await fetch("select name from job where args ->> 'person' = $1", str(person))] == [
        "send_invitation"
    ] * 2
    owner = Visitor(visitor.app)
    assert (await owner.post(await mailed_link(person), data={"password": OTHER})).status_code == 303
    assert (await owner.get(f"/organize/{world.contest}")).status_code == 200
    assert (await owner.get("/judge")).status_code == 200
    assert (await thief.get("/judge")).status_code == 303
    signed_in = await Visitor(visitor.app).post("/login", data={"email": VICTIM, "password": PASSWORD})
    assert signed_in.status_code == 422
    row = await fetch_one("select proven_at, confined_to from person where id = $1", person)
    assert row is not None
    assert row["proven_at"] is not None
    assert row["confined_to"] is None


async def test_an_office_without_mail_vouches_for_a_person_it_knows(visitor: Visitor, world: World) -> None:
    officer, person = await squat(visitor, world)
    organizer = await grant(visitor, world)
    people = f"/organize/{world.contest}/people"
    page = (await organizer.get(people)).text
    assert "Chờ chứng minh địa chỉ thư" in page
    assert f"{people}/{person}/vouch" in page
    assert f"{people}/{person}/link" not in page
    assert (await organizer.submit(f"{people}/{person}/link")).status_code == 409
    assert (await organizer.submit(f"{people}/{person}/vouch")).status_code == 303
    assert (await officer.get(f"/organize/{world.contest}")).status_code == 200
    assert (await organizer.submit(f"{people}/{person}/vouch")).status_code == 303
    assert len(await fetch("select 1 from audit_event where action = 'person.vouched'")) == 1
    assert "Chờ chứng minh địa chỉ thư" not in (await organizer.get(people)).text


async def test_nobody_is_vouched_for_by_strangers_or_without_a_fresh_password(visitor: Visitor, world: World) -> None:
    thief, person = await squat(visitor, world)
    for code in (world.contest, "khac"):
        assert (await thief.submit(f"/organize/{code}/people/{person}/vouch")).status_code in (403, 404)
    organizer = await visitor.as_person(world.people["o1"])
    assert (await organizer.submit(f"/organize/{world.contest}/people/{person}/vouch")).status_code == 404
    await grant(visitor, world)
    await fetch("update session set confirmed_at = now() - interval '1 hour'")
    assert (await organizer.submit(f"/organize/{world.contest}/people/{person}/vouch")).status_code == 403
    row = await fetch_one("select confined_to from person where id = $1", person)
    assert row is not None
    assert row["confined_to"] == ["khac"]


async def test_a_token_of_a_squatted_account_opens_no_more_than_its_session(visitor: Visitor, world: World) -> None:
    thief, _ = await squat(visitor, world)
    page = await thief.get("/account")
    csrf = page.text.split('name="_csrf" value="')[1].split('"')[0]
    made = await thief.post("/account/tokens", data={"_csrf": csrf, "name": "x", "write": "1"})
    await grant(visitor, world)
    program = Visitor(visitor.app)
    program.headers["authorization"] = "Bearer ht_" + made.text.split("ht_")[1].split("<")[0].split('"')[0]
    assert (await program.get("/judge")).status_code == 200
    assert (await program.get(f"/organize/{world.contest}")).status_code == 404


async def test_a_password_that_was_cleared_and_set_by_a_shown_link_is_not_proven_any_longer(
    visitor: Visitor, world: World, mailed_link: Callable[[int], Awaitable[str]]
) -> None:
    judge = world.people["j1"]
    owner = Visitor(visitor.app)
    assert (await owner.post(await mailed_link(judge), data={"password": PASSWORD})).status_code == 303
    await fetch("update person set password_hash = null where id = $1", judge)
    organizer = await visitor.as_person(world.people["o1"])
    page = await organizer.submit(f"/organize/{world.contest}/people/{judge}/link")
    link = "/invitations/" + page.text.split("/invitations/")[1].split("<")[0]
    assert (await Visitor(visitor.app).post(link, data={"password": OTHER})).status_code == 303
    row = await fetch_one("select proven_at, confined_to from person where id = $1", judge)
    assert row is not None
    assert (row["proven_at"], row["confined_to"]) == (None, [world.contest])


async def test_who_came_in_before_addresses_were_proven_keeps_every_role(visitor: Visitor, world: World) -> None:
    await fetch("update person set password_hash = $1 where id = $2", await hash_password(PASSWORD), world.people["o1"])
    await visitor.sign_in(world.people["o1"])
    assert (await visitor.get(f"/organize/{world.contest}")).status_code == 200
