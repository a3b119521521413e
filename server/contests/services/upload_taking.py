"""Whether an entry takes files by uploads now, in the words of uploads: their senders must not try again."""

from __future__ import annotations

from datetime import datetime

from server.contests.services.taking import require_editable
from server.db import Row
from server.errors import DeadlinePassed, StepNotAllowed, UploadProblem


async def may_still_come(units: tuple[int, ...], contest: str, entry: str, begun_at: datetime | None = None) -> Row:
    """Lock the entry, which must take files now: for a new upload, or one that began at `begun_at`.

    The words are those of uploads, whose senders must not try again: UploadProblem("closed" or "entry_state").
    """
    try:
        return await require_editable(contest, entry, units, begun_at=begun_at)
    except DeadlinePassed as error:
        raise UploadProblem("closed") from error
    except StepNotAllowed as error:
        raise UploadProblem("entry_state") from error
