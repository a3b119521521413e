"""The door against senders that never end, never hurry or lie about the length, before anybody is known."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from server import slow_bodies
from server.accounts.services.forgotten import PER_ADDRESS
from server.app import Parts
from server.db import fetch
from server.guarded_http import GuardedHttp
from tests.client import Visitor
from tests.integration.raw_http import request, say, serving
from tests.world import World, make_world

CONNECTIONS = int(os.environ.get("HOITHI_SLOW_CONNECTIONS", "200"))
JUNK = b"a" * 16_384
HEAD = b"GET /health HTTP/1.1\r\nHost: testserver\r\n"


@pytest.fixture
async def port(database: object, parts: Parts) -> AsyncIterator[int]:
    async with serving(parts) as number:
        yield number


@pytest.mark.parametrize(
    "beginning",
    [
        b"GET /",
        HEAD + b"X: ",
        b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\nX: ",
        b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;",
    ],
    ids=["path", "header", "trailer", "chunk extension"],
)
async def test_what_never_ends_is_cut_off(port: int, beginning: bytes) -> None:
    status, answer, sent = await say(port, itertools.chain([beginning], itertools.repeat(JUNK, 6400)))
    assert sent < 16_000_000
    assert status in (0, 200, 400, 422, 431), answer
    assert (await httpx.AsyncClient().get(f"http://127.0.0.1:{port}/health")).status_code == 200


async def test_many_headers_are_cut_off(port: int) -> None:
    lines = (b"X-%d: %s\r\n" % (number, b"b" * 1000) for number in itertools.count())
    status, _, sent = await say(port, itertools.chain([HEAD], itertools.islice(lines, 100_000)))
    assert status in (0, 431)
    assert sent < 16_000_000


async def test_a_head_that_takes_for_ever_is_given_up(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GuardedHttp, "head_seconds", 0.3)
    for beginning in (b"", b"GET", HEAD):
        began = time.monotonic()
        status, _, _ = await say(port, [beginning] if beginning else [])
        assert status == 408
        assert time.monotonic() - began < 15


async def test_a_body_that_pauses_or_trickles_is_given_up(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_bodies, "PAUSE_SECONDS", 0.4)
    monkeypatch.setattr(slow_bodies, "GRACE_SECONDS", 0.5)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": "900"}
    head = request("POST", "/login", form)
    status, answer, _ = await say(port, [head, b"email="])
    assert status == 408
    assert "connection: close" in answer.lower()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head)
    began = time.monotonic()
    while not reader.at_eof() and time.monotonic() - began < 15:
        writer.write(b"a")
        await asyncio.sleep(0.05)
        if b"408" in await _so_far(reader):
            break
    assert time.monotonic() - began < 14
    writer.close()


async def _so_far(reader: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(reader.read(4096), 0.01)
    except TimeoutError:
        return b""


async def test_slow_senders_do_not_starve_the_others(port: int) -> None:
    """Half of them in their heads, half in the body of a form."""
    form = request(
        "POST",
        "/login",
        {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": "9000", "Connection": ""},
    )
    slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
    for number, (_, writer) in enumerate(slow):
        writer.write(HEAD if number % 2 else form)

    async def trickle() -> None:
        while True:
            for _, writer in slow:
                writer.write(b"a")
            await asyncio.sleep(1)

    trickling = asyncio.create_task(trickle())
    took = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(40):
            began = time.perf_counter()
            assert (await client.get("/login")).status_code == 200
            took.append(time.perf_counter() - began)
    trickling.cancel()
    for _, writer in slow:
        writer.close()
    took.sort()
    print(
        f"\n{CONNECTIONS} slow connections; GET /login median {took[20] * 1000:.0f} ms, slowest {took[-1] * 1000:.0f} ms"
    )
    assert took[20] < 0.5


@pytest.fixture
async def world(database: object) -> World:
    return await make_world(entries=1)


@pytest.mark.parametrize(
    ("framing", "statuses"),
    [
        ({"Content-Length": "5"}, {422}),
        ({"Content-Length": "-1"}, {400}),
        ({"Content-Length": "99999999999999999999999"}, {400}),
        ({"Content-Length": "5", "Transfer-Encoding": "chunked"}, {400}),
        ({"Content-Length": "", "Transfer-Encoding": "chunked, identity"}, {400}),
        ({"Content-Length": "0x10"}, {400}),
    ],
)
async def test_a_lie_about_the_length_is_no_second_request(
    port: int, world: World, framing: dict[str, str], statuses: set[int]
) -> None:
    hidden = request("POST", "/locale", {"Content-Type": "application/x-www-form-urlencoded"}, b"locale=en")
    head = request("POST", "/login", {"Content-Type": "application/x-www-form-urlencoded", **framing})
    status, answer, _ = await say(port, [head, b"a=b&c" + hidden])
    assert status in statuses, answer
    assert answer.count("HTTP/1.1 ") == 1
    assert "hoithi_lang" not in answer


@pytest.mark.parametrize(("trusted", "wanted"), [((), 429), (("127.0.0.1",), 200), (("192.0.2.1",), 429)])
async def test_only_a_trusted_proxy_says_who_sends(
    database: object, parts: Parts, trusted: tuple[str, ...], wanted: int
) -> None:
    settings = replace(parts.settings, trusted_proxies=trusted, smtp_url="smtp://127.0.0.1:1")
    async with serving(replace(parts, settings=settings)) as port:
        for number in range(PER_ADDRESS.amount + 1):
            spoofed = {
                "Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": f"203.0.113.{number}",
                "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": f"for=203.0.113.{number}",
            }  # fmt: skip
            body = b"email=%d%%40example.org" % number
            status, answer, _ = await say(port, [request("POST", "/forgotten", spoofed, body)])
            assert "evil.example" not in answer
        assert status == wanted


async def test_the_host_of_a_request_is_in_no_link(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    hostile = {"host": "evil.example", "x-forwarded-host": "evil.example"}
    page = await visitor.submit(f"/organize/{world.contest}/people/{world.people['j2']}/link", headers=hostile)
    assert "http://testserver/invitations/" in page.text
    assert "evil.example" not in page.text
    assert (await fetch("select id from invitation")) != []
