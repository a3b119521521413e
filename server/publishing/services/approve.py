"""Approve, take an approval back, publish or discard what was prepared: always exactly the version that was seen."""

from __future__ import annotations

from server.actor import Actor
from server.contests.services.steps import lock_contest, mark_published
from server.db import Row, fetch, unit_of_work
from server.errors import StepNotAllowed
from server.publishing import queries

# A step that was taken already, such as by the first press of a button pressed twice, is answered like that press.


async def approve(actor: Actor, contest: str, digest: str) -> None:
    """Say yes to the prepared publication with this digest; a second yes changes nothing."""
    async with unit_of_work(actor.person, contest) as work:
        row = await _pending(contest, "approve", digest)
        if any(given["person"] == actor.person for given in await queries.approvals(row["id"])):
            return
        await _verdict(row, actor, "approved")
        work.audit("publication.approved", contest, version=row["version"], digest=digest)


async def withdraw_approval(actor: Actor, contest: str, digest: str) -> None:
    """Take one's own yes back, before the publication goes out."""
    async with unit_of_work(actor.person, contest) as work:
        row = await _pending(contest, "withdraw", digest)
        verdict = await queries.verdict_of(row["id"], actor.person)
        if verdict == "withdrawn":
            return
        if verdict is None:
            raise StepNotAllowed("withdraw", "prepared", ["not_approved"])
        await _verdict(row, actor, "withdrawn")
        work.audit("publication.withdrawn", contest, version=row["version"], digest=digest)


async def publish(actor: Actor, contest: str, digest: str) -> None:
    """Let the prepared publication out, once enough organizers approved it and nothing it states has changed."""
    async with unit_of_work(actor.person, contest) as work:
        await lock_contest(contest)
        if await queries.outcome_of(contest, digest) == "published":
            return
        row = await _pending(contest, "publish", digest)
        facts = await queries.contest_facts(contest)
        given = await queries.approvals(row["id"])
        if len(given) < facts["approvals"]:
            raise StepNotAllowed("publish", "prepared", [f"approvals {len(given)}/{facts['approvals']}"])
        if await queries.standings_basis(facts["id"]) != row["basis"]:
            raise StepNotAllowed("publish", "prepared", ["facts_changed"])
        await mark_published(work, contest)
        await _release(row, actor, "published")
        work.audit("publication.published", contest, version=row["version"], digest=digest)


async def discard(actor: Actor, contest: str, digest: str) -> None:
    """Put the prepared publication aside, so that another can be prepared."""
    async with unit_of_work(actor.person, contest) as work:
        await lock_contest(contest)
        if await queries.outcome_of(contest, digest) == "discarded":
            return
        row = await _pending(contest, "discard", digest)
        await _release(row, actor, "discarded")
        work.audit("publication.discarded", contest, version=row["version"], digest=digest)


async def _pending(contest: str, step: str, digest: str) -> Row:
    await lock_contest(contest)
    row = await queries.pending(contest)
    if row is None:
        raise StepNotAllowed(step, "none")
    if row["digest"] != digest:
        raise StepNotAllowed(step, "prepared", ["another_version"])
    return row


async def _verdict(row: Row, actor: Actor, verdict: str) -> None:
    await fetch(
        "insert into approval (publication, person, verdict, at) values ($1, $2, $3, clock_timestamp())",
        row["id"],
        actor.person,
        verdict,
    )


async def _release(row: Row, actor: Actor, outcome: str) -> None:
    await fetch(
        "insert into release (publication, outcome, person, at) values ($1, $2, $3, clock_timestamp())",
        row["id"],
        outcome,
        actor.person,
    )
