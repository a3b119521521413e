"""One contract for both ways of sending: a real SMTP server (aiosmtpd) and a folder of .eml files."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from server.db import fetch, fetch_one, unit_of_work
from server.jobs import Drain, GiveUp, JobContext
from server.mail import FolderTransport, MailFailed, MailTransport, SmtpTransport, compose, make_transport, queue_mail
from server.settings import Settings

ROW = {
    "message_id": "0123abc",
    "recipient": "hoa@soctrang.example",
    "subject": "Biên nhận bài dự thi của đơn vị",
    "body": "Kính gửi chị,\n\nBan Tổ chức đã nhận bài dự thi.\n.\nTrân trọng\n",
    "created_at": datetime(2024, 4, 1, 9, 30, tzinfo=UTC),
}
SENDER = "Hội Thi <hoithi@soctrang.example>"


@dataclass
class Mailbox:
    """What the SMTP server took, and what it answers."""

    messages: list[bytes] = field(default_factory=list)
    recipient_answer: str = "250 OK"
    data_answer: str = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data_answer.startswith("250"):
            self.messages.append(envelope.content)
        return self.data_answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def smtp_url(mailbox: Mailbox) -> AsyncIterator[str]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@dataclass
class Way:
    transport: MailTransport
    received: Callable[[], list[bytes]]


@pytest.fixture(params=["folder", "smtp"])
def way(request: pytest.FixtureRequest, tmp_path: Path, mailbox: Mailbox, smtp_url: str) -> Way:
    if request.param == "smtp":
        return Way(SmtpTransport(smtp_url), lambda: mailbox.messages)
    folder = tmp_path / "outbox"
    return Way(FolderTransport(folder), lambda: [path.read_bytes() for path in sorted(folder.iterdir())])


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def test_a_message_arrives_whole(way: Way) -> None:
    await way.transport.send(compose(ROW, SENDER))
    (raw,) = way.received()
    message = parsed(raw)
    assert message["Subject"] == ROW["subject"]
    assert message["From"] == SENDER
    assert message["To"] == ROW["recipient"]
    assert message["Message-ID"] == "<0123abc@soctrang.example>"
    assert message["Date"].datetime == ROW["created_at"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().replace("\r\n", "\n").rstrip("\n") == str(ROW["body"]).rstrip("\n")
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))


async def test_the_same_row_sent_again_is_the_same_message(way: Way) -> None:
    for _ in range(2):
        await way.transport.send(compose(ROW, SENDER))
    assert {parsed(raw)["Message-ID"] for raw in way.received()} == {"<0123abc@soctrang.example>"}


async def test_many_at_once(way: Way) -> None:
    messages = [compose({**ROW, "message_id": f"m{number}"}, SENDER) for number in range(20)]
    await asyncio.gather(*(way.transport.send(message) for message in messages))
    assert len({parsed(raw)["Message-ID"] for raw in way.received()}) == 20


async def test_the_folder_holds_one_private_file_a_message_and_no_strange_names(tmp_path: Path) -> None:
    transport = FolderTransport(tmp_path / "outbox")
    for identifier in ("a@x", "a@x", "../../etc/passwd@x", ".hidden@x"):
        await transport.send(compose({**ROW, "message_id": identifier}, SENDER))
    files = sorted((tmp_path / "outbox").iterdir())
    assert len(files) == 3
    assert "a@x.eml" in [file.name for file in files]
    assert all(file.suffix == ".eml" and file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert not list(tmp_path.parent.rglob("passwd*"))


@pytest.mark.parametrize(
    ("recipient", "data", "error"),
    [
        ("550 no such mailbox", "250 OK", GiveUp),
        ("250 OK", "554 looks like spam", GiveUp),
        ("451 greylisted, hoa@soctrang.example", "250 OK", MailFailed),
        ("250 OK", "452 disk full", MailFailed),
    ],
)
async def test_refusals(mailbox: Mailbox, smtp_url: str, recipient: str, data: str, error: type[Exception]) -> None:
    mailbox.recipient_answer, mailbox.data_answer = recipient, data
    with pytest.raises(error, match=r"\d\d\d") as caught:
        await SmtpTransport(smtp_url).send(compose(ROW, SENDER))
    assert "hoa" not in str(caught.value)
    assert mailbox.messages == []


async def test_a_server_that_is_away_is_asked_again_later() -> None:
    with pytest.raises((MailFailed, OSError)):
        await SmtpTransport(f"smtp://127.0.0.1:{free_port()}").send(compose(ROW, SENDER))


async def test_login_and_wrong_password(mailbox: Mailbox) -> None:
    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"hoi thi", b"m@t/kh:u"), handled=False)

    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=authenticate,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    try:
        await SmtpTransport(f"smtp://hoi%20thi:m%40t%2Fkh%3Au@127.0.0.1:{controller.port}").send(compose(ROW, SENDER))
        assert len(mailbox.messages) == 1
        with pytest.raises(MailFailed, match="535"):
            await SmtpTransport(f"smtp://hoi%20thi:wrong@127.0.0.1:{controller.port}").send(compose(ROW, SENDER))
    finally:
        controller.stop()


async def test_tls_that_is_required_and_not_offered_sends_nothing(mailbox: Mailbox, smtp_url: str) -> None:
    with pytest.raises(MailFailed):
        await SmtpTransport(smtp_url + "?tls=required").send(compose(ROW, SENDER))
    assert mailbox.messages == []


def test_a_password_makes_tls_required_on_the_way_to_another_machine() -> None:
    assert SmtpTransport("smtp://u:p@mail.example")._options["start_tls"] is True
    assert SmtpTransport("smtp://u:p@mail.example?tls=never")._options["start_tls"] is False
    assert SmtpTransport("smtp://mail.example")._options["start_tls"] is None
    assert SmtpTransport("smtps://u:p@mail.example")._options["use_tls"] is True
    for url in ("http://mail.example", "mail.example:25", "smtp://"):
        with pytest.raises(ValueError, match="smtp://"):
            SmtpTransport(url)


async def drained(context: JobContext) -> list[Any]:
    """Do every job that is due; returns the job rows."""
    stop = asyncio.Event()
    draining = asyncio.create_task(Drain(context).run(stop))
    rows: list[Any] = []
    for _ in range(500):
        rows = await fetch("select * from job order by id")
        if all(row["state"] in ("done", "dead") for row in rows):
            break
        await asyncio.sleep(0.02)
    stop.set()
    await draining
    return rows


async def test_a_queued_message_is_sent_once_for_its_key(database: dict[str, Any], settings: Settings) -> None:
    transport = make_transport(settings)
    assert isinstance(transport, FolderTransport)
    context = JobContext(settings=settings, storage=None, mail=transport)
    for _ in range(2):
        async with unit_of_work(contest="c1") as work:
            await queue_mail(work, recipient="hoa@x.example", subject="Biên nhận", body="…", key="receipt:17")
    async with unit_of_work(contest="c1") as work:
        await queue_mail(work, recipient="lan@x.example", subject="Lời mời", body="…")
    assert {row["state"] for row in await drained(context)} == {"done"}
    rows = await fetch("select message_id, contest, sent_at from email_message order by id")
    assert len(rows) == 2
    assert all(row["sent_at"] and row["contest"] == "c1" for row in rows)
    outbox = settings.data_dir / "outbox"
    assert {path.name for path in outbox.iterdir()} == {f"{row['message_id']}@localhost.eml" for row in rows}


async def test_a_message_that_was_sent_is_not_sent_again(database: dict[str, Any], settings: Settings) -> None:
    context = JobContext(settings=settings, storage=None, mail=make_transport(settings))
    async with unit_of_work() as work:
        await queue_mail(work, recipient="hoa@x.example", subject="Biên nhận", body="…")
    await fetch("update email_message set sent_at = clock_timestamp()")
    assert [row["state"] for row in await drained(context)] == ["done"]
    assert not (settings.data_dir / "outbox").exists()


@pytest.mark.parametrize("recipient", ["a@x.example\r\nBcc: b@x.example", "a b c@@", "x" * 300])
async def test_a_broken_address_is_a_dead_job_and_no_message(
    database: dict[str, Any], settings: Settings, mailbox: Mailbox, smtp_url: str, recipient: str
) -> None:
    mailbox.recipient_answer = "553 not an address"
    context = JobContext(settings=settings, storage=None, mail=SmtpTransport(smtp_url))
    async with unit_of_work() as work:
        await queue_mail(work, recipient=recipient, subject="Biên nhận\r\nBcc: c@x.example", body="…")
    (row,) = await drained(context)
    assert row["state"] == "dead"
    assert mailbox.messages == []
    sent = await fetch_one("select sent_at from email_message")
    assert sent is not None
    assert sent["sent_at"] is None
