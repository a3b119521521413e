"""The dates of a contest and the later deadlines of single units, changed by organizers with a reason on record."""

from __future__ import annotations

from datetime import datetime

from server.actor import Actor
from server.contests.services.steps import lock_contest
from server.contests.states import DRAFT, OPEN
from server.db import Row, fetch, fetch_one, unit_of_work
from server.errors import FieldError, InvalidForm, NotFound, StepNotAllowed

LONGEST_GRACE_MINUTES = 7 * 24 * 60


async def set_dates(
    actor: Actor,
    contest: str,
    *,
    opens_at: datetime | None,
    closes_at: datetime | None,
    reason: str,
    grace_minutes: int | None = None,
) -> None:
    """Set when the contest opens and closes (None: by hand alone); only before it is closed.

    `grace_minutes` is how long an upload begun in time may go on (None: as it was). Raises InvalidForm without a
    reason or when it would close before it opens, StepNotAllowed in later states.
    """
    errors = [] if reason else [FieldError("reason", "required")]
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        errors.append(FieldError("closes_at", "not_a_date"))
    if grace_minutes is not None and not 0 <= grace_minutes <= LONGEST_GRACE_MINUTES:
        errors.append(FieldError("grace", "not_a_number"))
    if errors:
        raise InvalidForm(errors)
    async with unit_of_work(actor.person, contest) as work:
        row = await _lock_before_closing(contest, "set_dates")
        if await _stands_already(row, opens_at, closes_at, grace_minutes):
            return
        stored = await fetch_one(
            "update contest set opens_at = $2, closes_at = $3, grace_minutes = coalesce($4, grace_minutes) "
            "where id = $1 returning grace_minutes",
            row["id"],
            opens_at,
            closes_at,
            grace_minutes,
        )
        assert stored is not None
        work.audit(
            "contest.dates",
            contest,
            opens_at=opens_at,
            closes_at=closes_at,
            grace_minutes=stored["grace_minutes"],
            reason=reason,
        )


async def _stands_already(
    contest: Row, opens_at: datetime | None, closes_at: datetime | None, grace_minutes: int | None
) -> bool:
    found = await fetch_one(
        "select 1 from contest where id = $1 and opens_at is not distinct from $2 and closes_at is not distinct from $3 "
        "and grace_minutes = coalesce($4, grace_minutes)",
        contest["id"],
        opens_at,
        closes_at,
        grace_minutes,
    )
    return found is not None


async def extend_deadline(actor: Actor, contest: str, unit: str, closes_at: datetime | None, reason: str) -> None:
    """Give one unit of the contest (by its code) a later deadline than the contest's; its officers hear of it.

    Raises InvalidForm for a unit that takes no part, a moment that is not after the contest's own deadline or no
    reason, StepNotAllowed once the contest is closed.
    """
    errors = [] if reason else [FieldError("reason", "required")]
    if closes_at is None:
        errors.append(FieldError("extended_to", "required"))
    async with unit_of_work(actor.person, contest) as work:
        row = await _lock_before_closing(contest, "extend_deadline")
        chosen = await _taking_part(row, unit)
        if chosen is None:
            errors.append(FieldError("unit", "not_a_choice"))
        if closes_at is not None and (row["closes_at"] is None or closes_at <= row["closes_at"]):
            errors.append(FieldError("extended_to", "not_after_deadline"))
        if errors or chosen is None:
            raise InvalidForm(errors)
        if await _newest_extension(row["id"], chosen["id"]) == (closes_at, reason):
            return
        made = await fetch_one(
            "insert into deadline_extension (contest, unit, closes_at, reason, person, at) "
            "values ($1, $2, $3, $4, $5, clock_timestamp()) returning id",
            row["id"],
            chosen["id"],
            closes_at,
            reason,
            actor.person,
        )
        assert made is not None
        work.audit("contest.deadline_extended", contest, unit=unit, closes_at=closes_at, reason=reason)
        work.enqueue("mail_deadline_extended", {"extension": made["id"]}, unique=f"mail_extended/{made['id']}")


async def _newest_extension(contest: int, unit: int) -> tuple[datetime, str] | None:
    row = await fetch_one(
        "select closes_at, reason from deadline_extension where contest = $1 and unit = $2 and taken_back_at is null "
        "order by id desc limit 1",
        contest,
        unit,
    )
    return (row["closes_at"], row["reason"]) if row else None


async def take_back_extension(actor: Actor, contest: str, extension: int) -> None:
    """Let the deadline hold again that the unit had before; what came in by then stays in time.

    Done twice it is done once. Raises NotFound for another contest's, StepNotAllowed once the contest is closed.
    """
    async with unit_of_work(actor.person, contest) as work:
        row = await lock_contest(contest)
        found = await fetch_one(
            "select x.taken_back_at, u.code as unit from deadline_extension x join unit u on u.id = x.unit "
            "where x.id = $1 and x.contest = $2 for update of x",
            extension,
            row["id"],
        )
        if found is None:
            raise NotFound
        _require_before_closing(row, "take_back_extension")
        if found["taken_back_at"] is None:
            await fetch(
                "update deadline_extension set taken_back_at = clock_timestamp(), taken_back_by = $2 where id = $1",
                extension,
                actor.person,
            )
            work.audit("contest.extension_taken_back", contest, unit=found["unit"])


async def _lock_before_closing(contest: str, step: str) -> Row:
    row = await lock_contest(contest)
    _require_before_closing(row, step)
    return row


def _require_before_closing(contest: Row, step: str) -> None:
    if contest["state"] not in (DRAFT, OPEN):
        raise StepNotAllowed(step, contest["state"])


async def _taking_part(contest: Row, unit: str) -> Row | None:
    return await fetch_one(
        "select u.id from unit u where u.code = $2 and (exists (select 1 from entry where contest = $1 and unit = u.id) "
        "or exists (select 1 from role where contest = $3 and unit = u.id and kind = 'officer'))",
        contest["id"],
        unit,
        contest["code"],
    )
