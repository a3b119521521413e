"""Receipts over HTTP: the signed file that verifies offline, the printed page, the public check, and the mail."""

from __future__ import annotations

import email
import email.policy
import json
from pathlib import Path
from typing import Any

import pytest

from server.app import Parts
from server.contests.jobs import mail_receipt
from server.db import fetch, fetch_one
from server.jobs import JobContext
from server.mail import make_transport, send_mail
from server.publishing.verify import described, verify_bytes, verify_file
from server.rules.envelope import envelope_bytes, seal
from server.rules.signing import SigningKey, fingerprint
from tests.client import Visitor
from tests.world import World, make_world

PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
async def receipt(visitor: Visitor, database: Any) -> tuple[World, str]:
    """The address of a receipt of officer_a, who is signed in, for an entry with one file."""
    world = await make_world()
    await visitor.sign_in(world.people["officer_a"])
    made = await visitor.submit(
        f"/contests/{world.contest}/entries",
        {"title": "Bí mật của xã", "category": "tap-the", "authors": "Lý Thị Bông"},
    )
    url = made.headers["location"]
    await visitor.post(
        f"{url}/files", data={"_csrf": visitor.csrf, "kind": "document"}, files={"file": ("Tên riêng.pdf", PDF)}
    )
    sent = await visitor.submit(f"{url}/submit", {"version": "2"})
    return world, sent.headers["location"]


async def test_the_signed_file_verifies_with_no_server(
    visitor: Visitor, parts: Parts, receipt: tuple[World, str], tmp_path: Path
) -> None:
    _, url = receipt
    answer = await visitor.get(f"{url}/receipt.json")
    code = url.rpartition("/")[2]
    assert answer.headers["content-disposition"] == f'attachment; filename="{code}.json"'
    assert (await visitor.get(f"{url}/receipt.json")).content == answer.content
    file = tmp_path / "receipt.json"
    file.write_bytes(answer.content)
    key = SigningKey.load(parts.settings.key_file).public_key
    report = verify_file(file, expect_key=fingerprint(key))
    said = described(report)
    assert report.exit_code == 0, said
    assert said.startswith(f"VALID: receipt {code}")
    assert "Tên riêng.pdf" in said
    assert "in time" in said


@pytest.mark.parametrize("field", ["submitted_at", "version", "entry", "files", "timing", "receipt"])
async def test_a_changed_receipt_is_found(visitor: Visitor, receipt: tuple[World, str], field: str) -> None:
    envelope = json.loads((await visitor.get(f"{receipt[1]}/receipt.json")).content)
    other = {"files": [], "version": 9, "timing": "late"}.get(field, "2020-01-01T00:00:00+00:00")
    envelope["document"][field] = other
    assert verify_bytes(envelope_bytes(envelope)).exit_code == 1


@pytest.mark.parametrize(
    "change",
    [
        {"files": "x"},
        {"files": [{"kind": "a", "name": "b", "bytes": 1, "sha256": "zz"}]},
        {"submitted_at": "hôm qua"},
        {"submitted_at": "2024-04-01T00:00:00"},
        {"deadline": "2020-01-01T00:00:00+00:00"},
        {"timing": "early"},
        {"title": 7},
        {"version": True},
        {"version": 0},
        {"receipt": ""},
        {"files": [{"kind": "a", "name": "b", "bytes": -1, "sha256": "0" * 64}]},
    ],
)
async def test_a_signed_file_that_is_no_receipt_is_refused(
    visitor: Visitor, receipt: tuple[World, str], change: dict[str, Any]
) -> None:
    document = json.loads((await visitor.get(f"{receipt[1]}/receipt.json")).content)["document"]
    forged = envelope_bytes(seal({**document, **change}, SigningKey.generate()))
    report = verify_bytes(forged)
    assert [problem.code for problem in report.problems] == ["receipt_unfit"], described(report)


@pytest.mark.parametrize("field", ["receipt", "contest", "entry"])
async def test_a_forged_receipt_writes_no_line_of_its_own(
    visitor: Visitor, receipt: tuple[World, str], field: str
) -> None:
    document = json.loads((await visitor.get(f"{receipt[1]}/receipt.json")).content)["document"]
    forged = {**document, field: "E01\x1b[1A\r\n  signed with key of the organizers"}
    report = verify_bytes(envelope_bytes(seal(forged, SigningKey.generate())))
    said = described(report)
    assert sum(line.startswith("  signed with key") for line in said.splitlines()) == 1
    assert "\x1b" not in said
    assert "whose key that is, the file cannot tell" in said


