"""Every read of the officer's pages: the contests that a unit enters, its entries, their files and receipts."""

from __future__ import annotations

from server.db import Row, fetch, fetch_one
from server.errors import NotFound


async def contests_of(codes: tuple[str, ...]) -> list[Row]:
    """The contests with these codes, those that take entries first."""
    return await fetch(
        "select id, code, title_vi, title_en, state, opens_at, closes_at, timezone, per_unit_max, clock_timestamp() as now "
        "from contest where code = any($1::text[]) order by (state = 'open') desc, closes_at desc nulls last, id desc",
        list(codes),
    )


async def contest_row(code: str) -> Row:
    """The contest with its categories and file rules as JSON, and the database's clock; raises NotFound."""
    row = await fetch_one(
        """
        select c.id, c.code, c.title_vi, c.title_en, c.state, c.opens_at, c.closes_at, c.timezone, c.per_unit_max,
          clock_timestamp() as now,
          (select jsonb_agg(jsonb_build_object('code', k.code, 'vi', k.title_vi, 'en', k.title_en) order by k.position)
             from category k where k.contest = c.id) as categories,
          (select coalesce(jsonb_agg(jsonb_build_object('kind', f.kind, 'extensions', f.extensions,
             'max_bytes', f.max_bytes, 'max_count', f.max_count, 'required', f.required) order by f.position), '[]')
             from file_rule f where f.contest = c.id) as file_rules
        from contest c where c.code = $1
        """,
        code,
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


async def units_named(units: tuple[int, ...]) -> list[Row]:
    """Codes and names of units."""
    return await fetch("select id, code, name from unit where id = any($1::bigint[]) order by name", list(units))


async def entry_of_units(contest: str, code: str, units: tuple[int, ...]) -> Row:
    """One entry of these units; raises NotFound for another unit's as for none."""
    row = await fetch_one(
        "select e.*, u.name as unit_name, u.code as unit_code, k.code as category_code, k.title_vi as category_vi, "
        "  k.title_en as category_en, c.state as contest_state, c.closes_at, c.timezone, clock_timestamp() as now "
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
        "select id, kind, file_name, media_type, size, sha256, uploaded_at from entry_file "
        "where entry = $1 and removed_at is null order by kind, id",
        entry,
    )


async def receipts_of(entry: int) -> list[Row]:
    """The receipts of an entry, newest first."""
    return await fetch("select code, version, submitted_at, late from receipt where entry = $1 order by id desc", entry)


async def receipt(code: str) -> Row:
    """A receipt with the contest and the unit that it belongs to; raises NotFound."""
    row = await fetch_one(
        "select r.code, r.version, r.document, r.submitted_at, r.late, c.code as contest, c.title_vi, c.title_en, "
        "  c.timezone, e.unit, e.code as entry, e.state, e.version as entry_version, u.name as unit_name, p.full_name "
        "from receipt r join entry e on e.id = r.entry join contest c on c.id = e.contest join unit u on u.id = e.unit "
        "join person p on p.id = r.person where r.code = $1",
        code,
    )
    if row is None:
        raise NotFound
    return row
