"""Every read of uploads in parts."""

from __future__ import annotations

from server.db import Row, fetch, fetch_one
from server.errors import NotFound

STORED = "coalesce((select p.start + p.size from upload_part p where p.upload = u.id order by p.start desc limit 1), 0)"
"""How far upload `u` has come: the end of its last part, in bytes."""

OF_UNITS = "c.code = $1 and e.code = $2 and e.unit = any($3::bigint[])"

_COLUMNS = (
    f"u.*, {STORED} as stored, c.state as contest_state, c.code as contest_code, e.state as entry_state, "
    "e.code as entry_code, e.unit, u.expires_at < clock_timestamp() as expired, r.max_bytes"
)
_JOINED = (
    "upload u join entry e on e.id = u.entry join contest c on c.id = e.contest "
    "left join file_rule r on r.contest = c.id and r.kind = u.kind"
)


async def upload_of_units(contest: str, entry: str, upload: str, units: tuple[int, ...]) -> Row:
    """An upload into an entry of these units, with `stored` bytes; NotFound for another unit's."""
    row = await fetch_one(
        f"select {_COLUMNS} from {_JOINED} where {OF_UNITS} and u.code = $4 and u.state <> 'ended'",
        contest,
        entry,
        list(units),
        upload,
    )
    if row is None:
        raise NotFound
    return row


async def upload_to_finish(upload: int) -> Row | None:
    """An upload by its id, for the job that makes a file of it."""
    return await fetch_one(f"select {_COLUMNS} from {_JOINED} where u.id = $1", upload)


async def parts_of(upload: int) -> list[Row]:
    """Its parts in order."""
    return await fetch("select start, size, storage_key from upload_part where upload = $1 order by start", upload)


async def uploads_of_entry(contest: str, entry: str, units: tuple[int, ...]) -> list[Row]:
    """What is on its way into an entry, was refused within a day, or arrived within the hour; oldest first."""
    found = await fetch_one(
        f"select e.id from entry e join contest c on c.id = e.contest where {OF_UNITS}", contest, entry, list(units)
    )
    if found is None:
        raise NotFound
    return await fetch(
        f"select {_COLUMNS} from {_JOINED} where u.entry = $1 and (u.state = 'checking' "
        "  or (u.state = 'sending' and u.expires_at > clock_timestamp()) "
        "  or (u.state = 'refused' and u.finished_at > clock_timestamp() - interval '1 day') "
        "  or (u.state = 'done' and u.finished_at > clock_timestamp() - interval '1 hour')) order by u.id",
        found["id"],
    )
