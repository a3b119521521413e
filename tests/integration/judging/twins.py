"""Two worlds that differ only in who entered: identities, codes, orders, times, metadata, others' marks, numbers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from server.contests.derive import Derived, derive_copy
from server.db import fetch, fetch_one
from server.engine import DB
from tests import samples
from tests.world import World, make_world

CANARIES = ("Chim Hoàng Yến", "CHIM-HOANG-YEN", "canary")
KINDS = ("pdf", "docx", "jpg", "mp4")
SHEETS = 4
TITLES = [f"Bài dự thi số {number}" for number in range(1, SHEETS + 1)]


@dataclass(frozen=True)
class Identity:
    """Who entered in one of the worlds, and everything else of which a judge must not learn."""

    units: tuple[str, str]
    officer: str
    authors: list[str]
    word: str  # what stands in the metadata of the files
    code: str  # the entries' codes begin with it
    backwards: bool  # the order in which the entries were made
    others: int  # entries that this judge does not judge
    points: int  # what the other judges gave
    minutes: int  # how long ago it was submitted
    skipped: int  # how far every sequence of numbers has gone


ONE = Identity(("Xã Một", "Xã Hai"), "mot@example.org", ["Người Một"], "NGUOI-MOT", "E", False, 1, 20, 7, 0)
OTHER = Identity(
    ("canary-unit Chim Hoàng Yến", "Xã canary"), "canary@example.org", ["Chim Hoàng Yến", "B"], "CHIM-HOANG-YEN",
    "CANARY", True, 3, 60, 900, 5000,
)  # fmt: skip


async def build(who: Identity, storage: Any, copies: dict[str, bytes]) -> World:
    """The world of `who`: judges j1-j3 have the same entries under the same aliases in each."""
    await _forget(who.skipped)
    world = await make_world(state="closed")
    await fetch("update unit set name = $1::text, email = $2::text where code = 'A'", who.units[0], who.officer)
    await fetch("update unit set name = $1 where code = 'B'", who.units[1])
    officers = [world.people["officer_a"], world.people["officer_b"]]
    await fetch(
        "update person set full_name = $1::text, email = id || $2::text where id = any($3::bigint[])",
        who.authors[0],
        who.officer,
        officers,
    )
    numbers = range(1, SHEETS + 1 + who.others)
    for number in reversed(numbers) if who.backwards else numbers:
        unit = "AB"[(number + who.backwards) % 2]
        row = await fetch_one(
            "insert into entry (contest, code, title, category, unit, authors, message, state, submitted_at, created_by) "
            "values ($1, $2, $3, $4, $5, $6, $7, 'submitted', now() - $8 * interval '1 minute', $9) returning id",
            world.contest_id, f"{who.code}{number:02}", f"Bài dự thi số {number}",
            world.categories["tap-the" if number % 2 else "ca-nhan"], world.units[unit], who.authors, who.units[0],
            who.minutes * number, world.people[f"officer_{unit.lower()}"],
        )  # fmt: skip
        assert row is not None
        world.entries[f"{number}"] = row["id"]
        await _files(row["id"], number, who, storage, copies)
    for number in numbers:
        await _place(world, number, who)
    await fetch("update round set state = 'judging'")
    await fetch("update contest set state = 'judging'")
    return world


async def _files(entry: int, number: int, who: Identity, storage: Any, copies: dict[str, bytes]) -> None:
    for kind in KINDS if number == 1 else KINDS[:1]:
        body = copies[kind]
        # The key of a copy is random in life; here it follows the content that judges get, as the same in both worlds.
        name = hashlib.sha256(f"{number}{kind}".encode()).hexdigest()[:32]
        key = f"copies/{name[:2]}/{name}"

        async def pieces(body: bytes = body) -> Any:
            yield body

        await storage.put(key, pieces())
        original = hashlib.sha256(f"{who.word}{number}{kind}".encode()).hexdigest()
        await fetch(
            "insert into entry_file (entry, kind, file_name, media_type, size, sha256, storage_key, uploaded_by, "
            "uploaded_at, derived_state, derived_key, derived_type, derived_size) "
            "select id, $2, $3, $4, $5, $6, $7, created_by, submitted_at, 'ready', $8, $9, $10 from entry where id = $1",
            entry, kind, f"{who.word}.{kind}", MEDIA[kind], 1000 + who.minutes, original,
            f"entries/{original[:2]}/{original[:32]}", key, MEDIA[kind], len(body),
        )  # fmt: skip


MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "jpg": "image/jpeg",
    "mp4": "video/mp4",
}


async def _place(world: World, number: int, who: Identity) -> None:
    """Entries up to SHEETS go to panel 1, where j1 sits, the others to panel 2; the other judges have marked."""
    panel = "1" if number <= SHEETS else "2"
    placed = await fetch_one(
        "insert into round_entry (round, entry, alias, panel) values ($1, $2, $3, $4) returning id",
        world.round_id,
        world.entries[f"{number}"],
        f"T{number:03}",
        world.panels[panel],
    )
    assert placed is not None
    for judge in ("j1", "j2") if panel == "1" else ("j4",):
        made = await fetch_one(
            "insert into assignment (round_entry, person, position, version, comment, submitted_at) "
            "values ($1, $2, $3, $4, $5, $6) returning id",
            placed["id"], world.people[judge], number, 0 if judge == "j1" else who.points,
            "" if judge == "j1" else who.authors[0], None,
        )  # fmt: skip
        assert made is not None
        if judge != "j1":
            await fetch(
                "insert into mark (assignment, criterion, version, points, person, at) "
                "select $1, id, 1, $2::int, $3, now() from criterion",
                made["id"],
                who.points // 2,
                world.people[judge],
            )


async def objects(world: World, who: Identity) -> dict[str, str]:
    """One real object of each kind by the parameter that names it in an address."""
    entry = world.entries["1"]
    receipt = "HT-" + who.word
    await fetch(
        "insert into receipt (code, entry, version, document, person) values ($1, $2, 1, $3, $4)",
        receipt, entry, f'{{"title": "T", "unit": "{who.units[0]}", "files": []}}', world.people["officer_a"],
    )  # fmt: skip
    conflict = await fetch_one(
        "insert into conflict_of_interest (contest, person, entry_code, source, reason) values ($1, $2, $3, 'organizer', $4) "
        "returning id",
        world.contest_id, world.people["j4"], f"{who.code}01", who.authors[0],
    )  # fmt: skip
    job = await fetch_one(
        "insert into job (name, contest, state, args) values ('x', $1, 'dead', '{}') returning id", world.contest
    )
    file = await fetch_one("select min(id) as id from entry_file where entry = $1", entry)
    role = await fetch_one("select min(id) as id from role where kind = 'officer'")
    assert conflict is not None
    assert job is not None
    assert file is not None
    assert role is not None
    return {
        "contest": world.contest, "entry": f"{who.code}01", "round_code": "so-khao", "code": "so-khao", "alias": "T001",
        "number": "1", "place": "1", "preview": "page-1", "file": str(file["id"]), "kind": "pdf", "name": f"{who.word}.pdf", "job": str(job["id"]),
        "conflict": str(conflict["id"]), "panel": str(world.panels["1"]), "judge": str(world.people["j2"]),
        "person": str(world.people["officer_a"]), "unit": str(world.units["A"]), "role": str(role["id"]),
        "receipt": receipt, "step": "publish", "verdict": "accept", "token": "1", "extension": "1", "upload": "x",
        "fingerprint": "x", "seat": "1", "version": "1",
    }  # fmt: skip


def derived_copies(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    """From now on the samples have `word` in all their metadata."""
    monkeypatch.setattr(samples, "CANARY", word)
    monkeypatch.setattr(samples, "CANARY_BYTES", word.encode())
    monkeypatch.setattr(
        samples, "XMP", f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><creator>{word}</creator></x:xmpmeta>'.encode()
    )


async def copies_of(monkeypatch: pytest.MonkeyPatch, word: str, folder: Path) -> dict[str, bytes]:
    """The judges' copies of samples whose metadata speak of `word`."""
    derived_copies(monkeypatch, word)
    made = {}
    for kind in KINDS:
        source, target = folder / f"{word}.{kind}", folder / f"{word}-copy.{kind}"
        samples.SAMPLES[kind](source)
        assert word.encode() in source.read_bytes() or kind == "docx"
        assert isinstance(await derive_copy(source, target, kind), Derived)
        made[kind] = target.read_bytes()
    return made


async def _forget(skipped: int) -> None:
    """Empty the database as its owner, and move every sequence on: a number that shows would differ."""
    connection = await asyncpg.connect(**DB.config)
    await connection.execute("truncate unit, person, contest, audit_event, job cascade")
    for row in await connection.fetch("select sequencename from pg_sequences where schemaname = 'public'"):
        await connection.execute(f"select setval('\"{row['sequencename']}\"', $1::bigint)", 100 + skipped)
    await connection.close()
