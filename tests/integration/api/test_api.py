"""The JSON API: one contest through it, with bearer tokens, versions in headers and problems that explain themselves."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import httpx
import pytest

from server.accounts.services.tokens import PREFIX
from server.api.docs import schema
from server.app import http_handlers
from server.db import fetch
from server.secrets_at_rest import new_token, token_hash
from tests.client import Visitor
from tests.world import World, make_world

PDF = b"%PDF-1.4\n%%EOF\n"


async def program(visitor: Visitor, person: int, scopes: str = "{read,write}") -> Visitor:
    """A client with a token of `person`."""
    token = PREFIX + new_token()
    await fetch(
        "insert into api_token (token_hash, person, name, scopes) values ($1, $2, 'test', $3::text::varchar[])",
        token_hash(token), person, scopes,
    )  # fmt: skip
    client = Visitor(visitor.app)
    client.headers["authorization"] = f"Bearer {token}"
    client.event_hooks["response"].append(is_described)
    return client


async def is_described(answer: httpx.Response) -> None:
    """Every answer that a test gets has a status, a type and headers that the description names."""
    document = schema()
    path = answer.request.url.path
    asked = next((p for p in document["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", p), path)), None)
    operation = document["paths"].get(asked, {}).get(answer.request.method.lower())
    if operation is None or answer.status_code == 405:
        return
    where = (answer.request.method, asked, answer.status_code)
    assert str(answer.status_code) in operation["responses"], where
    told = operation["responses"][str(answer.status_code)]
    if "$ref" in told:
        told = document["components"]["responses"][told["$ref"].rsplit("/", 1)[-1]]
    assert answer.headers["content-type"] in told["content"], where
    assert ("etag" in answer.headers) is ("ETag" in told.get("headers", {})), where


@pytest.fixture
async def world(database: object) -> World:
    return await make_world(approvals=1)


async def test_a_contest_from_entry_to_results(visitor: Visitor, world: World) -> None:
    officer = await program(visitor, world.people["officer_a"])
    base = f"/api/v1/contests/{world.contest}"
    assert (await officer.get("/api/v1/me")).json()["roles"] == [{"kind": "officer", "contest": world.contest}]
    assert (await officer.get(base)).json()["takes_entries"] is True
    for number in range(4):
        made = await officer.post(
            f"{base}/entries", json={"title": f"Bài {number}", "category": "tap-the", "authors": ["A"]}
        )
        assert made.status_code == 201, made.text
        url = f"{base}/entries/{made.json()['code']}"
        sent = await officer.put(f"{url}/files/document/b%C3%A0i.pdf", content=PDF)
        assert sent.status_code == 201, sent.text
        assert sent.json()["sha256"] == hashlib.sha256(PDF).hexdigest()
        version = (await officer.get(url)).headers["etag"]
        headers = {"if-match": version, "idempotency-key": f"k{number}"}
        first = await officer.post(f"{url}/submit", headers=headers)
        again = await officer.post(f"{url}/submit", headers=headers)
        assert first.json() == again.json()
        assert (await officer.get(f"/api/v1/receipts/{first.json()['code']}")).json()["files"][0]["bytes"] == len(PDF)

    organizer = await program(visitor, world.people["o1"])
    run = f"/api/v1/organize/{world.contest}"
    assert (await organizer.post(f"{run}/steps/close")).json()["state"] == "closed"
    plan = (await organizer.get(f"{run}/rounds/so-khao/plan")).json()
    applied = await organizer.post(f"{run}/rounds/so-khao/plan", json={"seed": plan["seed"], "basis": plan["basis"]})
    assert applied.json()["assignments"] == plan["assignments"]
    assert (await organizer.post(f"{run}/rounds/so-khao/start", json={})).json() == {"state": "judging"}
    people = {f"{name}@example.org": person for name, person in world.people.items()}
    for row in (await organizer.get(f"{run}/rounds/so-khao/progress")).json()["rows"]:
        judge = await program(visitor, people[row["judge"]])
        url = f"/api/v1/judge/{world.contest}/so-khao/sheets/{row['alias']}"
        version = (await judge.get(url)).headers["etag"]
        marks = {"marks": {"noi-dung": str(50 - int(row["entry"][1:])), "hinh-thuc": "30"}}
        saved = await judge.put(url, json=marks, headers={"if-match": version})
        assert saved.status_code == 200, saved.text
        stale = await judge.put(url, json={"marks": {"noi-dung": "1"}}, headers={"if-match": version})
        assert (stale.status_code, stale.json()["current"]["hinh-thuc"]) == (412, "30")
        handed = await judge.post(f"{url}/submit", json={}, headers={"if-match": saved.headers["etag"]})
        assert handed.json()["submitted_at"]
    assert (await organizer.post(f"{run}/rounds/so-khao/close", json={})).json() == {"missing_sheets": 0}
    assert (await organizer.get(f"{run}/rounds/so-khao/standings")).json()["advanced"] == ["E001", "E002"]
    assert (await organizer.post(f"{run}/rounds/so-khao/advance", json={"next": False})).status_code == 200
    digest = (await organizer.post(f"{run}/publication", json={})).json()
    for step in ("approve", "publish"):
        assert (await organizer.post(f"{run}/publication/{step}", json=digest)).status_code == 200
    published = (await Visitor(visitor.app).get(f"/api/v1/results/{world.contest}")).json()
    assert published["digest"] == digest["digest"]


async def test_problems_explain_themselves(visitor: Visitor, world: World) -> None:
    officer = await program(visitor, world.people["officer_a"])
    base = f"/api/v1/contests/{world.contest}/entries"
    for body, status in (
        ({"title": ""}, 400),
        ({"title": "T", "category": "?"}, 400),
        ({"title": "T", "category": "x"}, 422),
    ):
        answer = await officer.post(base, json=body)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "detail", "status", "code"} <= set(answer.json())
    assert (await officer.post(base, content=b"{", headers={"content-type": "application/json"})).status_code == 400
    assert (await officer.put(f"{base}/E01", json={"title": "T", "category": "tap-the"})).status_code == 428
    assert (await visitor.get(base)).status_code == 401
    assert (await visitor.get("/api/v1/nothing")).headers["content-type"] == "application/problem+json"


async def test_a_token_is_bound_to_its_scopes_and_a_session_needs_its_csrf_token(
    visitor: Visitor, world: World
) -> None:
    base = f"/api/v1/contests/{world.contest}/entries"
    body = {"title": "T", "category": "tap-the"}
    reader = await program(visitor, world.people["officer_a"], "{read}")
    assert (await reader.get(base)).status_code == 200
    assert (await reader.post(base, json=body)).status_code == 403
    session = await visitor.as_person(world.people["officer_a"])
    assert (await session.post(base, json=body)).status_code == 403
    assert (await session.post(base, json=body, headers={"x-csrftoken": session.csrf})).status_code == 201


RULES = {
    "contests": "officer",
    "judge": "judge",
    "organize": "organizer",
    "results": "public",
    "me": "signed in",
    "receipts": "signed in",
}


async def test_every_api_route_keeps_out_whoever_has_not_its_role(visitor: Visitor, world: World) -> None:
    people = {"officer": "officer_a", "judge": "j1", "organizer": "o1"}
    clients: dict[str, Any] = {kind: await program(visitor, world.people[name]) for kind, name in people.items()}
    cells = 0
    for handler in http_handlers(visitor.app):
        for path in handler.paths:
            if not path.startswith("/api/v1/"):
                continue
            rule = RULES[path.split("/")[3]]
            assert handler.opt["access"].name.split(",")[0] == rule, path
            url = re.sub(r"\{contest:str\}", world.contest, path)
            url = re.sub(r"\{\w+:int\}", "1", re.sub(r"\{\w+:str\}", "x", url))
            for method in handler.http_methods - {"HEAD", "OPTIONS"}:
                answer = await visitor.request(method, url, json={})
                cells += 1
                assert (answer.status_code == 401) is (rule != "public"), (method, url)
                for kind, client in clients.items():
                    answer = await client.request(method, url, json={})
                    cells += 1
                    assert answer.status_code < 500
                    if rule in people:
                        assert (answer.status_code == 403) is (kind != rule), (method, url, kind, answer.text)
                        other = await client.request(method, url.replace(world.contest, "khac"), json={})
                        assert other.status_code == 404, (method, url)
                        cells += 1
    print(f"\n{cells} API cells")


async def test_the_description_is_served_from_here(visitor: Visitor, world: World) -> None:
    document = (await visitor.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
        for handler in http_handlers(visitor.app)
        for path in handler.paths
        if path.startswith("/api/v1/")
    }
    page = await visitor.get("/api/docs")
    assert page.status_code == 200
    assert "/api/v1/judge/{contest}/{round_code}/sheets/{alias}" in page.text
    assert "http" not in re.sub(r'http://(www\.w3\.org|testserver)[^"]*', "", page.text.split("<main")[1])
