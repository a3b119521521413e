"""One person at a browser: signs in by the invitation, fills in forms, and tries again when the network or server fails."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

RETRY_SECONDS = 60.0
JSON = {"accept": "application/json"}
_CSRF = re.compile(r'name="_csrf" value="([0-9a-f]+)"')


class StepFailed(Exception):
    """A step did not hold: who, what, and what the service answered."""


class Person:
    """A client with its own cookies; `retried` says whether the last request needed more than one try."""

    def __init__(self, url: str, email: str) -> None:
        """Not signed in yet."""
        self.email = email
        self.retried = False
        self._csrf = ""
        self._client = httpx.AsyncClient(
            base_url=url, timeout=httpx.Timeout(120, connect=5), limits=httpx.Limits(max_connections=4)
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def accept(self, link: Callable[[], str | None], password: str) -> None:
        """Set the password by the newest link of the mailbox; a link that is used up already means: sign in."""
        while True:
            address = link()
            if address is not None:
                answer = await self._send("POST", address, data={"password": password})
                if answer.status_code == 303:
                    break
                answer = await self._send("POST", "/login", data={"email": self.email, "password": password})
                if answer.status_code == 303:
                    break
            await asyncio.sleep(0.1)
        page = await self.get("/account")
        found = _CSRF.search(page.text)
        if found is None:
            raise StepFailed(f"{self.email}: signed in, but the account page has no form")
        self._csrf = found.group(1)

    async def get(self, path: str, *, json: bool = False) -> httpx.Response:
        """A page (or its JSON) that must be there."""
        answer = await self._send("GET", path, headers=JSON if json else {})
        if answer.status_code != 200:
            raise self.failed(f"GET {path}", answer)
        return answer

    async def post(self, path: str, fields: Mapping[str, Any], *, json: bool = False) -> httpx.Response:
        """Send a form; the caller judges the answer."""
        headers = {"x-csrftoken": self._csrf, **(JSON if json else {})}
        return await self._send("POST", path, data={"_csrf": self._csrf, **fields}, headers=headers)

    async def step(self, path: str, fields: Mapping[str, Any] | None = None) -> httpx.Response:
        """Send a form that must lead on; a refusal after a lost answer means that it was done the first time."""
        answer = await self.post(path, fields or {})
        if answer.status_code == 303 or (self.retried and answer.status_code == 409):
            return answer
        raise self.failed(path, answer)

    async def upload(self, path: str, fields: Mapping[str, str], name: str, content: bytes) -> httpx.Response:
        """Send one file by a multipart form."""
        return await self._send(
            "POST",
            path,
            data={"_csrf": self._csrf, **fields},
            files={"file": (name, content)},
            headers={"x-csrftoken": self._csrf, **JSON},
        )

    def failed(self, step: str, answer: httpx.Response) -> StepFailed:
        """What went wrong, in one line."""
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).strip()
        return StepFailed(f"{self.email}: {step} answered {answer.status_code}: {text[-400:]}")

    async def _send(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        began = time.monotonic()
        self.retried = False
        while True:
            wrong: str
            try:
                answer = await self._client.request(method, path, **kwargs)
                if answer.status_code != 503:
                    return answer
                wrong = "503"
            except httpx.TransportError as error:
                wrong = repr(error)
            if time.monotonic() - began > RETRY_SECONDS:
                raise StepFailed(f"{self.email}: {method} {path}: no answer for {RETRY_SECONDS:.0f} s ({wrong})")
            self.retried = True
            await asyncio.sleep(0.1 + random.random() * 0.3)  # noqa: S311
