"""Blind judging: two worlds that differ only in who entered give a judge the same bytes, and no name is found in any."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from server.app import Parts, create_app
from server.db import fetch
from tests.client import Visitor
from tests.integration.judging.crawl import Seen, crawl
from tests.integration.judging.twins import CANARIES, ONE, OTHER, build, copies_of, objects


async def test_two_worlds_that_differ_only_in_identities_look_the_same(
    database: object, parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(parts)
    seen: list[Seen] = []
    for who in (ONE, OTHER):
        copies = await copies_of(monkeypatch, who.word, tmp_path)
        world = await build(who, parts.storage, copies)
        names = await objects(world, who)
        judge = await Visitor(app).sign_in(world.people["j1"])
        seen.append(await crawl(judge, world, names))
        # The worlds do differ, and an organizer sees it: else what follows would prove nothing.
        organizer = await Visitor(app).sign_in(world.people["o1"])
        entries = await organizer.get(f"/organize/{world.contest}/entries")
        assert (who.units[0] in entries.text, who.code in entries.text) == (True, True)
        await organizer.aclose()
        await judge.aclose()
        await fetch("delete from session")
    first, second = seen
    assert list(first.answers) == list(second.answers)
    for step, answer in first.answers.items():
        assert answer == second.answers[step], step
    size = 0
    for step, (_, headers, body) in second.answers.items():
        for part in (repr(headers).encode(), *unpacked(body)):
            size += len(part)
            for canary in CANARIES:
                assert canary.lower() not in part.decode("utf-8", "replace").lower(), step
    statuses = sorted({status for status, _, _ in second.answers.values()})
    print(
        f"\n{len(second.answers)} answers of two worlds are alike; {size:,} bytes without a canary; statuses {statuses}"
    )
    assert 200 in statuses


def unpacked(body: bytes) -> list[bytes]:
    """The bytes of an answer and, of an office file, those of its parts."""
    if not body.startswith(b"PK"):
        return [body]
    with zipfile.ZipFile(io.BytesIO(body)) as package:
        return [body, *(name.encode() for name in package.namelist()), *map(package.read, package.namelist())]
