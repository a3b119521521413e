"""A person's own account: password, language, sessions, and tokens for the JSON API."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie

from server.access import PUBLIC, SIGNED_IN
from server.accounts import queries
from server.accounts.controllers.entrance import address_of, session_cookie, throttle_of
from server.accounts.services.language import choose_language
from server.accounts.services.passwords import check_new_password
from server.accounts.services.sessions import change_password, require_fresh
from server.accounts.services.tokens import make_token, revoke_token
from server.errors import FieldError, InvalidForm
from server.forms import read_form
from server.i18n import translator
from server.pages import LOCALE_COOKIE, actor_of, page, redirect, signed_in, words

AnyRequest = Request[Any, Any, Any]


class ChangeForm(msgspec.Struct):
    """The old and the new password."""

    old_password: Annotated[str, msgspec.Meta(max_length=10_000)]
    password: Annotated[str, msgspec.Meta(max_length=10_000)]


class LanguageForm(msgspec.Struct):
    """The language of pages and mails."""

    locale: Literal["vi", "en"]


class TokenForm(msgspec.Struct):
    """A name to recognise the token by, and whether it may write."""

    name: Annotated[str, msgspec.Meta(max_length=100)]
    write: str = ""
    key: Annotated[str, msgspec.Meta(max_length=40)] = ""


@get("/account", access=SIGNED_IN)
async def account(request: AnyRequest) -> Response[str]:
    """The account page."""
    return await _page(request, [])


@post("/account/password", access=PUBLIC, status_code=200)
async def set_password(request: AnyRequest) -> Response[Any]:
    """Change the password; every other session and every API token ends.

    The second press of the button comes from a session that the first one has ended: nothing is done for it, and it is
    told how to go on.
    """
    actor = actor_of(request)
    if actor is None:
        text = words(request)("Phiên đăng nhập trước đã kết thúc. Nếu bạn vừa đổi mật khẩu, hãy dùng mật khẩu mới.")
        return redirect("/account", flash=("info", text))
    try:
        form = read_form(request, ChangeForm)
        check_new_password(form.password)
        token = await change_password(
            actor,
            form.old_password,
            form.password,
            address=address_of(request),
            user_agent=request.headers.get("user-agent", ""),
            throttle=throttle_of(request),
        )
    except InvalidForm as wrong:
        return await _page(request, list(wrong.errors))
    text = words(request)("Đã đổi mật khẩu; các thiết bị khác phải đăng nhập lại, mã truy cập API đã bị thu hồi.")
    return redirect("/account", flash=("success", text), cookies=[session_cookie(request, token)])


@post("/account/language", access=SIGNED_IN, status_code=200)
async def set_language(request: AnyRequest) -> Response[Any]:
    """Choose the language of pages and mails; the switch's cookie follows, since it would win."""
    try:
        form = read_form(request, LanguageForm)
    except InvalidForm:
        return await _page(request, [FieldError("locale", "not_a_choice")])
    await choose_language(signed_in(request), form.locale)
    text = translator(form.locale)("Đã lưu ngôn ngữ.")
    cookie = Cookie(key=LOCALE_COOKIE, value=form.locale, max_age=31_536_000, samesite="lax", path="/")
    return redirect("/account", flash=("success", text), cookies=[cookie])


@post("/account/tokens", access=SIGNED_IN, status_code=200)
async def add_token(request: AnyRequest) -> Response[Any]:
    """Make a token and show it once."""
    actor = signed_in(request)
    require_fresh(actor)
    try:
        form = read_form(request, TokenForm)
        token = await make_token(actor, form.name, may_write=bool(form.write), key=form.key)
    except InvalidForm as wrong:
        return await _page(request, list(wrong.errors))
    return await _page(request, [], token=token)


@post("/account/tokens/{token:int}/revoke", access=SIGNED_IN, status_code=200)
async def end_token(request: AnyRequest, token: int) -> Response[None]:
    """End a token."""
    await revoke_token(signed_in(request), token)
    return redirect("/account", flash=("success", words(request)("Mã truy cập đã bị thu hồi.")))


async def _page(request: AnyRequest, errors: list[FieldError], token: str = "") -> Response[str]:
    actor = signed_in(request)
    return page(
        request,
        "accounts/account.html",
        status=422 if errors else 200,
        errors=errors,
        token=token,
        key=secrets.token_urlsafe(12),
        sessions=await queries.sessions_of(actor.person),
        tokens=await queries.tokens_of(actor.person),
    )


ROUTES = [account, set_password, set_language, add_token, end_token]
