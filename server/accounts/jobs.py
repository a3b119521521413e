"""Mails links that set a password: each is made when its message is, so that no token is ever stored."""

from __future__ import annotations

from datetime import UTC, datetime

from server.accounts.queries import roles_of_person
from server.accounts.role_words import role_lines
from server.accounts.services.invitations import make_invitation, make_reset
from server.db import Row, fetch_one, unit_of_work
from server.i18n import Translate, translator
from server.jobs import GiveUp, JobContext, job
from server.mail import compose


@job("send_invitation")
async def send_invitation(context: JobContext, *, person: int) -> None:
    """Mail a new link to somebody with a role who has no password or no proven address; a second run voids the first link."""
    row = await fetch_one(
        "select p.id, p.email, p.full_name, p.locale from person p where p.id = $1 and not p.disabled "
        "and (p.password_hash is null or p.confined_to is not null)",
        person,
    )
    roles = await roles_of_person(person)
    if row is None or not roles:
        return
    async with unit_of_work() as work:
        token = await make_invitation(person)
        work.audit("invitation.sent", str(person))
    _ = _words(row)
    body = _(
        "Chào {name},\n\nBan Tổ chức mời bạn vào hệ thống Hội Thi:\n\n{roles}\n\nMở liên kết dưới đây để đặt mật khẩu; liên kết dùng "
        "được một lần, trong bảy ngày:\n\n{url}\n\nNếu bạn không chờ thư này, hãy bỏ qua."
    )
    message_id = f"invitation-{person}-{context.job}"
    lines = role_lines(roles, row["locale"])
    await _mail(context, row, message_id, _("Lời mời vào hệ thống Hội Thi"), body, token, lines)


@job("send_reset")
async def send_reset(context: JobContext, *, email: str) -> None:
    """Mail a link for a new password if the address is somebody's; the page that asked does not know whether it is."""
    row = await fetch_one("select id, email, full_name, locale from person where email = $1 and not disabled", email)
    if row is None:
        return
    async with unit_of_work() as work:
        token = await make_reset(row["id"])
        work.audit("password.reset_sent", str(row["id"]))
    _ = _words(row)
    body = _(
        "Chào {name},\n\nCó người báo quên mật khẩu của bạn trong hệ thống Hội Thi. Mở liên kết dưới đây để đặt mật khẩu "
        "mới; liên kết dùng được một lần, trong một giờ:\n\n{url}\n\nĐặt xong, mọi thiết bị của bạn phải đăng nhập lại "
        "và các mã truy cập API ngừng hoạt động. Nếu bạn không yêu cầu, hãy bỏ qua thư này: mật khẩu vẫn như cũ."
    )
    await _mail(context, row, f"reset-{row['id']}-{context.job}", _("Đặt lại mật khẩu Hội Thi"), body, token)


def _words(person: Row) -> Translate:
    return translator("en" if person["locale"] == "en" else "vi")


async def _mail(
    context: JobContext, person: Row, message_id: str, subject: str, body: str, token: str, roles: str = ""
) -> None:
    url = f"{context.settings.public_url}/invitations/{token}"
    try:
        message = compose(
            {
                "message_id": message_id,
                "recipient": person["email"],
                "subject": subject,
                "body": body.format(name=person["full_name"], url=url, roles=roles),
                "created_at": datetime.now(UTC),
            },
            context.settings.mail_from,
        )
    except ValueError as error:
        raise GiveUp("the address is none that mail allows") from error
    await context.mail.send(message)
