"""Who may do what: every route against every kind of visitor, allow and deny both asserted, by a table written by hand.

A route that is missing in the table fails, and so does one whose declared rule was loosened or tightened. Run with
`pytest -s` for the number of cells.
"""

from __future__ import annotations

from typing import Any

import pytest

from server.accounts.services.invitations import make_invitation
from server.app import Parts, create_app, http_handlers
from server.db import fetch, fetch_one, unit_of_work
from tests.client import Visitor
from tests.unit.publishing.test_verify import BODY
from tests.world import World, assign_all, make_world, organizer_who_judges

VISITORS = (
    "public", "disabled", "stranger", "other_organizer", "officer_a", "officer_b", "j1", "j4", "o1", "foreign_object", "oj",
)  # fmt: skip
"""Signed out; an organizer whose account was disabled; an officer and an organizer of another contest; the officer of
the entry's unit and of another unit; a judge of the entry's panel and of another; an organizer of the contest; the organizer
of another contest, who names that contest and an object of ours in one address; and an organizer of ours who also
judges the entry."""

# One letter a visitor, in the order above: A allowed, L led to sign in, F forbidden (403), N not found (404),
# - not asked, since the address names no contest.
RULES = {
    "everybody": "AAAAAAAAA-A",
    "signed in": "LLAAAAAAA-A",
    "any officer": "LLAFAAFFF-F",
    "any judge": "LLFFFFAAF-A",
    "any organizer": "LLFAFFFFA-A",
    "officer": "LLNNAAFFF-F",
    "officer of the unit": "LLNNANFFF-F",
    "judge with something to judge": "LLNNFFANF-A",
    "judge of the entry": "LLNNFFANF-A",
    "judge with a seat": "LLNNFFAAF-A",
    "organizer": "LLNNFFFFA-F",
    "organizer, our object": "LLNNFFFFANF",
    "organizer, also judging": "LLNNFFFFA-A",
    "organizer, also judging, our object": "LLNNFFFFANA",
    "unit or organizer": "LLNNANNNA-N",
    "token of one's own": "LLNNNNNNA-N",
}

