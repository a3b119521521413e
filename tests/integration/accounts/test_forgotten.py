"""A forgotten password: a mailed link, used once and soon; and no answer that says whose address is known."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from server.accounts.jobs import send_reset
from server.accounts.services.forgotten import PER_ACCOUNT, PER_ADDRESS
from server.accounts.services.invitations import make_invitation
from server.accounts.services.passwords import hash_password
from server.app import Parts, create_app
from server.db import fetch, unit_of_work
from server.engine import queries_run
from server.jobs import JobContext
from server.mail import make_transport
from tests.client import Visitor
from tests.world import World, make_world

PASSWORD = "mật khẩu đủ dài"
OTHER = "một mật khẩu khác"
KNOWN = "j1@example.org"


@pytest.fixture
async def world(database: object) -> World:
    world = await make_world()
    await fetch("update person set password_hash = $1 where id = $2", await hash_password(PASSWORD), world.people["j1"])
    return world


@pytest.fixture
async def mailing(database: object, parts: Parts) -> AsyncIterator[Visitor]:
    """A visitor of a service that has a mail server."""
    settings = replace(parts.settings, smtp_url="smtp://127.0.0.1:1")
    async with Visitor(create_app(replace(parts, settings=settings))) as client:
        yield client


async def mailed(parts: Parts, address: str = KNOWN) -> list[str]:
    """Run the job; the links that it mailed, a path each."""
    context = JobContext(settings=parts.settings, storage=parts.storage, mail=make_transport(parts.settings), job=1)
    await send_reset(context, email=address)
    links = []
    for path in (parts.settings.data_dir / "outbox").glob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert message["To"] == address
        assert message["Subject"] == "Đặt lại mật khẩu Hội Thi"
        links += re.findall(r"http://testserver(/invitations/[\w-]+)", message.get_content())
        path.unlink()
    return links


async def test_the_mailed_link_sets_a_password_once_and_ends_what_was_open(
    mailing: Visitor, world: World, parts: Parts
) -> None:
    open_session = await mailing.as_person(world.people["j1"])
    assert "/forgotten" in (await mailing.get("/login")).text
    assert (await mailing.post("/forgotten", data={"email": KNOWN.upper()})).status_code == 200
    (job,) = await fetch("select name, args from job")
    assert (job["name"], job["args"]) == ("send_reset", f'{{"email": "{KNOWN}"}}')
    (link,) = await mailed(parts)
    assert (await open_session.get("/account")).status_code == 200
    assert (await mailing.post(link, data={"password": OTHER})).status_code == 303
    assert (await open_session.get("/account")).status_code == 303
    again = await Visitor(mailing.app).post(link, data={"password": PASSWORD})
    assert (again.status_code, again.headers["location"]) == (303, "/login")
    login = {"email": KNOWN, "password": OTHER}
    assert (await Visitor(mailing.app).post("/login", data=login)).status_code == 303
    (row,) = await fetch("select proven_at from person where id = $1", world.people["j1"])
    assert row["proven_at"] is not None


async def test_a_link_lasts_an_hour_and_a_newer_one_ends_it(mailing: Visitor, world: World, parts: Parts) -> None:
    (old,) = await mailed(parts)
    (new,) = await mailed(parts)
    assert (await mailing.get(old)).status_code == 404
    assert (await mailing.get(new)).status_code == 200
    await fetch("update invitation set expires_at = expires_at - interval '61 minutes'")
    assert (await mailing.get(new)).status_code == 404


async def test_asking_in_the_name_of_others_voids_no_invitation_of_theirs(
    mailing: Visitor, world: World, parts: Parts
) -> None:
    async with unit_of_work():
        invitation = await make_invitation(world.people["j2"])
    (link,) = await mailed(parts, "j2@example.org")
    assert (await mailing.get(f"/invitations/{invitation}")).status_code == 200
    assert (await mailing.post(link, data={"password": PASSWORD})).status_code == 303
    assert (await Visitor(mailing.app).get(f"/invitations/{invitation}")).status_code == 404


async def test_a_stranger_and_somebody_disabled_get_no_mail(world: World, parts: Parts) -> None:
    await fetch("update person set disabled = true where id = $1", world.people["j2"])
    assert await mailed(parts, "j2@example.org") == []
    assert await mailed(parts, "ai@example.org") == []
    assert await fetch("select id from invitation") == []


async def test_the_answer_is_the_same_for_everybody_in_words_and_in_work(mailing: Visitor, world: World) -> None:
    seen = []
    for address in (KNOWN, "ai@example.org"):
        queries: list[str] = []
        queries_run.set(queries)
        answer = await mailing.post("/forgotten", data={"email": address})
        seen.append((answer.status_code, answer.text.replace(address, "X"), queries))
    assert seen[0] == seen[1]
    assert seen[0][2]
    assert not any("from person" in query for query in seen[0][2])


async def test_asking_is_slowed_down_per_account_and_per_address(mailing: Visitor, world: World) -> None:
    for address in (KNOWN, "ai@example.org"):
        asked = [
            (await mailing.post("/forgotten", data={"email": a})).status_code for a in [address, address.upper()] * 2
        ]
        assert asked == [200] * PER_ACCOUNT.amount + [429]
    used = 2 * (PER_ACCOUNT.amount + 1)
    for number in range(PER_ADDRESS.amount - used):
        assert (await mailing.post("/forgotten", data={"email": f"{number}@example.org"})).status_code == 200
    assert (await mailing.post("/forgotten", data={"email": "x@example.org"})).status_code == 429


async def test_without_a_mail_server_the_page_says_whom_to_ask(visitor: Visitor, world: World) -> None:
    for answer in (await visitor.get("/forgotten"), await visitor.post("/forgotten", data={"email": KNOWN})):
        assert answer.status_code == 200
        assert "Hãy gọi cho Ban Tổ chức" in answer.text
    assert await fetch("select id from job") == []


async def test_an_empty_form_is_answered_with_words(mailing: Visitor, world: World) -> None:
    for form in ({}, {"email": ""}, {"email": "x" * 400}):
        assert (await mailing.post("/forgotten", data=form)).status_code == 422
