"""The session and its form token under attack: cookies, sources, content types, overrides, and addresses to go on to."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from server.accounts.services.invitations import make_invitation
from server.accounts.services.passwords import hash_password
from server.app import Parts, create_app
from server.db import fetch, unit_of_work
from tests.client import Visitor
from tests.world import World, make_world

PASSWORD = "mật khẩu đủ dài"


@pytest.fixture
async def world(database: object) -> World:
    world = await make_world()
    await fetch("update person set password_hash = $1 where id = $2", await hash_password(PASSWORD), world.people["o1"])
    return world


@pytest.fixture
async def secure(database: object, parts: Parts) -> AsyncIterator[Visitor]:
    """A visitor of a service that people reach by https."""
    settings = replace(parts.settings, public_url="https://testserver")
    async with Visitor(create_app(replace(parts, settings=settings))) as client:
        client.base_url = httpx.URL("https://testserver")
        yield client


async def login(visitor: Visitor, **fields: str) -> httpx.Response:
    return await visitor.post("/login", data={"email": "o1@example.org", "password": PASSWORD, **fields})


async def test_by_https_the_cookie_is_bound_to_the_host(secure: Visitor, world: World) -> None:
    answer = await login(secure)
    (cookie,) = answer.headers.get_list("set-cookie")
    name, *attributes = (part.strip().lower() for part in cookie.split(";"))
    assert name.startswith("__host-hoithi=")
    assert {"httponly", "secure", "path=/", "samesite=lax"} <= set(attributes)
    assert not any(attribute.startswith("domain") for attribute in attributes)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert (await secure.get("/account")).status_code == 200


async def test_by_https_no_cookie_of_ours_travels_without(secure: Visitor, world: World) -> None:
    await login(secure)
    await secure.get("/account")
    answers = [
        await secure.post("/locale", data={"locale": "en", "_csrf": await form_token(secure)}),
        await secure.post("/account/language", data={"locale": "en", "_csrf": await form_token(secure)}),
        await secure.post("/logout", data={"_csrf": await form_token(secure)}),
    ]
    cookies = [cookie for answer in answers for cookie in answer.headers.get_list("set-cookie")]
    assert len(cookies) >= 4
    assert [cookie for cookie in cookies if "secure" not in cookie.lower()] == []


async def form_token(visitor: Visitor) -> str:
    return (await visitor.get("/account")).text.split('name="_csrf" value="')[1].split('"')[0]


async def test_the_cookie_of_plain_http_opens_nothing_by_https(secure: Visitor, world: World) -> None:
    plain = await secure.as_person(world.people["o1"])
    plain.base_url = httpx.URL("https://testserver")
    assert "hoithi_session" in plain.cookies
    assert (await plain.get("/account")).status_code == 303


async def test_every_way_in_makes_a_new_session_and_logout_ends_it_on_the_server(
    visitor: Visitor, world: World
) -> None:
    await login(visitor)
    first = visitor.cookies["hoithi_session"]
    again = Visitor(visitor.app)
    await login(again)
    assert again.cookies["hoithi_session"] != first
    csrf = await form_token(visitor)
    assert (await visitor.post("/logout", data={"_csrf": csrf})).status_code == 303
    thief = Visitor(visitor.app)
    thief.cookies.set("hoithi_session", first)
    assert (await thief.get("/account")).status_code == 303
    assert (await again.get("/account")).status_code == 200


async def test_an_expired_session_is_none(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    await fetch("update session set expires_at = now() - interval '1 second'")
    assert (await visitor.get("/account")).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "http://testserver:8080"},
        {"origin": "http://testserver@evil.example"},
        {"origin": ""},
        {"origin": "http://[bad"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_another_site_posts_nothing_not_even_a_login(
    visitor: Visitor, world: World, headers: dict[str, str]
) -> None:
    assert (await visitor.post("/login", data={"email": "a", "password": "b"}, headers=headers)).status_code == 403
    await visitor.sign_in(world.people["o1"])
    assert (await visitor.submit("/logout", headers=headers)).status_code == 403
    assert (await visitor.get("/account")).status_code == 200


async def test_a_page_of_plain_http_posts_nothing_to_https(secure: Visitor, world: World) -> None:
    form = {"email": "o1@example.org", "password": PASSWORD}
    assert (await secure.post("/login", data=form, headers={"origin": "http://testserver"})).status_code == 403
    assert (await secure.post("/login", data=form, headers={"origin": "https://testserver"})).status_code == 303


async def test_the_token_counts_in_the_body_or_its_header_and_only_the_own_one(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    other = await visitor.as_person(world.people["o1"])
    token = visitor.csrf
    refused = [
        await visitor.post("/logout"),
        await visitor.post("/logout", data={"_csrf": ""}),
        await visitor.post("/logout", data={"_csrf": other.csrf}),
        await visitor.post("/logout", data={"_csrf": token[:-1]}),
        await visitor.post("/logout", data={"_csrf": [token, "x"]}),
        await visitor.post(f"/logout?_csrf={token}"),
        await visitor.post("/logout", json={"_csrf": token}),
        await visitor.post("/logout", content=f"_csrf={token}", headers={"content-type": "text/plain"}),
        await visitor.post("/logout", content=f"_csrf={token}", headers={"content-type": ""}),
        await visitor.post("/logout", files={"_csrf": (None, token)}),
        await visitor.post("/logout", headers={"x-csrftoken": other.csrf}),
        await visitor.post(
            "/logout", headers={"cookie": f"hoithi_session={visitor.cookies['hoithi_session']}; _csrf={token}"}
        ),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert (await visitor.get("/account")).status_code == 200
    odd = {"content-type": "Application/X-WWW-Form-Urlencoded; charset=utf-8"}
    assert (await visitor.post("/logout", content=f"_csrf={token}", headers=odd)).status_code == 303


async def test_a_method_is_what_the_request_line_says(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    for headers in ({"x-http-method-override": "POST"}, {"x-method-override": "POST"}):
        assert (await visitor.get("/logout", headers=headers)).status_code == 405
        assert (await visitor.get("/logout?_method=POST", headers=headers)).status_code == 405
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "POST "):
        answer = await visitor.request(method, "/account", data={"_csrf": visitor.csrf})
        assert answer.status_code in (400, 404, 405), method
    assert (await visitor.get("/account")).status_code == 200


TARGETS = [
        "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/\r\n/evil.example",
        "https:evil.example", "http://testserver@evil.example", " //evil.example", "\u00a0//evil.example", "/\x00/evil.example",
        "/%0d%0aset-cookie:%20a=b", "/đường dẫn?x=ế", "/\u2028/evil.example", "/" + "a" * 1990, "/😀", "/\x7f", "/\x0b/evil.example",
    ]  # fmt: skip


async def test_a_login_goes_on_to_this_service_alone(visitor: Visitor, world: World) -> None:
    for target in TARGETS:
        answer = await login(Visitor(visitor.app), next=target)
        if answer.status_code == 422:
            continue
        assert answer.status_code == 303, target
        location = answer.headers["location"]
        assert location.isascii(), target
        assert httpx.URL("http://testserver/login").join(location).host == "testserver", target
        assert not location.startswith(("//", "/\\")), target
        assert answer.headers.get_list("set-cookie")[0].startswith("hoithi_session="), target
    await login(visitor)
    for client in (Visitor(visitor.app), visitor):
        for target in TARGETS:
            assert (await client.get("/login", params={"next": target})).status_code in (200, 303, 400), target


MESSAGES = [
        "[" * 30_000, '{"a":' * 20_000, '[["success","<script>alert(1)</script>"]]', '[["\\"onload=x","<b>"]]', "[1]", "7",
        '[["a","b"],["c"]]', '"ab"', "[null]", '{"ab":1}', "[[[],[]]]", "NaN",
    ]  # fmt: skip


async def test_a_message_cookie_that_others_wrote_is_text_or_nothing(visitor: Visitor, world: World) -> None:
    for value in MESSAGES:
        for cookie in (base64.urlsafe_b64encode(value.encode()).decode(), value[:100].replace('"', "")):
            answer = await visitor.get("/login", headers={"cookie": f"hoithi_flash={cookie}"})
            assert answer.status_code == 200, value[:50]
            assert "<script>alert" not in answer.text
            assert '"onload' not in answer.text


@pytest.mark.parametrize(
    "value", ["en<script>", "../../etc", "xx", "en" * 4000, '"', "en\u00e9".encode().decode("latin-1")]
)
async def test_a_language_cookie_is_a_known_language_or_nothing(visitor: Visitor, world: World, value: str) -> None:
    answer = await visitor.get("/login", headers={"cookie": f"hoithi_lang={value}".encode("latin-1")})
    assert answer.status_code == 200
    assert '<html lang="vi">' in answer.text or '<html lang="en">' in answer.text


async def test_a_link_used_twenty_times_at_once_works_once(visitor: Visitor, world: World) -> None:
    async with unit_of_work():
        token = await make_invitation(world.people["j2"])
    async with asyncio.TaskGroup() as group:
        tries = [
            group.create_task(
                Visitor(visitor.app).post(f"/invitations/{token}", data={"password": f"mật khẩu thứ {number}"})
            )
            for number in range(20)
        ]
    assert sorted(task.result().headers["location"] for task in tries) == ["/home"] + ["/login"] * 19
    (count,) = await fetch("select count(*) as n from session")
    assert count["n"] == 1


async def test_a_password_of_a_megabyte_costs_no_hash(visitor: Visitor, world: World) -> None:
    async with unit_of_work():
        token = await make_invitation(world.people["j2"])
    async with asyncio.timeout(5):
        for size in (10_001, 900_000, 2_000_000):
            huge = "x" * size
            for _ in range(3):
                login_ = await visitor.post("/login", data={"email": "o1@example.org", "password": huge})
                set_ = await visitor.post(f"/invitations/{token}", data={"password": huge})
                assert {login_.status_code, set_.status_code} <= {413, 422}


async def test_pages_are_closed_to_scripts_frames_and_caches(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    for path in ("/", "/account", "/khong-co", f"/organize/{world.contest}", "/login", "/api/v1/khong-co", "/logout"):
        headers = (await visitor.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors" in policy
        assert "base-uri 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "private, no-store"
        assert headers["referrer-policy"] == "same-origin"
    assert json.loads((await visitor.get("/health")).text) == {"status": "ok"}