ROUTES = {
    "GET /": "everybody",
    "GET /health": "everybody",
    "GET /static/{fingerprint:str}/{name:path}": "everybody",
    "POST /locale": "everybody",
    "GET /login": "everybody",
    "POST /login": "everybody",
    "GET /forgotten": "everybody",
    "POST /forgotten": "everybody",
    "GET /invitations/{token:str}": "everybody",
    "POST /invitations/{token:str}": "everybody",
    "GET /results/{contest:str}": "everybody",
    "GET /results/{contest:str}/versions": "everybody",
    "GET /results/{contest:str}/publication.json": "everybody",
    "GET /results/{contest:str}/chain.json": "everybody",
    "GET /home": "signed in",
    "GET /account": "signed in",
    "GET /account/confirm": "signed in",
    "POST /account/confirm": "signed in",
    "POST /account/password": "everybody",
    "POST /account/language": "signed in",
    "POST /account/tokens": "signed in",
    "POST /account/tokens/{token:int}/revoke": "token of one's own",
    "POST /logout": "signed in",
    "POST /logout-everywhere": "signed in",
    "GET /entries": "any officer",
    "GET /judge": "any judge",
    "GET /organize": "any organizer",
    "GET /receipts/{code:str}": "unit or organizer",
    "GET /receipts/{code:str}/receipt.json": "unit or organizer",
    "GET /receipts/{code:str}/check": "everybody",
    "GET /contests/{contest:str}/entries": "officer",
    "POST /contests/{contest:str}/entries": "officer",
    "GET /contests/{contest:str}/entries/{entry:str}": "officer of the unit",
    "POST /contests/{contest:str}/entries/{entry:str}": "officer of the unit",
    "POST /contests/{contest:str}/entries/{entry:str}/files": "officer of the unit",
    "GET /contests/{contest:str}/entries/{entry:str}/files/{file:int}": "officer of the unit",
    "GET /contests/{contest:str}/entries/{entry:str}/uploads": "officer of the unit",
    "POST /contests/{contest:str}/entries/{entry:str}/uploads": "officer of the unit",
    "PATCH /contests/{contest:str}/entries/{entry:str}/uploads/{upload:str}": "officer of the unit",
    "DELETE /contests/{contest:str}/entries/{entry:str}/uploads/{upload:str}": "officer of the unit",
    "POST /contests/{contest:str}/entries/{entry:str}/files/{file:int}/remove": "officer of the unit",
    "POST /contests/{contest:str}/entries/{entry:str}/submit": "officer of the unit",
    "POST /contests/{contest:str}/entries/{entry:str}/withdraw": "officer of the unit",
    "POST /contests/{contest:str}/entries/{entry:str}/restore": "officer of the unit",
    "GET /judge/{contest:str}/{round_code:str}": "judge with something to judge",
    "GET /judge/{contest:str}/{round_code:str}/{alias:str}": "judge of the entry",
    "GET /judge/{contest:str}/{round_code:str}/{alias:str}/files/{number:int}": "judge of the entry",
    "GET /judge/{contest:str}/{round_code:str}/{alias:str}/files/{number:int}/{preview:str}": "judge of the entry",
    "POST /judge/{contest:str}/{round_code:str}/leave": "judge with a seat",
    "POST /judge/{contest:str}/{round_code:str}/{alias:str}/marks": "judge of the entry",
    "POST /judge/{contest:str}/{round_code:str}/{alias:str}/submit": "judge of the entry",
    "POST /judge/{contest:str}/{round_code:str}/{alias:str}/reopen": "judge of the entry",
    "POST /judge/{contest:str}/{round_code:str}/{alias:str}/recuse": "judge of the entry",
    "GET /organize/{contest:str}": "organizer",
    "GET /organize/{contest:str}/dates": "organizer",
    "POST /organize/{contest:str}/dates": "organizer",
    "POST /organize/{contest:str}/extensions": "organizer",
    "POST /organize/{contest:str}/extensions/{extension:int}/take-back": "organizer, our object",
    "POST /organize/{contest:str}/steps/{step:str}": "organizer",
    "GET /organize/{contest:str}/audit": "organizer",
    "GET /organize/{contest:str}/jobs": "organizer",
    "POST /organize/{contest:str}/jobs/{job:int}/retry": "organizer, our object",
    "GET /organize/{contest:str}/entries": "organizer",
    "GET /organize/{contest:str}/files": "organizer",
    "GET /organize/{contest:str}/files.zip": "organizer",
    "POST /organize/{contest:str}/entries/accept-all": "organizer",
    "GET /organize/{contest:str}/entries/{entry:str}": "organizer, our object",
    "POST /organize/{contest:str}/entries/{entry:str}/edit": "organizer, our object",
    "POST /organize/{contest:str}/entries/{entry:str}/verdicts/{verdict:str}": "organizer, our object",
    "GET /organize/{contest:str}/entries/{entry:str}/files/{file:int}": "organizer, our object",
    "GET /organize/{contest:str}/people": "organizer, also judging",
    "POST /organize/{contest:str}/people": "organizer, also judging",
    "POST /organize/{contest:str}/people/{person:int}/invite": "organizer, also judging, our object",
    "POST /organize/{contest:str}/people/{person:int}/link": "organizer, our object",
    "POST /organize/{contest:str}/people/{person:int}/vouch": "organizer, our object",
    "POST /organize/{contest:str}/roles/{role:int}/remove": "organizer, our object",
    "GET /organize/{contest:str}/units": "organizer",
    "POST /organize/{contest:str}/units/{unit:int}": "organizer, our object",
    "GET /organize/{contest:str}/conflicts": "organizer",
    "POST /organize/{contest:str}/conflicts": "organizer",
    "POST /organize/{contest:str}/conflicts/{conflict:int}/remove": "organizer, our object",
    "GET /organize/{contest:str}/rounds/{code:str}": "organizer, our object",
    "GET /organize/{contest:str}/rounds/{code:str}/progress": "organizer, our object",
    "GET /organize/{contest:str}/rounds/{code:str}/standings": "organizer, our object",
    "POST /organize/{contest:str}/rounds/{code:str}/apply": "organizer, our object",
    "POST /organize/{contest:str}/rounds/{code:str}/panels/{panel:int}/seats": "organizer, our object",
    "POST /organize/{contest:str}/rounds/{code:str}/panels/{panel:int}/seats/{judge:int}/leave": "organizer, our object",
    "POST /organize/{contest:str}/rounds/{code:str}/start": "organizer, our object",
    "POST /organize/{contest:str}/rounds/{code:str}/stop": "organizer, our object",
    "POST /organize/{contest:str}/rounds/{code:str}/close": "organizer, our object",
    "POST /organize/{contest:str}/rounds/{code:str}/reopen": "organizer, our object",
    "POST /organize/{contest:str}/rounds/{code:str}/decide": "organizer, our object",
    "POST /organize/{contest:str}/rounds/{code:str}/advance": "organizer, our object",
    "POST /organize/{contest:str}/rounds/{code:str}/undo-advance": "organizer, our object",
    "GET /organize/{contest:str}/publication": "organizer",
    "POST /organize/{contest:str}/publication/prepare": "organizer",
    "GET /organize/{contest:str}/publication/preview": "organizer, our object",
    "POST /organize/{contest:str}/publication/{step:str}": "organizer",
}

