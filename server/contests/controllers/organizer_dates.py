"""The organizer's page of dates: when the contest opens and closes, the grace of uploads, and later deadlines of units."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get, post

from server.access import ORGANIZER
from server.contests import queries_organizer as queries
from server.contests.organizer_pages import overview
from server.contests.services.dates import extend_deadline, set_dates, take_back_extension
from server.errors import FieldError, InvalidForm
from server.forms import form_fields, read_form
from server.pages import page, redirect, signed_in, words

AnyRequest = Request[Any, Any, Any]
Reason = Annotated[str, msgspec.Meta(max_length=2000)]


class DatesForm(msgspec.Struct):
    """The dates as a browser's field gives them (2024-04-02T00:00, in the contest's zone), and why they change."""

    opens_at: Annotated[str, msgspec.Meta(max_length=32)] = ""
    closes_at: Annotated[str, msgspec.Meta(max_length=32)] = ""
    grace: Annotated[str, msgspec.Meta(max_length=6)] = ""
    reason: Reason = ""


class ExtensionForm(msgspec.Struct):
    """Which unit may hand in until when, and why."""

    unit: Annotated[str, msgspec.Meta(max_length=40)] = ""
    extended_to: Annotated[str, msgspec.Meta(max_length=32)] = ""
    reason: Reason = ""


@get("/organize/{contest:str}/dates", access=ORGANIZER)
async def dates_page(request: AnyRequest, contest: str) -> Response[str]:
    """The dates and every extension, also those that were taken back."""
    return await _page(request, contest, [])


@post("/organize/{contest:str}/dates", access=ORGANIZER, status_code=200)
async def dates(request: AnyRequest, contest: str) -> Response[Any]:
    """Change when the contest opens and closes."""
    try:
        form = read_form(request, DatesForm)
        zone = await _zone(contest)
        await set_dates(
            signed_in(request),
            contest,
            opens_at=_moment("opens_at", form.opens_at, zone),
            closes_at=_moment("closes_at", form.closes_at, zone),
            grace_minutes=_minutes(form.grace),
            reason=form.reason,
        )
    except InvalidForm as wrong:
        return await _page(request, contest, list(wrong.errors))
    return redirect(f"/organize/{contest}/dates", flash=("success", words(request)("Đã đổi thời gian nhận bài.")))


@post("/organize/{contest:str}/extensions", access=ORGANIZER, status_code=200)
async def extend(request: AnyRequest, contest: str) -> Response[Any]:
    """Give one unit a later deadline."""
    try:
        form = read_form(request, ExtensionForm)
        until = _moment("extended_to", form.extended_to, await _zone(contest))
        await extend_deadline(signed_in(request), contest, form.unit, until, form.reason)
    except InvalidForm as wrong:
        # The two forms of the page both have a reason: only this one's is wrong.
        found = [FieldError("extension_reason", e.code, e.data) if e.field == "reason" else e for e in wrong.errors]
        return await _page(request, contest, found)
    text = words(request)("Đã gia hạn cho đơn vị. Cán bộ của đơn vị sẽ nhận được thư báo.")
    return redirect(f"/organize/{contest}/dates", flash=("success", text))


@post("/organize/{contest:str}/extensions/{extension:int}/take-back", access=ORGANIZER, status_code=200)
async def take_back(request: AnyRequest, contest: str, extension: int) -> Response[None]:
    """End an extension."""
    await take_back_extension(signed_in(request), contest, extension)
    return redirect(f"/organize/{contest}/dates", flash=("success", words(request)("Đã bỏ gia hạn.")))


async def _page(request: AnyRequest, contest: str, errors: list[FieldError]) -> Response[str]:
    facts = overview(await queries.contest_overview(contest))
    return page(
        request,
        "contests/organizer_dates.html",
        status=422 if errors else 200,
        contest=facts,
        zone=ZoneInfo(facts.timezone),
        units=await queries.units_taking_part(contest),
        extensions=await queries.extensions(contest),
        errors=errors,
        typed={name: values[-1] for name, values in form_fields(request).items()},
    )


async def _zone(contest: str) -> str:
    return str((await queries.contest_overview(contest))["timezone"])


def _moment(name: str, text: str, zone: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidForm([FieldError(name, "not_a_date")]) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def _minutes(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise InvalidForm([FieldError("grace", "not_a_number")])
    return int(text)


ROUTES = [dates_page, dates, extend, take_back]
