"""The deadline: which one holds for a unit, and whether something came on time, within the grace of an upload, or late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

ON_TIME: Final = "on_time"
GRACE: Final = "grace"
LATE: Final = "late"


def deadline_of(closes_at: datetime | None, extended_to: datetime | None = None) -> datetime | None:
    """The deadline of a unit: the contest's, or the later one to which it was extended for that unit alone.

    None: the contest is closed by hand, and nothing that comes while it is open is late.
    """
    if closes_at is None or extended_to is None:
        return closes_at
    return max(closes_at, extended_to)


def timing(now: datetime, deadline: datetime | None, grace: timedelta, begun_at: datetime | None = None) -> str:
    """ON_TIME until the deadline and at it; GRACE for what an upload begun by then ends within `grace`; else LATE.

    `begun_at` is when the upload began that had to be waited for, None when there was none. All moments are the
    database's, so that no other clock has a say.
    """
    if deadline is None or now <= deadline:
        return ON_TIME
    if begun_at is not None and begun_at <= deadline and now <= deadline + grace:
        return GRACE
    return LATE


def sealed(now: datetime, deadline: datetime | None, *, in_the_contest: bool, late: bool) -> bool:
    """Whether an entry can't be touched any more by its unit: it was submitted in time, and the deadline has passed.

    What is still missing may come, marked late; what came in time must not be changed afterwards.
    """
    return deadline is not None and now > deadline and in_the_contest and not late
