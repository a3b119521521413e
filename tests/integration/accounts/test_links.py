"""Links that set a password: mailed in the person's language, shown to an organizer only where nobody else is at stake."""

from __future__ import annotations

import email
import email.policy
import re

import pytest

from server.accounts.jobs import send_invitation
from server.accounts.services.invitations import make_invitation
from server.accounts.services.passwords import hash_password
from server.app import Parts
from server.db import fetch, unit_of_work
from server.jobs import GiveUp, JobContext
from server.mail import make_transport
from tests.client import Visitor
from tests.world import World, make_world

PASSWORD = "mật khẩu đủ dài"


@pytest.fixture
async def world(database: object) -> World:
    return await make_world()


@pytest.fixture
def context(parts: Parts) -> JobContext:
    return JobContext(settings=parts.settings, storage=parts.storage, mail=make_transport(parts.settings), job=1)


def outbox(parts: Parts) -> list[email.message.EmailMessage]:
    folder = parts.settings.data_dir / "outbox"
    found = sorted(folder.glob("*.eml")) if folder.is_dir() else []
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in found]


def link_in(message: email.message.EmailMessage) -> str:
    found = re.search(r"/invitations/[\w-]+", message.get_content())
    assert found is not None
    return found[0]


async def test_the_mailed_link_lets_in_and_its_subject_names_nobody(
    visitor: Visitor, world: World, parts: Parts, context: JobContext
) -> None:
    await send_invitation(context, person=world.people["j1"])
    (message,) = outbox(parts)
    assert message["To"] == "j1@example.org"
    assert message["Subject"] == "Lời mời vào hệ thống Hội Thi"
    assert "Người j1" in message.get_content()
    link = link_in(message)
    assert (await visitor.post(link, data={"password": PASSWORD})).status_code == 303
    assert (await visitor.get("/judge")).status_code == 200
    await send_invitation(context, person=world.people["j1"])
    assert len(outbox(parts)) == 1


async def test_the_mail_is_in_the_language_chosen_on_the_account_page(
    visitor: Visitor, world: World, parts: Parts, context: JobContext
) -> None:
    await visitor.sign_in(world.people["j1"])
    assert (await visitor.submit("/account/language", {"locale": "en"})).status_code == 303
    assert '<html lang="en"' in (await visitor.get("/account")).text
    assert (await visitor.submit("/account/language", {"locale": "xx"})).status_code == 422
    await send_invitation(context, person=world.people["j1"])
    assert outbox(parts)[0]["Subject"] == "Invitation to Hội Thi"


async def test_the_invitation_says_for_what_in_the_language_of_the_person(
    world: World, parts: Parts, context: JobContext
) -> None:
    person = world.people["officer_a"]
    for unit in ("A", "B"):
        await fetch(
            "insert into role (person, kind, contest, unit) values ($1, 'officer', $2, $3) on conflict do nothing",
            person, world.contest, world.units[unit],
        )  # fmt: skip
    await fetch(
        "insert into role (person, kind, contest, unit) values ($1, 'judge', $2, $3)",
        person, world.contest, world.units["H"],
    )  # fmt: skip
    await send_invitation(context, person=person)
    said = "- Hội thi thử nghiệm: Giám khảo; Cán bộ phụ trách của Đơn vị A, Đơn vị B"
    assert said in outbox(parts)[0].get_content().splitlines()
    await fetch("update person set locale = 'en'")
    await send_invitation(context, person=world.people["o1"])
    bodies = [message.get_content() for message in outbox(parts)]
    assert any("- Trial contest: " in body and "Thành viên" not in body for body in bodies)


async def test_nobody_gets_mail_who_is_disabled_or_gone(world: World, parts: Parts, context: JobContext) -> None:
    await fetch("update person set disabled = true where id = $1", world.people["j1"])
    await send_invitation(context, person=world.people["j1"])
    await send_invitation(context, person=99_999)
    assert outbox(parts) == []


async def test_an_address_that_mail_does_not_allow_is_given_up(world: World, context: JobContext) -> None:
    await fetch("update person set email = $2 where id = $1", world.people["j1"], "a\n@b.example")
    with pytest.raises(GiveUp):
        await send_invitation(context, person=world.people["j1"])


async def test_who_has_joined_is_not_invited_again(visitor: Visitor, world: World) -> None:
    judge = world.people["j1"]
    await fetch("update person set password_hash = $1 where id = $2", await hash_password(PASSWORD), judge)
    await visitor.sign_in(world.people["o1"])
    people = f"/organize/{world.contest}/people"
    assert f"{people}/{judge}/invite" not in (await visitor.get(people)).text
    assert (await visitor.submit(f"{people}/{judge}/invite")).status_code == 409
    assert await fetch("select id from job") == []


@pytest.fixture
async def neighbour(world: World) -> int:
    """The organizer of another contest, who has not joined yet."""
    await fetch(
        "insert into contest (code, title_vi, title_en, host_unit, timezone, approvals, per_unit_max, state) "
        "select 'khac', 'Khác', 'Other', host_unit, timezone, 1, 0, 'open' from contest"
    )
    (row,) = await fetch("insert into person (email, full_name) values ('chu@khac.example', 'Chủ khác') returning id")
    await fetch(
        "insert into role (person, kind, contest, unit) values ($1, 'organizer', 'khac', $2)",
        row["id"],
        world.units["H"],
    )
    return int(row["id"])


