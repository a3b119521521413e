"""An object of another contest, unit, judge or person answers byte for byte like one that does not exist.

The routes are read off the application, pages and API alike. A parameter whose name is not known here fails, so that no
new kind of object can be forgotten. Ids that nobody would type are sent too; HOITHI_FUZZ=1 sends all of them everywhere.
"""

from __future__ import annotations

import os
import random
import re
from typing import Any

import httpx
import pytest

from server.app import Parts, create_app, http_handlers
from server.db import fetch, fetch_one
from tests.client import Visitor
from tests.integration.test_permissions import FORMS, NOWHERE, TUS, objects
from tests.world import World

__all__ = ["objects"]

NO_OBJECTS = {
    "step", "verdict", "kind", "name", "fingerprint",
    # A copy's number and a preview's name count within an entry that the judge has.
    "number", "preview",
}  # fmt: skip
"""Parameters that name no row of the database."""

PUBLIC_BY_SECRET = ("/static/", "/invitations/", "/receipts/{code:str}/check")
"""Addresses that open for whoever knows them."""

PARAM = re.compile(r"\{(\w+):?\w*\}")
NONE = {"contest": "khong-co", "entry": "E77", "alias": "T777", "round_code": "vong-77", "round": "vong-77",
        "receipt": "HT-7", "upload": "khong-co"}  # fmt: skip
JSON_BODY: dict[str, Any] = {
    "title": "T", "category": "tap-the", "marks": {"noi-dung": "5"}, "comment": "c", "reason": "lý do", "leave_blank": True,
    "seed": 1, "basis": "x", "entries": ["E01"], "next": False, "digest": "d",
}  # fmt: skip
JUNK = ["0", "-1", "2147483648", "9223372036854775808", "1" + "0" * 30, "1_0", "%D9%A1", "%EF%BC%91", "a" * 10_000,
        "%00", "a%2Fb", "%2e%2e", "E01%20", "e01", "SO-KHAO", "t001", "Thu-Nghiem", "%FF", "'", "null"]  # fmt: skip


def named(path: str, param: str) -> str:
    """What the parameter stands for: `code` is a receipt's or a round's."""
    if param == "code":
        return "receipt" if "/receipts/" in path else "round"
    return param


def asked() -> list[tuple[str, str, str]]:
    """(method, path, parameter) of every object that an address below the service names."""
    found = []
    for handler in http_handlers(create_app(NOWHERE)):
        for path in handler.paths:
            if path.startswith(PUBLIC_BY_SECRET):
                continue
            for method in handler.http_methods - {"OPTIONS"}:
                found += [(method, path, p) for p in PARAM.findall(path) if p not in NO_OBJECTS]
    return sorted(set(found))


