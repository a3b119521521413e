"""The API of organizers: the contest's steps, entries, and rounds from plan to advancement."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import Parameter

from server.access import ORGANIZER
from server.api.shared import AnyRequest
from server.contests.organizer_pages import overview
from server.contests.queries_organizer import EntryFilter, contest_overview
from server.contests.queries_organizer import entries as entries_of
from server.contests.services.review import review_entry
from server.contests.services.steps import take_step
from server.errors import NotFound
from server.judging import queries
from server.judging.pages import progress_json, result_json
from server.judging.services import rounds
from server.judging.services.assigning import apply_plan, plan_round
from server.judging.services.standings import compute_round
from server.pages import signed_in

TAGS = ["Organizing"]
Reason = Annotated[str, msgspec.Meta(max_length=2000)]


class PlanIn(msgspec.Struct):
    """The plan as it was shown."""

    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
    basis: Annotated[str, msgspec.Meta(max_length=64)]


class ReasonIn(msgspec.Struct):
    """A reason that goes on record; needed where the action says so."""

    reason: Reason = ""


class DecisionIn(msgspec.Struct):
    """Which of the tied entries advance, and why."""

    entries: list[str]
    reason: Reason


class AdvanceIn(msgspec.Struct):
    """True goes on with the next round, False ends the judging here."""

    next: bool


@get("/api/v1/organize/{contest:str}", access=ORGANIZER, tags=TAGS, summary="A contest as its organizers see it")
async def contest_facts(contest: str) -> dict[str, Any]:
    """State, dates, counts of entries by state, and the rounds."""
    facts = overview(await contest_overview(contest))
    names = ("code", "title_vi", "title_en", "state", "position", "entries", "assignments", "submitted")
    return {
        "code": facts.code,
        "state": facts.state,
        "steps": facts.steps,
        "closes_at": facts.closes_at,
        "entries": facts.counts,
        "dead_jobs": facts.dead_jobs,
        "rounds": [{name: row[name] for name in names} for row in await queries.rounds_of(contest)],
    }


@post(
    "/api/v1/organize/{contest:str}/steps/{step:str}",
    access=ORGANIZER,
    tags=TAGS,
    summary="Take a step",
    status_code=200,
)
async def step(request: AnyRequest, contest: str, step: str) -> dict[str, Any]:
    """open, back_to_draft, close or reopen; 409 when the state does not allow it."""
    await take_step(signed_in(request), contest, step)
    return await contest_facts.fn(contest)  # type: ignore[no-any-return]


@get("/api/v1/organize/{contest:str}/entries", access=ORGANIZER, tags=TAGS, summary="The entries of a contest")
async def entries(
    contest: str,
    number: Annotated[int, Parameter(query="page", ge=1, le=100_000)] = 1,
    wanted: Annotated[str, Parameter(query="state", max_length=12)] = "",
) -> dict[str, Any]:
    """50 a page, by code."""
    rows, total = await entries_of(contest, EntryFilter(state=wanted, page=number))
    names = ("code", "title", "state", "submitted_at", "late", "version", "unit_name", "files")
    return {"total": total, "entries": [{n: row[n] for n in names} | {"authors": list(row["authors"])} for row in rows]}


@post(
    "/api/v1/organize/{contest:str}/entries/{entry:str}/verdicts/{verdict:str}",
    access=ORGANIZER,
    tags=TAGS,
    summary="Accept, return or withdraw an entry, or undo that",
    status_code=200,
)
async def verdict(request: AnyRequest, contest: str, entry: str, verdict: str, data: ReasonIn) -> dict[str, str]:
    """accept, undo_accept, return, undo_return, withdraw or undo_withdraw; return and withdraw need a reason."""
    await review_entry(signed_in(request), contest, entry, verdict, data.reason)
    return {"entry": entry, "verdict": verdict}


@get("/api/v1/organize/{contest:str}/rounds/{code:str}/plan", access=ORGANIZER, tags=TAGS, summary="Preview a plan")
async def preview(
    contest: str, code: str, seed: Annotated[int | None, Parameter(ge=0, lt=2**31)] = None
) -> dict[str, Any]:
    """Nothing is written; the same seed on the same facts gives the same plan."""
    planned = await plan_round(contest, code, seed)
    plan = planned.plan
    return {
        "seed": plan.seed,
        "basis": planned.basis,
        "assignments": len(plan.pairs),
        "loads": {planned.judges[judge]["email"]: load for judge, load in plan.loads.items()},
        "gaps": [
            {"entry": planned.entries[entry]["code"], "judge": planned.judges[judge]["email"], "reason": reason}
            for entry, judge, reason in plan.gaps
        ],
        "a_eff": plan.a_eff,
        "components": plan.components,
    }


@post(
    "/api/v1/organize/{contest:str}/rounds/{code:str}/plan",
    access=ORGANIZER,
    tags=TAGS,
    summary="Apply a plan",
    status_code=200,
)
async def apply(request: AnyRequest, contest: str, code: str, data: PlanIn) -> dict[str, int]:
    """Write the plan exactly as it was shown; 409 when the facts changed since."""
    plan = await apply_plan(signed_in(request), contest, code, data.seed, data.basis)
    return {"assignments": len(plan.pairs)}


@get(
    "/api/v1/organize/{contest:str}/rounds/{code:str}/progress", access=ORGANIZER, tags=TAGS, summary="Who judges what"
)
async def progress(contest: str, code: str) -> dict[str, Any]:
    """Each assignment with the state of its sheet."""
    row = await queries.round_row(contest, code)
    return progress_json(await queries.applied_pairs(row["id"]))


@get(
    "/api/v1/organize/{contest:str}/rounds/{code:str}/standings",
    access=ORGANIZER,
    tags=TAGS,
    summary="Standings and cut",
)
async def standings(contest: str, code: str) -> dict[str, Any]:
    """As they are now; scores are texts with the round's decimals."""
    return result_json(await compute_round(contest, code))


