"""Starts, closes and reopens a round, settles ties on its cut, and lets its best advance.

A step that was taken already, such as by the first press of a button pressed twice, is answered like that press.
"""

from __future__ import annotations

from server.actor import Actor
from server.contests.services.steps import back_to_closed, begin_judging, decide_contest
from server.contests.states import JUDGING as CONTEST_JUDGING
from server.db import Row, fetch, fetch_one, unit_of_work
from server.errors import FieldError, Forbidden, InvalidForm, StepNotAllowed, UnresolvedTie
from server.judging import queries
from server.judging.rules.alias import draw_aliases
from server.judging.rules.cut import DecisionMismatch, settle
from server.judging.services.standings import RoundResult, result_of
from server.judging.states import ASSIGNED, CLOSED, DECIDED, JUDGING, WAITING


async def start_round(actor: Actor, contest: str, code: str) -> None:
    """Open the judges' desks; raises StepNotAllowed unless the round has an applied plan of the entries of now."""
    async with unit_of_work(actor.person, contest) as work:
        row = await queries.round_row(contest, code, lock=True)
        if row["state"] == JUDGING:
            return
        _require(row, "start", ASSIGNED)
        if await queries.placed_entries(row["id"]) != {e["id"] for e in await queries.entries_to_place(row)}:
            raise StepNotAllowed("start", row["state"], ["plan_outdated"])
        await begin_judging(work, contest)
        await _set_state(row, JUDGING)
        work.audit("round.started", f"{contest}/{code}")


async def stop_round(actor: Actor, contest: str, code: str) -> None:
    """Undo `start_round` as long as nothing was marked."""
    async with unit_of_work(actor.person, contest) as work:
        row = await queries.round_row(contest, code, lock=True)
        if row["state"] == ASSIGNED:
            return
        _require(row, "stop", JUDGING)
        if await _has_marks(row["id"]):
            raise StepNotAllowed("stop", row["state"], ["marks_exist"])
        await _set_state(row, ASSIGNED)
        if row["position"] == 0:
            await back_to_closed(work, contest)
        work.audit("round.stopped", f"{contest}/{code}")


async def close_round(actor: Actor, contest: str, code: str, reason: str = "") -> int:
    """End the judging of a round; with sheets missing it needs a `reason`, and each gap goes on record.

    Returns the number of missing sheets. Raises InvalidForm when sheets are missing and no reason is given.
    """
    async with unit_of_work(actor.person, contest) as work:
        row = await queries.round_row(contest, code, lock=True)
        missing = await queries.missing_sheets(row["id"])
        if row["state"] == CLOSED and (row["gap_reason"] or "") in ("", reason):
            return len(missing)
        _require(row, "close", JUDGING)
        if missing and not reason:
            raise InvalidForm([FieldError("reason", "required")])
        await fetch(
            "update round set state = $2, closed_at = clock_timestamp(), gap_reason = $3 where id = $1",
            row["id"],
            CLOSED,
            reason if missing else None,
        )
        gaps = [{"entry": gap["entry"], "judge": gap["email"]} for gap in missing]
        work.audit("round.closed", f"{contest}/{code}", reason=reason, missing=gaps)
        return len(missing)


async def reopen_round(actor: Actor, contest: str, code: str) -> None:
    """Undo `close_round`: judges can go on; decisions on ties made since then no longer count."""
    async with unit_of_work(actor.person, contest) as work:
        row = await queries.round_row(contest, code, lock=True)
        if row["state"] == JUDGING:
            return
        _require(row, "reopen", CLOSED)
        await fetch(
            "update round set state = $2, closed_at = null, gap_reason = null where id = $1", row["id"], JUDGING
        )
        work.audit("round.reopened", f"{contest}/{code}")


async def decide_tie(actor: Actor, contest: str, code: str, entries: list[str], reason: str) -> None:
    """Put on record which of the tied entries advance, and why.

    Raises StepNotAllowed unless the round is closed with a tie on its cut, InvalidForm when the choice does not
    fill the places that are left, or without a reason.
    """
    async with unit_of_work(actor.person, contest) as work:
        row = await queries.round_row(contest, code, lock=True)
        _require(row, "decide_tie", CLOSED)
        if await queries.is_last_decision(row, actor.person, entries, reason):
            return
        result = await result_of(row)
        if not result.cut.unresolved:
            raise StepNotAllowed("decide_tie", row["state"], ["no_tie"])
        errors = [FieldError("reason", "required")] if not reason else []
        errors += _wrong_choices(result, entries)
        if errors:
            raise InvalidForm(errors)
        chosen = [result.entries[entry]["id"] for entry in entries]
        await fetch(
            "insert into cut_decision (round, entries, reason, person, at) values ($1, $2, $3, $4, clock_timestamp())",
            row["id"],
            chosen,
            reason,
            actor.person,
        )
        work.audit("round.tie_decided", f"{contest}/{code}", entries=entries, reason=reason)


