"""The officer's pages: the contests of a unit, its entries, one entry, and the submit that gives a receipt."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post

from server.access import OFFICER
from server.actor import OFFICER as OFFICER_ROLE
from server.contests import queries, queries_log
from server.contests.officer_pages import contest_view, file_rules, is_editable, missing_kinds
from server.contests.services.entries import (
    EntryText,
    content_hash,
    create_entry,
    edit_entry,
    restore_entry,
    withdraw_entry,
)
from server.contests.services.submit import submit_entry
from server.contests.states import WITHDRAWN
from server.errors import FieldError, InvalidForm, StaleVersion
from server.field_messages import field_messages
from server.formats import format_clock
from server.forms import form_fields, read_form
from server.pages import page, redirect, signed_in, words

AnyRequest = Request[Any, Any, Any]


class EntryForm(msgspec.Struct):
    """What an officer types about an entry; authors one a line or with ";" between."""

    title: Annotated[str, msgspec.Meta(max_length=300)]
    category: Annotated[str, msgspec.Meta(max_length=40)]
    authors: Annotated[str, msgspec.Meta(max_length=5000)] = ""
    unit: Annotated[str, msgspec.Meta(max_length=40)] = ""
    code: Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[A-Za-z0-9-]*$")] = ""
    key: Annotated[str, msgspec.Meta(max_length=40)] = ""
    version: int = 0

    def text(self) -> EntryText:
        """The entry's own text; raises InvalidForm for an author over 200 characters or more than 100 authors."""
        names = tuple(n.strip() for n in self.authors.replace(";", "\n").splitlines() if n.strip())
        if len(names) > 100 or any(len(name) > 200 for name in names):
            raise InvalidForm([FieldError("authors", "too_long")])
        return EntryText(self.title, self.category, names)


class SubmitForm(msgspec.Struct):
    """Which version is submitted; the key makes a second press harmless."""

    version: int
    key: Annotated[str, msgspec.Meta(max_length=100)] = ""


@get("/entries", access=OFFICER)
async def my_contests(request: AnyRequest) -> Response[Any]:
    """The contests for which the officer may enter something, each with the entries of the officer's units."""
    actor = signed_in(request)
    codes = actor.contests(OFFICER_ROLE)
    units = sorted({unit for code in codes for unit in actor.units(code)})
    contests = await queries.contests_of(codes, units)
    rows = await queries.entries_of_units(list(codes), units)
    return page(
        request,
        "contests/officer_home.html",
        contests=[(contest_view(c), [r for r in rows if r["contest"] == c["code"]]) for c in contests],
    )


@get("/contests/{contest:str}/entries", access=OFFICER)
async def entries(request: AnyRequest, contest: str) -> Response[str]:
    """The entries of the officer's units in one contest, with the form for a new one."""
    return await _list_page(request, contest)


@post("/contests/{contest:str}/entries", access=OFFICER, status_code=200)
async def create(request: AnyRequest, contest: str) -> Response[Any]:
    """Make a draft and open it."""
    actor = signed_in(request)
    try:
        form = read_form(request, EntryForm)
        unit = await _chosen_unit(actor.units(contest), form.unit)
        # The page keeps its key when somebody comes back to it for the next entry, so the content belongs to the key.
        key = f"{form.key}/{content_hash(unit, form.text(), form.code)}" if form.key else None
        code = await create_entry(actor, contest, unit, form.text(), form.code, key)
    except InvalidForm as wrong:
        return await _list_page(request, contest, list(wrong.errors))
    text = words(request)("Đã tạo bài {code}. Hãy gửi tệp rồi nộp bài.").format(code=code)
    return redirect(f"/contests/{contest}/entries/{code}", flash=("success", text))


@get("/contests/{contest:str}/entries/{entry:str}", access=OFFICER)
async def one_entry(request: AnyRequest, contest: str, entry: str) -> Response[str]:
    """One entry: its text, files, receipts and what is still missing."""
    return await entry_page(request, contest, entry)


@post("/contests/{contest:str}/entries/{entry:str}", access=OFFICER, status_code=200)
async def save(request: AnyRequest, contest: str, entry: str) -> Response[Any]:
    """Save the entry's text; a stale form comes back with what was typed and what is stored.

    A script that asks for JSON is told the new version and the time of saving, or a message for each wrong field.
    """
    by_script = "json" in request.headers.get("accept", "")
    try:
        form = read_form(request, EntryForm)
        version = await edit_entry(signed_in(request), contest, entry, form.version, form.text())
    except InvalidForm as wrong:
        if by_script:
            return Response({"errors": field_messages(wrong.errors, words(request))}, status_code=422)
        return await entry_page(request, contest, entry, list(wrong.errors))
    except StaleVersion as stale:
        if by_script:
            raise
        return await entry_page(
            request, contest, entry, [FieldError("title", "stale")], status=412, stored=stale.current
        )
    if by_script:
        row = await queries.contest_row(contest)
        return Response({"version": version, "saved": format_clock(row["now"], row["timezone"])})
    return redirect(f"/contests/{contest}/entries/{entry}", flash=("success", words(request)("Đã lưu.")))


