"""The dates of a contest, changed by organizers with a reason on record."""

from __future__ import annotations

from datetime import datetime

from server.actor import Actor
from server.contests.services.steps import lock_contest
from server.contests.states import DRAFT, OPEN
from server.db import fetch, unit_of_work
from server.errors import FieldError, InvalidForm, StepNotAllowed


async def set_dates(
    actor: Actor, contest: str, *, opens_at: datetime | None, closes_at: datetime | None, reason: str
) -> None:
    """Set when the contest opens and closes (None: by hand alone); only before it is closed.

    Raises InvalidForm without a reason or when it would close before it opens, StepNotAllowed in later states.
    """
    errors = [] if reason else [FieldError("reason", "required")]
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        errors.append(FieldError("closes_at", "not_a_date"))
    if errors:
        raise InvalidForm(errors)
    async with unit_of_work(actor.person, contest) as work:
        row = await lock_contest(contest)
        if row["state"] not in (DRAFT, OPEN):
            raise StepNotAllowed("set_dates", row["state"])
        await fetch("update contest set opens_at = $2, closes_at = $3 where id = $1", row["id"], opens_at, closes_at)
        work.audit("contest.dates", contest, opens_at=opens_at, closes_at=closes_at, reason=reason)
