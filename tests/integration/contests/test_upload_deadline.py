"""Uploads around the deadline: begun in time they have the grace; what was received counts, not when it was checked."""

from __future__ import annotations

import pytest

from server.db import fetch
from tests.client import Visitor
from tests.integration.contests.uploads import Sender, do_jobs, files, pdf_of, sender_of
from tests.world import make_world

BODY = pdf_of(2000)


@pytest.fixture
async def sender(visitor: Visitor) -> Sender:
    return await sender_of(visitor, await make_world())


async def begun(sender: Sender, minutes_ago: int) -> str:
    """An upload of which half has come, begun so long ago."""
    location = str((await sender.create(len(BODY), BODY[:1000])).headers["location"])
    await fetch("update upload set created_at = clock_timestamp() - make_interval(mins => $1)", minutes_ago)
    return location


async def passed(minutes_ago: int, grace: int) -> None:
    """The deadline has passed, and the entry was submitted before it."""
    await fetch(
        "update contest set closes_at = clock_timestamp() - make_interval(mins => $1), grace_minutes = $2",
        minutes_ago,
        grace,
    )
    await fetch(
        "update entry set state = 'submitted', late = false, submitted_at = clock_timestamp() - interval '1 day'"
    )


async def test_begun_in_time_it_ends_within_the_grace(visitor: Visitor, sender: Sender) -> None:
    location = await begun(sender, 60)
    await passed(5, 30)
    assert (await sender.patch(location, 1000, BODY[1000:])).status_code == 204
    await do_jobs(visitor)
    assert [upload["state"] for upload in await sender.listed()] == ["done"]


@pytest.mark.parametrize(("begun_ago", "closed_ago", "grace"), [(60, 5, 4), (4, 5, 30), (60, 5, 0)])
async def test_begun_too_late_or_after_the_grace(
    visitor: Visitor, sender: Sender, begun_ago: int, closed_ago: int, grace: int
) -> None:
    location = await begun(sender, begun_ago)
    await passed(closed_ago, grace)
    answer = await sender.patch(location, 1000, BODY[1000:])
    assert (answer.status_code, answer.json()["code"]) == (403, "upload_closed")
    assert (await sender.create(len(BODY))).json()["code"] == "upload_closed"
    assert (await sender.head(location)).headers["upload-offset"] == "1000"
    await do_jobs(visitor)
    assert await files() == []


async def test_received_in_time_it_counts_however_late_the_job_is(visitor: Visitor, sender: Sender) -> None:
    location = await begun(sender, 60)
    assert (await sender.patch(location, 1000, BODY[1000:])).status_code == 204
    await fetch("update upload set received_at = clock_timestamp() - interval '20 minutes'")
    await passed(15, 0)
    await do_jobs(visitor)
    [file] = await files()
    rows = await fetch("select u.received_at = f.uploaded_at as same from upload u join entry_file f on f.id = u.file")
    assert rows[0]["same"]
    assert [upload["file"] for upload in await sender.listed()] == [file["id"]]


async def test_a_draft_takes_files_late_while_the_contest_is_open(visitor: Visitor, sender: Sender) -> None:
    await fetch("update contest set closes_at = clock_timestamp() - interval '1 hour', grace_minutes = 0")
    assert (await sender.create(len(BODY), BODY)).status_code == 201
    await do_jobs(visitor)
    assert len(await files()) == 1


@pytest.mark.parametrize(("action", "timing"), [(None, "grace"), ("entry.edited", "late"), ("entry.restored", "late")])
async def test_the_grace_is_for_files_on_their_way_alone(
    visitor: Visitor, sender: Sender, action: str | None, timing: str
) -> None:
    """A title changed, or an entry brought back, after the deadline is not in time because an upload was begun before."""
    location = await begun(sender, 60)
    await fetch("update contest set closes_at = clock_timestamp() - interval '5 minutes', grace_minutes = 30")
    entry = sender.url.removesuffix("/uploads")
    if action == "entry.restored":
        assert (await visitor.submit(f"{entry}/withdraw")).status_code == 303
        assert (await visitor.submit(f"{entry}/restore")).status_code == 303
    assert (await sender.patch(location, 1000, BODY[1000:])).status_code == 204
    await do_jobs(visitor)
    if action == "entry.edited":
        version = (await fetch("select version from entry"))[0]["version"]
        text = {"version": str(version), "title": "Nhan đề sau hạn nộp", "category": "tap-the", "authors": "Lê Thị A"}
        assert (await visitor.submit(entry, text)).status_code == 303
    version = (await fetch("select version from entry"))[0]["version"]
    assert (await visitor.submit(f"{entry}/submit", {"version": str(version)})).status_code == 303
    [receipt] = await fetch("select document->>'timing' as timing, late from receipt")
    assert (receipt["timing"], receipt["late"]) == (timing, timing == "late")