FORMS = {
    "title": "T", "category": "tap-the", "version": "1", "name": "Tên", "seed": "1", "basis": "x", "state": "open", "judge": "j1@example.org",
    "digest": "x", "reason": "lý do", "message": "lời nhắn", "then": "finish", "email": "a@b.example", "unit": "",
    "authors": "", "entries": "E01", "kind": "organizer", "full_name": "A", "password": "xxxxxxxxxxxx", "locale": "vi",
}  # fmt: skip


TUS = {
    "tus-resumable": "1.0.0", "upload-length": "5", "upload-offset": "0", "content-type": "application/offset+octet-stream",
    "upload-metadata": "kind ZG9jdW1lbnQ=,filename YS5wZGY=",
}  # fmt: skip


def declared() -> list[str]:
    """ "METHOD /path" of every route of the application."""
    handlers = [h for h in http_handlers(create_app(NOWHERE)) if not any(p.startswith("/api/") for p in h.paths)]
    return sorted(f"{m} {p}" for h in handlers for p in h.paths for m in h.http_methods - {"HEAD", "OPTIONS"})


class _Nowhere:
    class settings:
        secure = False

    storage = None


NOWHERE: Any = _Nowhere()


def test_the_table_names_every_route_and_no_other() -> None:
    assert sorted(ROUTES) == declared()
    cells = sum(len(RULES[rule].replace("-", "")) for rule in ROUTES.values())
    allowed = sum(RULES[rule].count("A") for rule in ROUTES.values())
    print(f"\n{len(ROUTES)} routes, {cells} cells: {allowed} allow, {cells - allowed} deny; 0 undeclared")


