"""Every read of the organizer's pages: the contest itself, the funnel of each unit, entries, audit events and jobs."""

from __future__ import annotations

from dataclasses import dataclass

from server.db import Row, fetch, fetch_one
from server.errors import NotFound
from server.rules.name_order import by_name
from server.search import like

PAGE_SIZE = 50


async def contests_of(codes: tuple[str, ...]) -> list[Row]:
    """The contests with these codes and their numbers of entries, newest first."""
    return await fetch(
        "select c.code, c.title_vi, c.title_en, c.state, c.opens_at, c.closes_at, c.timezone, "
        "  count(e.id) filter (where e.state in ('submitted', 'valid')) as submitted, count(e.id) as entries "
        "from contest c left join entry e on e.contest = c.id "
        "where c.code = any($1::text[]) group by c.id order by c.created_at desc, c.id desc",
        list(codes),
    )


async def contest_overview(code: str) -> Row:
    """The contest with its host, its counts of entries by state, its rounds and its dead jobs; raises NotFound."""
    row = await fetch_one(
        """
        select c.*, u.name as host_name, clock_timestamp() as now,
          (select coalesce(jsonb_object_agg(s.state, s.n), '{}') from
             (select state, count(*) as n from entry where contest = c.id group by state) s) as entry_counts,
          (select coalesce(jsonb_agg(jsonb_build_object('kind', f.kind, 'extensions', f.extensions,
             'max_bytes', f.max_bytes, 'max_count', f.max_count, 'required', f.required) order by f.position), '[]')
             from file_rule f where f.contest = c.id) as file_rules,
          (select count(*) from entry e where e.contest = c.id and e.late and e.state = 'submitted') as late,
          (select count(*) from (select distinct on (unit) closes_at from deadline_extension where contest = c.id
             and taken_back_at is null order by unit, id desc) x where x.closes_at > clock_timestamp()) as extended,
          (select count(*) from job j where j.contest = c.code and j.state = 'dead') as dead_jobs
        from contest c join unit u on u.id = c.host_unit
        where c.code = $1
        """,
        code,
    )
    if row is None:
        raise NotFound
    return row


async def units_taking_part(code: str) -> list[Row]:
    """Code and name of each unit that has an officer or an entry in the contest, by name."""
    rows = await fetch(
        "select u.code, u.name from unit u where exists (select 1 from role where contest = $1 and unit = u.id "
        "  and kind = 'officer') or exists (select 1 from entry e join contest c on c.id = e.contest where c.code = $1 "
        "  and e.unit = u.id) order by u.id",
        code,
    )
    return by_name(rows, "name")


async def extensions(code: str) -> list[Row]:
    """Every later deadline that a unit was given, newest first; `holds` for the one that its unit goes by."""
    return await fetch(
        "select x.id, x.closes_at, x.reason, x.at, x.taken_back_at, u.name as unit_name, p.full_name, "
        "  x.taken_back_at is null and x.id = max(x.id) filter (where x.taken_back_at is null) over (partition by x.unit) "
        "    as holds "
        "from deadline_extension x join contest c on c.id = x.contest join unit u on u.id = x.unit "
        "join person p on p.id = x.person where c.code = $1 order by x.id desc",
        code,
    )


async def funnel(code: str) -> list[Row]:
    """Per unit with an officer or an entry: officers invited and joined, entries drafted, submitted and valid."""
    rows = await fetch(
        """
        with officers as (
          select r.unit, count(*) as invited, count(p.password_hash) as joined
          from role r join person p on p.id = r.person
          where r.contest = $1 and r.kind = 'officer' group by r.unit
        ), entered as (
          select e.unit, count(*) as total,
            count(*) filter (where e.state in ('draft', 'returned')) as drafts,
            count(*) filter (where e.state in ('submitted', 'valid')) as submitted,
            count(*) filter (where e.state = 'valid') as valid,
            count(*) filter (where e.late and e.state in ('submitted', 'valid')) as late
          from entry e join contest c on c.id = e.contest
          where c.code = $1 and e.state <> 'withdrawn' group by e.unit
        )
        select u.id, u.code, u.name, coalesce(o.invited, 0) as invited, coalesce(o.joined, 0) as joined,
          coalesce(n.total, 0) as total, coalesce(n.drafts, 0) as drafts, coalesce(n.submitted, 0) as submitted,
          coalesce(n.valid, 0) as valid, coalesce(n.late, 0) as late
        from unit u left join officers o on o.unit = u.id left join entered n on n.unit = u.id
        where o.unit is not null or n.unit is not null
        order by u.id
        """,
        code,
    )
    return by_name(rows, "name")


@dataclass(frozen=True)
class EntryFilter:
    """What the entries list shows; empty means all, the state "late" what came late and waits. `words` are searched without accents in code, title and authors."""

    state: str = ""
    unit: str = ""
    category: str = ""
    words: str = ""
    page: int = 1


