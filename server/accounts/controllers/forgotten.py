"""The page for a forgotten password."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post

from server.access import PUBLIC
from server.accounts.controllers.entrance import address_of, throttle_of
from server.accounts.services.forgotten import ask_for_reset
from server.errors import InvalidForm
from server.forms import read_form
from server.pages import page

AnyRequest = Request[Any, Any, Any]


class ForgottenForm(msgspec.Struct):
    """The address that the link goes to."""

    email: Annotated[str, msgspec.Meta(max_length=320)]


@get("/forgotten", access=PUBLIC)
async def forgotten_page(request: AnyRequest) -> Response[str]:
    """The form, or whom to ask where no mail is sent."""
    return _page(request)


@post("/forgotten", access=PUBLIC, status_code=200)
async def forgotten(request: AnyRequest) -> Response[str]:
    """Have a link mailed; the answer is the same for every address."""
    if not request.app.state.settings.smtp_url:
        return _page(request)
    try:
        form = read_form(request, ForgottenForm)
    except InvalidForm as wrong:
        return _page(request, errors=list(wrong.errors), status=422)
    await ask_for_reset(form.email, address=address_of(request), throttle=throttle_of(request))
    return _page(request, sent_to=form.email)


def _page(request: AnyRequest, *, status: int = 200, **context: Any) -> Response[str]:
    mails = bool(request.app.state.settings.smtp_url)
    return page(
        request, "accounts/forgotten.html", status=status, mails=mails, **{"errors": [], "sent_to": ""} | context
    )


ROUTES = [forgotten_page, forgotten]
