"""What is done after an upload or a submit is committed: the judges' copy, and messages to the unit."""

from __future__ import annotations

from server.contests.copying import COPY_SECONDS, copy_file
from server.contests.services.receipts import file_name, receipt_file
from server.db import fetch, fetch_one, unit_of_work
from server.formats import format_datetime, format_deadline, format_zone_words
from server.i18n import Locale, translator
from server.jobs import JobContext, job
from server.mail import queue_mail


@job("derive_copy", max_attempts=12, timeout=COPY_SECONDS)
async def make_copy(context: JobContext, *, file: int) -> None:
    """Have the file scanned, then make the copy without metadata that judges get, and its previews."""
    await copy_file(context, file)


@job("mail_receipt")
async def mail_receipt(context: JobContext, *, receipt: int) -> None:
    """Send the receipt, and its signed file with it, to the person who submitted."""
    row = await fetch_one(
        "select r.code, r.document, r.submitted_at, r.late, c.timezone, r.document->>'title' as title, p.email, p.locale, c.code as contest "
        "from receipt r join person p on p.id = r.person join entry e on e.id = r.entry "
        "join contest c on c.id = e.contest where r.id = $1",
        receipt,
    )
    if row is None:
        return
    locale: Locale = "en" if row["locale"] == "en" else "vi"
    _ = translator(locale)
    zone = format_zone_words(row["submitted_at"], locale, row["timezone"])
    body = _(
        "Hệ thống đã nhận bài dự thi “{title}”.\n\nMã biên nhận: {code}\nNộp lúc: {moment} ({zone}){late}\n"
        "Xem và in biên nhận: {url}\n\nHãy giữ thư này và tệp có chữ ký đính kèm làm bằng chứng đã nộp bài."
    ).format(
        title=row["title"],
        code=row["code"],
        moment=format_datetime(row["submitted_at"], locale, row["timezone"]),
        zone=zone,
        late=_(", nộp muộn") if row["late"] else "",
        url=f"{context.settings.public_url}/receipts/{row['code']}",
    )
    content = await receipt_file(row, context.settings.key_file)
    async with unit_of_work(None, row["contest"]) as work:
        await queue_mail(
            work,
            recipient=row["email"],
            subject=_("Biên nhận nộp bài dự thi"),
            body=body,
            key=f"receipt:{receipt}",
            attachment=(file_name(row["code"]), content.decode()),
        )


@job("mail_entry_returned")
async def mail_entry_returned(context: JobContext, *, entry: int, verdict: str, message: str) -> None:
    """Tell the officers of the unit that the organizers returned or withdrew an entry, and why, or brought it back."""
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
            "undo_withdraw": _("Ban Tổ chức đã đưa bài dự thi “{title}” trở lại cuộc thi.\n\nXem bài: {url}"),
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


@job("mail_file_refused")
async def mail_file_refused(context: JobContext, *, file: int) -> None:
    """Tell the officers of the unit that a file of theirs was refused by the scanner, and what to do."""
    rows = await fetch(
        "select distinct p.email, p.locale, e.title, e.code, f.file_name, f.scan_found, c.code as contest "
        "from entry_file f join entry e on e.id = f.entry join contest c on c.id = e.contest "
        "join role r on r.contest = c.code and r.unit = e.unit and r.kind = 'officer' "
        "join person p on p.id = r.person where f.id = $1 and f.removed_at is null and not p.disabled",
        file,
    )
    for row in rows:
        _ = translator("en" if row["locale"] == "en" else "vi")
        body = _(
            "Tệp “{file}” của bài dự thi “{title}” có mã độc ({found}) nên không được nhận.\n\n"
            "Hãy quét vi-rút máy đã tạo tệp, xóa tệp này khỏi bài rồi gửi tệp sạch tại: {url}"
        )
        url = f"{context.settings.public_url}/contests/{row['contest']}/entries/{row['code']}"
        async with unit_of_work(None, row["contest"]) as work:
            await queue_mail(
                work,
                recipient=row["email"],
                subject=_("Một tệp dự thi không được nhận"),
                body=body.format(file=row["file_name"], title=row["title"], found=row["scan_found"], url=url),
                key=f"refused:{file}:{row['email']}",
            )
