"""The API of organizers about people: who has which role, the units, and conflicts of interest."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post

from server.access import ORGANIZER, ORGANIZER_ALSO_JUDGING
from server.accounts.queries import people_of, units_of
from server.actor import ORGANIZER as ORGANIZER_ROLE
from server.api.shared import AnyRequest
from server.contests.queries_organizer import contest_overview
from server.judging.queries import conflicts_of
from server.judging.services.conflicts import add_conflict, remove_conflict
from server.pages import signed_in

TAGS = ["People"]


class ConflictIn(msgspec.Struct):
    """A judge's address and the code of either an entry or a unit, which then counts with all units below it."""

    judge: Annotated[str, msgspec.Meta(max_length=320)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    entry: Annotated[str, msgspec.Meta(max_length=40)] = ""
    unit: Annotated[str, msgspec.Meta(max_length=40)] = ""


@get("/api/v1/organize/{contest:str}/people", access=ORGANIZER_ALSO_JUDGING, tags=TAGS, summary="Who has which role")
async def people(request: AnyRequest, contest: str) -> dict[str, Any]:
    """Organizers, judges, officers; `joined` once a password was set. Roles are given on the page, by password."""
    rows = await people_of(contest, signed_in(request).contests(ORGANIZER_ROLE))
    names = {"kind": "kind", "email": "email", "full_name": "full_name", "unit": "unit_code", "joined": "joined"}
    return {"people": [{name: row[column] for name, column in names.items()} for row in rows]}


@get("/api/v1/organize/{contest:str}/units", access=ORGANIZER, tags=TAGS, summary="The units")
async def units(contest: str) -> dict[str, Any]:
    """The host and all units below it; `depth` is 0 for the host."""
    names = ("code", "name", "kind", "depth", "people")
    return {"units": [{name: row[name] for name in names} for row in await units_of(contest)]}


@get("/api/v1/organize/{contest:str}/conflicts", access=ORGANIZER, tags=TAGS, summary="Conflicts of interest")
async def conflicts(contest: str) -> dict[str, Any]:
    """Those on record; `source` is pack, declared (by the judge) or organizer."""
    return await _on_record(contest)


@post(
    "/api/v1/organize/{contest:str}/conflicts",
    access=ORGANIZER,
    tags=TAGS,
    summary="Put a conflict on record",
    status_code=201,
)
async def set_conflict(request: AnyRequest, contest: str, data: ConflictIn) -> Response[Any]:
    """Assignments that it touches end: `cancelled` says how many. The same one again changes nothing."""
    cancelled = await add_conflict(
        signed_in(request), contest, judge=data.judge.lower(), entry=data.entry, unit=data.unit, reason=data.reason
    )
    return Response({"cancelled": cancelled, **await _on_record(contest)}, status_code=201)


@post(
    "/api/v1/organize/{contest:str}/conflicts/{conflict:int}/remove",
    access=ORGANIZER,
    tags=TAGS,
    summary="Take a conflict off the record",
    status_code=200,
)
async def drop_conflict(request: AnyRequest, contest: str, conflict: int) -> dict[str, Any]:
    """Assignments that it cancelled stay cancelled."""
    await remove_conflict(signed_in(request), contest, conflict)
    return await _on_record(contest)


async def _on_record(contest: str) -> dict[str, Any]:
    rows = await conflicts_of((await contest_overview(contest))["id"])
    names = {"id": "id", "judge": "email", "entry": "entry_code", "unit": "unit_code", "source": "source"}
    more = {"reason": "reason", "created_at": "created_at"}
    return {"conflicts": [{name: row[column] for name, column in (names | more).items()} for row in rows]}


ROUTES = [people, units, conflicts, set_conflict, drop_conflict]
