"""The judge's pages: rounds, queue, desk; marks saved by form or script, sheets handed in, entries given up."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import Parameter

from server.access import JUDGE
from server.errors import FieldError, InvalidForm, StaleVersion
from server.forms import form_fields
from server.judging import desk_queries as queries
from server.judging.controllers.viewer import media_policy
from server.judging.desk_files import desk_files
from server.judging.desk_pages import missing_criteria, plain, sheet_rows, total_of
from server.judging.services.conflicts import recuse
from server.judging.services.leaving import leave_round
from server.judging.services.sheets import SavedSheet, reopen_sheet, save_marks, submit_sheet
from server.pages import locale_of, page, redirect, signed_in, words

AnyRequest = Request[Any, Any, Any]
MARK_PREFIX = "mark-"


@get("/judge", access=JUDGE)
async def my_rounds(request: AnyRequest) -> Response[Any]:
    """The rounds in which the judge has something to mark; a single open one is opened at once."""
    rounds = await queries.rounds_of_judge(signed_in(request).person)
    return page(request, "judging/judge_rounds.html", rounds=rounds)


@get("/judge/{contest:str}/{round_code:str}", access=JUDGE)
async def queue(
    request: AnyRequest,
    contest: str,
    round_code: str,
    number: Annotated[int, Parameter(query="page", ge=1, le=10_000)] = 1,
    only: Annotated[str, Parameter(max_length=10)] = "",
) -> Response[str]:
    """The judge's queue in the judge's own order, 50 a page; `only=open` leaves out what is handed in."""
    return await _queue_page(request, contest, round_code, number, only, [])


async def _queue_page(
    request: AnyRequest, contest: str, round_code: str, number: int, only: str, errors: list[FieldError]
) -> Response[str]:
    rows = await queries.queue(signed_in(request).person, contest, round_code, only_open=only == "open", page=number)
    head = rows[0]
    return page(
        request,
        "judging/judge_queue.html",
        status=422 if errors else 200,
        errors=errors,
        base=f"/judge/{contest}/{round_code}",
        head=head,
        rows=[row for row in rows if row["alias"] is not None],
        only=only,
        number=number,
        pages=max(1, -(-head["listed"] // queries.QUEUE_PAGE)),
    )


@post("/judge/{contest:str}/{round_code:str}/leave", access=JUDGE, status_code=200)
async def leave(request: AnyRequest, contest: str, round_code: str) -> Response[Any]:
    """Give up the seat and every sheet of the round, with a reason."""
    reason = form_fields(request).get("reason", [""])[-1]
    try:
        if len(reason) > 2000:
            raise InvalidForm([FieldError("reason", "too_long")])
        await leave_round(signed_in(request), contest, round_code, reason)
    except InvalidForm as wrong:
        return await _queue_page(request, contest, round_code, 1, "", list(wrong.errors))
    text = words(request)("Bạn đã rời tiểu ban và không còn chấm vòng này.")
    return redirect("/judge", flash=("success", text))


@get("/judge/{contest:str}/{round_code:str}/{alias:str}", access=JUDGE)
async def desk(request: AnyRequest, contest: str, round_code: str, alias: str) -> Response[str]:
    """An entry beside its score sheet."""
    return await _desk_page(request, contest, round_code, alias)


@post("/judge/{contest:str}/{round_code:str}/{alias:str}/marks", access=JUDGE, status_code=200)
async def save(request: AnyRequest, contest: str, round_code: str, alias: str) -> Response[Any]:
    """Save the marks as the next version; for the script the answer is JSON."""
    as_json = "json" in request.headers.get("accept", "")
    version, typed, comment = _read_sheet(request)
    try:
        saved = await save_marks(signed_in(request), contest, round_code, alias, version, typed, comment)
    except InvalidForm as wrong:
        if as_json:
            raise
        return await _desk_page(request, contest, round_code, alias, errors=list(wrong.errors))
    except StaleVersion as stale:
        if as_json:
            raise
        return await _desk_page(request, contest, round_code, alias, status=412, stale=stale)
    if as_json:
        return Response(_saved(saved))
    if "submit" in form_fields(request):
        return await _submit(request, contest, round_code, alias, saved.version)
    return redirect(f"/judge/{contest}/{round_code}/{alias}", flash=("success", words(request)("Đã lưu điểm.")))


@post("/judge/{contest:str}/{round_code:str}/{alias:str}/submit", access=JUDGE, status_code=200)
async def submit(request: AnyRequest, contest: str, round_code: str, alias: str) -> Response[Any]:
    """Hand the sheet in, as it is stored."""
    version, _, _ = _read_sheet(request)
    return await _submit(request, contest, round_code, alias, version)


@post("/judge/{contest:str}/{round_code:str}/{alias:str}/reopen", access=JUDGE, status_code=200)
async def reopen(request: AnyRequest, contest: str, round_code: str, alias: str) -> Response[None]:
    """Take a handed-in sheet back."""
    await reopen_sheet(signed_in(request), contest, round_code, alias)
    text = words(request)("Phiếu đã mở lại. Nhớ nộp lại sau khi sửa.")
    return redirect(f"/judge/{contest}/{round_code}/{alias}", flash=("info", text))


@post("/judge/{contest:str}/{round_code:str}/{alias:str}/recuse", access=JUDGE, status_code=200)
async def give_up(request: AnyRequest, contest: str, round_code: str, alias: str) -> Response[Any]:
    """Step back from an entry, with a reason."""
    reason = form_fields(request).get("reason", [""])[-1]
    try:
        if len(reason) > 2000:
            raise InvalidForm([FieldError("reason", "too_long")])
        await recuse(signed_in(request), contest, round_code, alias, reason)
    except InvalidForm as wrong:
        return await _desk_page(request, contest, round_code, alias, errors=list(wrong.errors))
    text = words(request)("Bạn không còn chấm bài {alias}. Ban Tổ chức đã được thông báo.").format(alias=alias)
    return redirect(f"/judge/{contest}/{round_code}", flash=("success", text))


async def _submit(request: AnyRequest, contest: str, round_code: str, alias: str, version: int | None) -> Response[Any]:
    leave_blank = "leave_blank" in form_fields(request)
    as_json = "json" in request.headers.get("accept", "")
    try:
        saved = await submit_sheet(signed_in(request), contest, round_code, alias, version, leave_blank=leave_blank)
    except InvalidForm as wrong:
        if as_json:
            raise
        return await _desk_page(
            request, contest, round_code, alias, errors=list(wrong.errors), missing=missing_criteria(wrong.errors)
        )
    except StaleVersion as stale:
        if as_json:
            raise
        return await _desk_page(request, contest, round_code, alias, status=412, stale=stale)
    if as_json:
        return Response(_saved(saved))
    text = words(request)("Đã nộp phiếu chấm bài {alias}.").format(alias=alias)
    return redirect(f"/judge/{contest}/{round_code}/{alias}", flash=("success", text))


def _read_sheet(request: AnyRequest) -> tuple[int | None, dict[str, str], str]:
    fields = {name: values[-1] for name, values in form_fields(request).items()}
    version = fields.get("version", "")
    typed = {name[len(MARK_PREFIX) :]: text for name, text in fields.items() if name.startswith(MARK_PREFIX)}
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None
    return number, typed, fields.get("comment", "")


def _saved(sheet: SavedSheet) -> dict[str, Any]:
    return {
        "version": sheet.version,
        "saved_at": sheet.saved_at.isoformat() if sheet.saved_at else None,
        "submitted_at": sheet.submitted_at.isoformat() if sheet.submitted_at else None,
        "marks": {code: None if points is None else plain(points) for code, points in sheet.points.items()},
        "total": None if sheet.total is None else plain(sheet.total),
    }


async def _desk_page(
    request: AnyRequest,
    contest: str,
    round_code: str,
    alias: str,
    *,
    errors: list[FieldError] | None = None,
    missing: list[str] | None = None,
    stale: StaleVersion | None = None,
    status: int = 422,
) -> Response[str]:
    row = await queries.desk(signed_in(request).person, contest, round_code, alias)
    criteria = await queries.sheet(row["assignment"], row["round"])
    _, typed, comment = _read_sheet(request)
    return page(
        request,
        "judging/desk.html",
        status=status if errors or stale else 200,
        base=f"/judge/{contest}/{round_code}",
        entry=row,
        headers=media_policy(request.app.state.settings),
        files=desk_files(await queries.files(row["round_entry"])),
        criteria=sheet_rows(criteria, typed, locale_of(request)),
        total=total_of(criteria),
        comment=comment if typed else row["comment"],
        editable=row["round_state"] == "judging" and row["submitted_at"] is None,
        errors=errors or [],
        missing=missing or [],
        stale=stale,
        prefix=MARK_PREFIX,
    )


ROUTES = [my_rounds, queue, leave, desk, save, submit, reopen, give_up]
