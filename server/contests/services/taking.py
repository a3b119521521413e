"""Whether a contest takes something from a unit now: its row locked, the database's clock read, the unit's deadline found."""

from __future__ import annotations

from datetime import datetime, timedelta

from server.contests.rules.deadline import GRACE, deadline_of, sealed, timing
from server.contests.states import DRAFT, IN_THE_CONTEST, OPEN, RETURNED, SUBMITTED
from server.db import Row, fetch_one
from server.errors import DeadlinePassed, NotFound, StepNotAllowed

EDITABLE = (DRAFT, SUBMITTED, RETURNED)


async def open_contest(contest: str) -> tuple[Row, datetime]:
    """Lock the contest's row against a change of its state and its deadlines, then read the clock; raises NotFound."""
    held = await fetch_one(
        "select id, state, closes_at, grace_minutes, per_unit_max from contest where code = $1 for share", contest
    )
    if held is None:
        raise NotFound
    clock = await fetch_one("select clock_timestamp() as now")
    assert clock is not None
    return held, clock["now"]


async def lock_entry(contest: str, entry: str, units: tuple[int, ...]) -> Row:
    """Lock one entry of these units for the transaction; another unit's is not found."""
    row = await fetch_one(
        "select e.*, u.name as unit_name, "
        "  (select x.closes_at from deadline_extension x where x.contest = c.id and x.unit = e.unit "
        "   and x.taken_back_at is null order by x.id desc limit 1) as extended_to "
        "from entry e join contest c on c.id = e.contest join unit u on u.id = e.unit "
        "where c.code = $1 and e.code = $2 and e.unit = any($3::bigint[]) for update of e",
        contest,
        entry,
        list(units),
    )
    if row is None:
        raise NotFound
    return row


async def require_editable(
    contest: str,
    entry: str,
    units: tuple[int, ...],
    *,
    begun_at: datetime | None = None,
    received_at: datetime | None = None,
) -> Row:
    """Lock an entry that its officer may change now: the contest is open, and what came in time is not sealed yet.

    `begun_at`: when the upload began that wants to end now, by the database's clock; begun before the deadline, it
    may end within the grace. `received_at`: when all of it was there, if that was before now. Raises NotFound,
    DeadlinePassed, StepNotAllowed (withdrawn or accepted).
    """
    held, now = await open_contest(contest)
    now = received_at or now
    row = await lock_entry(contest, entry, units)
    require_open(held)
    if is_sealed(held, row, now) and timing_now(held, row, now, begun_at) != GRACE:
        raise DeadlinePassed(unit_deadline(held, row))
    if row["state"] not in EDITABLE:
        raise StepNotAllowed("edit", row["state"])
    return row


def require_open(held: Row) -> None:
    """Raise DeadlinePassed unless the organizers have the contest open: what comes late then is still kept."""
    if held["state"] != OPEN:
        raise DeadlinePassed(held["closes_at"])


def unit_deadline(held: Row, row: Row) -> datetime | None:
    """The deadline of the entry's unit."""
    return deadline_of(held["closes_at"], row["extended_to"])


def timing_now(held: Row, row: Row, now: datetime, begun_at: datetime | None) -> str:
    """The rule's answer for an entry: on time, within the grace of an upload that began at `begun_at`, or late."""
    return timing(now, unit_deadline(held, row), timedelta(minutes=held["grace_minutes"]), begun_at)


def is_sealed(held: Row, row: Row, now: datetime) -> bool:
    """Whether the entry was submitted in time and its deadline has passed."""
    return sealed(now, unit_deadline(held, row), in_the_contest=row["state"] in IN_THE_CONTEST, late=row["late"])
