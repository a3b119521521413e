"""A judge who fetches everything that the service has, and what of the answers may differ between two visits."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from server.app import http_handlers
from server.db import fetch
from server.secrets_at_rest import new_token, token_hash
from tests.client import Visitor
from tests.integration.judging.twins import KINDS, SHEETS
from tests.world import World


@dataclass
class Seen:
    """What came back, by step; `names` are the objects of this world by the parameter that names them."""

    names: dict[str, str] = field(default_factory=dict)
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)


async def crawl(judge: Visitor, world: World, names: dict[str, str]) -> Seen:
    """A judge's work step by step, and then every route of the service with an object of this world in its address."""
    seen = Seen(names)
    base = f"/judge/{world.contest}/so-khao"
    api = f"/api/v1{base}/sheets"
    bearer = {"authorization": f"Bearer {await _token(world.people['j1'])}"}
    for method, url, form in STEPS:
        await _ask(seen, judge, method, url.format(base=base, api=api), form, bearer if "{api}" in url else {})
    handlers = [
        (path, method)
        for handler in http_handlers(judge.app)
        for path in handler.paths
        for method in handler.http_methods - {"OPTIONS"}
        if not path.startswith(ONES_OWN) and path not in BY_CODE
    ]
    # What ends the judge's work comes last.
    handlers.sort(key=lambda h: ("/leave" in h[0], "/recuse" in h[0], h[1] != "GET", h))
    for path, method in handlers:
        for headers in ({}, bearer):
            await _ask(seen, judge, method, path, {"reason": "x", "version": "1", "digest": "x"}, headers)
    return seen


STEPS: list[tuple[str, str, dict[str, str]]] = [
    ("GET", "/judge", {}),
    ("GET", "{base}", {}),
    ("GET", "{base}?only=open", {}),
    ("GET", "{base}?page=2", {}),
    ("GET", "{base}/T001", {}),
    ("HEAD", "{base}/T001", {}),
    *[("GET", f"{{base}}/T001/files/{number}", {}) for number in range(1, len(KINDS) + 1)],
    ("HEAD", "{base}/T001/files/1", {}),
    ("GET", "{base}/T002/files/9", {}),
    ("GET", "{base}/T004", {}),
    ("GET", f"{{base}}/T{SHEETS + 1:03}", {}),  # an entry of another panel
    ("GET", f"{{base}}/T{SHEETS + 1:03}/files/1", {}),
    ("GET", "{base}/T099", {}),
    ("POST", "{base}/T001/marks", {"version": "0", "mark-noi-dung": "71"}),
    ("POST", "{base}/T001/marks", {"version": "0", "mark-noi-dung": "50", "mark-hinh-thuc": "30"}),
    ("POST", "{base}/T001/marks", {"version": "0", "mark-noi-dung": "9"}),
    ("POST", f"{{base}}/T{SHEETS + 1:03}/marks", {"version": "0", "mark-noi-dung": "9"}),
    ("GET", "{base}/T001", {}),
    ("POST", "{base}/T001/submit", {"version": "1"}),
    ("GET", "{base}/T001", {}),
    ("POST", "{base}/T001/reopen", {}),
    ("GET", "{api}", {}),
    ("GET", "{api}/T001", {}),
    ("PUT", "{api}/T002", {"version": "0"}),
    ("PUT", "{api}/T002", {"version": "7"}),
    ("POST", "{api}/T002/submit", {"version": "1"}),
    ("GET", f"{{api}}/T{SHEETS + 1:03}", {}),
    ("POST", "{api}/T004/recuse", {"reason": "quen"}),
    ("POST", "{base}/T003/recuse", {"reason": "quen"}),
    ("GET", "{base}/T003", {}),
    ("GET", "{base}/T003/files/1", {}),
    ("GET", "{base}", {}),
]

# A person's own account: what it answers has nothing to do with entries, and it would end the crawl.
ONES_OWN = ("/account", "/logout", "/login", "/forgotten", "/invitations/", "/held")
# The paper in somebody's hand: its code of 120 random bits is all that leads here.
BY_CODE = {"/receipts/{code:str}/check"}
# What differs between any two visits, also to one world: the clock times of the judge's own saves, and secrets.
TIMES = re.compile(rb"\d{2}:\d{2}|\d{2}/\d{2}/\d{4}|\d{4}-\d{2}-\d{2}T[0-9:.+]+(Z|(?=\"))")


async def _ask(
    seen: Seen, judge: Visitor, method: str, path: str, form: dict[str, str], headers: dict[str, str]
) -> None:
    def value(found: re.Match[str]) -> str:
        if path.startswith(("/receipts", "/api/v1/receipts")):
            return seen.names["receipt"]
        return seen.names[found[1]]

    url = re.sub(r"\{(\w+):\w+\}", value, path)
    sent: dict[str, Any] = {}
    if method not in ("GET", "HEAD"):
        if "/api/" in path:
            body = {
                "marks": {"noi-dung": "40"},
                "leave_blank": True,
                "next": True,
                "entries": ["x"],
                "seed": 1,
                "basis": "x",
            }
            sent = {"json": {**body, **form}}
            headers = {**headers, "if-match": f'"{form.get("version", "1")}"'}
        else:
            sent = {"data": {"_csrf": judge.csrf, **form}}
    judge.cookies.delete("hoithi_flash") if "hoithi_flash" in judge.cookies and method != "GET" else None
    answer = await judge.request(method, url, headers={"x-csrftoken": judge.csrf, **headers}, **sent)
    kept = {k: v.replace(url, path) for k, v in answer.headers.items() if k not in ("date", "content-length")}
    body_seen = answer.content.replace(judge.csrf.encode(), b"CSRF").replace(url.encode(), path.encode())
    if "text" in kept.get("content-type", "") or "json" in kept.get("content-type", ""):
        body_seen = TIMES.sub(b"TIME", body_seen)
    seen.answers[f"{len(seen.answers)} {method} {path} {'by token' if headers.get('authorization') else ''}"] = (
        answer.status_code,
        kept,
        body_seen,
    )


async def _token(person: int) -> str:
    token = new_token()
    await fetch(
        "insert into api_token (token_hash, person, name, scopes) values ($1, $2, 'n', '{read,write}')",
        token_hash(token),
        person,
    )
    return token
