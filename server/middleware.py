"""The gate in front of every route: who acts, whether they may, CSRF, the form's text, and the headers of safety."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from server.access import PUBLIC, Access
from server.actor import Actor
from server.errors import Forbidden, NotFound, TooLarge
from server.forms import FORM_KEY, MAX_FORM_BYTES, parse_form
from server.pages import ACTOR_KEY
from server.slow_bodies import PatientReceive

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_PENDING = "hoithi_csrf_pending"

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'self'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "private, no-store",
}

Identifier = Callable[[dict[str, str]], Awaitable[Actor | None]]


class Gate(ASGIMiddleware):
    """Runs before any body is read; a route without a declared rule never gets this far (create_app refuses it)."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, identify: Identifier, secure: bool) -> None:
        """`identify` finds the actor from the request's headers; `secure` adds HSTS and marks every cookie."""
        self._identify = identify
        self._secure = secure
        self._headers = dict(SECURITY_HEADERS)
        if secure:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Identify, check the rule, check CSRF, read an urlencoded form, then hand on."""
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        opt = scope["route_handler"].opt
        actor = await self._identify(headers)
        extra: dict[str, Any] = scope  # type: ignore[assignment]
        extra[ACTOR_KEY] = actor
        method = str(extra["method"])
        access: Access = PUBLIC if method == "OPTIONS" else opt["access"]
        access.check(actor, scope["path_params"])
        if not all(_is_plain(value, extra["path"]) for value in scope["path_params"].values()):
            raise NotFound
        if method not in SAFE_METHODS:
            _check_origin(headers, self._secure)
            if actor is not None and "write" not in actor.scopes:
                raise Forbidden("scope")
            receive = await _read_form(extra, headers, PatientReceive(receive))
            if actor is not None and actor.session is not None:
                _check_csrf(extra, headers, actor, streamed=opt.get("csrf") == "stream")

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableScopeHeaders.from_message(message)
                for name, value in self._headers.items():
                    if name not in sent:
                        sent[name] = value
                if self._secure:
                    message["headers"] = [_secured(name, value) for name, value in message["headers"]]
            await send(message)

        await next_app(scope, receive, send_safely)


def _is_plain(value: Any, path: str) -> bool:
    """Whether the database could hold what an address names: no NUL, no number beyond 64 bits.

    A number is written in one way only: Python would also read "1_0", "+10" and digits of other scripts as 10.
    """
    if isinstance(value, int):
        return abs(value) < 2**63 and f"/{value}/" in f"{path}/"
    return not isinstance(value, str) or "\x00" not in value


def _secured(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header as it is; a cookie so that it never travels without encryption."""
    if name.lower() == b"set-cookie" and b"; secure" not in value.lower():
        value += b"; Secure"
    return name, value


def _check_origin(headers: dict[str, str], secure: bool) -> None:
    """Refuse what another site's page sends: browsers say so in Sec-Fetch-Site or Origin."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise Forbidden("csrf")
    origin = headers.get("origin")
    if origin is None:
        return
    try:
        source = urlsplit(origin)
    except ValueError as error:
        raise Forbidden("csrf") from error
    if source.netloc != headers.get("host") or (secure and source.scheme != "https"):
        raise Forbidden("csrf")


def _check_csrf(scope: dict[str, Any], headers: dict[str, str], actor: Actor, *, streamed: bool) -> None:
    given = headers.get("x-csrftoken") or (scope.get(FORM_KEY) or {}).get("_csrf", [""])[-1]
    if hmac.compare_digest(given.encode(), actor.csrf.encode()):
        return
    if streamed and not given:
        scope[CSRF_PENDING] = True
        return
    raise Forbidden("csrf")


async def _read_form(scope: dict[str, Any], headers: dict[str, str], receive: Receive) -> Receive:
    if not headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded"):
        return receive
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        if len(body) > MAX_FORM_BYTES:
            raise TooLarge(MAX_FORM_BYTES)
        if not message.get("more_body", False):
            break
    scope[FORM_KEY] = parse_form(bytes(body))

    async def replay() -> Any:
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    return replay
