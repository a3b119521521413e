"""The organizer's pages of a round: progress, closing, standings, ties and advancement."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import Parameter

from server.access import ORGANIZER
from server.contests.organizer_pages import overview
from server.contests.queries_organizer import contest_overview
from server.db import Row
from server.errors import FieldError, InvalidForm
from server.forms import form_fields, read_form
from server.judging import queries
from server.judging.pages import progress_by_judge, progress_json, result_json, standing_lines
from server.judging.services import rounds
from server.judging.services.standings import result_of
from server.pages import page, redirect, signed_in, words

AnyRequest = Request[Any, Any, Any]
PAGE_SIZE = 100


class ReasonForm(msgspec.Struct):
    """A reason that goes on record."""

    reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class DecisionForm(msgspec.Struct):
    """Which of the tied entries advance, and why."""

    entries: list[str]
    reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class AdvanceForm(msgspec.Struct):
    """`next` goes on with the next round, `finish` ends the judging here."""

    then: Annotated[str, msgspec.Meta(pattern="^(next|finish)$")] = "finish"


def _url(contest: str, code: str, page_name: str = "") -> str:
    return f"/organize/{contest}/rounds/{code}{page_name}"


@get("/organize/{contest:str}/rounds/{code:str}/progress", access=ORGANIZER)
async def progress(request: AnyRequest, contest: str, code: str) -> Response[Any]:
    """How far each judge is; which sheets are missing; closing the round."""
    row = await queries.round_row(contest, code)
    pairs = await queries.applied_pairs(row["id"])
    if "json" in request.headers.get("accept", ""):
        return Response(progress_json(pairs))
    return await _progress_page(request, contest, row, pairs, [])


async def _progress_page(
    request: AnyRequest, contest: str, row: Row, pairs: list[Row], errors: list[FieldError]
) -> Response[Any]:
    judges = progress_by_judge(pairs)
    return page(
        request,
        "judging/organizer_progress.html",
        status=422 if errors else 200,
        contest=overview(await contest_overview(contest)),
        round=row,
        judges=judges,
        assigned=len(pairs),
        submitted=sum(judge.submitted for judge in judges),
        missing=[pair for pair in pairs if pair["state"] != "submitted"],
        errors=errors,
    )


@post("/organize/{contest:str}/rounds/{code:str}/start", access=ORGANIZER, status_code=200)
async def start(request: AnyRequest, contest: str, code: str) -> Response[None]:
    """Open the judges' desks."""
    await rounds.start_round(signed_in(request), contest, code)
    text = words(request)("Ban Giám khảo bắt đầu chấm được từ bây giờ.")
    return redirect(_url(contest, code, "/progress"), flash=("success", text))


@post("/organize/{contest:str}/rounds/{code:str}/stop", access=ORGANIZER, status_code=200)
async def stop(request: AnyRequest, contest: str, code: str) -> Response[None]:
    """Undo the start as long as nothing was marked."""
    await rounds.stop_round(signed_in(request), contest, code)
    return redirect(_url(contest, code), flash=("success", words(request)("Đã dừng chấm; có thể phân công lại.")))


@post("/organize/{contest:str}/rounds/{code:str}/close", access=ORGANIZER, status_code=200)
async def close(request: AnyRequest, contest: str, code: str) -> Response[Any]:
    """End the judging; with sheets missing only with a reason."""
    try:
        form = read_form(request, ReasonForm)
        missing = await rounds.close_round(signed_in(request), contest, code, form.reason)
    except InvalidForm as wrong:
        if "json" in request.headers.get("accept", ""):
            raise
        row = await queries.round_row(contest, code)
        return await _progress_page(request, contest, row, await queries.applied_pairs(row["id"]), list(wrong.errors))
    _ = words(request)
    text = (
        _("Đã đóng vòng chấm; thiếu {n} phiếu, đã ghi lý do.").format(n=missing) if missing else _("Đã đóng vòng chấm.")
    )
    return redirect(_url(contest, code, "/standings"), flash=("success", text))


@post("/organize/{contest:str}/rounds/{code:str}/reopen", access=ORGANIZER, status_code=200)
async def reopen(request: AnyRequest, contest: str, code: str) -> Response[None]:
    """Undo the closing."""
    await rounds.reopen_round(signed_in(request), contest, code)
    text = words(request)("Vòng chấm đã mở lại.")
    return redirect(_url(contest, code, "/progress"), flash=("success", text))


@get("/organize/{contest:str}/rounds/{code:str}/standings", access=ORGANIZER)
async def standings(
    request: AnyRequest,
    contest: str,
    code: str,
    number: Annotated[int, Parameter(query="page", ge=1, le=10_000)] = 1,
) -> Response[Any]:
    """The standings as they are now, with the cut, ties and flagged spreads; as JSON when that is asked for."""
    return await _standings_page(request, contest, code, number, [])


async def _standings_page(
    request: AnyRequest, contest: str, code: str, number: int, errors: list[FieldError]
) -> Response[Any]:
    result = await result_of(await queries.round_row(contest, code))
    if "json" in request.headers.get("accept", ""):
        return Response(result_json(result))
    lines = standing_lines(result)
    return page(
        request,
        "judging/organizer_standings.html",
        status=422 if errors else 200,
        contest=overview(await contest_overview(contest)),
        round=result.round,
        criteria=result.criteria_rows,
        lines=lines[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
        number=number,
        pages=max(1, -(-len(lines) // PAGE_SIZE)),
        flagged=[line for line in lines if line.flagged],
        advanced=len(result.cut.advanced),
        tied=[line for line in lines if line.unresolved],
        groups=[group for group in result.cut.groups if group.unresolved],
        decisions=await queries.decisions_of(result.round["id"]),
        errors=errors,
        typed=form_fields(request),
    )


@post("/organize/{contest:str}/rounds/{code:str}/decide", access=ORGANIZER, status_code=200)
async def decide(request: AnyRequest, contest: str, code: str) -> Response[Any]:
    """Put on record which tied entries advance."""
    try:
        form = read_form(request, DecisionForm)
        await rounds.decide_tie(signed_in(request), contest, code, form.entries, form.reason)
    except InvalidForm as wrong:
        return await _standings_page(request, contest, code, 1, list(wrong.errors))
    text = words(request)("Đã ghi quyết định.")
    return redirect(_url(contest, code, "/standings"), flash=("success", text))


@post("/organize/{contest:str}/rounds/{code:str}/advance", access=ORGANIZER, status_code=200)
async def advance(request: AnyRequest, contest: str, code: str) -> Response[None]:
    """Freeze the standings and go on with the next round, or end the judging here."""
    form = read_form(request, AdvanceForm)
    result = await rounds.advance_round(signed_in(request), contest, code, go_on=form.then == "next")
    text = words(request)("Đã chốt vòng thi: {n} bài được chọn.").format(n=len(result.cut.advanced))
    following = result.round["next_round"] if form.then == "next" else None
    url = _url(contest, following) if following else f"/organize/{contest}/publication"
    return redirect(url, flash=("success", text))


@post("/organize/{contest:str}/rounds/{code:str}/undo-advance", access=ORGANIZER, status_code=200)
async def undo_advance(request: AnyRequest, contest: str, code: str) -> Response[None]:
    """Undo the advancement until something was built on it."""
    await rounds.undo_advance(signed_in(request), contest, code)
    text = words(request)("Đã bỏ chốt vòng thi.")
    return redirect(_url(contest, code, "/standings"), flash=("success", text))


ROUTES = [progress, start, stop, close, reopen, standings, decide, advance, undo_advance]