async def test_another_key_is_found_when_the_key_is_known(
    visitor: Visitor, parts: Parts, receipt: tuple[World, str]
) -> None:
    document = json.loads((await visitor.get(f"{receipt[1]}/receipt.json")).content)["document"]
    forged = envelope_bytes(seal(document, SigningKey.generate()))
    key = SigningKey.load(parts.settings.key_file).public_key
    assert verify_bytes(forged, expect_key=key).exit_code == 1
    own = (await visitor.get(f"{receipt[1]}/receipt.json")).content
    assert "cannot tell" not in described(verify_bytes(own, expect_key=key))


async def test_the_page_names_the_zone_and_its_qr_leads_to_the_check(
    visitor: Visitor, receipt: tuple[World, str]
) -> None:
    _, url = receipt
    page = (await visitor.get(url)).text
    assert "giờ Việt Nam, GMT+7" in page
    assert "Asia/Ho_Chi_Minh" not in page
    assert f"http://testserver{url}/check" in page
    assert "<svg" in page


async def test_whoever_holds_the_code_can_check_and_learns_no_name(
    visitor: Visitor, receipt: tuple[World, str]
) -> None:
    _, url = receipt
    stranger = Visitor(visitor.app)
    page = await stranger.get(f"{url}/check")
    assert page.status_code == 200
    assert "Biên nhận này có thật" in page.text
    assert "SHA-256" in page.text
    for name in ("Bí mật", "Bông", "Tên riêng", "Đơn vị A", "Người officer_a"):
        assert name not in page.text
    assert (await stranger.get("/receipts/HT-khong-co/check")).status_code == 404
    assert (await stranger.get(f"{url}/receipt.json")).status_code in (303, 401)


async def test_the_file_is_for_unit_and_organizers_alone(visitor: Visitor, receipt: tuple[World, str]) -> None:
    world, url = receipt
    for name, status in (("o1", 200), ("officer_a", 200), ("officer_b", 404), ("j1", 404)):
        person = await visitor.as_person(world.people[name])
        assert (await person.get(f"{url}/receipt.json")).status_code == status, name


async def test_the_mail_brings_the_signed_file(visitor: Visitor, parts: Parts, receipt: tuple[World, str]) -> None:
    row = await fetch_one("select id from receipt")
    assert row is not None
    context = JobContext(parts.settings, parts.storage, make_transport(parts.settings))
    for _ in range(2):
        await mail_receipt(context, receipt=row["id"])
    queued = await fetch("select id from email_message")
    assert len(queued) == 1
    await send_mail(context, message=queued[0]["id"])
    (file,) = (parts.settings.data_dir / "outbox").glob("*.eml")
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    (attached,) = message.iter_attachments()
    content = attached.get_content()
    assert verify_bytes(content if isinstance(content, bytes) else content.encode()).ok
    body = message.get_body()
    assert body is not None
    assert "giờ Việt Nam, GMT+7" in body.get_content()


async def test_a_receipt_is_not_called_outdated_when_its_entry_is_accepted(
    visitor: Visitor, receipt: tuple[World, str]
) -> None:
    world, url = receipt
    outdated = "bài đã được sửa"
    organizer = await visitor.as_person(world.people["o1"])
    entry = f"/organize/{world.contest}/entries/E001"
    assert (await organizer.submit(f"{entry}/verdicts/accept", {})).status_code == 303
    assert outdated not in (await visitor.get(url)).text
    assert (await organizer.submit(f"{entry}/verdicts/undo_accept", {})).status_code == 303
    assert outdated not in (await visitor.get(url)).text
    version = (await fetch("select version from entry"))[0]["version"]
    form = {"title": "Tên khác", "category": "tap-the", "version": str(version)}
    assert (await visitor.submit(f"/contests/{world.contest}/entries/E001", form)).status_code == 303
    assert outdated in (await visitor.get(url)).text