@post(
    "/api/v1/organize/{contest:str}/rounds/{code:str}/decide",
    access=ORGANIZER,
    tags=TAGS,
    summary="Decide a tie",
    status_code=200,
)
async def decide(request: AnyRequest, contest: str, code: str, data: DecisionIn) -> dict[str, Any]:
    """Name exactly as many tied entries as there are places."""
    await rounds.decide_tie(signed_in(request), contest, code, data.entries, data.reason)
    return result_json(await compute_round(contest, code))


@post(
    "/api/v1/organize/{contest:str}/rounds/{code:str}/advance",
    access=ORGANIZER,
    tags=TAGS,
    summary="Decide a round",
    status_code=200,
)
async def advance(request: AnyRequest, contest: str, code: str, data: AdvanceIn) -> dict[str, Any]:
    """Freeze the standings; the best go on."""
    return result_json(await rounds.advance_round(signed_in(request), contest, code, go_on=data.next))


@post(
    "/api/v1/organize/{contest:str}/rounds/{code:str}/{step:str}",
    access=ORGANIZER,
    tags=TAGS,
    summary="Start, stop, close or reopen a round",
    status_code=200,
)
async def round_step(request: AnyRequest, contest: str, code: str, step: str, data: ReasonIn) -> dict[str, Any]:
    """start, stop, close (needs a reason when sheets are missing), reopen or undo-advance."""
    actor = signed_in(request)
    if step == "close":
        return {"missing_sheets": await rounds.close_round(actor, contest, code, data.reason)}
    steps = {
        "start": rounds.start_round,
        "stop": rounds.stop_round,
        "reopen": rounds.reopen_round,
        "undo-advance": rounds.undo_advance,
    }
    if step not in steps:
        raise NotFound
    await steps[step](actor, contest, code)
    return {"state": (await queries.round_row(contest, code))["state"]}


ROUTES = [
    contest_facts,
    step,
    entries,
    verdict,
    preview,
    apply,
    progress,
    standings,
    decide,
    advance,
    round_step,
]
