"""Blind judging: two worlds that differ only in who entered give a judge the same bytes, and no name is found in any."""

from __future__ import annotations

import re

import asyncpg

from server.app import Parts, create_app
from server.db import fetch
from server.engine import DB
from tests.client import Visitor
from tests.world import World, assign_all, make_world

CANARIES = ("Chim Hoàng Yến", "canary-unit", "canary-file", "canary@example.org")
VOLATILE_HEADERS = {"date", "set-cookie"}


async def identities(world: World, unit: str, officer: str, authors: list[str], file_name: str, minutes: int) -> None:
    """Give the world's entries another origin: unit, officer, authors, file name and times."""
    await fetch("update unit set name = $1::text, email = $2::text where code <> 'H'", unit, officer)
    await fetch(
        "update person set full_name = $1::text, email = $2::text || id where id = any($3::bigint[])",
        unit,
        officer,
        [world.people["officer_a"], world.people["officer_b"]],
    )
    await fetch(
        "update entry set authors = $1::text[], message = $2::text, submitted_at = now() - $3::int * interval '1 minute' - id * interval '7 second', "
        "unit = $4, created_at = now() - $3::int * interval '1 minute'",
        authors,
        unit,
        minutes,
        world.units["A" if minutes % 2 else "B"],
    )
    await fetch(
        "insert into entry_file (entry, kind, file_name, media_type, size, sha256, storage_key, uploaded_by, uploaded_at, "
        "derived_state, derived_key, derived_type, derived_size) select id, 'document', $1::text, 'application/pdf', $2::bigint, "
        "repeat('a', 64), 'entries/aa/' || md5(id::text || $1::text), created_by, now(), 'ready', "
        "'copies/' || left(md5(code), 2) || '/' || md5(code), 'application/pdf', 9 from entry",
        file_name,
        1000 + minutes,
    )


async def put_copies(app: object) -> None:
    """The judges' copies themselves are the same in both worlds."""

    async def body() -> object:
        yield b"%PDF-1.4\n"

    for row in await fetch("select derived_key from entry_file"):
        await app.state.storage.put(row["derived_key"], body())  # type: ignore[attr-defined]


async def crawl(judge: Visitor, world: World) -> dict[str, tuple[int, dict[str, str], str]]:
    """Everything that a judge can fetch or do, in a fixed order: status, headers and body by step."""
    base = f"/judge/{world.contest}/so-khao"
    steps = [
        ("GET", "/judge", {}),
        ("GET", base, {}),
        ("GET", f"{base}?only=open", {}),
        ("GET", f"{base}?page=2", {}),
        ("GET", f"{base}/T001", {}),
        ("GET", f"{base}/T002/files/1", {}),
        ("GET", f"{base}/T002/files/9", {}),
        ("GET", f"{base}/T099", {}),
        ("POST", f"{base}/T001/marks", {"version": "0", "mark-noi-dung": "71"}),
        ("POST", f"{base}/T001/marks", {"version": "0", "mark-noi-dung": "50", "mark-hinh-thuc": "30"}),
        ("POST", f"{base}/T001/marks", {"version": "0", "mark-noi-dung": "9"}),
        ("GET", f"{base}/T001", {}),
        ("POST", f"{base}/T001/submit", {"version": "1"}),
        ("GET", f"{base}/T001", {}),
        ("POST", f"{base}/T003/recuse", {"reason": "quen"}),
        ("GET", f"{base}/T003", {}),
        ("GET", base, {}),
        ("GET", f"/organize/{world.contest}/entries", {}),
        ("GET", f"/contests/{world.contest}/entries/E01", {}),
    ]
    seen = {}
    for number, (method, url, form) in enumerate(steps):
        answer = await (judge.submit(url, form) if method == "POST" else judge.get(url))
        headers = {k: v for k, v in answer.headers.items() if k not in VOLATILE_HEADERS}
        body = answer.text.replace(judge.csrf, "CSRF")
        # What differs between any two visits, also to one world: clock times of the judge's own saves.
        body = re.sub(r"\d{2}:\d{2}|\d{2}/\d{2}/\d{4}|\d{4}-\d{2}-\d{2}T[0-9:.+]+", "TIME", body)
        headers.pop("content-length", None)
        seen[f"{number} {method} {url}"] = (answer.status_code, headers, body)
    return seen


async def test_two_worlds_that_differ_only_in_identities_look_the_same(database: object, parts: Parts) -> None:
    app = create_app(parts)
    seen = []
    for unit, officer, authors, file_name, minutes in (
        ("Hội LHPN huyện Một", "mot@example.org", ["Người Một"], "mot.pdf", 7),
        ("canary-unit Chim Hoàng Yến", "canary@example.org", ["Chim Hoàng Yến", "B"], "canary-file.pdf", 900),
    ):
        world = await make_world(state="closed", entries=6)
        await assign_all(world)
        await identities(world, unit, officer, authors, file_name, minutes)
        await put_copies(app)
        judge = await Visitor(app).sign_in(world.people["j1"])
        seen.append(await crawl(judge, world))
        await judge.aclose()
        await fetch("delete from session")
        await _forget_world()
    first, second = seen
    for step in first:
        assert first[step] == second[step], step
    for step, (_, headers, body) in second.items():
        for canary in CANARIES:
            assert canary not in body, step
            assert canary not in str(headers), step


async def _forget_world() -> None:
    """Start the second world with the same numbers in every sequence, as the database's owner."""
    connection = await asyncpg.connect(**DB.config)
    await connection.execute("truncate unit, person, contest, audit_event, job restart identity cascade")
    await connection.close()
