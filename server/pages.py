"""Answers with a page: what every template gets, redirects after a post, and messages that survive one redirect."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any, Literal, cast
from urllib.parse import quote

from litestar import Request, Response
from litestar.datastructures import Cookie

from server.actor import Actor
from server.i18n import Locale, choose_locale, translator
from server.static_files import static_url
from server.templates import render

ACTOR_KEY = "hoithi_actor"
FLASH_COOKIE = "hoithi_flash"
LOCALE_COOKIE = "hoithi_lang"

URL_CHARACTERS = "%/?#:@!$&'()*+,;=[]~"
LONGEST_FLASH = 4096

AnyRequest = Request[Any, Any, Any]
FlashKind = Literal["success", "info", "warning", "error"]


def actor_of(request: AnyRequest) -> Actor | None:
    """Who acts, or None for the public."""
    return cast("Actor | None", request.scope.get(ACTOR_KEY))


def signed_in(request: AnyRequest) -> Actor:
    """Who acts, on a route whose rule has made sure that somebody does."""
    actor = actor_of(request)
    assert actor is not None
    return actor


def locale_of(request: AnyRequest) -> Locale:
    """The language of this answer: the switch's cookie, else the account's, else the browser's, else Vietnamese."""
    actor = actor_of(request)
    return choose_locale(
        request.cookies.get(LOCALE_COOKIE), actor.locale if actor else None, request.headers.get("accept-language")
    )


def page(
    request: AnyRequest, template: str, /, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> Response[str]:
    """Render `template` with the common context (actor, csrf, path, flash, static, now) and `context`.

    A page on which time matters gives the database's `now`: this process's own clock may be wrong.
    """
    actor = actor_of(request)
    flash = _read_flash(request)
    html = render(
        template,
        locale_of(request),
        actor=actor,
        csrf=actor.csrf if actor else "",
        path=request.scope["path"],
        flash=flash,
        static=static_url,
        **{"now": datetime.now(UTC), **context},
    )
    cookies = [_flash_cookie("", 0)] if flash else []
    return Response(html, status_code=status, media_type="text/html; charset=utf-8", headers=headers, cookies=cookies)


def redirect(
    url: str, *, flash: tuple[FlashKind, str] | None = None, cookies: list[Cookie] | None = None
) -> Response[None]:
    """Go on with GET (303); `flash` is shown once on the next page, in the words given."""
    kept = list(cookies or [])
    if flash:
        text = base64.urlsafe_b64encode(json.dumps([flash]).encode()).decode()
        kept.append(_flash_cookie(text, 60))
    return Response(None, status_code=303, headers={"location": quote(url, safe=URL_CHARACTERS)}, cookies=kept)


def words(request: AnyRequest) -> Any:
    """The `_` of this request's language, for messages made in controllers."""
    return translator(locale_of(request))


def _flash_cookie(value: str, max_age: int) -> Cookie:
    return Cookie(key=FLASH_COOKIE, value=value, max_age=max_age, httponly=True, samesite="lax", path="/")


def _read_flash(request: AnyRequest) -> list[tuple[str, str]]:
    raw = request.cookies.get(FLASH_COOKIE)
    if not raw or len(raw) > LONGEST_FLASH:
        return []
    try:
        items = json.loads(base64.urlsafe_b64decode(raw))
        return [(str(kind), str(text)[:500]) for kind, text in items][:5]
    except (ValueError, TypeError, RecursionError):
        return []
