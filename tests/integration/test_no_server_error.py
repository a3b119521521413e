"""Junk in addresses, queries, forms, headers and bodies of every route, as every kind of person: never a 5xx."""

from __future__ import annotations

import random
import re
from typing import Any
from urllib.parse import quote

import pytest

from server.app import http_handlers
from tests.client import Visitor
from tests.world import World, assign_all, make_world

JUNK = [
    "", " ", "0", "-1", "1e9", "99999999999999999999999", "NaN", "'; drop table entry; --", "<script>alert(1)</script>",
    "../../etc/passwd", "%00", "\u202e\u0000x", "😀" * 200, "a" * 5000, "E01", "T001", "so-khao", "null", "[]", "{}",
    "2024-13-45T99:99", "9999-12-31T23:59", "0001-01-01T00:00", "ế" * 400, "\ud7ff\ufffd",
]  # fmt: skip
FIELDS = [
    "version", "title", "category", "authors", "unit", "code", "key", "message", "reason", "state", "email", "password",
    "full_name", "kind", "name", "write", "next", "locale", "seed", "basis", "judge", "entry", "entries", "then", "digest",
    "comment", "mark-noi-dung", "mark-hinh-thuc", "leave_blank", "submit", "opens_at", "closes_at", "old_password",
]  # fmt: skip
GOOD = {
    "contest": "thu-nghiem", "round_code": "so-khao", "code": "so-khao", "alias": "T001", "entry": "E01", "step": "close",
    "verdict": "accept", "person": "1", "unit": "1", "role": "1", "job": "1", "file": "1", "number": "1", "token": "x",
    "conflict": "1", "fingerprint": "x", "name": "hoithi.css",
}  # fmt: skip
PARAM = re.compile(r"\{(\w+):?(\w*)\}")
LEAVES_ALONE = ("/logout", "/logout-everywhere", "/login", "/invitations/{token:str}")


@pytest.fixture
async def world(visitor: Visitor) -> World:
    world = await make_world(state="closed", entries=3)
    await assign_all(world)
    return world


def filled(path: str, chance: random.Random) -> str:
    def one(match: re.Match[str]) -> str:
        name, kind = match.groups()
        if chance.random() < 0.6:
            return GOOD.get(name, "1")
        return (
            str(chance.choice([0, 1, 7, 10**18, 10**30])) if kind == "int" else quote(chance.choice(JUNK[1:]), safe="")
        )

    return PARAM.sub(one, path)


def form(chance: random.Random) -> dict[str, Any]:
    return {name: chance.choice(JUNK) for name in chance.sample(FIELDS, chance.randrange(len(FIELDS)))}


@pytest.mark.parametrize("who", ["o1", "j1", "officer_a", None])
async def test_junk_is_answered_with_words(visitor: Visitor, world: World, who: str | None) -> None:
    chance = random.Random(f"junk {who}")
    client = await visitor.as_person(world.people[who]) if who else visitor
    routes = sorted(
        (path, method)
        for handler in http_handlers(visitor.app)
        for path in handler.paths
        for method in handler.http_methods
        if path not in LEAVES_ALONE and method != "HEAD"
    )
    sent = 0
    for path, method in routes:
        for _ in range(6):
            url = filled(path, chance)
            headers = {
                "accept": chance.choice(["text/html", "application/json"]),
                "range": chance.choice(["", "bytes=0-", "x"]),
            }
            if method == "GET":
                answer = await client.get(url, params=form(chance) if chance.random() < 0.5 else None, headers=headers)
            elif chance.random() < 0.2:
                body = chance.choice([b"", b"\xff\xfe", b"--x\r\n", b"{", b"a=%ff&b=%zz", b"&" * 9000])
                kind = chance.choice(
                    [
                        "application/x-www-form-urlencoded",
                        "multipart/form-data; boundary=x",
                        "multipart/form-data",
                        "application/json",
                        "x",
                    ]
                )
                headers = {**headers, "content-type": kind, "x-csrftoken": client.csrf}
                answer = await client.request(method, url, content=body, headers=headers)
            else:
                answer = await client.request(
                    method,
                    url,
                    data={"_csrf": client.csrf, **form(chance)},
                    headers={**headers, "x-csrftoken": client.csrf},
                )
            sent += 1
            assert answer.status_code < 500, (method, url, answer.status_code, answer.text[:300])
    assert sent > 200


async def test_heavy_and_broken_bodies(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    url = f"/organize/{world.contest}/conflicts"
    urlencoded = {"content-type": "application/x-www-form-urlencoded"}
    assert (await visitor.post(url, content=b"a=" + b"x" * 1_100_000, headers=urlencoded)).status_code == 413
    assert (await visitor.post(url, content=b"&".join([b"a=1"] * 6000), headers=urlencoded)).status_code == 422
    assert (await visitor.get("/khong-co-trang-nay")).status_code == 404
    assert (await visitor.request("DELETE", url)).status_code == 405
    assert (
        await visitor.get(
            "/", headers={"cookie": "hoithi_session=" + "x" * 5000 + "; hoithi_flash=%%%; hoithi_lang=xx"}
        )
    ).status_code == 200