@pytest.fixture
async def objects(database: object, parts: Parts) -> tuple[World, dict[str, str]]:
    """Our contest, in the middle of judging, with one object of every kind; and another contest with its people."""
    world = await make_world(state="closed", entries=3)
    await organizer_who_judges(world)
    await assign_all(world)
    await fetch("update contest set state = 'judging'")
    for name in ("stranger", "other_organizer", "disabled"):
        person = await fetch_one(
            "insert into person (email, full_name, disabled) values ($1, 'X', $2) returning id",
            f"{name}@x.example",
            name == "disabled",
        )
        assert person is not None
        world.people[name] = person["id"]
    await fetch(
        "insert into contest (code, title_vi, title_en, host_unit, timezone, state) select 'khac', 'Khác', 'Other', host_unit, timezone, 'closed' from contest"
    )
    # The other contest has a unit of its own: units are found through the roles of a contest.
    unit = await fetch_one("insert into unit (code, name) values ('X', 'X') returning id")
    assert unit is not None
    await fetch("update contest set host_unit = $1 where code = 'khac'", unit["id"])
    for name, kind, contest in (
        ("stranger", "officer", "khac"), ("other_organizer", "organizer", "khac"), ("disabled", "organizer", world.contest),
    ):  # fmt: skip
        await fetch(
            "insert into role (person, kind, contest, unit) values ($1, $2, $3, $4)",
            world.people[name],
            kind,
            contest,
            unit["id"],
        )

    async def body() -> Any:
        yield b"%PDF-1.4\n"

    keys = [f"{area}/aa/aa{'0' * 30}" for area in ("entries", "copies")]
    for key in keys:
        await parts.storage.put(key, body())
    file = await fetch_one(
        "insert into entry_file (entry, kind, file_name, media_type, size, sha256, storage_key, uploaded_by, derived_state, "
        "derived_key, derived_type, derived_size) values ($1, 'document', 'a.pdf', 'application/pdf', 9, repeat('a', 64), "
        "$2, $3, 'ready', $4, 'application/pdf', 9) returning id",
        world.entries["E01"], keys[0], world.people["officer_a"], keys[1],
    )  # fmt: skip
    assert file is not None
    await parts.storage.put(f"copies/bb/bb{'0' * 30}", body())
    await fetch(
        "insert into file_preview (file, kind, number, storage_key, media_type, size, width, height) "
        "values ($1, 'page', 1, $2, 'image/webp', 9, 1, 1)",
        file["id"], f"copies/bb/bb{'0' * 30}",
    )  # fmt: skip
    await fetch(
        "insert into receipt (code, entry, version, document, person) values ('HT-1', $1, 1, "
        '\'{"title": "T", "unit": "U", "files": []}\', $2)',
        world.entries["E01"], world.people["officer_a"],
    )  # fmt: skip
    conflict = await fetch_one(
        "insert into conflict_of_interest (contest, person, entry_code, source) values ($1, $2, 'E02', 'organizer') returning id",
        world.contest_id, world.people["j1"],
    )  # fmt: skip
    extension = await fetch_one(
        "insert into deadline_extension (contest, unit, closes_at, reason, person) values ($1, $2, now(), 'r', $3) returning id",
        world.contest_id, world.units["A"], world.people["o1"],
    )  # fmt: skip
    job = await fetch_one("insert into job (name, contest, state) values ('x', $1, 'dead') returning id", world.contest)
    token = await fetch_one(
        "insert into api_token (token_hash, person, name, scopes) values ('x', $1, 'n', '{read}') returning id",
        world.people["o1"],
    )
    for version in (1, 2):
        publication = await fetch_one(
            "insert into publication (contest, version, envelope, digest, basis, prepared_by) values ($1, $2, $3, 'd', 'b', $4) returning id",
            world.contest_id, version, BODY.decode(), world.people["o1"],
        )  # fmt: skip
        assert publication is not None
        if version == 1:
            await fetch(
                "insert into release (publication, person) values ($1, $2)", publication["id"], world.people["o1"]
            )
    role = await fetch_one("select id from role where person = $1", world.people["o2"])
    async with unit_of_work():
        invitation = await make_invitation(world.people["officer_b"])
    await fetch(
        "insert into upload (code, entry, kind, file_name, size, person, expires_at) values ('tai-do', $1, 'document', "
        "'a.pdf', 100, $2, now() + interval '1 day')",
        world.entries["E01"], world.people["officer_a"],
    )  # fmt: skip
    assert conflict is not None
    assert extension is not None
    assert job is not None
    assert token is not None
    assert role is not None
    names = {
        "contest:str": world.contest, "entry:str": "E01", "file:int": file["id"], "alias:str": "T001", "number:int": 1, "preview:str": "page-1",
        "round_code:str": "so-khao", "code:str": "so-khao", "conflict:int": conflict["id"], "extension:int": extension["id"], "panel:int": world.panels["1"], "judge:int": world.people["j2"], "job:int": job["id"],
        "token:int": token["id"], "token:str": invitation, "role:int": role["id"], "person:int": world.people["j2"],
        "unit:int": world.units["A"], "step:str": "approve", "verdict:str": "accept", "fingerprint:str": "x",
        "upload:str": "tai-do", "name:path": "hoithi.css",
    }  # fmt: skip
    return world, {name: str(value) for name, value in names.items()}


