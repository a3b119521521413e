"""A receipt: its page and its signed file for unit and organizers, and the page where whoever holds it can check it."""

from __future__ import annotations

from typing import Any

import msgspec
import segno
from litestar import Request, Response, get
from markupsafe import Markup

from server.access import PUBLIC, SIGNED_IN
from server.actor import ORGANIZER
from server.contests import queries
from server.contests.services.receipts import file_name, receipt_file
from server.db import Row
from server.errors import NotFound
from server.pages import page, signed_in
from server.rules.canonical import read_json
from server.rules.signing import fingerprint

AnyRequest = Request[Any, Any, Any]


@get("/receipts/{code:str}", access=SIGNED_IN)
async def receipt(request: AnyRequest, code: str) -> Response[Any]:
    """A receipt as a page, or as JSON when that is asked for; somebody else's is not found."""
    row = await _own(request, code)
    document = msgspec.json.decode(row["document"])
    if "json" in request.headers.get("accept", ""):
        return Response(document, media_type="application/json")
    url = check_url(request.app.state.settings.public_url, code)
    return page(
        request,
        "contests/receipt.html",
        receipt=row,
        document=document,
        url=url,
        qr=Markup(segno.make(url, error="m").svg_inline(scale=4, border=2, omitsize=True)),  # noqa: S704
    )


@get("/receipts/{code:str}/receipt.json", access=SIGNED_IN)
async def signed_file(request: AnyRequest, code: str) -> Response[bytes]:
    """The receipt as a signed file, which `hoithi verify` checks with no server."""
    content = await receipt_file(await _own(request, code), request.app.state.settings.key_file)
    return Response(
        content,
        media_type="application/json",
        headers={"content-disposition": f'attachment; filename="{file_name(code)}"'},
    )


@get("/receipts/{code:str}/check", access=PUBLIC)
async def check(request: AnyRequest, code: str) -> Response[str]:
    """What the service has on record under a code: enough to compare a printed receipt with, and no name in it."""
    row = await queries.receipt(code)
    envelope: Any = read_json(await receipt_file(row, request.app.state.settings.key_file))
    return page(
        request,
        "contests/receipt_check.html",
        receipt=row,
        document=envelope["document"],
        fingerprint=fingerprint(envelope["public_key"]),
    )


def check_url(public_url: str, code: str) -> str:
    """Where a printed receipt's QR code leads."""
    return f"{public_url}/receipts/{code}/check"


async def _own(request: AnyRequest, code: str) -> Row:
    actor = signed_in(request)
    row = await queries.receipt(code)
    if row["unit"] not in actor.units(row["contest"]) and not actor.has(ORGANIZER, row["contest"]):
        raise NotFound
    return row


ROUTES = [receipt, signed_file, check]
