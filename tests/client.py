"""An HTTP client that speaks to the application in process and fills in the CSRF token as a browser's form would."""

from __future__ import annotations

from typing import Any

import httpx

from server.db import fetch
from server.secrets_at_rest import csrf_token, new_token, token_hash


class Visitor(httpx.AsyncClient):
    """`submit` posts a form; `sign_in` opens a session for a person without the cost of a password."""

    def __init__(self, app: Any) -> None:
        super().__init__(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://testserver"
        )
        self.app = app
        self.csrf = ""

    async def sign_in(self, person: int) -> Visitor:
        """Open a session for `person` (an id)."""
        token = new_token()
        await fetch(
            "insert into session (token_hash, person, created_at, expires_at, confirmed_at) "
            "values ($1, $2, now(), now() + interval '1 hour', now())",
            token_hash(token),
            person,
        )
        self.cookies.set("hoithi_session", token)
        self.csrf = csrf_token(token)
        return self

    async def as_person(self, person: int) -> Visitor:
        """A second client, signed in as `person`."""
        return await Visitor(self.app).sign_in(person)

    async def submit(self, url: str, fields: dict[str, Any] | None = None, **kwargs: Any) -> httpx.Response:
        """Post an urlencoded form with the CSRF token."""
        return await self.post(url, data={"_csrf": self.csrf, **(fields or {})}, **kwargs)
