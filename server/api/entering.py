"""The API of officers: their contests and entries, files as plain bodies, submits and receipts."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post, put

from server.access import OFFICER, SIGNED_IN
from server.actor import ORGANIZER
from server.api.shared import AnyRequest, versioned, wanted_version
from server.contests import queries
from server.contests.officer_pages import contest_view, file_rules
from server.contests.services.entries import EntryText, create_entry, edit_entry, restore_entry, withdraw_entry
from server.contests.services.files import Incoming, StoredFile, receive_file, remove_file
from server.contests.services.submit import ReceiptGiven, submit_entry
from server.db import Row
from server.errors import FieldError, InvalidForm, NotFound
from server.pages import signed_in

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Code = Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[A-Za-z0-9-]*$")]
Author = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
TAGS = ["Entries"]


class EntryIn(msgspec.Struct):
    """An entry as an officer writes it; `unit` is a code and may be left out by the officer of one unit."""

    title: Title
    category: Code
    authors: Annotated[list[Author], msgspec.Meta(max_length=100)] = []
    unit: Annotated[str, msgspec.Meta(max_length=40)] = ""
    code: Code = ""

    def text(self) -> EntryText:
        """The part that can be edited."""
        return EntryText(self.title, self.category, tuple(self.authors))


@get("/api/v1/me", access=SIGNED_IN, tags=["Account"], summary="Who the token or session belongs to")
async def me(request: AnyRequest) -> dict[str, Any]:
    """The person with every role."""
    actor = signed_in(request)
    roles = [{"kind": role.kind, "contest": role.contest} for role in actor.roles]
    return {"email": actor.email, "full_name": actor.full_name, "locale": actor.locale, "roles": roles}


@get("/api/v1/me/contests", access=SIGNED_IN, tags=["Account"], summary="The contests in which one has a role")
async def my_contests(request: AnyRequest) -> dict[str, Any]:
    """Each with one's roles in it; times in RFC 3339."""
    roles: dict[str, set[str]] = {}
    actor = signed_in(request)
    for role in actor.roles:
        roles.setdefault(role.contest, set()).add(role.kind)
    names = ("code", "title_vi", "title_en", "state", "opens_at", "closes_at", "timezone")
    rows = await queries.contests_of(tuple(roles), sorted({unit for code in roles for unit in actor.units(code)}))
    return {"contests": [{n: row[n] for n in names} | {"roles": sorted(roles[row["code"]])} for row in rows]}


@get("/api/v1/contests/{contest:str}", access=OFFICER, tags=TAGS, summary="A contest as its officers see it")
async def contest_facts(request: AnyRequest, contest: str) -> dict[str, Any]:
    """State, dates, categories and file rules; sizes in bytes, times in RFC 3339.

    `closes_at` is the deadline of the officer's units. After it (`overdue`) entries are still taken, marked late.
    """
    row = await queries.contest_row(contest, signed_in(request).units(contest))
    view = contest_view(row)
    return {
        "code": view.code,
        "title": {"vi": view.title_vi, "en": view.title_en},
        "state": view.state,
        "opens_at": view.opens_at,
        "closes_at": view.closes_at,
        "timezone": view.timezone,
        "takes_entries": view.takes_entries,
        "overdue": view.overdue,
        "categories": [{"code": c.code, "title": {"vi": c.vi, "en": c.en}} for c in view.categories],
        "file_rules": [msgspec.to_builtins(rule) for rule in file_rules(row, [])],
    }


@get("/api/v1/contests/{contest:str}/entries", access=OFFICER, tags=TAGS, summary="The entries of one's units")
async def entries(request: AnyRequest, contest: str) -> dict[str, Any]:
    """Each entry with its state."""
    rows = await queries.entries_of_units([contest], list(signed_in(request).units(contest)))
    names = ("code", "title", "state", "submitted_at", "late", "files")
    return {"entries": [{name: row[name] for name in names} for row in rows]}


@post(
    "/api/v1/contests/{contest:str}/entries",
    access=OFFICER,
    tags=TAGS,
    summary="Make a draft",
    gives_etag=True,
    key=True,
)
async def create(request: AnyRequest, contest: str, data: EntryIn) -> Response[Any]:
    """A new entry for one of the officer's units; its code is given unless the body names one.

    The same Idempotency-Key with the same body gets the entry that was made the first time.
    """
    actor = signed_in(request)
    units = await queries.units_named(actor.units(contest))
    unit = next((u["id"] for u in units if u["code"] == data.unit or (not data.unit and len(units) == 1)), None)
    if unit is None:
        raise InvalidForm([FieldError("unit", "not_a_choice")])
    code = await create_entry(actor, contest, unit, data.text(), data.code, _key(request))
    return await _entry(request, contest, code, 201)


