"""A file whose row was committed keeps its bytes, even when the word of the commit was lost on its way back."""

from __future__ import annotations

import hashlib

import asyncpg
import pytest

from server.db import fetch, on_enqueue
from tests.client import Visitor
from tests.integration.contests.test_officer import PDF, new_entry, upload
from tests.world import make_world


async def test_a_lost_answer_after_the_commit_does_not_cost_the_file(visitor: Visitor) -> None:
    world = await make_world()
    await visitor.sign_in(world.people["officer_a"])
    url = await new_entry(visitor, world)

    def connection_lost() -> None:
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    # Wakers are called right after the commit: what fails there fails with the row on disk.
    forget = on_enqueue(connection_lost)
    try:
        answer = await upload(visitor, url)
    finally:
        forget()
    assert answer.status_code >= 500
    rows = await fetch("select id, sha256 from entry_file where removed_at is null")
    assert [row["sha256"] for row in rows] == [hashlib.sha256(PDF).hexdigest()]
    whole = await visitor.get(f"{url}/files/{rows[0]['id']}")
    assert (whole.status_code, whole.content) == (200, PDF)


@pytest.mark.parametrize("body", [b"<html><script>alert(1)</script>", b""])
async def test_a_refused_file_still_leaves_nothing_behind(visitor: Visitor, body: bytes) -> None:
    world = await make_world()
    await visitor.sign_in(world.people["officer_a"])
    url = await new_entry(visitor, world)
    assert (await upload(visitor, url, body)).status_code == 422
    assert await fetch("select 1 from entry_file") == []
    root = visitor.app.state.settings.data_dir
    assert [path for path in root.rglob("*") if path.is_file() and "entries" in path.parts] == []
