"""The organizer's pages about entries: the list, one entry, verdicts and corrections."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import Parameter

from server.access import ORGANIZER
from server.contests import queries_organizer as queries
from server.contests.organizer_pages import event_data, overview
from server.contests.services.review import accept_all, edit_entry, needs_reason, open_verdicts, review_entry
from server.contests.states import ENTRY_STATES
from server.errors import FieldError, InvalidForm, StaleVersion
from server.forms import form_fields, read_form
from server.pages import page, redirect, signed_in, words

Text100 = Annotated[str, Parameter(max_length=100)]


class VerdictForm(msgspec.Struct):
    """A verdict with its message to the unit."""

    message: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class EditForm(msgspec.Struct):
    """A correction by an organizer; authors one a line."""

    version: int
    title: Annotated[str, msgspec.Meta(max_length=300)]
    category: Annotated[str, msgspec.Meta(max_length=40)]
    reason: Annotated[str, msgspec.Meta(max_length=2000)]
    authors: Annotated[str, msgspec.Meta(max_length=5000)] = ""


@get("/organize/{contest:str}/entries", access=ORGANIZER)
async def entries(
    request: Request[Any, Any, Any],
    contest: str,
    wanted: Annotated[str, Parameter(query="state", max_length=12)] = "",
    unit: Text100 = "",
    category: Text100 = "",
    q: Text100 = "",
    number: Annotated[int, Parameter(query="page", ge=1, le=100_000)] = 1,
) -> Response[str]:
    """The contest's entries, narrowed by state, unit, category and words without accents."""
    chosen = queries.EntryFilter(wanted, unit, category, q, number)
    rows, total = await queries.entries(contest, chosen)
    return page(
        request,
        "contests/organizer_entries.html",
        contest=overview(await queries.contest_overview(contest)),
        rows=rows,
        total=total,
        pages=max(1, -(-total // queries.PAGE_SIZE)),
        chosen=chosen,
        states=(*ENTRY_STATES, "late"),
        choices=await queries.filter_choices(contest),
    )


@post("/organize/{contest:str}/entries/accept-all", access=ORGANIZER, status_code=200)
async def accept_every(request: Request[Any, Any, Any], contest: str) -> Response[None]:
    """Accept all submitted entries that came in time."""
    number = await accept_all(signed_in(request), contest)
    text = words(request)("Đã công nhận {n} bài hợp lệ.").format(n=number)
    return redirect(f"/organize/{contest}/entries", flash=("success", text))


@get("/organize/{contest:str}/entries/{entry:str}", access=ORGANIZER)
async def one_entry(request: Request[Any, Any, Any], contest: str, entry: str) -> Response[str]:
    """An entry with its files, receipts and history."""
    return await _entry_page(request, contest, entry)


@post("/organize/{contest:str}/entries/{entry:str}/verdicts/{verdict:str}", access=ORGANIZER, status_code=200)
async def give_verdict(request: Request[Any, Any, Any], contest: str, entry: str, verdict: str) -> Response[Any]:
    """Accept an entry, return it to its unit, take that back, withdraw it, or bring it back."""
    form = read_form(request, VerdictForm)
    try:
        await review_entry(signed_in(request), contest, entry, verdict, form.message)
    except InvalidForm as wrong:
        return await _entry_page(request, contest, entry, errors=list(wrong.errors))
    _ = words(request)
    said = {
        "accept": _("Đã công nhận bài hợp lệ."),
        "undo_accept": _("Đã bỏ công nhận."),
        "return": _("Đã trả bài về đơn vị kèm lời nhắn."),
        "undo_return": _("Bài đã trở lại trạng thái đã nộp."),
        "withdraw": _("Đã rút bài khỏi cuộc thi."),
        "undo_withdraw": _("Đã đưa bài trở lại cuộc thi."),
    }
    return redirect(f"/organize/{contest}/entries/{entry}", flash=("success", said[verdict]))


@post("/organize/{contest:str}/entries/{entry:str}/edit", access=ORGANIZER, status_code=200)
async def correct(request: Request[Any, Any, Any], contest: str, entry: str) -> Response[Any]:
    """Correct title, authors or category with a reason; a stale form comes back with both values."""
    try:
        form = read_form(request, EditForm)
        authors = [line.strip() for line in form.authors.replace(";", "\n").splitlines() if line.strip()]
        await edit_entry(
            signed_in(request),
            contest,
            entry,
            version=form.version,
            title=form.title,
            authors=authors,
            category=form.category,
            reason=form.reason,
        )
    except InvalidForm as wrong:
        return await _entry_page(request, contest, entry, errors=list(wrong.errors))
    except StaleVersion:
        return await _entry_page(request, contest, entry, errors=[FieldError("title", "stale")], status=412)
    text = words(request)("Đã lưu phần sửa.")
    return redirect(f"/organize/{contest}/entries/{entry}", flash=("success", text))


async def _entry_page(
    request: Request[Any, Any, Any],
    contest: str,
    code: str,
    *,
    errors: list[FieldError] | None = None,
    status: int = 422,
) -> Response[str]:
    row = await queries.entry(contest, code)
    events = await queries.audit_events(contest, subject=f"{contest}/{code}", limit=30)
    return page(
        request,
        "contests/organizer_entry.html",
        status=status if errors else 200,
        contest=overview(await queries.contest_overview(contest)),
        entry=row,
        files=await queries.entry_files(row["id"]),
        receipts=await queries.entry_receipts(row["id"]),
        events=[(event, event_data(event)) for event in events],
        categories=(await queries.filter_choices(contest))["category"],
        verdicts=[(v, needs_reason(v, row)) for v in await open_verdicts(contest, row)],
        errors=errors or [],
        typed={name: values[-1] for name, values in form_fields(request).items()},
    )


ROUTES = [entries, accept_every, one_entry, give_verdict, correct]