@get(
    "/api/v1/contests/{contest:str}/entries/{entry:str}",
    access=OFFICER,
    tags=TAGS,
    summary="One entry",
    gives_etag=True,
)
async def one_entry(request: AnyRequest, contest: str, entry: str) -> Response[Any]:
    """The entry with its files and receipts; the ETag is its version."""
    return await _entry(request, contest, entry)


@put(
    "/api/v1/contests/{contest:str}/entries/{entry:str}",
    access=OFFICER,
    tags=TAGS,
    summary="Edit an entry",
    gives_etag=True,
    if_match=True,
)
async def edit(request: AnyRequest, contest: str, entry: str, data: EntryIn) -> Response[Any]:
    """Save title, category and authors over the version that If-Match names; 412 when it is not the current one."""
    await edit_entry(signed_in(request), contest, entry, wanted_version(request), data.text())
    return await _entry(request, contest, entry)


@put(
    "/api/v1/contests/{contest:str}/entries/{entry:str}/files/{kind:str}/{name:str}",
    access=OFFICER,
    tags=TAGS,
    summary="Send a file as the body of the request",
    raw_body=True,
    request_max_body_size=None,
    status_code=201,
)
async def send_file(request: AnyRequest, contest: str, entry: str, kind: str, name: str) -> StoredFile:
    """The body is stored, read back and hashed before this answers; `sha256` is of what the store holds."""
    incoming = Incoming(kind=kind, file_name=name, chunks=request.stream())
    return await receive_file(signed_in(request), contest, entry, incoming, request.app.state.storage)


@post(
    "/api/v1/contests/{contest:str}/entries/{entry:str}/files/{file:int}/remove",
    access=OFFICER,
    tags=TAGS,
    summary="Take a file out of an entry",
    gives_etag=True,
    status_code=200,
)
async def drop_file(request: AnyRequest, contest: str, entry: str, file: int) -> Response[Any]:
    """Earlier receipts still name the file."""
    await remove_file(signed_in(request), contest, entry, file)
    return await _entry(request, contest, entry)


@post(
    "/api/v1/contests/{contest:str}/entries/{entry:str}/submit",
    access=OFFICER,
    tags=TAGS,
    summary="Submit an entry",
    if_match=True,
    key=True,
    status_code=200,
)
async def submit(request: AnyRequest, contest: str, entry: str) -> ReceiptGiven:
    """Submit the version that If-Match names; the same Idempotency-Key gets the same receipt again."""
    return await submit_entry(signed_in(request), contest, entry, wanted_version(request), _key(request))


@post(
    "/api/v1/contests/{contest:str}/entries/{entry:str}/{step:str}",
    access=OFFICER,
    tags=TAGS,
    summary="Withdraw an entry, or restore it",
    gives_etag=True,
    status_code=200,
)
async def withdraw_or_restore(request: AnyRequest, contest: str, entry: str, step: str) -> Response[Any]:
    """`step` is withdraw or restore."""
    steps = {"withdraw": withdraw_entry, "restore": restore_entry}
    if step not in steps:
        raise NotFound
    await steps[step](signed_in(request), contest, entry)
    return await _entry(request, contest, entry)


@get("/api/v1/receipts/{code:str}", access=SIGNED_IN, tags=TAGS, summary="A receipt")
async def receipt(request: AnyRequest, code: str) -> dict[str, Any]:
    """For the officers of its unit and the organizers of its contest."""
    actor = signed_in(request)
    row = await queries.receipt(code)
    if row["unit"] not in actor.units(row["contest"]) and not actor.has(ORGANIZER, row["contest"]):
        raise NotFound
    document: dict[str, Any] = msgspec.json.decode(row["document"])
    return document


def _key(request: AnyRequest) -> str | None:
    key = request.headers.get("idempotency-key") or None
    if key is not None and len(key) > 100:
        raise InvalidForm([FieldError("idempotency-key", "too_long")])
    return key


async def _entry(request: AnyRequest, contest: str, code: str, status: int = 200) -> Response[Any]:
    row = await queries.entry_of_units(contest, code, signed_in(request).units(contest))
    return versioned(
        {
            **{name: row[name] for name in ("code", "title", "state", "version", "submitted_at", "late", "message")},
            "category": row["category_code"],
            "unit": row["unit_code"],
            "authors": list(row["authors"]),
            "files": [_file(file) for file in await queries.present_files(row["id"])],
            "receipts": [r["code"] for r in await queries.receipts_of(row["id"])],
        },
        row["version"],
        status,
    )


def _file(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "kind", "file_name", "media_type", "size", "sha256", "uploaded_at")}


ROUTES = [
    me,
    my_contests,
    contest_facts,
    entries,
    create,
    one_entry,
    edit,
    send_file,
    drop_file,
    submit,
    withdraw_or_restore,
    receipt,
]
