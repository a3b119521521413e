"""The API of judges: their sheets by alias, marks saved by version, sheets handed in."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post, put
from litestar.params import Parameter

from server.access import JUDGE
from server.api.shared import AnyRequest, versioned, wanted_version
from server.judging import desk_queries as queries
from server.judging.desk_pages import plain
from server.judging.services.conflicts import recuse
from server.judging.services.leaving import leave_round
from server.judging.services.sheets import SavedSheet, reopen_sheet, save_marks, submit_sheet
from server.pages import signed_in

TAGS = ["Judging"]
Points = Annotated[str, msgspec.Meta(max_length=40)]


class SheetIn(msgspec.Struct):
    """Marks by criterion as texts ("38.5"); null or "" takes a mark back, a criterion left out is not touched."""

    marks: dict[str, Points | None]
    comment: Annotated[str, msgspec.Meta(max_length=5000)] = ""


class HandIn(msgspec.Struct):
    """`leave_blank` confirms that criteria without a mark shall stay without one."""

    leave_blank: bool = False


class ReasonIn(msgspec.Struct):
    """Why."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


@get("/api/v1/judge/{contest:str}/{round_code:str}/sheets", access=JUDGE, tags=TAGS, summary="The judge's queue")
async def sheets(
    request: AnyRequest,
    contest: str,
    round_code: str,
    number: Annotated[int, Parameter(query="page", ge=1, le=10_000)] = 1,
) -> dict[str, Any]:
    """50 a page, in the judge's own order."""
    rows = await queries.queue(signed_in(request).person, contest, round_code, only_open=False, page=number)
    head = rows[0]
    return {
        "assigned": head["assigned"],
        "submitted": head["submitted"],
        "page": number,
        "sheets": [
            {
                "alias": row["alias"],
                "title": row["title"],
                "version": row["version"],
                "submitted_at": row["submitted_at"],
                "total": None if row["total"] is None else plain(row["total"]),
            }
            for row in rows
            if row["alias"] is not None
        ],
    }


@post(
    "/api/v1/judge/{contest:str}/{round_code:str}/leave",
    access=JUDGE,
    tags=TAGS,
    summary="Give up the seat",
    status_code=200,
)
async def leave(request: AnyRequest, contest: str, round_code: str, data: ReasonIn) -> dict[str, int]:
    """The seat and every sheet of the round end; `not_replaced` counts the sheets that nobody took over."""
    return {"not_replaced": await leave_round(signed_in(request), contest, round_code, data.reason)}


@get(
    "/api/v1/judge/{contest:str}/{round_code:str}/sheets/{alias:str}",
    access=JUDGE,
    tags=TAGS,
    summary="One sheet",
    gives_etag=True,
)
async def sheet(request: AnyRequest, contest: str, round_code: str, alias: str) -> Response[Any]:
    """The criteria with their current marks; the ETag is the sheet's version."""
    row = await queries.desk(signed_in(request).person, contest, round_code, alias)
    criteria = await queries.sheet(row["assignment"], row["round"])
    return versioned(
        {
            "alias": row["alias"],
            "title": row["title"],
            "version": row["version"],
            "submitted_at": row["submitted_at"],
            "comment": row["comment"],
            "step": plain(row["step"]),
            "criteria": [
                {
                    "code": c["code"],
                    "max": plain(c["max"]),
                    "weight": plain(c["weight"]),
                    "points": _points(c["points"]),
                }
                for c in criteria
            ],
            "files": [
                {"number": f["number"], "kind": f["kind"], "state": f["derived_state"], "media_type": f["derived_type"]}
                for f in await queries.files(row["round_entry"])
            ],
        },
        row["version"],
    )


@put(
    "/api/v1/judge/{contest:str}/{round_code:str}/sheets/{alias:str}",
    access=JUDGE,
    tags=TAGS,
    summary="Save marks",
    gives_etag=True,
    if_match=True,
)
async def save(request: AnyRequest, contest: str, round_code: str, alias: str, data: SheetIn) -> Response[Any]:
    """Save over the version that If-Match names: 428 without one, 412 with the stored marks when it is stale."""
    typed = {code: points or "" for code, points in data.marks.items()}
    version = wanted_version(request)
    return _saved(await save_marks(signed_in(request), contest, round_code, alias, version, typed, data.comment))


@post(
    "/api/v1/judge/{contest:str}/{round_code:str}/sheets/{alias:str}/submit",
    access=JUDGE,
    tags=TAGS,
    summary="Hand a sheet in",
    gives_etag=True,
    if_match=True,
    status_code=200,
)
async def hand_in(request: AnyRequest, contest: str, round_code: str, alias: str, data: HandIn) -> Response[Any]:
    """Hand in the version that If-Match names."""
    version = wanted_version(request)
    actor = signed_in(request)
    return _saved(await submit_sheet(actor, contest, round_code, alias, version, leave_blank=data.leave_blank))


@post(
    "/api/v1/judge/{contest:str}/{round_code:str}/sheets/{alias:str}/reopen",
    access=JUDGE,
    tags=TAGS,
    summary="Take a sheet back",
    gives_etag=True,
    status_code=200,
)
async def reopen(request: AnyRequest, contest: str, round_code: str, alias: str) -> Response[Any]:
    """Possible until the round is closed."""
    await reopen_sheet(signed_in(request), contest, round_code, alias)
    return await sheet.fn(request, contest, round_code, alias)  # type: ignore[no-any-return]


@post(
    "/api/v1/judge/{contest:str}/{round_code:str}/sheets/{alias:str}/recuse",
    access=JUDGE,
    tags=TAGS,
    summary="Decline to judge an entry",
    status_code=200,
)
async def decline(request: AnyRequest, contest: str, round_code: str, alias: str, data: ReasonIn) -> dict[str, bool]:
    """`replaced` says whether another judge took over."""
    return {"replaced": await recuse(signed_in(request), contest, round_code, alias, data.reason)}


def _saved(saved: SavedSheet) -> Response[Any]:
    return versioned(
        {
            "version": saved.version,
            "saved_at": saved.saved_at,
            "submitted_at": saved.submitted_at,
            "marks": {code: _points(points) for code, points in saved.points.items()},
            "total": _points(saved.total),
        },
        saved.version,
    )


def _points(value: Any) -> str | None:
    return None if value is None else plain(value)


ROUTES = [sheets, leave, sheet, save, hand_in, reopen, decline]
