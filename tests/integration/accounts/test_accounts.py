"""Coming in and staying in over HTTP: nobody guesses, nothing is fixated, and losing a right binds the next request."""

from __future__ import annotations

import html
import re

import pytest

from server.accounts.services.invitations import make_invitation
from server.accounts.services.passwords import hash_password
from server.db import fetch, unit_of_work
from tests.client import Visitor
from tests.world import World, make_world

PASSWORD = "mật khẩu đủ dài"


@pytest.fixture
async def world(database: object) -> World:
    world = await make_world()
    hashed = await hash_password(PASSWORD)
    await fetch(
        "update person set password_hash = $1 where id = any($2::bigint[])",
        hashed,
        [world.people["o1"], world.people["j1"]],
    )
    return world


async def login(visitor: Visitor, email: str = "o1@example.org", password: str = PASSWORD, **fields: str) -> object:
    return await visitor.post("/login", data={"email": email, "password": password, **fields})


def hidden_fields(page: str) -> dict[str, str]:
    main = page[page.index("<main") : page.index("</main>")]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', main)
    return {name: html.unescape(value) for name, value in found}


async def invite(person: int) -> str:
    async with unit_of_work():
        return await make_invitation(person)


async def test_a_right_password_opens_a_new_session_whatever_cookie_came(visitor: Visitor, world: World) -> None:
    visitor.cookies.set("hoithi_session", "fixated-by-somebody")
    answer = await login(visitor, "O1@Example.org")
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert "fixated" not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await visitor.get("/account")).status_code == 200


@pytest.mark.parametrize(("email", "password"), [("o1@example.org", "sai mật khẩu"), ("ai@example.org", PASSWORD)])
async def test_wrong_and_unknown_look_the_same(visitor: Visitor, world: World, email: str, password: str) -> None:
    answer = await login(visitor, email, password)
    assert answer.status_code == 422
    assert answer.text.replace(email, "X").count("Email hoặc mật khẩu chưa đúng.") == 2
    assert (await visitor.get("/account")).status_code == 303


async def test_guessing_is_slowed_down_per_account(visitor: Visitor, world: World) -> None:
    for _ in range(10):
        assert (await login(visitor, password="x")).status_code == 422
    stopped = await login(visitor)
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) > 0
    assert (await login(visitor, "j1@example.org")).status_code == 303


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_a_link_does_not_lead_elsewhere(visitor: Visitor, world: World, target: str) -> None:
    answer = await login(visitor, next=target)
    assert answer.headers["location"] == "/"


async def test_long_and_strange_passwords_are_no_server_error(visitor: Visitor, world: World) -> None:
    for password in ("x" * 9_999, "x" * 20_000, "\u202e😀" * 50):
        assert (await login(visitor, password=password)).status_code == 422
    assert (
        await visitor.post(
            "/login", content=b"email=%ff", headers={"content-type": "application/x-www-form-urlencoded"}
        )
    ).status_code == 422


