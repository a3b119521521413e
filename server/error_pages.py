"""Turns every error into an answer: a page in the reader's language, or problem+json."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from server import errors
from server.blocker_words import BLOCKER_WORDS
from server.error_words import describe
from server.held_back import CONFIRM_TEMPLATE, HeldBack
from server.middleware import SECURITY_HEADERS
from server.pages import page, words

log = logging.getLogger("hoithi")


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """True for the JSON API, for routes that only scripts use (`json=True`), and for scripts that ask for JSON."""
    if request.scope["path"].startswith("/api/") or "json" in request.headers.get("accept", ""):
        return True
    route = request.scope.get("route_handler")
    return route is not None and bool(route.opt.get("json"))


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Turn any exception into an answer; only unknown ones are logged with their trace."""
    shown = describe(error)
    if shown.status >= 500:
        log.error("%s %s", request.scope["method"], request.scope["path"], exc_info=error)
    headers = dict(SECURITY_HEADERS)
    if shown.status == 408:
        headers["connection"] = "close"
    if shown.status == 503:
        headers["retry-after"] = "1"
    if shown.status == 429:
        headers["retry-after"] = str(shown.data["seconds"])
    translate = words(request)
    said = {**shown.data}
    if isinstance(error, errors.StepNotAllowed):
        said["blockers"] = " ".join(translate(BLOCKER_WORDS.get(code, code)) for code in error.blockers)
    title, advice = (translate(text).format(**said) for text in (shown.title, shown.advice))
    if wants_json(request):
        problem = {
            "type": f"/problems/{shown.code}",
            "title": title,
            "detail": advice.strip(),
            "status": shown.status,
            "code": shown.code,
            **{key: msgspec.to_builtins(value) for key, value in shown.data.items() if key not in ("status", "title")},
        }
        return Response(
            msgspec.json.encode(problem),
            status_code=shown.status,
            media_type="application/problem+json",
            headers=headers,
        )
    if isinstance(error, errors.PasswordNotFresh):
        if request.scope["method"] == "POST":
            held_back = HeldBack.of(request, request.scope["path"])
            return page(
                request, CONFIRM_TEMPLATE, status=403, headers=headers, errors=[], target="", held_back=held_back
            )
        target = request.scope["path"]
        return Response(
            None, status_code=303, headers={**headers, "location": f"/account/confirm?next={quote(target)}"}
        )
    if shown.status == 401 and request.scope["method"] == "GET":
        target = request.scope["path"] + (
            f"?{query}" if (query := request.scope["query_string"].decode("latin-1")) else ""
        )
        return Response(None, status_code=303, headers={**headers, "location": f"/login?next={quote(target)}"})
    return page(
        request,
        "error.html",
        status=shown.status,
        headers=headers,
        title=title,
        advice=advice.strip(),
        code=shown.code,
        status_text=HTTPStatus(shown.status).phrase,
    )


HANDLERS: dict[Any, Any] = {Exception: handle, HTTPException: handle, errors.HoithiError: handle, 500: handle}
