"""Every read of the officer's pages: the contests that a unit enters, its entries, their files and receipts."""

from __future__ import annotations

from server.contests.queries_log import UNIT_EDITS
from server.db import Row, fetch, fetch_one
from server.errors import NotFound
from server.rules.name_order import by_name

# The latest deadline of these units ($2): of each one the newest extension that was not taken back.
_EXTENDED = """(select max(x.closes_at) from (select distinct on (unit) closes_at from deadline_extension
    where contest = c.id and unit = any($2::bigint[]) and taken_back_at is null order by unit, id desc) x) as extended_to
"""


async def contests_of(codes: tuple[str, ...], units: list[int]) -> list[Row]:
    """The contests with these codes, those that take entries first; `extended_to` is the latest of the units'."""
    return await fetch(
        "select c.id, c.code, c.title_vi, c.title_en, c.state, c.opens_at, c.closes_at, c.grace_minutes, c.timezone, "
        f"  c.per_unit_max, clock_timestamp() as now, {_EXTENDED} from contest c where c.code = any($1::text[]) "
        "order by (c.state = 'open') desc, c.closes_at desc nulls last, c.id desc",
        list(codes),
        units,
    )


async def contest_row(code: str, units: tuple[int, ...] = ()) -> Row:
    """The contest with its categories and file rules as JSON, and the database's clock; raises NotFound.

    `extended_to` is the latest deadline that one of these units was given, or None.
    """
    row = await fetch_one(
        f"""
        select c.id, c.code, c.title_vi, c.title_en, c.state, c.opens_at, c.closes_at, c.grace_minutes, c.timezone,
          c.per_unit_max, clock_timestamp() as now, {_EXTENDED},
          (select jsonb_agg(jsonb_build_object('code', k.code, 'vi', k.title_vi, 'en', k.title_en) order by k.position)
             from category k where k.contest = c.id) as categories,
          (select coalesce(jsonb_agg(jsonb_build_object('kind', f.kind, 'extensions', f.extensions,
             'max_bytes', f.max_bytes, 'max_count', f.max_count, 'required', f.required) order by f.position), '[]')
             from file_rule f where f.contest = c.id) as file_rules
        from contest c where c.code = $1
        """,
        code,
        list(units),
    )
    if row is None:
        raise NotFound
    return row


async def entries_of_units(contests: list[str], units: list[int]) -> list[Row]:
    """The entries of these units in these contests, in the order of their codes."""
    return await fetch(
        "select c.code as contest, e.code, e.title, e.state, e.submitted_at, e.late, e.message, u.name as unit_name, "
        "  k.title_vi as category_vi, k.title_en as category_en, "
        "  (select count(*) from entry_file f where f.entry = e.id and f.removed_at is null) as files "
        "from entry e join contest c on c.id = e.contest join unit u on u.id = e.unit join category k on k.id = e.category "
        "where c.code = any($1::text[]) and e.unit = any($2::bigint[]) order by c.id desc, e.code",
        contests,
        units,
    )


async def extensions_of(contest: str, units: tuple[int, ...]) -> list[Row]:
    """Which of these units have a later deadline than the contest, and until when, by name."""
    rows = await fetch(
        "select * from (select distinct on (x.unit) u.name as unit_name, x.closes_at from deadline_extension x "
        "  join unit u on u.id = x.unit join contest c on c.id = x.contest where c.code = $1 and x.taken_back_at is null "
        "  and x.unit = any($2::bigint[]) and x.closes_at > c.closes_at order by x.unit, x.id desc) e",
        contest,
        list(units),
    )
    return by_name(rows, "unit_name")


async def units_named(units: tuple[int, ...]) -> list[Row]:
    """Codes and names of units, by name."""
    return by_name(
        await fetch("select id, code, name from unit where id = any($1::bigint[]) order by id", list(units)), "name"
    )


async def entry_of_units(contest: str, code: str, units: tuple[int, ...]) -> Row:
    """One entry of these units; raises NotFound for another unit's as for none."""
    row = await fetch_one(
        "select e.*, u.name as unit_name, u.code as unit_code, k.code as category_code, k.title_vi as category_vi, "
        "  k.title_en as category_en, c.state as contest_state, c.closes_at, c.timezone, clock_timestamp() as now, "
        "  exists (select 1 from upload where entry = e.id and state in ('sending', 'checking')) as sending "
        "from entry e join contest c on c.id = e.contest join unit u on u.id = e.unit join category k on k.id = e.category "
        "where c.code = $1 and e.code = $2 and e.unit = any($3::bigint[])",
        contest,
        code,
        list(units),
    )
    if row is None:
        raise NotFound
    return row


async def present_files(entry: int) -> list[Row]:
    """The files that an entry has now."""
    return await fetch(
        "select id, kind, file_name, media_type, size, sha256, uploaded_at, scan_state, scan_found from entry_file "
        "where entry = $1 and removed_at is null order by kind, id",
        entry,
    )


async def receipts_of(entry: int) -> list[Row]:
    """The receipts of an entry, newest first."""
    return await fetch("select code, version, submitted_at, late from receipt where entry = $1 order by id desc", entry)


async def receipt(code: str) -> Row:
    """A receipt with the contest and the unit that it belongs to; raises NotFound.

    `number` counts the submits of the entry from 1; `edited` says that its unit edited the entry after this one.
    """
    row = await fetch_one(
        "select r.code, r.version, r.document, r.submitted_at, r.late, (r.document->>'deadline')::timestamptz as deadline, "
        "  c.code as contest, c.title_vi, c.title_en, "
        "  c.timezone, e.unit, e.code as entry, e.state, u.name as unit_name, p.full_name, "
        "  (select count(*) from receipt where entry = e.id and id <= r.id) as number, "
        "  exists (select 1 from audit_event a where a.subject = c.code || '/' || e.code and a.action = any($2::text[]) "
        "    and a.id > (select max(id) from audit_event where subject = c.code || '/' || e.code "
        "      and action = 'entry.submitted' and data ->> 'receipt' = r.code)) as edited "
        "from receipt r join entry e on e.id = r.entry join contest c on c.id = e.contest join unit u on u.id = e.unit "
        "join person p on p.id = r.person where r.code = $1",
        code,
        list(UNIT_EDITS),
    )
    if row is None:
        raise NotFound
    return row