async def test_signing_out_everywhere_ends_the_other_session_at_once(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    other = await visitor.as_person(world.people["o1"])
    assert (await visitor.submit("/logout-everywhere")).status_code == 303
    assert (await other.get("/account")).status_code == 303


async def test_an_invitation_works_once_and_looking_does_not_use_it_up(visitor: Visitor, world: World) -> None:
    token = await invite(world.people["officer_a"])
    for _ in range(3):
        assert (await visitor.get(f"/invitations/{token}")).status_code == 200
    assert (await visitor.post(f"/invitations/{token}", data={"password": "ngắn"})).status_code == 422
    accepted = await visitor.post(f"/invitations/{token}", data={"password": PASSWORD})
    assert accepted.status_code == 303
    assert (await visitor.get("/entries")).status_code == 200
    stranger = Visitor(visitor.app)
    assert (await stranger.get(f"/invitations/{token}")).status_code == 404
    again = await stranger.post(f"/invitations/{token}", data={"password": PASSWORD})
    assert (again.status_code, again.headers["location"]) == (303, "/login")
    assert (await login(stranger, "officer_a@example.org")).status_code == 303


async def test_a_newer_invitation_voids_the_older_and_time_ends_both(visitor: Visitor, world: World) -> None:
    old, new = await invite(world.people["j2"]), await invite(world.people["j2"])
    assert (await visitor.get(f"/invitations/{old}")).status_code == 404
    assert (await visitor.get(f"/invitations/{new}")).status_code == 200
    await fetch("update invitation set expires_at = now() - interval '1 second'")
    assert (await visitor.get(f"/invitations/{new}")).status_code == 404


async def test_no_token_is_stored_as_it_is(visitor: Visitor, world: World) -> None:
    token = await invite(world.people["j2"])
    await login(visitor)
    rows = str(
        [
            dict(r)
            for t in ("session", "invitation", "api_token", "audit_event", "job")
            for r in await fetch(f"select * from {t}")
        ]
    )
    assert token not in rows
    assert visitor.cookies["hoithi_session"] not in rows


async def test_a_form_without_the_token_or_from_elsewhere_is_refused(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    assert (await visitor.post("/logout")).status_code == 403
    assert (await visitor.submit("/logout", headers={"origin": "https://evil.example"})).status_code == 403
    assert (await visitor.submit("/logout", headers={"sec-fetch-site": "cross-site"})).status_code == 403
    assert (await visitor.submit("/logout")).status_code == 303


async def test_losing_a_role_binds_the_next_request(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o2"])
    organizer = await visitor.as_person(world.people["o1"])
    assert (await visitor.get(f"/organize/{world.contest}")).status_code == 200
    role = (await fetch("select id from role where person = $1", world.people["o2"]))[0]["id"]
    assert (await organizer.submit(f"/organize/{world.contest}/roles/{role}/remove")).status_code == 303
    assert (await visitor.get(f"/organize/{world.contest}")).status_code == 404
    own = (await fetch("select id from role where person = $1", world.people["o1"]))[0]["id"]
    assert (await organizer.submit(f"/organize/{world.contest}/roles/{own}/remove")).status_code == 409


async def test_a_disabled_person_is_out(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    await fetch("update person set disabled = true where id = $1", world.people["o1"])
    assert (await visitor.get("/account")).status_code == 303
    assert (await login(Visitor(visitor.app))).status_code == 422


async def test_delicate_changes_ask_for_a_fresh_password(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    await fetch("update session set confirmed_at = now() - interval '1 hour'")
    form = {"email": "moi@example.org", "full_name": "Người mới", "kind": "judge", "unit": "A"}
    url = f"/organize/{world.contest}/people"
    asked = await visitor.submit(url, form)
    assert asked.status_code == 403
    wrong = await visitor.submit("/account/confirm", {**hidden_fields(asked.text), "fresh_password": "sai"})
    assert wrong.status_code == 422
    assert hidden_fields(wrong.text) == hidden_fields(asked.text)
    again = {**hidden_fields(wrong.text), "fresh_password": PASSWORD}
    confirmed = await visitor.post("/account/confirm", data=again, follow_redirects=True)
    assert [(step.status_code, step.headers["location"]) for step in confirmed.history] == [(307, url), (303, url)]
    assert "Người mới" in confirmed.text
    assert [j["name"] for j in await fetch("select name from job")] == ["send_invitation"]


@pytest.mark.parametrize(
    "form",
    [
        {"email": "không phải thư", "full_name": "A", "kind": "judge", "unit": "A"},
        {"email": "a@b.example", "full_name": "A", "kind": "king", "unit": "A"},
        {"email": "a@b.example", "full_name": "A", "kind": "judge", "unit": "?"},
        {"email": "a@b.example", "full_name": "", "kind": "judge", "unit": "A"},
    ],
)
async def test_bad_people_are_refused_and_what_was_typed_stays(
    visitor: Visitor, world: World, form: dict[str, str]
) -> None:
    await visitor.sign_in(world.people["o1"])
    answer = await visitor.submit(f"/organize/{world.contest}/people", form)
    assert answer.status_code == 422
    assert form["email"] in answer.text


async def test_a_link_is_shown_once_and_works(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    page = await visitor.submit(f"/organize/{world.contest}/people/{world.people['j2']}/link")
    token = page.text.split("/invitations/")[1].split("<")[0]
    assert (await Visitor(visitor.app).get(f"/invitations/{token}")).status_code == 200
    assert (await visitor.submit(f"/organize/{world.contest}/people/{world.people['j1']}/link")).status_code == 409


async def test_tokens_are_bound_to_their_scopes_and_can_be_revoked(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    page = await visitor.submit("/account/tokens", {"name": "báo cáo"})
    token = "ht_" + page.text.split("ht_")[1].split("<")[0].split('"')[0]
    program = Visitor(visitor.app)
    program.headers["authorization"] = f"Bearer {token}"
    assert (await program.get(f"/organize/{world.contest}")).status_code == 200
    assert (await program.post(f"/organize/{world.contest}/steps/close", data={"state": "open"})).status_code == 403
    number = (await fetch("select id from api_token"))[0]["id"]
    other = await visitor.as_person(world.people["j1"])
    assert (await other.submit(f"/account/tokens/{number}/revoke")).status_code == 404
    assert (await visitor.submit(f"/account/tokens/{number}/revoke")).status_code == 303
    assert (await program.get(f"/organize/{world.contest}")).status_code == 303


async def test_a_page_that_asks_for_the_password_comes_back_to_this_service_alone(
    visitor: Visitor, world: World
) -> None:
    await visitor.sign_in(world.people["o1"])
    for target, wanted in (("/account", "/account"), ("//evil.example", "/"), ("/\\evil.example", "/")):
        answer = await visitor.submit("/account/confirm", {"fresh_password": PASSWORD, "next": target})
        assert (answer.status_code, answer.headers["location"]) == (303, wanted)
        answer = await visitor.submit("/account/confirm", {"fresh_password": PASSWORD, "resume": target})
        assert (answer.status_code, answer.headers["location"]) == (307, wanted)


@pytest.mark.parametrize("way", ["/logout-everywhere", "/account/password", "/invitations/"])
async def test_a_new_password_and_signing_out_everywhere_end_the_tokens_of_programs(
    visitor: Visitor, world: World, way: str
) -> None:
    await visitor.sign_in(world.people["o1"])
    page = await visitor.submit("/account/tokens", {"name": "báo cáo"})
    program = Visitor(visitor.app)
    program.headers["authorization"] = "Bearer ht_" + page.text.split("ht_")[1].split("<")[0].split('"')[0]
    assert (await program.get("/account")).status_code == 200
    if way == "/invitations/":
        way += await invite(world.people["o1"])
    form = {"old_password": PASSWORD, "password": "một mật khẩu khác"}
    assert (await visitor.submit(way, form)).status_code == 303
    assert (await program.get("/account")).status_code == 303


async def test_a_new_password_sent_twice_is_answered_gently(visitor: Visitor, world: World) -> None:
    await login(visitor)
    csrf = (await visitor.get("/account")).text.split('name="_csrf" value="')[1].split('"')[0]
    form = {"_csrf": csrf, "old_password": PASSWORD, "password": "một mật khẩu khác"}
    second = Visitor(visitor.app)
    second.cookies.set("hoithi_session", visitor.cookies["hoithi_session"])
    assert (await visitor.post("/account/password", data=form)).status_code == 303
    pressed = await second.post("/account/password", data=form)
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/account")
    told = await second.get("/account", follow_redirects=True)
    assert told.url.path == "/login"
    assert "hãy dùng mật khẩu mới" in told.text
    assert len(await fetch("select 1 from audit_event where action = 'password.changed'")) == 1


async def test_a_new_password_ends_the_other_sessions(visitor: Visitor, world: World) -> None:
    await login(visitor)
    other = await visitor.as_person(world.people["o1"])
    csrf = (await visitor.get("/account")).text.split('name="_csrf" value="')[1].split('"')[0]
    form = {"_csrf": csrf, "old_password": PASSWORD, "password": "một mật khẩu khác"}
    assert (await visitor.post("/account/password", data={**form, "old_password": "sai"})).status_code == 422
    assert (await visitor.post("/account/password", data=form)).status_code == 303
    assert (await visitor.get("/account")).status_code == 200
    assert (await other.get("/account")).status_code == 303


async def test_units_are_shown_as_a_tree_and_renamed(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    await fetch("update unit set valid_from = '2020-01-01', valid_to = '2025-06-30' where code = 'A1'")
    url = f"/organize/{world.contest}/units"
    assert "30/06/2025" in (await visitor.get(url)).text
    assert (await visitor.submit(f"{url}/{world.units['A']}", {"name": "Tên mới"})).status_code == 303
    assert "Tên mới" in (await visitor.get(url)).text
    assert (await visitor.submit(f"{url}/99999", {"name": "x"})).status_code == 404
