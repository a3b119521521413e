"""What the log tells of one entry: who took it out of the contest, and whether its unit edited it after something."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from server.db import fetch_one

UNIT_EDITS = ("entry.edited", "entry.file_added", "entry.file_removed")
"""What a unit does that makes its entry another one than it was."""


@dataclass(frozen=True)
class Withdrawal:
    """The last withdrawal of an entry: by organizers or by its unit, with their message, and the state before it.

    `undone` says that organizers have taken it back since; `state` is empty where the log does not tell it.
    """

    by_organizers: bool
    message: str
    state: str
    undone: bool


async def last_withdrawal(contest: str, entry: str) -> Withdrawal | None:
    """Of the entry with this code, or None when it was never withdrawn."""
    row = await fetch_one(
        "select a.action, a.data, exists (select 1 from audit_event b where b.subject = a.subject and b.id > a.id "
        "  and b.action = 'entry.undo_withdraw') as undone from audit_event a "
        "where a.subject = $1 and a.action in ('entry.withdraw', 'entry.withdrawn') order by a.id desc limit 1",
        f"{contest}/{entry}",
    )
    if row is None:
        return None
    data = msgspec.json.decode(row["data"])
    by_organizers = row["action"] == "entry.withdraw"
    return Withdrawal(by_organizers, data.get("message", ""), data.get("state", ""), row["undone"])


async def edited_since(contest: str, entry: str, action: str) -> bool:
    """Whether the unit has edited the entry since the last event of this kind, such as "entry.submitted"."""
    row = await fetch_one(
        "select exists (select 1 from audit_event where subject = $1 and action = any($3::text[]) and id > "
        "  (select max(id) from audit_event where subject = $1 and action = $2)) as edited",
        f"{contest}/{entry}",
        action,
        list(UNIT_EDITS),
    )
    return row is not None and bool(row["edited"])
