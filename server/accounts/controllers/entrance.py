"""Coming in and going out: sign in, sign out, invitations, and the confirmation of a fresh password."""

from __future__ import annotations

from typing import Annotated, Any, cast

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import Parameter

from server.access import PUBLIC, SIGNED_IN
from server.accounts.identify import session_cookie_name
from server.accounts.services.invitations import accept_invitation, invited_person, was_used
from server.accounts.services.passwords import check_new_password
from server.accounts.services.sessions import (
    SESSION_HOURS,
    confirm_password,
    sign_in,
    sign_out,
    sign_out_everywhere,
)
from server.accounts.services.throttle import Throttle
from server.errors import FieldError, InvalidForm, NotFound
from server.forms import form_fields, read_form
from server.held_back import CONFIRM_TEMPLATE, HeldBack
from server.local_paths import local_path
from server.pages import actor_of, page, redirect, signed_in, words

AnyRequest = Request[Any, Any, Any]
Next = Annotated[str, Parameter(query="next", max_length=2000)]

# Not "no-referrer": browsers then send "Origin: null" with the form, which is refused as another site's.
TOKEN_STAYS_HERE = {"referrer-policy": "strict-origin"}


class LoginForm(msgspec.Struct):
    """An address and a password; the password is taken as it is typed."""

    email: Annotated[str, msgspec.Meta(max_length=320)]
    password: Annotated[str, msgspec.Meta(max_length=10_000)]
    next: Annotated[str, msgspec.Meta(max_length=2000)] = "/home"


class PasswordForm(msgspec.Struct):
    """A password alone."""

    password: Annotated[str, msgspec.Meta(max_length=10_000)]


class ConfirmForm(msgspec.Struct):
    """The fresh password, and where to go on: `next` is a page, `resume` where a form that was held back goes."""

    fresh_password: Annotated[str, msgspec.Meta(max_length=10_000)]
    next: Annotated[str, msgspec.Meta(max_length=2000)] = "/home"
    resume: Annotated[str, msgspec.Meta(max_length=2000)] = ""


def throttle_of(request: AnyRequest) -> Throttle:
    """The application's own throttle."""
    state = request.app.state
    if "throttle" not in state:
        state["throttle"] = Throttle(state["settings"].redis_url)
    return cast("Throttle", state["throttle"])


def address_of(request: AnyRequest) -> str:
    """The address that the request came from, as trusted proxies tell it."""
    return request.client.host if request.client else ""


def session_cookie(request: AnyRequest, token: str) -> Cookie:
    """The cookie of a session; an empty token takes it away."""
    secure = request.app.state.settings.secure
    return Cookie(
        key=session_cookie_name(secure),
        value=token,
        max_age=SESSION_HOURS * 3600 if token else 0,
        httponly=True,
        secure=secure,
        samesite="lax",
        path="/",
    )


@get("/login", access=PUBLIC)
async def login_page(request: AnyRequest, target: Next = "/home") -> Response[Any]:
    """The form; who is signed in already goes on."""
    if actor_of(request) is not None:
        return redirect(local_path(target))
    return page(request, "accounts/login.html", errors=[], email="", target=local_path(target))


@post("/login", access=PUBLIC, status_code=200)
async def login(request: AnyRequest) -> Response[Any]:
    """Sign in with a new session, whatever cookie came along."""
    form = LoginForm("", "")
    try:
        form = read_form(request, LoginForm)
        token = await sign_in(
            form.email,
            form.password,
            address=address_of(request),
            user_agent=request.headers.get("user-agent", ""),
            throttle=throttle_of(request),
        )
    except InvalidForm as wrong:
        return page(
            request,
            "accounts/login.html",
            status=422,
            errors=list(wrong.errors),
            email=form.email,
            target=local_path(form.next),
        )
    return redirect(local_path(form.next), cookies=[session_cookie(request, token)])


@post("/logout", access=SIGNED_IN, status_code=200)
async def logout(request: AnyRequest) -> Response[None]:
    """End this session."""
    await sign_out(signed_in(request))
    text = words(request)("Bạn đã đăng xuất.")
    return redirect("/login", flash=("info", text), cookies=[session_cookie(request, "")])


@post("/logout-everywhere", access=SIGNED_IN, status_code=200)
async def logout_everywhere(request: AnyRequest) -> Response[None]:
    """End every session and API token of the person."""
    number = await sign_out_everywhere(signed_in(request))
    text = words(request)("Đã đăng xuất khỏi {n} thiết bị và thu hồi mọi mã truy cập API.").format(n=number)
    return redirect("/login", flash=("info", text), cookies=[session_cookie(request, "")])


@get("/invitations/{token:str}", access=PUBLIC)
async def invitation(request: AnyRequest, token: str) -> Response[str]:
    """The form to set a password; looking does not use the link up (mail scanners open links)."""
    return page(
        request,
        "accounts/invitation.html",
        person=await invited_person(token),
        errors=[],
        headers=TOKEN_STAYS_HERE,
    )


@post("/invitations/{token:str}", access=PUBLIC, status_code=200)
async def accept(request: AnyRequest, token: str) -> Response[Any]:
    """Set the password and sign in; who presses twice, or uses an old link, is led to the door."""
    try:
        return await _accept(request, token)
    except NotFound:
        if not await was_used(token):
            raise
    text = words(request)("Liên kết này đã được dùng. Nếu bạn đã đặt mật khẩu, hãy đăng nhập.")
    return redirect("/login", flash=("info", text))


async def _accept(request: AnyRequest, token: str) -> Response[Any]:
    person = await invited_person(token)
    try:
        form = read_form(request, PasswordForm)
        check_new_password(form.password)
    except InvalidForm as wrong:
        return page(
            request,
            "accounts/invitation.html",
            status=422,
            person=person,
            errors=list(wrong.errors),
            headers=TOKEN_STAYS_HERE,
        )
    session = await accept_invitation(token, form.password, request.headers.get("user-agent", ""))
    text = words(request)("Chào mừng bạn. Mật khẩu đã được đặt.")
    return redirect("/home", flash=("success", text), cookies=[session_cookie(request, session)])


@get("/account/confirm", access=SIGNED_IN)
async def confirm_page(request: AnyRequest, target: Next = "/home") -> Response[str]:
    """Ask for the password again before something delicate."""
    return page(request, CONFIRM_TEMPLATE, errors=[], target=local_path(target), held_back=None)


@post("/account/confirm", access=SIGNED_IN, status_code=200)
async def confirm(request: AnyRequest) -> Response[Any]:
    """Note the fresh password and go back; a form that was held back goes on to its own address (307 keeps it)."""
    fields = form_fields(request)
    resume = fields.get("resume", [""])[-1]
    held_back = HeldBack.of(request, local_path(resume)) if resume else None
    try:
        form = read_form(request, ConfirmForm)
        actor = signed_in(request)
        if actor.session is None:
            raise InvalidForm([FieldError("fresh_password", "wrong_password")])
        await confirm_password(actor, form.fresh_password, address=address_of(request), throttle=throttle_of(request))
    except InvalidForm as wrong:
        return page(
            request,
            CONFIRM_TEMPLATE,
            status=422,
            errors=list(wrong.errors),
            target=local_path(fields.get("next", ["/home"])[-1]),
            held_back=held_back,
        )
    if held_back is None:
        return redirect(local_path(form.next))
    return Response(None, status_code=307, headers={"location": held_back.address})


ROUTES = [login_page, login, logout, logout_everywhere, invitation, accept, confirm_page, confirm]
