"""The organizer's pages: contests, dashboard and steps, audit log and jobs."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import Parameter

from server.access import ORGANIZER
from server.actor import ORGANIZER as ORGANIZER_ROLE
from server.contests import queries_organizer as queries
from server.contests.organizer_pages import DASHBOARD_ROOMS, event_data, funnel_rows, overview
from server.contests.services.steps import take_step
from server.forms import read_form
from server.jobs import retry_job
from server.pages import page, redirect, signed_in, words


class StepForm(msgspec.Struct):
    """The state that the person saw when pressing the button."""

    state: str


@get("/organize", access=ORGANIZER)
async def my_contests(request: Request[Any, Any, Any]) -> Response[Any]:
    """The contests that the organizer runs; a single one is opened at once."""
    codes = signed_in(request).contests(ORGANIZER_ROLE)
    if len(codes) == 1:
        return redirect(f"/organize/{codes[0]}")
    return page(request, "contests/organizer_contests.html", contests=await queries.contests_of(codes))


@get("/organize/{contest:str}", access=ORGANIZER)
async def dashboard(request: Request[Any, Any, Any], contest: str) -> Response[str]:
    """Where the contest stands: its steps, the funnel of each unit, what the rooms above add, and the latest events."""
    facts = overview(await queries.contest_overview(contest))
    rooms = [await room(contest) for room in DASHBOARD_ROOMS]
    advanced = {unit: number for room in rooms for unit, number in room.advanced.items()}
    table, total = funnel_rows(await queries.funnel(contest), advanced)
    return page(
        request,
        "contests/organizer_dashboard.html",
        contest=facts,
        funnel=table,
        funnel_total=total,
        panels=[panel for room in rooms for panel in room.panels],
        events=[(row, event_data(row)) for row in await queries.audit_events(contest, limit=8)],
    )


@post("/organize/{contest:str}/steps/{step:str}", access=ORGANIZER, status_code=200)
async def step(request: Request[Any, Any, Any], contest: str, step: str) -> Response[None]:
    """Take a step of the contest."""
    read_form(request, StepForm)
    await take_step(signed_in(request), contest, step)
    _ = words(request)
    done = {
        "open": _("Cuộc thi đã mở nhận bài."),
        "back_to_draft": _("Cuộc thi đã trở lại bản nháp."),
        "close": _("Đã đóng nhận bài."),
        "reopen": _("Đã mở lại việc nhận bài."),
    }
    return redirect(f"/organize/{contest}", flash=("success", done[step]))


@get("/organize/{contest:str}/audit", access=ORGANIZER)
async def audit_log(
    request: Request[Any, Any, Any],
    contest: str,
    person: Annotated[str, Parameter(max_length=100)] = "",
    action: Annotated[str, Parameter(max_length=80)] = "",
    before: Annotated[int | None, Parameter(ge=1, le=2**62)] = None,
) -> Response[str]:
    """Who changed what and when, newest first, 50 a page."""
    rows = await queries.audit_events(contest, person=person, action=action, before=before)
    return page(
        request,
        "contests/organizer_audit.html",
        contest=overview(await queries.contest_overview(contest)),
        events=[(row, event_data(row)) for row in rows],
        person=person,
        action=action,
        older=rows[-1]["id"] if len(rows) == queries.PAGE_SIZE else None,
    )


@get("/organize/{contest:str}/jobs", access=ORGANIZER)
async def jobs(request: Request[Any, Any, Any], contest: str) -> Response[str]:
    """Work behind the scenes: how much is waiting, and what has failed for good and can be tried again."""
    counts, dead = await queries.jobs_summary(contest)
    return page(
        request,
        "contests/organizer_jobs.html",
        contest=overview(await queries.contest_overview(contest)),
        counts={row["state"]: row["n"] for row in counts},
        dead=dead,
    )


@post("/organize/{contest:str}/jobs/{job:int}/retry", access=ORGANIZER, status_code=200)
async def retry(request: Request[Any, Any, Any], contest: str, job: int) -> Response[None]:
    """Put a dead job of this contest back into the queue."""
    await retry_job(signed_in(request), contest, job)
    return redirect(f"/organize/{contest}/jobs", flash=("success", words(request)("Công việc đã được xếp hàng lại.")))


ROUTES = [my_contests, dashboard, step, audit_log, jobs, retry]