@pytest.fixture
async def sides(
    objects: tuple[World, dict[str, str]], parts: Parts
) -> tuple[World, dict[str, str], dict[str, dict[str, str]]]:
    """Our world; the names of our objects (foreign to those who ask); and what each asker has of each kind."""
    world, names = objects
    ours = {key.split(":")[0]: value for key, value in names.items()}
    ours |= {"token": names["token:int"], "round": "so-khao", "receipt": "HT-1"}

    async def made(query: str, *args: object) -> str:
        row = await fetch_one(query + " returning id", *args)
        assert row is not None
        return str(row["id"])

    other = (await fetch("select c.id, c.host_unit from contest c where code = 'khac'"))[0]
    stranger, organizer = world.people["stranger"], world.people["other_organizer"]
    category = await made(
        "insert into category (contest, code, title_vi, title_en, position) values ($1, 'tap-the', 'x', 'x', 0)",
        other["id"],
    )
    entry = await made(
        "insert into entry (contest, code, title, category, unit, authors, state, created_by) "
        "values ($1, 'K01', 'K', $2, $3, '{}', 'submitted', $4)",
        other["id"], int(category), other["host_unit"], stranger,
    )  # fmt: skip
    files = {}
    for name, of in (("khac", int(entry)), ("b", world.entries["E02"])):
        files[name] = await made(
            "insert into entry_file (entry, kind, file_name, media_type, size, sha256, storage_key, uploaded_by) "
            "values ($1, 'document', 'k.pdf', 'application/pdf', 9, repeat('b', 64), $2, $3)",
            of, f"entries/{name}", stranger,
        )  # fmt: skip
    await fetch(
        "insert into upload (code, entry, kind, file_name, size, person, expires_at) values ('tai-b', $1, 'document', "
        "'b.pdf', 100, $2, now() + interval '1 day')",
        world.entries["E02"], world.people["officer_b"],
    )  # fmt: skip
    turn = await made(
        "insert into round (contest, code, position, title_vi, title_en, step, decimals, method, trim, per, tie_break) "
        "select $1, 'vong-khac', 0, 'K', 'K', step, decimals, method, trim, per, '{}' from round",
        other["id"],
    )
    panel = await made(
        "insert into panel (round, code, title_vi, title_en, categories, units, position) "
        "values ($1, '1', 'K', 'K', '{}', '{}', 0)",
        int(turn),
    )
    await fetch("insert into seat (panel, person) values ($1, $2)", int(panel), stranger)
    await fetch(
        "insert into assignment (round_entry, person, position) select id, $1, 1 from round_entry where alias = 'T002'",
        world.people["j4"],
    )
    role = (await fetch("select id from role where person = $1", stranger))[0]["id"]
    # Open, so that no answer comes from the contest's state; and a unit that is ours alone.
    await fetch("update contest set state = 'open' where id = $1", world.contest_id)
    unit = await made("insert into unit (code, name) values ('QH-91', 'Q')")
    await fetch(
        "insert into role (person, kind, contest, unit) values ($1, 'judge', $2, $3)",
        world.people["j4"], world.contest, int(unit),
    )  # fmt: skip
    khac = {
        "contest": "khac", "entry": "K01", "file": files["khac"], "round": "vong-khac", "panel": panel,
        "judge": str(stranger), "person": str(stranger), "unit": str(other["host_unit"]), "role": str(role),
        "conflict": "1", "extension": "1", "job": "1",
    }  # fmt: skip
    mine = {"contest": world.contest}
    return (
        world,
        ours,
        {
            "organizer": {"who": str(organizer), **khac},
            "officer": {
                "who": str(world.people["officer_b"]), **mine, "entry": "E02", "file": files["b"], "upload": "tai-b",
            },
            "judge": {"who": str(world.people["j4"]), **mine, "round_code": "so-khao", "alias": "T002"},
            "signed in": {"who": str(world.people["officer_b"]), **mine},
            "public": {"who": str(world.people["officer_b"]), **mine},
        },
    )  # fmt: skip


def rule_of(app: Any, method: str, path: str) -> str:
    """Who may use the route: the name of the role, without what it adds."""
    for handler in http_handlers(app):
        if path in handler.paths and method in handler.http_methods:
            return str(handler.opt["access"].name).split(",")[0]
    raise AssertionError(path)


def address(path: str, values: dict[str, str]) -> str:
    usual = {
        "step": "close",
        "verdict": "accept",
        "kind": "document",
        "name": "a.pdf",
        "number": "1",
        "preview": "page-1",
    }
    if path.endswith("publication/{step:str}"):
        usual["step"] = "approve"
    if "/api/v1/contests/" in path:
        usual["step"] = "withdraw"
    return PARAM.sub(lambda m: values.get(named(path, m.group(1)), usual.get(m.group(1), "")), path)


async def ask(client: Visitor, method: str, url: str) -> httpx.Response:
    headers = {"x-csrftoken": client.csrf, "if-match": '"1"'}
    if "/uploads" in url:
        return await client.request(method, url, content=b"12345" if method == "PATCH" else None, headers=headers | TUS)
    if method in ("GET", "HEAD", "DELETE"):
        return await client.request(method, url, headers=headers)
    if url.startswith("/api/"):
        return await client.request(method, url, json=JSON_BODY, headers=headers)
    if url.endswith("/files"):
        form = {"_csrf": client.csrf, "kind": "document"}
        return await client.post(url, data=form, files={"file": ("a.pdf", b"%PDF-1.4\n")})
    return await client.request(method, url, data={**FORMS, "_csrf": client.csrf}, headers=headers)


