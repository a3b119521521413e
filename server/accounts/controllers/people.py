"""The organizer's pages about people, their roles and invitations, and about units and their names."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import Parameter

from server.access import ORGANIZER, ORGANIZER_ALSO_JUDGING
from server.accounts import queries
from server.accounts.services.people import (
    add_person,
    invitation_link,
    invite_again,
    remove_role,
    rename_unit,
    vouch,
)
from server.actor import ORGANIZER as ORGANIZER_ROLE
from server.errors import FieldError, InvalidForm
from server.forms import form_fields, read_form
from server.pages import page, redirect, signed_in, words

AnyRequest = Request[Any, Any, Any]
PAGE_SIZE = 50


class PersonForm(msgspec.Struct):
    """Somebody to give a role to."""

    email: Annotated[str, msgspec.Meta(max_length=320)]
    full_name: Annotated[str, msgspec.Meta(max_length=200)]
    kind: Annotated[str, msgspec.Meta(max_length=12)]
    unit: Annotated[str, msgspec.Meta(max_length=40)]


class NameForm(msgspec.Struct):
    """A unit's new name."""

    name: Annotated[str, msgspec.Meta(max_length=300)]


@get("/organize/{contest:str}/people", access=ORGANIZER_ALSO_JUDGING)
async def people(
    request: AnyRequest,
    contest: str,
    q: Annotated[str, Parameter(max_length=100)] = "",
    number: Annotated[int, Parameter(query="page", ge=1, le=100_000)] = 1,
) -> Response[str]:
    """Who has which role, who has joined, 50 a page or found by words, and the form to add somebody."""
    return await _people_page(request, contest, [], q=q, number=number)


@post("/organize/{contest:str}/people", access=ORGANIZER_ALSO_JUDGING, status_code=200)
async def add(request: AnyRequest, contest: str) -> Response[Any]:
    """Give somebody a role; a new person is invited."""
    try:
        form = read_form(request, PersonForm)
        await add_person(
            signed_in(request),
            contest,
            email=form.email,
            full_name=form.full_name,
            kind=form.kind,
            unit=form.unit,
        )
    except InvalidForm as wrong:
        return await _people_page(request, contest, list(wrong.errors))
    text = words(request)("Đã thêm {name}.").format(name=form.full_name)
    return redirect(f"/organize/{contest}/people", flash=("success", text))


@post("/organize/{contest:str}/people/{person:int}/invite", access=ORGANIZER_ALSO_JUDGING, status_code=200)
async def invite(request: AnyRequest, contest: str, person: int) -> Response[None]:
    """Send the invitation again."""
    await invite_again(signed_in(request), contest, person)
    return redirect(f"/organize/{contest}/people", flash=("success", words(request)("Lời mời mới đang được gửi.")))


@post("/organize/{contest:str}/people/{person:int}/link", access=ORGANIZER_ALSO_JUDGING, status_code=200)
async def link(request: AnyRequest, contest: str, person: int) -> Response[Any]:
    """Show a new link once, to pass on by other means."""
    token = await invitation_link(signed_in(request), contest, person)
    url = f"{request.app.state.settings.public_url}/invitations/{token}"
    return await _people_page(request, contest, [], link=url)


@post("/organize/{contest:str}/people/{person:int}/vouch", access=ORGANIZER, status_code=200)
async def vouch_for(request: AnyRequest, contest: str, person: int) -> Response[None]:
    """Let somebody's roles here count although the address is not proven."""
    await vouch(signed_in(request), contest, person)
    text = words(request)("Vai trò của người này trong cuộc thi đã có hiệu lực.")
    return redirect(f"/organize/{contest}/people", flash=("success", text))


@post("/organize/{contest:str}/roles/{role:int}/remove", access=ORGANIZER, status_code=200)
async def remove(request: AnyRequest, contest: str, role: int) -> Response[None]:
    """Take a role away."""
    await remove_role(signed_in(request), contest, role)
    return redirect(f"/organize/{contest}/people", flash=("success", words(request)("Đã bỏ vai trò.")))


@get("/organize/{contest:str}/units", access=ORGANIZER)
async def units(
    request: AnyRequest, contest: str, number: Annotated[int, Parameter(query="page", ge=1, le=100_000)] = 1
) -> Response[str]:
    """The tree of units with their dates, 50 a page, and the form to rename one."""
    listed = await queries.units_of(contest)
    return page(
        request,
        "accounts/units.html",
        contest=await queries.contest_titles(contest),
        units=listed[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
        number=number,
        pages=max(1, -(-len(listed) // PAGE_SIZE)),
    )


@post("/organize/{contest:str}/units/{unit:int}", access=ORGANIZER, status_code=200)
async def rename(request: AnyRequest, contest: str, unit: int) -> Response[None]:
    """Rename a unit."""
    form = read_form(request, NameForm)
    await rename_unit(signed_in(request), contest, unit, form.name)
    return redirect(f"/organize/{contest}/units", flash=("success", words(request)("Đã đổi tên đơn vị.")))


async def _people_page(
    request: AnyRequest, contest: str, errors: list[FieldError], link: str = "", *, q: str = "", number: int = 1
) -> Response[str]:
    listed = await queries.people_of(contest, signed_in(request).contests(ORGANIZER_ROLE), q)
    return page(
        request,
        "accounts/people.html",
        status=422 if errors else 200,
        contest=await queries.contest_titles(contest),
        people=listed[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
        q=q,
        number=number,
        pages=max(1, -(-len(listed) // PAGE_SIZE)),
        units=await queries.units_of(contest),
        link=link,
        errors=errors,
        typed={name: values[-1] for name, values in form_fields(request).items()},
    )


ROUTES = [people, add, invite, link, vouch_for, remove, units, rename]
