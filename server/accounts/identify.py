"""Finds who acts from a request's headers: the session cookie, or a bearer token of the JSON API."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

from server.accounts.queries import actor_of_api_token, actor_of_session
from server.actor import Actor


def session_cookie_name(secure: bool) -> str:
    """`__Host-` binds the cookie to this host and https; plain http (an office PC) cannot have it."""
    return "__Host-hoithi" if secure else "hoithi_session"


class Identify:
    """Callable for the gate; knows the name of the session cookie."""

    def __init__(self, secure: bool) -> None:
        """`secure` as in Settings."""
        self._cookie = session_cookie_name(secure)

    async def __call__(self, headers: dict[str, str]) -> Actor | None:
        """The actor, or None; a bearer token wins over a cookie and never falls back to it."""
        authorization = headers.get("authorization", "")
        if authorization[:7].lower() == "bearer ":
            return await actor_of_api_token(authorization[7:].strip())
        token = _cookie(headers.get("cookie", ""), self._cookie)
        return await actor_of_session(token) if token else None


def _cookie(header: str, name: str) -> str | None:
    if name not in header:
        return None
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return None
    return morsel.value if morsel else None
