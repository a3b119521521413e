"""A file whose row was committed keeps its bytes, even when the word of the commit was lost on its way back."""

from __future__ import annotations

import hashlib

import asyncpg
import pytest

from server.db import fetch, on_enqueue
from tests.client import Visitor
from tests.integration.contests.test_officer import PDF, new_entry, objects, upload
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
    again = await upload(visitor, url)
    assert (again.status_code, again.json()["id"]) == (201, rows[0]["id"])
    assert len(await fetch("select 1 from entry_file")) == len(objects(visitor)) == 1
    whole = await visitor.get(f"{url}/files/{rows[0]['id']}")
    assert (whole.status_code, whole.content) == (200, PDF)
    other = await upload(visitor, url, name="khác.pdf")
    assert other.json()["id"] != rows[0]["id"]


async def test_a_replacement_sent_again_is_the_same_file(visitor: Visitor) -> None:
    world = await make_world()
    await visitor.sign_in(world.people["officer_a"])
    url = await new_entry(visitor, world)
    first = (await upload(visitor, url)).json()["id"]
    later = PDF + b"%"
    answers = [await upload(visitor, url, later, replace=str(first)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    present = await fetch("select id from entry_file where removed_at is null")
    assert [row["id"] for row in present] == [answer.json()["id"] for answer in answers][:1]
    assert (await upload(visitor, url, later, replace=str(present[0]["id"]))).json()["id"] == present[0]["id"]
    assert len(await fetch("select 1 from entry_file where removed_at is null")) == 1


@pytest.mark.parametrize("body", [b"<html><script>alert(1)</script>", b""])
async def test_a_refused_file_still_leaves_nothing_behind(visitor: Visitor, body: bytes) -> None:
    world = await make_world()
    await visitor.sign_in(world.people["officer_a"])
    url = await new_entry(visitor, world)
    assert (await upload(visitor, url, body)).status_code == 422
    assert await fetch("select 1 from entry_file") == []
    root = visitor.app.state.settings.data_dir
    assert [path for path in root.rglob("*") if path.is_file() and "entries" in path.parts] == []