async def entries(code: str, chosen: EntryFilter) -> tuple[list[Row], int]:
    """One page of the contest's entries and how many there are in all."""
    rows = await fetch(
        """
        select e.code, e.title, e.authors, e.state, e.submitted_at, e.late, e.version, u.name as unit_name,
          k.title_vi as category_vi, k.title_en as category_en,
          (select count(*) from entry_file f where f.entry = e.id and f.removed_at is null) as files,
          count(*) over () as total
        from entry e join contest c on c.id = e.contest join unit u on u.id = e.unit join category k on k.id = e.category
        where c.code = $1 and ($2 = '' or e.state = $2 or ($2 = 'late' and e.late and e.state = 'submitted'))
          and ($3 = '' or u.code = $3) and ($4 = '' or k.code = $4)
          and ($5 = '' or folded(e.code || ' ' || e.title || ' ' || array_to_string(e.authors, ' ')) like $5)
        order by e.code limit $6 offset $7
        """,
        code,
        chosen.state,
        chosen.unit,
        chosen.category,
        like(chosen.words),
        PAGE_SIZE,
        (max(1, chosen.page) - 1) * PAGE_SIZE,
    )
    return rows, rows[0]["total"] if rows else 0


async def filter_choices(code: str) -> dict[str, list[Row]]:
    """The units and categories that the entries list can be narrowed to."""
    rows = await fetch(
        "select 'unit' as what, u.code, u.name as vi, u.name as en from unit u "
        "where exists (select 1 from entry e join contest c on c.id = e.contest where c.code = $1 and e.unit = u.id) "
        "union all select 'category', k.code, k.title_vi, k.title_en from category k join contest c on c.id = k.contest "
        "where c.code = $1",
        code,
    )
    return {what: by_name((row for row in rows if row["what"] == what), "vi") for what in ("unit", "category")}


async def entry(code: str, entry_code: str) -> Row:
    """One entry with its unit and category; raises NotFound."""
    row = await fetch_one(
        "select e.*, u.name as unit_name, u.code as unit_code, k.title_vi as category_vi, k.title_en as category_en, "
        "  k.code as category_code, c.timezone, c.state as contest_state, p.full_name as created_by_name "
        "from entry e join contest c on c.id = e.contest join unit u on u.id = e.unit join category k on k.id = e.category "
        "join person p on p.id = e.created_by where c.code = $1 and e.code = $2",
        code,
        entry_code,
    )
    if row is None:
        raise NotFound
    return row


async def entry_files(entry_id: int) -> list[Row]:
    """The present files of an entry, with the state of the judges' copy."""
    return await fetch(
        "select id, kind, file_name, media_type, size, sha256, uploaded_at, derived_state, derived_problem, scan_state, scan_found "
        "from entry_file where entry = $1 and removed_at is null order by kind, id",
        entry_id,
    )


async def entry_receipts(entry_id: int) -> list[Row]:
    """The receipts of an entry, newest first."""
    return await fetch(
        "select r.code, r.version, r.submitted_at, r.late, p.full_name from receipt r join person p on p.id = r.person "
        "where r.entry = $1 order by r.id desc",
        entry_id,
    )


async def audit_events(
    contest: str, *, person: str = "", action: str = "", subject: str = "", before: int | None = None, limit: int = 50
) -> list[Row]:
    """Audit events of a contest, newest first, below the id `before`; `person` is part of a name or address.

    `about` is the name of the judge or person that the event is about.
    """
    return await fetch(
        """
        select a.id, a.at, a.action, a.subject, a.data, p.full_name, p.email, o.full_name as about
        from audit_event a left join person p on p.id = a.person left join person o on o.id = case
          when coalesce(a.data ->> 'judge', a.data ->> 'person') ~ '^[0-9]{1,18}$'
          then coalesce(a.data ->> 'judge', a.data ->> 'person')::bigint end
        where a.contest = $1 and ($2::bigint is null or a.id < $2)
          and ($3 = '' or folded(coalesce(p.full_name, '') || ' ' || coalesce(p.email, '')) like $3)
          and ($4 = '' or a.action like $4) and ($5 = '' or a.subject = $5)
        order by a.id desc limit $6
        """,
        contest,
        before,
        like(person),
        f"{action}%" if action else "",
        subject,
        limit,
    )


async def jobs_summary(contest: str) -> tuple[list[Row], list[Row]]:
    """How many jobs of the contest are in each state, and the dead ones with their last error."""
    counts = await fetch(
        "select state, count(*) as n from job where contest = $1 group by state order by state", contest
    )
    dead = await fetch(
        "select id, name, args, attempts, last_error, created_at from job "
        "where contest = $1 and state = 'dead' order by id desc limit 100",
        contest,
    )
    return counts, dead
