"""What is done after an upload or a submit is committed: the judges' copy, and messages to the unit."""

from __future__ import annotations

import tempfile
from pathlib import Path

from server.contests.derive import CannotDerive, derive_copy
from server.contests.rules.file_names import extension_of
from server.contests.services.content import copy_out
from server.db import fetch, fetch_one, unit_of_work
from server.formats import format_deadline
from server.i18n import Locale, translator
from server.jobs import JobContext, job
from server.mail import queue_mail
from server.storage import new_key
from server.waiting import read_pieces


@job("derive_copy", max_attempts=12, timeout=600)
async def make_copy(context: JobContext, *, file: int) -> None:
    """Make the copy without metadata that judges get; what cannot be copied is marked, and the original kept."""
    row = await fetch_one(
        "select file_name, storage_key from entry_file where id = $1 and derived_state = 'waiting'", file
    )
    if row is None:
        return
    with tempfile.TemporaryDirectory(prefix="hoithi-") as name:
        folder = Path(name)
        source, target = folder / "source", folder / "target"
        await copy_out(context.storage, row["storage_key"], source)
        outcome = await derive_copy(source, target, extension_of(row["file_name"]))
        if isinstance(outcome, CannotDerive):
            await fetch(
                "update entry_file set derived_state = 'failed', derived_problem = $2 where id = $1",
                file,
                outcome.reason,
            )
            return
        key = new_key("copies")
        stored = await context.storage.put(key, read_pieces(target))
    written = await fetch(
        "update entry_file set derived_state = 'ready', derived_key = $2, derived_type = $3, derived_size = $4 "
        "where id = $1 and derived_state = 'waiting' returning id",
        file,
        key,
        outcome.media_type,
        stored.size,
    )
    if not written:
        await context.storage.delete(key)


@job("mail_receipt")
async def mail_receipt(context: JobContext, *, receipt: int) -> None:
    """Send the receipt to the person who submitted."""
    row = await fetch_one(
        "select r.code, r.document->>'title' as title, p.email, p.locale, c.code as contest "
        "from receipt r join person p on p.id = r.person join entry e on e.id = r.entry "
        "join contest c on c.id = e.contest where r.id = $1",
        receipt,
    )
    if row is None:
        return
    _ = translator("en" if row["locale"] == "en" else "vi")
    body = _(
        "Hệ thống đã nhận bài dự thi “{title}”.\n\nMã biên nhận: {code}\nXem và in biên nhận: {url}\n\n"
        "Hãy giữ thư này làm bằng chứng đã nộp bài."
    ).format(title=row["title"], code=row["code"], url=f"{context.settings.public_url}/receipts/{row['code']}")
    async with unit_of_work(None, row["contest"]) as work:
        await queue_mail(
            work, recipient=row["email"], subject=_("Biên nhận nộp bài dự thi"), body=body, key=f"receipt:{receipt}"
        )


@job("mail_entry_returned")
async def mail_entry_returned(context: JobContext, *, entry: int, verdict: str, message: str) -> None:
    """Tell the officers of the unit that the organizers returned or withdrew an entry, and why."""
    rows = await fetch(
        "select distinct p.email, p.locale, e.title, e.code, e.version, c.code as contest from entry e "
        "join contest c on c.id = e.contest join role r on r.contest = c.code and r.unit = e.unit and r.kind = 'officer' "
        "join person p on p.id = r.person where e.id = $1 and not p.disabled",
        entry,
    )
    for row in rows:
        _ = translator("en" if row["locale"] == "en" else "vi")
        texts = {
            "return": _(
                "Ban Tổ chức trả lại bài dự thi “{title}” để đơn vị bổ sung.\n\n{message}\n\nSửa và nộp lại: {url}"
            ),
            "withdraw": _("Ban Tổ chức đã rút bài dự thi “{title}” khỏi cuộc thi.\n\n{message}\n\nXem bài: {url}"),
        }
        url = f"{context.settings.public_url}/contests/{row['contest']}/entries/{row['code']}"
        async with unit_of_work(None, row["contest"]) as work:
            await queue_mail(
                work,
                recipient=row["email"],
                subject=_("Tin về bài dự thi của đơn vị"),
                body=texts[verdict].format(title=row["title"], message=message, url=url),
                key=f"entry-{verdict}:{entry}:{row['version']}:{row['email']}",
            )


@job("mail_deadline_extended")
async def mail_deadline_extended(context: JobContext, *, extension: int) -> None:
    """Tell the officers of the unit until when they may hand in."""
    rows = await fetch(
        "select distinct p.email, p.locale, x.closes_at, c.timezone, c.code as contest, c.title_vi, c.title_en "
        "from deadline_extension x join contest c on c.id = x.contest join role r on r.contest = c.code "
        "and r.unit = x.unit and r.kind = 'officer' join person p on p.id = r.person "
        "where x.id = $1 and x.taken_back_at is null and not p.disabled",
        extension,
    )
    for row in rows:
        locale: Locale = "en" if row["locale"] == "en" else "vi"
        _ = translator(locale)
        body = _("Ban Tổ chức gia hạn nộp bài dự thi “{contest}” cho đơn vị đến {deadline}.\n\nNộp bài tại: {url}")
        async with unit_of_work(None, row["contest"]) as work:
            await queue_mail(
                work,
                recipient=row["email"],
                subject=_("Gia hạn nộp bài dự thi"),
                body=body.format(
                    contest=row["title_en" if locale == "en" else "title_vi"],
                    deadline=format_deadline(row["closes_at"], locale, row["timezone"]),
                    url=f"{context.settings.public_url}/contests/{row['contest']}/entries",
                ),
                key=f"extended:{extension}:{row['email']}",
            )