def address(path: str, names: dict[str, str]) -> str:
    if path.startswith("/receipts"):
        return path.replace("{code:str}", "HT-1")
    if path.startswith("/organize") and path.endswith("steps/{step:str}"):
        names = {**names, "step:str": "close"}
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", value)
    return path


async def outcome(visitor: Visitor, method: str, url: str) -> str:
    """The letter of the table for what the visitor got."""
    form = {**FORMS, "_csrf": visitor.csrf}
    headers = {"x-csrftoken": visitor.csrf, **(TUS if "/uploads" in url else {})}
    answer = await (visitor.get(url) if method == "GET" else visitor.request(method, url, data=form, headers=headers))
    if answer.status_code == 401 or answer.headers.get("location", "").startswith("/login?next="):
        return "L"
    if "/uploads" in url and answer.status_code == 403 and answer.json()["code"] == "upload_closed":
        return "A"
    if answer.status_code in (403, 404):
        return "F" if answer.status_code == 403 else "N"
    assert answer.status_code < 500, answer.text
    return "A"


@pytest.mark.parametrize("route", list(ROUTES))
async def test_a_route(visitor: Visitor, objects: tuple[World, dict[str, str]], route: str) -> None:
    world, names = objects
    method, path = route.split(" ")
    rule = RULES[ROUTES[route]]
    # Those who may do it come last: what they do must not change what the others see.
    order = sorted(range(len(VISITORS)), key=lambda n: rule[n] == "A")
    for number in order:
        who, wanted = VISITORS[number], rule[number]
        if wanted == "-":
            continue
        named = {**names, "contest:str": "khac"} if who == "foreign_object" else names
        person = {"public": None, "foreign_object": world.people["other_organizer"]}.get(who, world.people.get(who))
        client = Visitor(visitor.app) if person is None else await visitor.as_person(person)
        if path == "/invitations/{token:str}" and method == "POST":
            async with unit_of_work():
                named = {**named, "token:str": await make_invitation(world.people["officer_b"])}
        assert await outcome(client, method, address(path, named)) == wanted, who
        await client.aclose()


@pytest.mark.parametrize("route", [r for r in ROUTES if r.startswith("POST") and ROUTES[r] != "everybody"])
async def test_a_form_without_its_token_is_refused(
    visitor: Visitor, objects: tuple[World, dict[str, str]], route: str
) -> None:
    world, names = objects
    path = route.split(" ")[1]
    who = {"o": "o1", "u": "officer_a", "j": "j1", "a": "officer_a", "s": "o1", "t": "o1"}[ROUTES[route][0]]
    if "officer" in ROUTES[route] and not ROUTES[route].startswith("organizer"):
        who = "officer_a"
    client = await visitor.as_person(world.people[who])
    answer = await client.post(address(path, names), data=FORMS)
    if path.endswith("/files"):
        answer = await client.post(address(path, names), data={"kind": "document"}, files={"file": ("a.pdf", b"%PDF-")})
    assert answer.status_code == 403, route
