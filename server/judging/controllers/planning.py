"""The organizer's page of a round's panels and plan: shown first, then applied as shown; and conflicts of interest."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import Parameter

from server.access import ORGANIZER
from server.contests.organizer_pages import overview
from server.contests.queries_organizer import contest_overview
from server.errors import FieldError, InvalidForm, PlanInfeasible
from server.forms import form_fields, read_form
from server.judging import queries
from server.judging.pages import panels_by_name
from server.judging.services.assigning import PlannedRound, apply_plan, plan_round
from server.judging.services.conflicts import add_conflict, remove_conflict
from server.judging.services.seats import give_seat, take_seat_back
from server.pages import page, redirect, signed_in, words

AnyRequest = Request[Any, Any, Any]


class ApplyForm(msgspec.Struct):
    """The plan that was shown: its seed and the digest of the facts behind it."""

    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
    basis: Annotated[str, msgspec.Meta(max_length=64)]


class ConflictForm(msgspec.Struct):
    """A judge's address and the code of an entry or of a unit."""

    judge: Annotated[str, msgspec.Meta(max_length=320)]
    reason: Annotated[str, msgspec.Meta(max_length=2000)]
    entry: Annotated[str, msgspec.Meta(max_length=40)] = ""
    unit: Annotated[str, msgspec.Meta(max_length=40)] = ""


@get("/organize/{contest:str}/rounds/{code:str}", access=ORGANIZER)
async def show_round(
    request: AnyRequest,
    contest: str,
    code: str,
    seed: Annotated[int | None, Parameter(ge=0, lt=2**31)] = None,
) -> Response[Any]:
    """The round's panels, rules and criteria, and a plan to look at before it is applied."""
    row = await queries.round_row(contest, code)
    panels = await queries.panels_of(row["id"])
    judges = await queries.judges_of_contest(contest)
    seated = {judge for panel in panels for judge in panel["judges"] or ()}
    planned: PlannedRound | None = None
    infeasible: PlanInfeasible | None = None
    if row["state"] in ("waiting", "assigned"):
        chosen = seed if seed is not None else row["plan_seed"]
        try:
            planned = await plan_round(contest, code, chosen)
        except PlanInfeasible as error:
            infeasible = error
    if planned is not None and "json" in request.headers.get("accept", ""):
        return Response({"seed": planned.plan.seed, "basis": planned.basis, "assignments": len(planned.plan.pairs)})
    return page(
        request,
        "judging/organizer_plan.html",
        contest=overview(await contest_overview(contest)),
        round=row,
        panels=panels_by_name(panels),
        criteria=await queries.criteria_of(row["id"]),
        judges=judges,
        judging_organizers=[judge for judge in judges if judge["organizes"] and judge["id"] in seated],
        planned=planned,
        infeasible=infeasible,
        other_seed=secrets.randbelow(2**31),
    )


@post("/organize/{contest:str}/rounds/{code:str}/apply", access=ORGANIZER, status_code=200)
async def apply(request: AnyRequest, contest: str, code: str) -> Response[None]:
    """Apply the plan that was shown."""
    form = read_form(request, ApplyForm)
    plan = await apply_plan(signed_in(request), contest, code, form.seed, form.basis)
    text = words(request)("Đã phân công {n} phiếu chấm.").format(n=len(plan.pairs))
    return redirect(f"/organize/{contest}/rounds/{code}/progress", flash=("success", text))


class SeatForm(msgspec.Struct):
    """A judge's address."""

    judge: Annotated[str, msgspec.Meta(max_length=320)]


@post("/organize/{contest:str}/rounds/{code:str}/panels/{panel:int}/seats", access=ORGANIZER, status_code=200)
async def seat(request: AnyRequest, contest: str, code: str, panel: int) -> Response[None]:
    """Seat a judge on a panel."""
    form = read_form(request, SeatForm)
    organizes = await give_seat(signed_in(request), contest, code, panel, form.judge)
    _ = words(request)
    if organizes:
        text = _(
            "Đã thêm vào tiểu ban một người cũng thuộc Ban Tổ chức: khi đã phân công, người này không xem được phần việc của Ban Tổ chức cho tới khi chốt vòng."
        )
        return redirect(f"/organize/{contest}/rounds/{code}", flash=("warning", text))
    text = _("Đã thêm giám khảo vào tiểu ban. Hãy áp dụng lại kế hoạch phân công.")
    return redirect(f"/organize/{contest}/rounds/{code}", flash=("success", text))


@post(
    "/organize/{contest:str}/rounds/{code:str}/panels/{panel:int}/seats/{judge:int}/leave",
    access=ORGANIZER,
    status_code=200,
)
async def leave(request: AnyRequest, contest: str, code: str, panel: int, judge: int) -> Response[None]:
    """Take a judge off a panel."""
    await take_seat_back(signed_in(request), contest, code, panel, judge)
    text = words(request)("Giám khảo không còn trong tiểu ban. Hãy áp dụng lại kế hoạch phân công.")
    return redirect(f"/organize/{contest}/rounds/{code}", flash=("success", text))


@get("/organize/{contest:str}/conflicts", access=ORGANIZER)
async def conflicts(request: AnyRequest, contest: str) -> Response[Any]:
    """The conflicts on record and the form for another."""
    return await _conflicts_page(request, contest, [])


@post("/organize/{contest:str}/conflicts", access=ORGANIZER, status_code=200)
async def set_conflict(request: AnyRequest, contest: str) -> Response[Any]:
    """Put a conflict on record; assignments that it touches end."""
    try:
        form = read_form(request, ConflictForm)
        cancelled = await add_conflict(
            signed_in(request), contest, judge=form.judge.lower(), entry=form.entry, unit=form.unit, reason=form.reason
        )
    except InvalidForm as wrong:
        return await _conflicts_page(request, contest, list(wrong.errors))
    text = words(request)("Đã ghi xung đột lợi ích; {n} phân công bị hủy.").format(n=cancelled)
    return redirect(f"/organize/{contest}/conflicts", flash=("success", text))


@post("/organize/{contest:str}/conflicts/{conflict:int}/remove", access=ORGANIZER, status_code=200)
async def drop_conflict(request: AnyRequest, contest: str, conflict: int) -> Response[None]:
    """Take a conflict off the record."""
    await remove_conflict(signed_in(request), contest, conflict)
    text = words(request)("Đã bỏ xung đột lợi ích.")
    return redirect(f"/organize/{contest}/conflicts", flash=("success", text))


async def _conflicts_page(request: AnyRequest, contest: str, errors: list[FieldError]) -> Response[Any]:
    row = await contest_overview(contest)
    return page(
        request,
        "judging/organizer_conflicts.html",
        status=422 if errors else 200,
        contest=overview(row),
        conflicts=await queries.conflicts_of(row["id"]),
        judges=await queries.judges_of_contest(contest),
        errors=errors,
        typed={name: values[-1] for name, values in form_fields(request).items()},
    )


ROUTES = [show_round, apply, seat, leave, conflicts, set_conflict, drop_conflict]
