"""Markup in everything that anybody can type, then every page that anybody can reach: it shows as text, on each of them."""

from __future__ import annotations

from collections import deque
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import asyncpg
import pytest

from server.db import fetch
from tests.client import Visitor
from tests.world import World, assign_all, make_world

MARKUP = "\"'><img src=x onerror=alert(1)><canary>{{ 7*7 }}</canary>"
TYPED = {
    "name", "full_name", "title", "title_vi", "title_en", "message", "reason", "comment", "file_name", "user_agent",
    "last_error", "subject", "note", "gap_reason", "derived_problem", "scan_found", "email", "authors",
}  # fmt: skip
"""Columns that hold what people, their programs, files or mail servers said."""

LEFT_ALONE = {("job", "name"), ("email_message", "subject")}
PAGES_EACH = 150


class Reader(HTMLParser):
    """What a browser would run or load of a page, and where it leads."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.links: list[str] = []
        self.forms: list[tuple[str, dict[str, str], bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag in ("canary", "iframe", "object", "embed", "base") and not held.get("src", "").startswith("/"):
            self.faults.append(tag)
        if tag == "script" and not held.get("src", "").startswith("/static/"):
            self.faults.append("inline script")
        self.faults += [f"{tag} {name}" for name in held if name.startswith("on") or name in ("srcdoc", "style")]
        for name in ("href", "src", "action", "formaction"):
            if held.get(name, "").lower().startswith(("javascript:", "data:text", "//")) or held.get(name) == "x":
                self.faults.append(f"{tag} {name}={held[name]}")
        if tag in ("a", "img", "video", "iframe", "source") and (link := held.get("href") or held.get("src")):
            self.links.append(link)
        if tag == "form" and held.get("method", "").lower() == "post":
            self.forms.append((held.get("action", ""), {}, False))
        if tag in ("input", "textarea", "select") and self.forms and (name := held.get("name")):
            action, fields, types = self.forms[-1]
            hidden = held.get("type") in ("hidden", "radio", "checkbox") or tag == "select"
            fields[name] = held.get("value", "") if hidden else MARKUP
            self.forms[-1] = (action, fields, types or not hidden)


async def poison(dsn: dict[str, Any]) -> int:
    """Write MARKUP into every typed column of every table; returns how many columns."""
    owner = await asyncpg.connect(**dsn)
    try:
        columns = await owner.fetch(
            "select table_name as t, column_name as c, data_type as kind, character_maximum_length as most "
            "from information_schema.columns where table_schema = 'public' and table_name in "
            "(select tablename from pg_tables where schemaname = 'public')"
        )
        written = 0
        for column in columns:
            table, name = column["t"], column["c"]
            if name not in TYPED or (table, name) in LEFT_ALONE:
                continue
            value: Any = [MARKUP] if column["kind"] == "ARRAY" else MARKUP
            unique = "|| id" if (table, name) == ("person", "email") else ""
            cast = "::varchar[]" if column["kind"] == "ARRAY" else "::text"
            await owner.execute(f'update "{table}" set "{name}" = $1{cast} {unique}', value)
            written += 1
        await owner.execute(
            "update audit_event set data = jsonb_build_object('before', $1::text, 'after', $1::text)", MARKUP
        )
        return written
    finally:
        await owner.close()


async def crawl(client: Visitor, start: list[str], *, submit: bool) -> tuple[int, int, list[str]]:
    """Visit every page from `start` on; returns the pages seen, those that show MARKUP as text, and the faults."""
    waiting, seen, shown = deque(start), set(start), 0
    faults: list[str] = []
    forms: dict[str, dict[str, str]] = {}
    visited = 0
    while waiting and visited < PAGES_EACH:
        path = waiting.popleft()
        answer = await client.get(path)
        assert answer.status_code < 500, path
        visited += 1
        if "text/html" not in answer.headers.get("content-type", ""):
            assert answer.headers.get("x-content-type-options") == "nosniff" or answer.status_code in (303, 307), path
        else:
            shown += "&lt;canary&gt;{{ 7*7 }}" in answer.text
            links, found = examine(answer.text, path, faults)
            for action, fields, types in found:
                if types and "/login" not in action:
                    forms.setdefault(urljoin(path, action or path), fields)
            links += [answer.headers["location"]] if "location" in answer.headers else []
            for link in links:
                target = urlsplit(urljoin(path, link))
                address = target.path + (f"?{target.query}" if target.query else "")
                if (
                    not target.netloc
                    and address not in seen
                    and not address.startswith("/static/")
                    and "/files/" not in address
                ):
                    seen.add(address)
                    waiting.append(address)
        if "location" in answer.headers and answer.headers["location"] not in seen:
            seen.add(answer.headers["location"])
            waiting.append(answer.headers["location"])
    for action, fields in sorted(forms.items()) if submit else ():
        answer = await client.post(action, data={**fields, "_csrf": client.csrf})
        assert answer.status_code < 500, action
        if "text/html" in answer.headers.get("content-type", ""):
            examine(answer.text, f"POST {action}", faults)
            visited += 1
    return visited, shown, faults


def examine(text: str, path: str, faults: list[str]) -> tuple[list[str], list[tuple[str, dict[str, str], bool]]]:
    reader = Reader()
    reader.feed(text)
    faults += [f"{path}: {fault}" for fault in reader.faults]
    return reader.links, reader.forms


@pytest.fixture
async def world(visitor: Visitor) -> World:
    world = await make_world(state="closed", entries=4)
    await assign_all(world)
    await fetch(
        "insert into mark (assignment, criterion, version, points, person) select a.id, c.id, 1, c.max - re.entry * 2 - "
        "(a.person % 3) * 0.5, a.person from assignment a join round_entry re on re.id = a.round_entry "
        "join criterion c on c.round = re.round"
    )
    await fetch(
        "insert into entry_file (entry, kind, file_name, media_type, size, sha256, storage_key, uploaded_by, "
        "uploaded_at, derived_state, derived_problem) select id, 'document', 'a.pdf', 'application/pdf', 9, repeat('a', 64), "
        "'k' || id, created_by, now(), 'failed', 'x' from entry"
    )
    await fetch(
        "insert into prize (contest, title_vi, title_en, quantity, position) values ($1, 'Giải Nhất', 'First', 1, 0)",
        world.contest_id,
    )
    await fetch(
        "insert into conflict_of_interest (contest, person, unit, source, reason) select $1, $2, id, 'organizer', 'r' from unit where code = 'A1'",
        world.contest_id,
        world.people["j1"],
    )
    await fetch(
        "insert into job (name, args, contest, state, last_error) values ('send_mail', '{}', $1, 'dead', 'e')",
        world.contest,
    )
    return world


async def test_markup_is_text_on_every_page_of_everybody(
    visitor: Visitor, world: World, database: dict[str, Any]
) -> None:
    organizer = await visitor.as_person(world.people["o1"])
    columns = await poison(database)
    assert columns >= 25
    starts = {
        None: ["/", "/login", "/forgotten"],
        "officer_a": ["/entries", "/home", "/account"],
        "j1": ["/judge", "/home", "/account"],
        "o1": ["/organize", "/home", "/account"],
    }
    pages = shown = 0
    faults: list[str] = []
    for phase in ("judging", "published"):
        if phase == "published":
            await fetch("update assignment set version = 2, submitted_at = now()")
            await poison(database)
            round_url = f"/organize/{world.contest}/rounds/so-khao"
            assert (await organizer.submit(f"{round_url}/close")).status_code == 303
            assert (await organizer.submit(f"{round_url}/advance", {"then": "finish"})).status_code == 303
            publication = f"/organize/{world.contest}/publication"
            assert (await organizer.submit(f"{publication}/prepare", {"reason": MARKUP})).status_code == 303
            prepared = (await organizer.get(publication, headers={"accept": "application/json"})).json()
            seen = {"digest": prepared["digest"]}
            second = await visitor.as_person(world.people["o2"])
            for one in (organizer, second):
                assert (await one.submit(f"{publication}/approve", seen)).status_code == 303
            assert (await organizer.submit(f"{publication}/publish", seen)).status_code == 303
            await poison(database)
            assert MARKUP.replace('"', '\\"') in (await visitor.get(f"/results/{world.contest}/publication.json")).text
        for who, start in starts.items():
            client = Visitor(visitor.app) if who is None else await visitor.as_person(world.people[who])
            results = [f"/results/{world.contest}"] if phase == "published" else []
            seen_here, shown_here, found = await crawl(client, start + results, submit=phase == "published")
            pages, shown = pages + seen_here, shown + shown_here
            faults += found
            await client.aclose()
    print(
        f"\n{columns} columns with markup; {pages} pages and answers, {shown} of them show it; {len(faults)} ran or loaded it"
    )
    assert faults == []
    assert shown >= 40


def test_the_reader_sees_what_would_run() -> None:
    faults: list[str] = []
    examine(f'<a href="javascript:alert(1)">x</a><p title="{MARKUP}">', "/", faults)
    examine("<script>1</script><b onclick=1><i style='x'>", "/", faults)
    assert len(faults) == 7, faults
