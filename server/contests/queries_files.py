"""Every read of the organizers' view of files: the list with its filter, and the rows of the archive in batches."""

from __future__ import annotations

from dataclasses import dataclass

from server.db import Row, fetch
from server.search import like

PAGE_SIZE = 50
BATCH = 200

# One word for where a file stands: refused and held before all, since then nothing else was done yet.
STATUS = """
case when f.scan_state = 'refused' then 'refused' when f.scan_state = 'held' then 'held'
     when f.derived_state = 'failed' then 'failed' when f.derived_state = 'ready' then 'ready' else 'waiting' end
"""
STATUSES = ("waiting", "ready", "failed", "held", "refused")


@dataclass(frozen=True)
class FileFilter:
    """What the list shows; empty means all. `words` are searched in file names, entries' codes and titles, and units."""

    status: str = ""
    words: str = ""
    page: int = 1


async def files(contest: str, chosen: FileFilter) -> tuple[list[Row], int]:
    """One page of the present files of entries that were not withdrawn, and how many there are in all."""
    rows = await fetch(
        f"""
        select f.id, f.kind, f.file_name, f.size, f.uploaded_at, f.derived_problem, f.derived_type, f.derived_seconds,
          f.derived_pages, f.scan_state, f.scan_found, {STATUS} as status, e.code, e.title, e.state, u.name as unit_name,
          (select count(*) from file_preview p where p.file = f.id and p.kind <> 'poster') as previews,
          count(*) over () as total
        from entry_file f join entry e on e.id = f.entry join contest c on c.id = e.contest join unit u on u.id = e.unit
        where c.code = $1 and f.removed_at is null and e.state <> 'withdrawn' and ($2 = '' or {STATUS} = $2)
          and ($3 = '' or folded(f.file_name || ' ' || e.code || ' ' || e.title || ' ' || u.name) like $3)
        order by e.code, f.kind, f.id limit $4 offset $5
        """,
        contest,
        chosen.status,
        like(chosen.words),
        PAGE_SIZE,
        (max(1, chosen.page) - 1) * PAGE_SIZE,
    )
    return rows, rows[0]["total"] if rows else 0


async def statuses(contest: str) -> dict[str, tuple[int, int]]:
    """Files and bytes of each status."""
    rows = await fetch(
        f"select {STATUS} as status, count(*) as n, sum(f.size)::bigint as bytes from entry_file f "
        "join entry e on e.id = f.entry join contest c on c.id = e.contest "
        "where c.code = $1 and f.removed_at is null and e.state <> 'withdrawn' group by 1",
        contest,
    )
    return {row["status"]: (row["n"], row["bytes"]) for row in rows}


async def archive_batch(contest: str, after: tuple[int, int]) -> list[Row]:
    """The next BATCH files of entries that were handed in, behind (entry id, file id), in that order."""
    return await fetch(
        "select f.id, f.entry, f.kind, f.file_name, f.size, f.sha256, f.storage_key, f.uploaded_at, f.scan_state, "
        "  f.scan_found, e.code, e.title, e.state, u.id as unit, u.code as unit_code, u.name as unit_name, "
        "  k.title_vi as category "
        "from entry_file f join entry e on e.id = f.entry join contest c on c.id = e.contest "
        "join unit u on u.id = e.unit join category k on k.id = e.category "
        "where c.code = $1 and f.removed_at is null and e.state in ('submitted', 'returned', 'valid') "
        "and (f.entry, f.id) > ($2, $3) order by f.entry, f.id limit $4",
        contest,
        *after,
        BATCH,
    )
