"""Outgoing mail: queued with the change it tells of, sent by a job over SMTP or into a folder of .eml files."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import ssl
from collections.abc import Mapping
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from server.db import UnitOfWork, fetch, fetch_one
from server.jobs import GiveUp, JobContext, job
from server.settings import Settings

_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,180}")
_TIMEOUT_SECONDS = 30.0


class MailFailed(Exception):
    """The mail server did not take the message now; its reply code, if any, is the text."""


class MailTransport(Protocol):
    """Hands a complete message on; returns only when it is somebody else's duty or durable on disk."""

    async def send(self, message: EmailMessage) -> None:
        """Send once; raises GiveUp when the message is refused for good, MailFailed or OSError when not yet."""


class FolderTransport:
    """Puts each message into a folder as one .eml file named after its Message-ID; sending twice leaves one file."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made (mode 700) when the first message arrives."""
        self._folder = folder

    async def send(self, message: EmailMessage) -> None:
        """Write the file durably: whole or not there."""
        await asyncio.to_thread(self._write, message)

    def _write(self, message: EmailMessage) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        identifier = str(message["Message-ID"]).strip("<> ")
        if not _SAFE_NAME.fullmatch(identifier):
            identifier = hashlib.sha256(identifier.encode()).hexdigest()
        temporary = self._folder / f".{identifier}.{secrets.token_hex(4)}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.as_bytes(policy=policy.SMTP))
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self._folder / f"{identifier}.eml")
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class SmtpTransport:
    """Sends over SMTP; the password never travels unencrypted to another machine unless the URL says `tls=never`."""

    def __init__(self, url: str) -> None:
        """`url`: smtp[s]://[user:password@]host[:port][?tls=required|never]; raises ValueError for another scheme."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("the mail server's URL must look like smtp://host:25 or smtps://user:password@host:465")
        wish = parse_qs(parts.query).get("tls", [""])[-1]
        required = wish == "required" or (bool(parts.username) and parts.hostname not in _LOCAL_HOSTS)
        self._options: dict[str, Any] = {
            "hostname": parts.hostname,
            "port": parts.port or (465 if parts.scheme == "smtps" else 25),
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "use_tls": parts.scheme == "smtps",
            "timeout": _TIMEOUT_SECONDS,
        }
        if parts.scheme == "smtp":
            self._options["start_tls"] = False if wish == "never" else True if required else None

    async def send(self, message: EmailMessage) -> None:
        """Connect, send, quit; a 5xx answer to the recipient or the message is final."""
        try:
            await aiosmtplib.send(message, **self._options)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _failure(error.recipients[0].code) from error
        except aiosmtplib.SMTPAuthenticationError as error:
            raise MailFailed(f"authentication, {error.code}") from error
        except aiosmtplib.SMTPResponseException as error:
            raise _failure(error.code) from error
        except (aiosmtplib.SMTPException, ssl.SSLError) as error:
            raise MailFailed(type(error).__name__) from error
        except ValueError as error:
            raise GiveUp("the address is none that mail allows") from error


def _failure(code: int) -> Exception:
    # The server's words may repeat the address or the message: only the code is kept.
    return GiveUp(f"the mail server refused it, {code}") if 500 <= code < 600 else MailFailed(str(code))


def make_transport(settings: Settings) -> MailTransport:
    """SMTP when a server is set, else the folder `outbox` of the data folder."""
    return SmtpTransport(settings.smtp_url) if settings.smtp_url else FolderTransport(settings.data_dir / "outbox")


def compose(row: Mapping[str, Any], mail_from: str) -> EmailMessage:
    """Return the message of one email_message row; the same row always gives the same Message-ID and Date."""
    identifier = str(row["message_id"]).strip("<> ")
    if "@" not in identifier:
        identifier += "@" + (parseaddr(mail_from)[1].partition("@")[2] or "localhost")
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = mail_from
    message["To"] = row["recipient"]
    message["Subject"] = " ".join(str(row["subject"]).split())
    message["Date"] = format_datetime(row["created_at"])
    message["Message-ID"] = f"<{identifier}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(row["body"], charset="utf-8")
    if row.get("attachment") is not None:
        message.add_attachment(
            row["attachment"].encode(), maintype="application", subtype="json", filename=row["attachment_name"]
        )
    return message


async def queue_mail(
    work: UnitOfWork,
    *,
    recipient: str,
    subject: str,
    body: str,
    key: str | None = None,
    attachment: tuple[str, str] | None = None,
) -> None:
    """Write a message into the open transaction of `work` and have it sent after commit.

    A second message with the same `key` ("receipt:17") is not written. `attachment` is the name and text of a JSON
    file. The subject names no person and no entry:
    it shows on locked screens and in logs."""
    message_id = hashlib.sha256(key.encode()).hexdigest()[:40] if key is not None else secrets.token_hex(20)
    row = await fetch_one(
        "insert into email_message (message_id, recipient, subject, body, contest, attachment_name, attachment, created_at) "
        "values ($1, $2, $3, $4, $5, $6, $7, clock_timestamp()) on conflict (message_id) do nothing returning id",
        message_id,
        recipient,
        subject,
        body,
        work.contest,
        *(attachment or (None, None)),
    )
    if row is not None:
        work.enqueue("send_mail", {"message": row["id"]}, unique=f"send_mail:{row['id']}")


@job("send_mail", max_attempts=14, timeout=120)
async def send_mail(context: JobContext, *, message: int) -> None:
    """Send one email_message row unless it was sent; a crash between sending and recording sends the same again."""
    row = await fetch_one("select * from email_message where id = $1 and sent_at is null", message)
    if row is None:
        return
    try:
        composed = compose(row, context.settings.mail_from)
    except ValueError as error:
        raise GiveUp("the message has an address or header that mail does not allow") from error
    await context.mail.send(composed)
    await fetch("update email_message set sent_at = clock_timestamp() where id = $1 and sent_at is null", message)
