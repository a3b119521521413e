"""Canary words wherever a person, a unit or a file is named: nothing that a judge can fetch has one, packed or unpacked.

Files go in by the officer's form, are copied by the real job, and everything that a judge's pages lead to is fetched.
Run with `pytest -s` for the number of answers and bytes that were searched.
"""

from __future__ import annotations

import html
import re
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import httpx
from litestar import Litestar

from server.app import Parts, create_app, http_handlers
from server.contests.copying import copy_file
from server.db import fetch, fetch_one
from server.jobs import JobContext
from server.mail import make_transport
from server.secrets_at_rest import new_token, token_hash
from tests.client import Visitor
from tests.integration.contests.test_derive import canaries, unpacked
from tests.samples import CANARY, SAMPLES
from tests.world import World, assign_all, make_world

LINKS = re.compile(r"""(?:href|src|poster|data-src)="([^"]+)\"""")
ENTRIES = 4


@dataclass
class Searched:
    """What was fetched: answers by address, and how many bytes were looked through, unpacked ones included."""

    answers: dict[str, int] = field(default_factory=dict)
    bytes: int = 0
    found: list[str] = field(default_factory=list)

    def look(self, url: str, answer: httpx.Response) -> None:
        """Search one answer: its headers, its body, and all that is packed in the body."""
        self.answers[url] = answer.status_code
        head = str(answer.headers.multi_items()).encode()
        self.bytes += len(head) + sum(map(len, unpacked(answer.content)))
        if canaries(answer.content) or CANARY.encode() in head:
            self.found.append(url)


async def name_everything(world: World) -> None:
    """Put the word into every column that says who somebody is, what a unit is called, or why something was done."""
    await fetch(
        "update unit set name = name || $1::text, email = $1::text || id || '@example.org' where code <> 'H'", CANARY
    )
    officers = [world.people["officer_a"], world.people["officer_b"]]
    await fetch(
        "update person set full_name = full_name || $1::text, email = $1::text || email where id = any($2::bigint[])",
        CANARY,
        officers,
    )
    await fetch(
        "update entry set code = $1::text || code, authors = array[$1::text]::varchar[], message = $1::text, "
        "submitted_at = now() - interval '1 day'",
        CANARY,
    )
    await fetch(
        "insert into conflict_of_interest (contest, person, entry_code, source, reason) "
        "select contest, $2, code, 'organizer', $1::text from entry limit 1",
        CANARY,
        world.people["j4"],
    )
    await fetch(
        "insert into audit_event (person, contest, action, subject, data) "
        "values ($2, $3, 'entry.return', $1::text, jsonb_build_object('message', $1::text))",
        CANARY,
        world.people["officer_a"],
        world.contest,
    )


async def hand_in(parts: Parts, app: Litestar, world: World, folder: Path) -> None:
    """One file of every accepted kind, by the form, under a name with the word; each copied by the job."""
    await fetch("update file_rule set extensions = $1::varchar[], max_count = 100, max_bytes = 50000000", list(SAMPLES))
    await fetch("update contest set state = 'open', closes_at = now() + interval '1 day'")
    officers = {unit: await Visitor(app).sign_in(world.people[f"officer_{unit}"]) for unit in "ab"}
    for number, (extension, make) in enumerate(sorted(SAMPLES.items())):
        entry = number % ENTRIES + 1
        officer = officers["ab"[(entry + 1) % 2]]
        path = folder / f"{CANARY}.{extension}"
        make(path)
        answer = await officer.post(
            f"/contests/{world.contest}/entries/E{entry:02}/files",
            data={"_csrf": officer.csrf, "kind": "document"},
            files={"file": (path.name, path.read_bytes())},
            headers={"accept": "application/json"},
        )
        assert answer.status_code == 201, (extension, answer.text)
    for officer in officers.values():
        await officer.aclose()
    office = replace(parts.settings, soffice=shutil.which("soffice"))
    context = JobContext(settings=office, storage=parts.storage, mail=make_transport(parts.settings))
    for row in await fetch("select id from entry_file"):
        await copy_file(context, row["id"])
    states = await fetch(
        "select file_name, derived_state, derived_problem from entry_file where derived_state <> 'ready'"
    )
    assert not states, [dict(row) for row in states]


async def follow(judge: Visitor, searched: Searched, begin: list[str], headers: dict[str, str]) -> None:
    """Fetch `begin` and whatever the pages lead to, as long as it is new."""
    waiting = list(begin)
    while waiting:
        url = waiting.pop()
        if url in searched.answers:
            continue
        answer = await judge.get(url, headers=headers)
        searched.look(url, answer)
        if "text/html" in answer.headers.get("content-type", ""):
            found = [urljoin(url, urldefrag(html.unescape(link)).url) for link in LINKS.findall(answer.text)]
            waiting += [link for link in found if link.startswith("/")]
        elif (location := answer.headers.get("location")) and location.startswith("/"):
            waiting.append(location)


async def test_no_canary_word_reaches_a_judge(database: object, parts: Parts, tmp_path: Path) -> None:
    app = create_app(parts)
    world = await make_world(entries=ENTRIES)
    await hand_in(parts, app, world, tmp_path)
    await name_everything(world)
    await assign_all(world)
    judge = await Visitor(app).sign_in(world.people["j1"])
    searched = Searched()
    await follow(judge, searched, ["/judge", "/home", "/", "/account"], {})
    # What no page leads to: every address that can be read, with the judge's own entry and with a file of somebody.
    file = await fetch_one("select id from entry_file limit 1")
    assert file is not None
    names = {
        "contest": world.contest, "round_code": "so-khao", "alias": "T001", "entry": "E01", "file": str(file["id"]),
        "number": "1", "preview": "page-1",
    }  # fmt: skip
    paths = [path for handler in http_handlers(app) if "GET" in handler.http_methods for path in handler.paths]
    rest = [re.sub(r"\{(\w+):\w+\}", lambda match: names.get(match[1], "1"), path) for path in paths]
    await follow(judge, searched, rest, {})
    token = new_token()
    await fetch(
        "insert into api_token (token_hash, person, name, scopes, created_at) values ($1, $2, 'x', '{read}', now())",
        token_hash(token),
        world.people["j1"],
    )
    api = [f"/api/v1/judge/{world.contest}/so-khao/sheets", *(path for path in rest if path.startswith("/api/"))]
    for url in api:
        searched.look(f"{url} (token)", await judge.get(url, headers={"authorization": f"Bearer {token}"}))
    # The same questions get the same kind of answers in the form for programs.
    for url in list(searched.answers):
        if url.startswith(("/judge", "/organize", "/contests")):
            searched.look(f"{url} (json)", await judge.get(url, headers={"accept": "application/json"}))
    await judge.aclose()
    files = [url for url in searched.answers if re.fullmatch(r"/judge/.+/files/\d+(/[a-z]+-\d+)?", url)]
    print(
        f"{len(searched.answers)} answers, {sum(s == 200 for s in searched.answers.values())} of them 200, "
        f"{len(files)} copies and previews, {searched.bytes:,} bytes searched, {len(searched.found)} with a canary word"
    )
    assert not searched.found
    assert {url: status for url, status in searched.answers.items() if status >= 500} == {}
    assert len([url for url in files if searched.answers[url] == 200 and re.search(r"files/\d+$", url)]) >= len(SAMPLES)
