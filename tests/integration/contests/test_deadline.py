"""Deadlines over HTTP: late is kept and marked, in time is sealed, uploads have their grace, units their extensions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from server.app import Parts
from server.contests.jobs import mail_deadline_extended
from server.db import fetch, fetch_one
from server.jobs import JobContext
from server.mail import make_transport
from tests.client import Visitor
from tests.world import World, make_world

JSON = {"accept": "application/json"}
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
async def world(database: Any) -> World:
    """An open contest without entries, whose deadline is in an hour."""
    made = await make_world()
    await set_deadline("1 hour")
    return made


async def set_deadline(after: str) -> None:
    await fetch("update contest set closes_at = clock_timestamp() + $1::text::interval", after)


async def new_entry(officer: Visitor, world: World, **fields: str) -> str:
    made = await officer.submit(f"/contests/{world.contest}/entries", {"title": "Bài", "category": "tap-the", **fields})
    assert made.status_code == 303, made.text
    return made.headers["location"]


async def stored(url: str) -> Any:
    return await fetch_one(
        "select e.*, (select count(*) from receipt where entry = e.id) as receipts from entry e where code = $1",
        url.rpartition("/")[2],
    )


async def test_late_is_kept_and_marked_and_the_officer_is_told(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["officer_a"])
    url = await new_entry(visitor, world)
    await set_deadline("-1 millisecond")
    assert "nộp muộn" in (await visitor.get(url)).text
    form = {"title": "Sửa sau hạn", "category": "tap-the", "version": "1"}
    assert (await visitor.submit(url, form)).status_code == 303
    sent = await visitor.submit(f"{url}/submit", {"version": "2"})
    assert sent.status_code == 303
    row = await stored(url)
    assert (row["state"], row["late"], row["receipts"]) == ("submitted", True, 1)
    receipt = await visitor.get(sent.headers["location"], headers=JSON)
    assert receipt.json()["timing"] == "late"
    assert "Nộp muộn" in (await visitor.get(url)).text


async def test_an_entry_can_still_be_made_late_but_never_after_closing(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["officer_a"])
    await set_deadline("-1 hour")
    url = await new_entry(visitor, world)
    await fetch("update contest set state = 'closed'")
    refused = await visitor.submit(f"{url}/submit", {"version": "1"}, headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "deadline_passed")
    assert (await stored(url))["state"] == "draft"


async def test_what_came_in_time_is_sealed(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["officer_a"])
    url = await new_entry(visitor, world)
    first = await visitor.submit(f"{url}/submit", {"version": "1", "key": "k"})
    await visitor.submit(url, {"title": "Bài hai", "category": "tap-the", "version": "1"})
    await set_deadline("-1 millisecond")
    for path, fields in (
        ("", {"title": "Đổi", "category": "tap-the", "version": "2"}),
        ("/withdraw", {}),
        ("/submit", {"version": "2"}),
    ):
        refused = await visitor.submit(url + path, fields, headers=JSON)
        assert refused.status_code == 409, path
    again = await visitor.submit(f"{url}/submit", {"version": "1", "key": "k"})
    assert again.headers["location"] == first.headers["location"]
    row = await stored(url)
    assert (row["title"], row["state"], row["late"], row["receipts"]) == ("Bài hai", "submitted", False, 1)
    page = (await visitor.get(url)).text
    assert "Bài đã nộp đúng hạn" in page
    assert "/withdraw" not in page


@pytest.mark.parametrize(("begun", "timing"), [("-1 hour", "grace"), ("5 seconds", "late")])
async def test_an_upload_that_began_in_time_makes_its_submit_wait_for_it(
    visitor: Visitor, world: World, begun: str, timing: str
) -> None:
    await visitor.sign_in(world.people["officer_a"])
    url = await new_entry(visitor, world)
    await set_deadline("-10 seconds")
    await visitor.post(f"{url}/files", data={"_csrf": visitor.csrf, "kind": "document"}, files={"file": ("a.pdf", PDF)})
    await fetch(
        "update entry_file f set begun_at = c.closes_at + $1::text::interval from contest c",
        begun,
    )
    assert (await visitor.submit(f"{url}/submit", {"version": "2"})).status_code == 303
    receipt = await fetch_one("select document->>'timing' as timing, late from receipt")
    assert receipt is not None
    assert (receipt["timing"], receipt["late"]) == (timing, timing == "late")
    await fetch("update contest set closes_at = closes_at - interval '1 hour'")
    await visitor.submit(url, {"title": "Sửa", "category": "tap-the", "version": "2"})


async def test_grace_ends(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["officer_a"])
    url = await new_entry(visitor, world)
    await set_deadline("-10 seconds")
    await visitor.post(f"{url}/files", data={"_csrf": visitor.csrf, "kind": "document"}, files={"file": ("a.pdf", PDF)})
    await fetch("update entry_file f set begun_at = c.closes_at - interval '1 minute' from contest c")
    await fetch("update contest set grace_minutes = 0")
    await visitor.submit(f"{url}/submit", {"version": "2"})
    assert (await stored(url))["late"]


async def test_a_unit_with_an_extension_is_in_time_and_others_are_late(visitor: Visitor, world: World) -> None:
    organizer = await visitor.as_person(world.people["o1"])
    officers = {name: await visitor.as_person(world.people[name]) for name in ("officer_a", "officer_b")}
    urls = {name: await new_entry(officer, world) for name, officer in officers.items()}
    await set_deadline("-1 minute")
    closes = await fetch_one("select closes_at from contest")
    assert closes is not None
    until = (closes["closes_at"] + timedelta(hours=2)).isoformat()
    extension = {"unit": "A", "extended_to": until, "reason": "Bão số 3"}
    base = f"/organize/{world.contest}"
    assert (await organizer.submit(f"{base}/extensions", extension)).status_code == 303
    page = await organizer.get(f"{base}/dates")
    assert "Bão số 3" in page.text
    assert "gia hạn cho đơn vị" in (await officers["officer_a"].get(urls["officer_a"])).text
    for name, officer in officers.items():
        assert (await officer.submit(f"{urls[name]}/submit", {"version": "1"})).status_code == 303
    assert [(await stored(url))["late"] for url in urls.values()] == [False, True]
    made = await fetch_one("select id from deadline_extension")
    assert made is not None
    # Taken back twice is taken back once; what had come stays in time, and is sealed from now on.
    for _ in range(2):
        assert (await organizer.submit(f"{base}/extensions/{made['id']}/take-back")).status_code == 303
    assert not (await stored(urls["officer_a"]))["late"]
    form = {"title": "Đổi", "category": "tap-the", "version": "1"}
    assert (await officers["officer_a"].submit(urls["officer_a"], form, headers=JSON)).status_code == 409
    events = await fetch("select action from audit_event where action like 'contest.%' order by id")
    assert [event["action"] for event in events] == ["contest.deadline_extended", "contest.extension_taken_back"]


async def test_the_extension_before_holds_again_when_the_later_one_is_taken_back(
    visitor: Visitor, world: World
) -> None:
    organizer = await visitor.as_person(world.people["o1"])
    officer = await visitor.as_person(world.people["officer_a"])
    url = await new_entry(officer, world)
    base = f"/organize/{world.contest}"
    for until in ("2031-01-01T00:00", "2032-01-01T00:00"):
        form = {"unit": "A", "extended_to": until, "reason": "Mưa lũ"}
        assert (await organizer.submit(f"{base}/extensions", form)).status_code == 303
    assert "31/12/2031" in (await officer.get(url)).text
    newest = await fetch_one("select max(id) as id from deadline_extension")
    assert newest is not None
    await organizer.submit(f"{base}/extensions/{newest['id']}/take-back")
    assert "31/12/2030" in (await officer.get(url)).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": ""}, "Hãy điền ô này."),
        ({"extended_to": ""}, "Hãy điền ô này."),
        ({"extended_to": "ngày mai"}, "đúng dạng"),
        ({"extended_to": "2020-01-01T00:00"}, "sau hạn nộp chung"),
        ({"unit": "A1"}, "Hãy chọn một mục"),
        ({"unit": "khong-co"}, "Hãy chọn một mục"),
    ],
)
async def test_an_extension_that_makes_no_sense_comes_back_with_what_was_typed(
    visitor: Visitor, world: World, fields: dict[str, str], words: str
) -> None:
    await visitor.sign_in(world.people["o1"])
    form = {"unit": "A", "extended_to": "2031-01-01T00:00", "reason": "Lý do đã gõ", **fields}
    answer = await visitor.submit(f"/organize/{world.contest}/extensions", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert form["reason"] in answer.text
    assert await fetch("select 1 from deadline_extension") == []


async def test_grace_is_set_with_the_dates(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.people["o1"])
    url = f"/organize/{world.contest}/dates"
    form = {"closes_at": "2031-01-01T00:00", "reason": "Mạng chậm"}
    assert (await visitor.submit(url, {**form, "grace": "45"})).status_code == 303
    assert (await visitor.submit(url, form)).status_code == 303
    held = await fetch_one("select grace_minutes from contest")
    assert held is not None
    assert held["grace_minutes"] == 45
    for wrong in ("-1", "1e3", "²", "999999"):
        assert (await visitor.submit(url, {**form, "grace": wrong})).status_code == 422


async def test_a_late_entry_is_let_in_with_a_reason_only(visitor: Visitor, world: World) -> None:
    officer = await visitor.as_person(world.people["officer_a"])
    await visitor.sign_in(world.people["o1"])
    url = await new_entry(officer, world)
    await set_deadline("-1 minute")
    await officer.submit(f"{url}/submit", {"version": "1"})
    listed = (await visitor.get(f"/organize/{world.contest}/entries?state=late")).text
    assert url.rpartition("/")[2] in listed
    assert "Bài nộp muộn chờ xét" in (await visitor.get(f"/organize/{world.contest}")).text
    base = f"/organize/{world.contest}/entries/{url.rpartition('/')[2]}"
    assert "Nhận bài nộp muộn" in (await visitor.get(base)).text
    await visitor.submit(f"/organize/{world.contest}/entries/accept-all")
    assert (await stored(url))["state"] == "submitted"
    assert (await visitor.submit(f"{base}/verdicts/accept")).status_code == 422
    assert (await visitor.submit(f"{base}/verdicts/accept", {"message": "Mất điện cả xã"})).status_code == 303
    row = await stored(url)
    assert (row["state"], row["late"]) == ("valid", True)
    event = await fetch_one("select data->>'message' as said from audit_event where action = 'entry.accept'")
    assert event is not None
    assert event["said"] == "Mất điện cả xã"


async def test_officers_are_told_of_more_time_once(visitor: Visitor, world: World, parts: Parts) -> None:
    await visitor.sign_in(world.people["o1"])
    form = {"unit": "A", "extended_to": "2031-01-01T00:00", "reason": "Bão"}
    await visitor.submit(f"/organize/{world.contest}/extensions", form)
    made = await fetch_one("select id from deadline_extension")
    assert made is not None
    context = JobContext(parts.settings, parts.storage, make_transport(parts.settings))
    for _ in range(2):
        await mail_deadline_extended(context, extension=made["id"])
    mails = await fetch("select recipient, body from email_message")
    assert [mail["recipient"] for mail in mails] == ["officer_a@example.org"]
    assert "24h00 ngày 31/12/2030" in mails[0]["body"]


async def test_what_changed_after_its_return_does_not_become_in_time_again(visitor: Visitor, world: World) -> None:
    officer = await visitor.as_person(world.people["officer_a"])
    await visitor.sign_in(world.people["o1"])
    url = await new_entry(officer, world)
    await officer.submit(f"{url}/submit", {"version": "1"})
    await set_deadline("-1 minute")
    base = f"/organize/{world.contest}/entries/{url.rpartition('/')[2]}/verdicts"
    await visitor.submit(f"{base}/return", {"message": "Thiếu phụ lục"})
    assert (await visitor.submit(f"{base}/undo_return")).status_code == 303
    await visitor.submit(f"{base}/return", {"message": "Thiếu phụ lục"})
    form = {"title": "Bài khác hẳn", "category": "tap-the", "version": str((await stored(url))["version"])}
    assert (await officer.submit(url, form)).status_code == 303
    refused = await visitor.submit(f"{base}/undo_return", headers=JSON)
    assert refused.status_code == 409
    assert "nộp lại" in refused.json()["detail"]
    await officer.submit(f"{url}/submit", {"version": str((await stored(url))["version"])})
    assert (await stored(url))["late"]


@pytest.mark.parametrize("grace", [30, 0])
async def test_an_upload_that_lasts_over_the_deadline(visitor: Visitor, world: World, grace: int) -> None:
    """Begun in time, for an entry that was submitted in time: it comes within the grace, and is refused without."""
    await visitor.sign_in(world.people["officer_a"])
    url = await new_entry(visitor, world)
    await visitor.submit(f"{url}/submit", {"version": "1"})
    await fetch("update contest set grace_minutes = $1", grace)

    async def body() -> AsyncIterator[bytes]:
        for name, value in (("_csrf", visitor.csrf), ("kind", "document")):
            yield f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + PDF
        await asyncio.sleep(0.3)
        await fetch("update contest set closes_at = clock_timestamp()")
        yield b"\r\n--x--\r\n"

    sent = await visitor.post(
        f"{url}/files", content=body(), headers={**JSON, "content-type": "multipart/form-data; boundary=x"}
    )
    version = {"version": str((await stored(url))["version"])}
    if not grace:
        assert (sent.status_code, sent.json()["code"]) == (409, "deadline_passed")
        assert await fetch("select 1 from entry_file") == []
        return
    assert sent.status_code == 201, sent.text
    assert f"{url}/submit" in (await visitor.get(url)).text
    assert (await visitor.submit(f"{url}/submit", version)).status_code == 303
    newest = await fetch_one("select late, document->>'timing' as timing from receipt order by id desc limit 1")
    assert newest is not None
    assert (newest["late"], newest["timing"]) == (False, "grace")