def seen(answer: httpx.Response, url: str) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All that the asker gets; the address that was asked is the asker's own."""
    body = answer.content.replace(url.encode(), b"ADDRESS")
    headers = sorted((k, v.replace(url, "ADDRESS")) for k, v in answer.headers.items() if k != "content-length")
    return answer.status_code, body, headers


def test_every_parameter_is_known() -> None:
    known = set(NONE) | {
        "code",
        "file",
        "panel",
        "judge",
        "person",
        "unit",
        "role",
        "conflict",
        "extension",
        "job",
        "token",
    }
    assert {param for _, _, param in asked()} - known == set()


async def test_foreign_objects(visitor: Visitor, sides: Any) -> None:
    _, ours, askers = sides
    clients: dict[str, Visitor] = {}
    wrong, compared = [], 0
    for method, path, param in asked():
        rule = rule_of(visitor.app, method, path)
        asker = askers[rule]
        client = clients.setdefault(asker["who"], await visitor.as_person(int(asker["who"])))
        what = named(path, param)
        foreign = ("khac" if asker["contest"] != "khac" else ours["contest"]) if what == "contest" else ours.get(what)
        if rule == "judge" and what in ("alias", "round_code"):
            foreign = {"alias": "T001", "round_code": "vong-khac"}[what]
        if rule == "officer" and what == "entry":
            foreign = "E01"
        assert foreign, (path, what)
        missing = NONE.get(what, "777777")
        urls = [address(path, {**asker, what: value}) for value in (foreign, missing)]
        answers = [seen(await ask(client, method, url), url) for url in urls]
        compared += 1
        if answers[0] != answers[1] or answers[0][0] != 404:
            wrong.append((method, path, what, [a[0] for a in answers]))
    assert wrong == []
    print(f"\n{compared} foreign objects like none")


FORM_OBJECTS = [
    ("/organize/khac/people", "unit", "QH-91", "QH-92"),
    ("/organize/khac/conflicts", "unit", "QH-91", "QH-92"),
    ("/organize/khac/conflicts", "entry", "E01", "E77"),
    ("/organize/khac/conflicts", "judge", "j1@example.org", "jj@example.org"),
    ("/organize/khac/extensions", "unit", "QH-91", "QH-92"),
]


@pytest.mark.parametrize(("url", "field", "foreign", "missing"), FORM_OBJECTS)
async def test_foreign_objects_in_forms(
    visitor: Visitor, sides: Any, url: str, field: str, foreign: str, missing: str
) -> None:
    _, _, askers = sides
    await fetch("update contest set state = 'open', closes_at = now() where code = 'khac'")
    client = await visitor.as_person(int(askers["organizer"]["who"]))
    usual = {"entry": "", "unit": "", "extended_to": "2099-01-01T00:00", "judge": "", "kind": "officer"}
    answers = []
    for value in (foreign, missing):
        answer = await client.submit(url, {**FORMS, **usual, field: value})
        answers.append((answer.status_code, re.sub(r'data-now="[^"]*"', "", answer.text).replace(value, "VALUE")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422


async def test_ids_that_nobody_would_type(visitor: Visitor, sides: Any) -> None:
    _, _, askers = sides
    chance = random.Random("ids")
    clients: dict[str, Visitor] = {}
    for method, path, param in asked():
        asker = askers[rule_of(visitor.app, method, path)]
        client = clients.setdefault(asker["who"], await visitor.as_person(int(asker["who"])))
        for junk in JUNK if os.environ.get("HOITHI_FUZZ") else chance.sample(JUNK, 2):
            url = address(path, {**asker, named(path, param): junk})
            answer = await ask(client, method, url)
            assert 400 <= answer.status_code < 500, (method, url[:200], answer.status_code)
