"""Sends invitations: the link is made when the message is, so that no token is ever stored."""

from __future__ import annotations

from datetime import UTC, datetime

from server.accounts.services.invitations import make_invitation
from server.db import fetch_one, unit_of_work
from server.i18n import translator
from server.jobs import GiveUp, JobContext, job
from server.mail import compose


@job("send_invitation")
async def send_invitation(context: JobContext, *, person: int) -> None:
    """Mail a new link to somebody who has no password yet; a second run makes the first link void."""
    row = await fetch_one(
        "select p.email, p.full_name, p.locale from person p where p.id = $1 and p.password_hash is null and not p.disabled",
        person,
    )
    if row is None:
        return
    async with unit_of_work() as work:
        token = await make_invitation(person)
        work.audit("invitation.sent", str(person))
    _ = translator("en" if row["locale"] == "en" else "vi")
    body = _(
        "Chào {name},\n\nBan Tổ chức mời bạn vào hệ thống Hội Thi. Mở liên kết dưới đây để đặt mật khẩu; liên kết dùng "
        "được một lần, trong bảy ngày:\n\n{url}\n\nNếu bạn không chờ thư này, hãy bỏ qua."
    ).format(name=row["full_name"], url=f"{context.settings.public_url}/invitations/{token}")
    try:
        message = compose(
            {
                "message_id": f"invitation-{person}-{context.job}",
                "recipient": row["email"],
                "subject": _("Lời mời vào hệ thống Hội Thi"),
                "body": body,
                "created_at": datetime.now(UTC),
            },
            context.settings.mail_from,
        )
    except ValueError as error:
        raise GiveUp("the address is none that mail allows") from error
    await context.mail.send(message)
