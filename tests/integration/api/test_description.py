"""The description says what the API does: versions, keys, bodies, who may call; and the lists that programs start from."""

from __future__ import annotations

import re
from typing import Any

import pytest

from server.api.docs import DESCRIBED, schema
from server.db import fetch
from tests.client import Visitor
from tests.integration.api.test_api import PDF, program
from tests.world import World, assign_all, make_world


@pytest.fixture
async def world(visitor: Visitor) -> World:
    world = await make_world(entries=3)
    await assign_all(world)
    await fetch("update contest set state = 'open'")
    return world


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(method, path, told) for path, methods in schema()["paths"].items() for method, told in methods.items()]


def headers_of(told: dict[str, Any]) -> set[str]:
    return {p["name"] for p in told.get("parameters", []) if p["in"] == "header"}


def test_security_is_what_the_gate_asks_for() -> None:
    rules = {}
    for handler in DESCRIBED:
        for path in handler.paths:
            for method in handler.http_methods:
                rules[method.lower(), re.sub(r":\w+\}", "}", path)] = handler.opt["access"]
    for method, path, told in operations():
        schemes = {name for way in told["security"] for name in way}
        assert bool(schemes) is rules[method, path].signed_in, path
        assert ("csrf" in schemes) is (bool(schemes) and method != "get"), path
        assert schemes <= set(schema()["components"]["securitySchemes"])


async def test_if_match_is_asked_for_where_it_is_described_and_nowhere_else(visitor: Visitor, world: World) -> None:
    officer = await program(visitor, world.people["officer_a"])
    judge = await program(visitor, world.people["j1"])
    organizer = await program(visitor, world.people["o1"])
    body = {
        "title": "T", "category": "tap-the", "marks": {}, "leave_blank": True, "reason": "r", "seed": 1, "basis": "x",
        "entries": [], "next": False, "digest": "d", "judge": "j", "entry": "E01",
    }  # fmt: skip
    names = {"contest": world.contest, "entry": "E01", "round_code": "so-khao", "alias": "T001", "code": "so-khao",
             "step": "restore", "kind": "document", "name": "a.pdf"}  # fmt: skip
    asked = 0
    for method, path, told in operations():
        if method == "get":
            continue
        client = {"contests": officer, "judge": judge, "organize": organizer}[path.split("/")[3]]
        url = re.sub(r"\{(\w+)\}", lambda m: names.get(m.group(1), "1"), path)
        answer = await client.request(method, url, json=body)
        assert (answer.status_code == 428) is ("If-Match" in headers_of(told)), (method, path, answer.text)
        asked += "If-Match" in headers_of(told)
    assert asked == 4


async def test_a_key_makes_one_entry(visitor: Visitor, world: World) -> None:
    officer = await program(visitor, world.people["officer_a"])
    url = f"/api/v1/contests/{world.contest}/entries"
    body = {"title": "Bài mới", "category": "tap-the"}
    first, second = [await officer.post(url, json=body, headers={"idempotency-key": "k"}) for _ in range(2)]
    assert (first.status_code, first.json()["code"]) == (second.status_code, second.json()["code"])
    other = await officer.post(url, json={**body, "title": "Khác"}, headers={"idempotency-key": "k"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    assert (await officer.post(url, json=body)).json()["code"] != first.json()["code"]


async def test_a_file_is_a_body_of_bytes(visitor: Visitor, world: World) -> None:
    path = "/api/v1/contests/{contest}/entries/{entry}/files/{kind}/{name}"
    assert list(schema()["paths"][path]["put"]["requestBody"]["content"]) == ["application/octet-stream"]
    officer = await program(visitor, world.people["officer_a"])
    url = f"/api/v1/contests/{world.contest}/entries/E01/files/document/a.pdf"
    assert (
        await officer.put(url, content=PDF, headers={"content-type": "application/octet-stream"})
    ).status_code == 201


async def test_lists_to_start_from(visitor: Visitor, world: World) -> None:
    judge = await program(visitor, world.people["j1"])
    contests = (await judge.get("/api/v1/me/contests")).json()["contests"]
    assert [(c["code"], c["roles"]) for c in contests] == [(world.contest, ["judge"])]
    organizer = await program(visitor, world.people["o1"])
    base = f"/api/v1/organize/{world.contest}"
    people = (await organizer.get(f"{base}/people")).json()["people"]
    assert {
        "kind": "officer",
        "email": "officer_a@example.org",
        "full_name": "Người officer_a",
        "unit": "A",
        "joined": False,
    } in people
    assert [u["code"] for u in (await organizer.get(f"{base}/units")).json()["units"]] == ["H", "A", "A1", "B"]
    body = {"judge": "J1@example.org", "entry": "E01", "reason": "người nhà"}
    for cancelled in (1, 0):
        made = await organizer.post(f"{base}/conflicts", json=body)
        assert (made.status_code, made.json()["cancelled"], len(made.json()["conflicts"])) == (201, cancelled, 1)
    number = made.json()["conflicts"][0]["id"]
    assert (await organizer.get(f"{base}/conflicts")).json()["conflicts"][0]["judge"] == "j1@example.org"
    assert (await organizer.post(f"{base}/conflicts/{number}/remove")).json() == {"conflicts": []}
    assert (await organizer.get(f"{base}/publication")).json() == {"needed": 2, "prepared": None, "published": []}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("update person set disabled = true where id = $1", 401),
        ("update api_token set revoked_at = now() where person = $1", 401),
        ("delete from role where person = $1", 404),
        ("update api_token set scopes = '{read}' where person = $1", 403),
    ],
)
async def test_what_is_taken_away_binds_the_next_request_of_a_token_and_of_a_session(
    visitor: Visitor, world: World, change: str, status: int
) -> None:
    officer = await program(visitor, world.people["officer_a"])
    session = await visitor.as_person(world.people["officer_a"])
    url = f"/api/v1/contests/{world.contest}/entries"
    body = {"title": "T", "category": "tap-the"}
    assert (await officer.post(url, json=body)).status_code == 201
    assert (await session.post(url, json=body, headers={"x-csrftoken": session.csrf})).status_code == 201
    await fetch(change, world.people["officer_a"])
    assert (await officer.post(url, json=body)).status_code == status
    by_session = 201 if "api_token" in change else status
    assert (await session.post(url, json=body, headers={"x-csrftoken": session.csrf})).status_code == by_session