async def test_no_organizer_sees_a_link_that_opens_a_contest_of_others(
    visitor: Visitor, world: World, neighbour: int
) -> None:
    await visitor.sign_in(world.people["o1"])
    people = f"/organize/{world.contest}/people"
    form = {"email": "chu@khac.example", "full_name": "X", "kind": "officer", "unit": "A"}
    assert (await visitor.submit(people, form)).status_code == 303
    refused = await visitor.submit(f"{people}/{neighbour}/link")
    assert refused.status_code == 409
    assert "/invitations/" not in refused.text
    assert f"{people}/{neighbour}/link" not in (await visitor.get(people)).text
    assert await fetch("select id from invitation") == []
    await fetch(
        "insert into role (person, kind, contest, unit) values ($1, 'organizer', 'khac', $2)",
        world.people["o1"],
        world.units["H"],
    )
    assert f"{people}/{neighbour}/link" in (await visitor.get(people)).text
    assert (await visitor.submit(f"{people}/{neighbour}/link")).status_code == 200


async def test_a_link_shown_before_does_not_open_a_role_given_after(
    visitor: Visitor, world: World, neighbour: int
) -> None:
    async with unit_of_work():
        shown = await make_invitation(neighbour)
    await visitor.sign_in(world.people["o1"])
    form = {"email": "chu@khac.example", "full_name": "X", "kind": "officer", "unit": "A"}
    assert (await visitor.submit(f"/organize/{world.contest}/people", form)).status_code == 303
    assert (await Visitor(visitor.app).get(f"/invitations/{shown}")).status_code == 404


@pytest.mark.parametrize("password", ["x" * 10_000, "x" * 20_000, "ngắn", "x\x00" * 10])
async def test_a_link_outlives_a_password_that_is_refused(visitor: Visitor, world: World, password: str) -> None:
    async with unit_of_work():
        token = await make_invitation(world.people["j1"])
    assert (await visitor.post(f"/invitations/{token}", data={"password": password})).status_code == 422
    assert (await visitor.get(f"/invitations/{token}")).headers["referrer-policy"] == "strict-origin"


async def test_every_unit_of_the_list_can_be_renamed_and_no_other(visitor: Visitor, world: World) -> None:
    (alien,) = await fetch("insert into unit (code, name) values ('X', 'Đơn vị X') returning id")
    await visitor.sign_in(world.people["o1"])
    url = f"/organize/{world.contest}/units"
    offered = {int(n) for n in re.findall(rf'action="{url}/(\d+)"', (await visitor.get(url)).text)}
    assert offered == set(world.units.values())
    for unit in offered:
        assert (await visitor.submit(f"{url}/{unit}", {"name": f"Tên {unit}"})).status_code == 303
    assert (await visitor.submit(f"{url}/{alien['id']}", {"name": "Tên"})).status_code == 404
    assert len(await fetch("select id from audit_event where action = 'unit.renamed'")) == 4


async def test_guessing_the_old_password_in_an_open_browser_is_slowed_down(visitor: Visitor, world: World) -> None:
    await fetch("update person set password_hash = $1 where id = $2", await hash_password(PASSWORD), world.people["o1"])
    await visitor.sign_in(world.people["o1"])
    form = {"old_password": "sai", "password": "một mật khẩu khác"}
    answers = [(await visitor.submit("/account/password", form)).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
    right = await visitor.submit("/account/password", {**form, "old_password": PASSWORD})
    assert right.status_code == 429


async def test_a_name_adds_no_header_and_no_line_to_a_mail(
    visitor: Visitor, world: World, parts: Parts, context: JobContext
) -> None:
    await visitor.sign_in(world.people["o1"])
    name = "An\r\nBcc: ai@khac.example\r\n\r\nMở https://evil.example/\u202e"
    form = {"email": "an@truong.example", "full_name": name, "kind": "judge", "unit": "A"}
    people = f"/organize/{world.contest}/people"
    assert (await visitor.submit(people, form)).status_code == 303
    (row,) = await fetch("select id, full_name from person where email = 'an@truong.example'")
    await send_invitation(context, person=row["id"])
    (message,) = outbox(parts)
    assert sorted(message.keys()) == sorted(set(message.keys()))
    assert (message["To"], message["Bcc"], message["Cc"]) == ("an@truong.example", None, None)
    assert message.get_content().splitlines()[0] == f"Chào {row['full_name']},"
    for address in (
        "an@truong.example,ai@khac.example",
        "x<an@truong.example",
        "an@truong.example\r\nBcc: a@b.example",
    ):
        assert (await visitor.submit(people, {**form, "email": address})).status_code == 422
    # An address that looks the same is another one, or none at all.
    for address in ("аn@truong.example", "AN@TRUONG.example", "an@truong.example\u200b"):
        await visitor.submit(people, {**form, "email": address})
    (count,) = await fetch("select count(*) as n from person where email like '%truong%'")
    assert count["n"] == 1