async def advance_round(actor: Actor, contest: str, code: str, *, go_on: bool) -> RoundResult:
    """Freeze the standings; the best go on to the next round, or the contest is decided when `go_on` is False.

    Raises UnresolvedTie while a tie on the cut is open, StepNotAllowed unless the round is closed or, with `go_on`,
    when there is no further round.
    """
    async with unit_of_work(actor.person, contest) as work:
        row = await queries.round_row(contest, code, lock=True)
        if row["state"] == DECIDED and go_on is (row["contest_state"] == CONTEST_JUDGING):
            return await result_of(row)
        _require(row, "advance", CLOSED)
        if go_on and row["next_round"] is None:
            raise StepNotAllowed("advance", row["state"], ["no_next_round"])
        result = await result_of(row)
        if result.cut.unresolved:
            raise UnresolvedTie(result.cut.unresolved)
        await _freeze(result)
        await _set_state(row, DECIDED)
        if go_on:
            await _enter_next_round(row, result)
        else:
            await decide_contest(work, contest)
        work.audit("round.advanced", f"{contest}/{code}", entries=list(result.cut.advanced), go_on=go_on)
        return result


async def undo_advance(actor: Actor, contest: str, code: str) -> None:
    """Undo `advance_round` until something was built on it: an applied plan of the next round, or a publication.

    Raises Forbidden for an organizer who judged the round.
    """
    async with unit_of_work(actor.person, contest) as work:
        row = await queries.round_row(contest, code, lock=True)
        if row["state"] == CLOSED:
            return
        _require(row, "undo_advance", DECIDED)
        # The standings are open to them by now, and undone twice the round would be open for their marks again.
        if await queries.judges_round(row["id"], actor.person):
            raise Forbidden("judging")
        if row["next_round"] is not None:
            following = await queries.round_row(contest, row["next_round"], lock=True)
            if following["state"] != WAITING:
                raise StepNotAllowed("undo_advance", row["state"], ["next_round_planned"])
            await fetch("delete from round_entry where round = $1", following["id"])
        if row["contest_state"] not in ("judging", "decided"):
            raise StepNotAllowed("undo_advance", row["contest_state"], ["published"])
        if row["contest_state"] == "decided":
            await begin_judging(work, contest)
        await fetch("delete from standing where round = $1", row["id"])
        await _set_state(row, CLOSED)
        work.audit("round.advance_undone", f"{contest}/{code}")


def _require(row: Row, step: str, state: str) -> None:
    if row["state"] != state:
        raise StepNotAllowed(step, row["state"])


async def _set_state(row: Row, state: str) -> None:
    await fetch("update round set state = $2 where id = $1", row["id"], state)


async def _has_marks(round_id: int) -> bool:
    query = (
        "select 1 from assignment a join round_entry re on re.id = a.round_entry "
        "where re.round = $1 and a.version > 0 limit 1"
    )
    return await fetch_one(query, round_id) is not None


def _wrong_choices(result: RoundResult, entries: list[str]) -> list[FieldError]:
    """The form asks for every open tie at once, so nothing may stay unresolved."""
    places = sum(group.places for group in result.cut.groups)
    try:
        settled = all(not group.unresolved for group in settle(result.cut.groups, entries))
    except DecisionMismatch:
        settled = False
    return [] if settled else [FieldError("entries", "decision", {"places": str(places)})]


async def _freeze(result: RoundResult) -> None:
    advanced = result.advanced
    lines = [
        (position, result.entries[s.entry]["id"], s.rank, s.score, s.tied, s.broken_by, s.entry in advanced)
        for position, s in enumerate(result.standings)
    ]
    if lines:
        await fetch(
            "insert into standing (round, position, entry, rank, score, tied, broken_by, advanced) "
            "select $1, * from unnest($2::int[], $3::bigint[], $4::int[], $5::numeric[], $6::bool[], $7::text[], $8::bool[])",
            result.round["id"],
            *(list(column) for column in zip(*lines, strict=True)),
        )


async def _enter_next_round(row: Row, result: RoundResult) -> None:
    following = await fetch_one(
        "select id from round where contest = $1 and code = $2", row["contest"], row["next_round"]
    )
    assert following is not None
    taken = {
        found["alias"]
        for found in await fetch(
            "select re.alias from round_entry re join round r on r.id = re.round where r.contest = $1", row["contest"]
        )
    }
    codes = list(result.cut.advanced)
    if codes:
        await fetch(
            "insert into round_entry (round, entry, alias) select $1, * from unnest($2::bigint[], $3::text[])",
            following["id"],
            [result.entries[code]["id"] for code in codes],
            draw_aliases(len(codes), taken),
        )
