"""The page of a receipt, for the officers of its unit and the organizers of its contest; it prints on one sheet."""

from __future__ import annotations

from typing import Any

import msgspec
import segno
from litestar import Request, Response, get
from markupsafe import Markup

from server.access import SIGNED_IN
from server.actor import ORGANIZER
from server.contests import queries
from server.errors import NotFound
from server.pages import page, signed_in


@get("/receipts/{code:str}", access=SIGNED_IN)
async def receipt(request: Request[Any, Any, Any], code: str) -> Response[Any]:
    """A receipt as a page, or as JSON when that is asked for; somebody else's is not found."""
    actor = signed_in(request)
    row = await queries.receipt(code)
    if row["unit"] not in actor.units(row["contest"]) and not actor.has(ORGANIZER, row["contest"]):
        raise NotFound
    document = msgspec.json.decode(row["document"])
    if "json" in request.headers.get("accept", ""):
        return Response(document, media_type="application/json")
    url = f"{request.app.state.settings.public_url}/receipts/{code}"
    return page(
        request,
        "contests/receipt.html",
        receipt=row,
        document=document,
        url=url,
        qr=Markup(segno.make(url, error="m").svg_inline(scale=4, border=2, omitsize=True)),  # noqa: S704
    )


ROUTES = [receipt]
