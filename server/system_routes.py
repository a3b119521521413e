"""Routes that belong to no room: the health check and the language switch."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie

from server.access import PUBLIC, SIGNED_IN
from server.actor import JUDGE, OFFICER, ORGANIZER
from server.db import fetch_one
from server.forms import form_fields
from server.local_paths import local_path
from server.pages import LOCALE_COOKIE, page, redirect, signed_in

HOMES = {ORGANIZER: "/organize", JUDGE: "/judge", OFFICER: "/entries"}


@get("/health", access=PUBLIC)
async def health() -> dict[str, str]:
    """`ok` when the database answers; 503 otherwise."""
    await fetch_one("select 1")
    return {"status": "ok"}


@post("/locale", access=PUBLIC)
async def switch_locale(request: Request[Any, Any, Any]) -> Response[None]:
    """Keep the chosen language in a cookie for a year and go back to where the switch was used."""
    fields = form_fields(request)
    locale = "en" if fields.get("locale", ["vi"])[-1] == "en" else "vi"
    cookie = Cookie(key=LOCALE_COOKIE, value=locale, max_age=31_536_000, samesite="lax", path="/")
    return redirect(local_path(fields.get("next", ["/"])[-1]), cookies=[cookie])


@get("/home", access=SIGNED_IN)
async def home(request: Request[Any, Any, Any]) -> Response[Any]:
    """Lead a person to the only place of theirs, or let them choose between several."""
    actor = signed_in(request)
    places = [place for kind, place in HOMES.items() if actor.has(kind)]
    if len(places) == 1:
        return redirect(places[0])
    return page(request, "home.html", places=places)
