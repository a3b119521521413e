"""Moves a contest from state to state, each time under a lock on its row and with an audit event."""

from __future__ import annotations

from server.actor import Actor
from server.contests.states import CLOSED, DECIDED, DRAFT, JUDGING, PUBLISHED, STEPS
from server.db import Row, UnitOfWork, fetch, fetch_one, unit_of_work
from server.errors import NotFound, StepNotAllowed


async def lock_contest(code: str) -> Row:
    """Lock the contest's row for the rest of the transaction; raises NotFound."""
    row = await fetch_one("select id, code, state, closes_at from contest where code = $1 for update", code)
    if row is None:
        raise NotFound
    return row


async def take_step(actor: Actor, contest: str, name: str) -> None:
    """Take one of the dashboard's steps; raises StepNotAllowed when it does not start at the present state.

    Where the step leads to the present state it was taken already, such as by the first of two presses.
    """
    step = STEPS.get(name)
    if step is None:
        raise NotFound
    async with unit_of_work(actor.person, contest) as work:
        row = await lock_contest(contest)
        if row["state"] == step.target:
            return
        blockers = await _blockers(step.name, row["id"])
        if row["state"] != step.source or blockers:
            raise StepNotAllowed(step.name, row["state"], blockers)
        await _move(work, row, step.target, step.name)


async def begin_judging(work: UnitOfWork, contest: str) -> None:
    """Inside the caller's transaction: a round starts, so a closed (or again a decided) contest is being judged."""
    row = await lock_contest(contest)
    if row["state"] == JUDGING:
        return
    if row["state"] not in (CLOSED, DECIDED):
        raise StepNotAllowed("begin_judging", row["state"])
    await _move(work, row, JUDGING, "begin_judging")


async def back_to_closed(work: UnitOfWork, contest: str) -> None:
    """Inside the caller's transaction: judging was started by mistake and nothing was marked yet."""
    row = await lock_contest(contest)
    if row["state"] != JUDGING:
        raise StepNotAllowed("back_to_closed", row["state"])
    await _move(work, row, CLOSED, "back_to_closed")


async def decide_contest(work: UnitOfWork, contest: str) -> None:
    """Inside the caller's transaction: the last round that is played has been decided."""
    row = await lock_contest(contest)
    if row["state"] != JUDGING:
        raise StepNotAllowed("decide", row["state"])
    await _move(work, row, DECIDED, "decide")


async def mark_published(work: UnitOfWork, contest: str) -> None:
    """Inside the caller's transaction: a publication has gone out (a correction finds the contest published)."""
    row = await lock_contest(contest)
    if row["state"] == PUBLISHED:
        return
    if row["state"] != DECIDED:
        raise StepNotAllowed("publish", row["state"])
    await _move(work, row, PUBLISHED, "publish")


async def _move(work: UnitOfWork, row: Row, target: str, step: str) -> None:
    await fetch("update contest set state = $2 where id = $1", row["id"], target)
    work.audit("contest.step", row["code"], step=step, source=row["state"], target=target)


async def _blockers(step: str, contest: int) -> list[str]:
    """Codes of what is in the way of a step; only going back to draft has any: entries that exist already."""
    if step == "back_to_draft":
        row = await fetch_one("select 1 from entry where contest = $1 and state <> $2 limit 1", contest, DRAFT)
        return ["entries_submitted"] if row else []
    return []
