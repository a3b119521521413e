"""Every statement on the job table: claim under a lease, renew, finish, fail, give back, retry."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from server.actor import Actor
from server.db import Row, fetch, fetch_one, unit_of_work
from server.errors import NotFound

LEASE_SECONDS = 20

# A job whose lease ran out was being done by a process that is gone.
_DUE = "((state = 'ready' and run_at <= clock_timestamp()) or (state = 'running' and leased_until < clock_timestamp()))"
_CLAIM = """
update job set state = 'running', attempts = attempts + 1,
  leased_until = clock_timestamp() + make_interval(secs => {lease})
where id = (select id from job where {which} order by run_at, id limit 1 for update skip locked)
returning id, name, args, attempts
"""


@dataclass(frozen=True)
class Claim:
    """A job that is ours until its lease ends; `attempt` counts from 1 and tells this claim from a later one."""

    id: int
    name: str
    args: dict[str, Any]
    attempt: int


def _claim(row: Row | None) -> Claim | None:
    if row is None:
        return None
    args = row["args"]
    return Claim(row["id"], row["name"], json.loads(args) if isinstance(args, str) else args, row["attempts"])


async def claim_next() -> Claim | None:
    """Take the job that has been due the longest, or None."""
    return _claim(await fetch_one(_CLAIM.format(lease=LEASE_SECONDS, which=_DUE)))


async def claim_one(job: int) -> Claim | None:
    """Take the job with this id, or None when it is not due (any more)."""
    return _claim(await fetch_one(_CLAIM.format(lease=LEASE_SECONDS, which=f"id = $1 and {_DUE}"), job))


async def due_jobs(limit: int = 500) -> list[tuple[int, int]]:
    """(id, attempts so far) of jobs that wait to be done, longest first."""
    rows = await fetch(f"select id, attempts from job where {_DUE} order by run_at, id limit $1", limit)
    return [(row["id"], row["attempts"]) for row in rows]


async def renew(claim: Claim) -> bool:
    """Keep the claim for another lease; False when it was lost."""
    return await _change(claim, "leased_until = clock_timestamp() + make_interval(secs => $3)", LEASE_SECONDS)


async def finish(claim: Claim) -> bool:
    """Record the job as done; False when the claim was lost."""
    return await _change(
        claim, "state = 'done', finished_at = clock_timestamp(), leased_until = null, last_error = null"
    )


async def fail(claim: Claim, error: str, retry_after: float | None) -> bool:
    """Record a failure: another try in `retry_after` seconds, or dead when that is None."""
    if retry_after is None:
        return await _change(
            claim, "state = 'dead', finished_at = clock_timestamp(), leased_until = null, last_error = $3", error
        )
    return await _change(
        claim,
        "state = 'ready', run_at = clock_timestamp() + make_interval(secs => $4), leased_until = null, last_error = $3",
        error,
        retry_after,
    )


async def give_back(claim: Claim) -> bool:
    """Let another process do the job at once; the interrupted try does not count."""
    return await _change(claim, "state = 'ready', attempts = attempts - 1, leased_until = null")


async def postpone(claim: Claim, seconds: float) -> bool:
    """Have the job done in `seconds` or later; this try does not count."""
    return await _change(
        claim,
        "state = 'ready', attempts = attempts - 1, leased_until = null, "
        "run_at = clock_timestamp() + make_interval(secs => $3)",
        seconds,
    )


async def hasten(name: str) -> None:
    """Make the job of this name due now that would be due next: what it was postponed for has come."""
    await fetch(
        "update job set run_at = clock_timestamp() where id = (select id from job where name = $1 and state = 'ready' "
        "and run_at > clock_timestamp() order by run_at limit 1 for update skip locked)",
        name,
    )


async def end_leases() -> None:
    """Make every running job due: for a process that knows that no other one works on this database."""
    await fetch("update job set leased_until = clock_timestamp() where state = 'running'")


async def retry_job(actor: Actor, contest: str, job: int) -> None:
    """Put a dead job of `contest` back with all its tries; nothing happens when it is not dead, NotFound if unknown."""
    async with unit_of_work(actor.person, contest) as work:
        row = await fetch_one("select name, state from job where id = $1 and contest = $2 for update", job, contest)
        if row is None:
            raise NotFound
        if row["state"] == "dead":
            await fetch(
                "update job set state = 'ready', attempts = 0, run_at = clock_timestamp(), finished_at = null "
                "where id = $1",
                job,
            )
            work.audit("job.retried", f"{contest}/{job}", name=row["name"])


async def _change(claim: Claim, assignments: str, *values: Any) -> bool:
    rows = await fetch(
        f"update job set {assignments} where id = $1 and attempts = $2 and state = 'running' returning id",
        claim.id,
        claim.attempt,
        *values,
    )
    return bool(rows)