@post("/contests/{contest:str}/entries/{entry:str}/submit", access=OFFICER, status_code=200)
async def submit(request: AnyRequest, contest: str, entry: str) -> Response[Any]:
    """Submit the entry and show its receipt."""
    try:
        form = read_form(request, SubmitForm)
        receipt = await submit_entry(signed_in(request), contest, entry, form.version, form.key or None)
    except InvalidForm as wrong:
        return await entry_page(request, contest, entry, list(wrong.errors))
    except StaleVersion as stale:
        return await entry_page(
            request, contest, entry, [FieldError("title", "stale")], status=412, stored=stale.current
        )
    _ = words(request)
    if receipt.late:
        text = _("Đã nhận bài và ghi là nộp muộn. Ban Tổ chức sẽ quyết định có nhận hay không.")
        return redirect(f"/receipts/{receipt.code}", flash=("warning", text))
    return redirect(f"/receipts/{receipt.code}", flash=("success", _("Đã nộp bài. Đây là biên nhận của bạn.")))


@post("/contests/{contest:str}/entries/{entry:str}/withdraw", access=OFFICER, status_code=200)
async def withdraw(request: AnyRequest, contest: str, entry: str) -> Response[None]:
    """Take the entry out of the contest."""
    await withdraw_entry(signed_in(request), contest, entry)
    text = words(request)("Đã rút bài. Trước hạn nộp, bạn có thể lấy lại.")
    return redirect(f"/contests/{contest}/entries/{entry}", flash=("success", text))


@post("/contests/{contest:str}/entries/{entry:str}/restore", access=OFFICER, status_code=200)
async def restore(request: AnyRequest, contest: str, entry: str) -> Response[None]:
    """Bring a withdrawn entry back as a draft."""
    await restore_entry(signed_in(request), contest, entry)
    text = words(request)("Đã lấy lại bài ở dạng nháp. Hãy nộp lại khi sẵn sàng.")
    return redirect(f"/contests/{contest}/entries/{entry}", flash=("success", text))


async def _chosen_unit(units: tuple[int, ...], code: str) -> int:
    named = await queries.units_named(units)
    for unit in named:
        if unit["code"] == code or (not code and len(named) == 1):
            return int(unit["id"])
    raise InvalidForm([FieldError("unit", "not_a_choice" if code else "required")])


async def _list_page(request: AnyRequest, contest: str, errors: list[FieldError] | None = None) -> Response[str]:
    units = signed_in(request).units(contest)
    contest_row = await queries.contest_row(contest, units if len(units) == 1 else ())
    return page(
        request,
        "contests/officer_entries.html",
        status=422 if errors else 200,
        contest=contest_view(contest_row),
        now=contest_row["now"],
        extensions=await queries.extensions_of(contest, units) if len(units) > 1 else [],
        entries=await queries.entries_of_units([contest], list(units)),
        units=await queries.units_named(units),
        key=secrets.token_urlsafe(12),
        errors=errors or [],
        typed={name: values[-1] for name, values in form_fields(request).items()},
    )


async def entry_page(
    request: AnyRequest,
    contest: str,
    code: str,
    errors: list[FieldError] | None = None,
    *,
    status: int = 422,
    stored: dict[str, str | None] | None = None,
) -> Response[str]:
    """The page of one entry, with `errors` and what was typed when a form on it was wrong."""
    row = await queries.entry_of_units(contest, code, signed_in(request).units(contest))
    contest_row = await queries.contest_row(contest, (row["unit"],))
    view = contest_view(contest_row)
    files = await queries.present_files(row["id"])
    rules = file_rules(contest_row, files)
    return page(
        request,
        "contests/officer_entry.html",
        status=status if errors else 200,
        contest=view,
        now=contest_row["now"],
        entry=row,
        files=files,
        rules=rules,
        missing=missing_kinds(rules),
        receipts=await queries.receipts_of(row["id"]),
        edited=await queries_log.edited_since(contest, code, "entry.submitted"),
        withdrawal=await queries_log.last_withdrawal(contest, code) if row["state"] == WITHDRAWN else None,
        editable=is_editable(view, row, files),
        errors=errors or [],
        stored=stored or {},
        typed={name: values[-1] for name, values in form_fields(request).items()},
    )


ROUTES = [my_contests, entries, create, one_entry, save, submit, withdraw, restore]
