"""Every read of the organizer's side of judging; the judges' own reads are in desk_queries.py."""

from __future__ import annotations

from server.db import Row, fetch, fetch_one
from server.errors import NotFound
from server.rules.name_order import by_name

_ROUND = """
    select r.*, c.code as contest_code, c.state as contest_state, c.title_vi as contest_vi, c.title_en as contest_en,
      c.timezone, c.host_unit,
      (select n.code from round n where n.contest = r.contest and n.position > r.position
         order by n.position limit 1) as next_round
    from round r join contest c on c.id = r.contest
"""


async def rounds_of(contest: str) -> list[Row]:
    """The contest's rounds in playing order, each with its counts of entries, assignments and submitted sheets."""
    return await fetch(
        """
        select r.id, r.code, r.title_vi, r.title_en, r.state, r.position, r.closed_at,
          (select count(*) from panel p where p.round = r.id) as panels,
          (select count(*) from round_entry re where re.round = r.id) as entries,
          coalesce(s.assignments, 0) as assignments, coalesce(s.submitted, 0) as submitted,
          coalesce(s.begun, 0) as begun
        from round r join contest c on c.id = r.contest
        left join lateral (
          select count(*) as assignments, count(a.submitted_at) as submitted,
            count(*) filter (where a.version > 0 and a.submitted_at is null) as begun
          from assignment a join round_entry re on re.id = a.round_entry
          where re.round = r.id and a.state = 'active'
        ) s on true
        where c.code = $1 order by r.position
        """,
        contest,
    )


async def round_row(contest: str, code: str, *, lock: bool = False) -> Row:
    """One round with its contest's state, locked for the transaction if asked; raises NotFound.

    The contest is locked before any of its rounds, by everybody: a step that needs two rounds could else meet another
    that holds the second and waits for the contest.
    """
    if lock:
        await fetch("select 1 from contest where code = $1 for update", contest)
    row = await fetch_one(
        f"{_ROUND} where c.code = $1 and r.code = $2" + (" for update of r" if lock else ""), contest, code
    )
    if row is None:
        raise NotFound
    return row


async def criteria_of(round_id: int) -> list[Row]:
    """The criteria of a round in their order."""
    return await fetch("select * from criterion where round = $1 order by position", round_id)


async def panels_of(round_id: int) -> list[Row]:
    """The panels of a round with their seated judges (ids, names, own units) and the codes they are limited to."""
    return await fetch(
        """
        select p.id, p.code, p.title_vi, p.title_en, p.categories, p.units,
          (select array_agg(u.name order by u.name) from unit u where u.id = any(p.units)) as unit_names,
          (select array_agg(k.title_vi order by k.position) from category k where k.id = any(p.categories)) as category_vi,
          (select array_agg(k.title_en order by k.position) from category k where k.id = any(p.categories)) as category_en,
          array_agg(j.id order by j.full_name) filter (where j.id is not null) as judges,
          array_agg(j.full_name order by j.full_name) filter (where j.id is not null) as judge_names,
          (select count(*) from round_entry re where re.panel = p.id) as entries
        from panel p
        join round ro on ro.id = p.round join contest c on c.id = ro.contest
        left join seat s on s.panel = p.id and s.left_at is null
          and exists (select 1 from role r where r.person = s.person and r.contest = c.code and r.kind = 'judge')
        left join person j on j.id = s.person
        where p.round = $1 group by p.id order by p.position
        """,
        round_id,
    )


async def judges_of_round(round_id: int) -> list[Row]:
    """The seated judges with the `units` on whose behalf they judge, and those for which they submit (`enters`)."""
    return await fetch(
        """
        select p.id, p.full_name, p.email, array_agg(distinct r.unit) as units,
          array(select o.unit from role o where o.person = p.id and o.contest = min(c.code) and o.kind = 'officer'
                order by o.unit) as enters
        from seat s join panel pa on pa.id = s.panel join person p on p.id = s.person
        join round ro on ro.id = pa.round join contest c on c.id = ro.contest
        join role r on r.person = p.id and r.contest = c.code and r.kind = 'judge'
        where pa.round = $1 and s.left_at is null group by p.id order by p.full_name, p.id
        """,
        round_id,
    )


async def entries_to_place(round_row: Row) -> list[Row]:
    """The entries that play in a round: those advanced into it, or for the first round those of the contest.

    Of the contest's own, submitted and valid ones play; a late one only when an organizer accepted it.
    """
    if round_row["position"] > 0:
        return await fetch(
            "select e.id, e.code, e.title, e.unit, k.id as category from round_entry re join entry e on e.id = re.entry "
            "join category k on k.id = e.category where re.round = $1 and e.state <> 'withdrawn' order by e.id",
            round_row["id"],
        )
    return await fetch(
        "select e.id, e.code, e.title, e.unit, e.category from entry e where e.contest = $1 "
        "and (e.state = 'valid' or (e.state = 'submitted' and not e.late)) order by e.id",
        round_row["contest"],
    )


async def unit_parents() -> dict[int, int | None]:
    """Each unit's parent."""
    return {row["id"]: row["parent"] for row in await fetch("select id, parent from unit")}


async def conflicts_of(contest_id: int) -> list[Row]:
    """The conflicts on record, by the names of the judges."""
    rows = await fetch(
        """
        select x.id, x.person, e.id as entry, x.unit, x.source, x.reason, x.created_at, p.full_name, p.email, x.entry_code,
          e.title as entry_title, u.name as unit_name, u.code as unit_code
        from conflict_of_interest x join person p on p.id = x.person
        left join entry e on e.contest = x.contest and e.code = x.entry_code
        left join unit u on u.id = x.unit
        where x.contest = $1 and x.removed_at is null order by x.id
        """,
        contest_id,
    )
    return by_name(rows)


async def applied_pairs(round_id: int) -> list[Row]:
    """Each active assignment with its entry's code and alias, its judge and the state of its sheet."""
    return await fetch(
        """
        select a.id, e.code as entry, re.alias, pa.code as panel, p.id as judge_id, p.email as judge, p.full_name,
          case when a.submitted_at is not null then 'submitted' when a.version > 0 then 'begun' else 'empty' end as state
        from assignment a join round_entry re on re.id = a.round_entry join entry e on e.id = re.entry
        left join panel pa on pa.id = re.panel join person p on p.id = a.person
        where re.round = $1 and a.state = 'active' order by e.code, p.full_name, p.id
        """,
        round_id,
    )


async def scored_entries(round_id: int) -> list[Row]:
    """Each entry of a round with the marks of its submitted sheets as text.

    `sheets` has sheets apart by "|" and in each the points in the order of the criteria, "-" for a missing mark:
    thousands of marks arrive as one text an entry, which is many times cheaper to read than as many rows.
    Materialized, for PostgreSQL would else work out all current marks again for each entry.
    """
    return await fetch(
        """
        with current as materialized (
          select distinct on (m.assignment, m.criterion) m.assignment, m.criterion, m.points
          from round_entry re join assignment a on a.round_entry = re.id join mark m on m.assignment = a.id
          where re.round = $1 and a.state = 'active' and a.submitted_at is not null
          order by m.assignment, m.criterion, m.version desc
        ), sheet as (
          select a.round_entry, a.id,
            string_agg(coalesce(cu.points::text, '-'), ' ' order by cr.position) as points
          from round_entry re join assignment a on a.round_entry = re.id
          join criterion cr on cr.round = re.round
          left join current cu on cu.assignment = a.id and cu.criterion = cr.id
          where re.round = $1 and a.state = 'active' and a.submitted_at is not null
          group by a.round_entry, a.id
        ), gathered as materialized (
          select round_entry, string_agg(points, '|' order by id) as sheets from sheet group by round_entry
        )
        select e.id, e.code, e.title, e.submitted_at, re.alias, k.code as category, u.name as unit_name, u.id as unit,
          pa.code as panel, g.sheets
        from round_entry re join entry e on e.id = re.entry join category k on k.id = e.category
        join unit u on u.id = e.unit left join panel pa on pa.id = re.panel left join gathered g on g.round_entry = re.id
        where re.round = $1 order by e.code
        """,
        round_id,
    )


async def decided_entries(round_id: int) -> list[str]:
    """The codes of the entries that organizers chose to advance since the round was closed."""
    rows = await fetch(
        "select e.code from cut_decision d join round r on r.id = d.round cross join unnest(d.entries) as chosen(entry) "
        "join entry e on e.id = chosen.entry where d.round = $1 and d.at >= r.closed_at order by d.id",
        round_id,
    )
    return [row["code"] for row in rows]


async def is_last_decision(round_row: Row, person: int, entries: list[str], reason: str) -> bool:
    """Whether the person made just this decision as the last one since the round was closed."""
    row = await fetch_one(
        "select d.person, d.reason, array(select e.code from entry e where e.id = any(d.entries)) as entries "
        "from cut_decision d where d.round = $1 and d.at >= $2 order by d.id desc limit 1",
        round_row["id"],
        round_row["closed_at"],
    )
    return row is not None and (row["person"], row["reason"], set(row["entries"])) == (person, reason, set(entries))


async def placed_entries(round_id: int) -> set[int]:
    """The ids of the entries that the round's plan has placed."""
    return {row["entry"] for row in await fetch("select entry from round_entry where round = $1", round_id)}


async def decisions_of(round_id: int) -> list[Row]:
    """The decisions on ties of a round, with who made them and why."""
    return await fetch(
        "select d.at, d.reason, p.full_name, array_agg(e.code order by e.code) as entries "
        "from cut_decision d join person p on p.id = d.person cross join unnest(d.entries) as chosen(entry) "
        "join entry e on e.id = chosen.entry where d.round = $1 group by d.id, p.full_name order by d.id",
        round_id,
    )


async def missing_sheets(round_id: int) -> list[Row]:
    """The active assignments without a submitted sheet."""
    return await fetch(
        "select e.code as entry, p.full_name, p.email from assignment a join round_entry re on re.id = a.round_entry "
        "join entry e on e.id = re.entry join person p on p.id = a.person "
        "where re.round = $1 and a.state = 'active' and a.submitted_at is null order by e.code, p.full_name",
        round_id,
    )


async def judges_of_contest(contest: str) -> list[Row]:
    """The people with a judge's role in the contest, by name; `organizes` for those who are also organizers of it."""
    rows = await fetch(
        "select distinct p.id, p.full_name, p.email, exists (select 1 from role o where o.person = p.id "
        "  and o.contest = r.contest and o.kind = 'organizer') as organizes from person p join role r on r.person = p.id "
        "where r.contest = $1 and r.kind = 'judge' order by p.id",
        contest,
    )
    return by_name(rows)


async def somebody_can_organize(round_id: int) -> bool:
    """Whether the round's contest has an organizer who may sign in and has no seat in the round."""
    row = await fetch_one(
        """
        select 1 from round ro join contest c on c.id = ro.contest
        join role r on r.contest = c.code and r.kind = 'organizer' join person p on p.id = r.person and not p.disabled
        where ro.id = $1 and not exists (
          select 1 from seat s join panel pa on pa.id = s.panel
          where pa.round = ro.id and s.person = p.id and s.left_at is null)
        limit 1
        """,
        round_id,
    )
    return row is not None


async def judges_round(round_id: int, person: int) -> bool:
    """Whether the person has a seat or an active assignment in the round."""
    row = await fetch_one(
        "select 1 from panel p join seat s on s.panel = p.id where p.round = $1 and s.person = $2 and s.left_at is null "
        "union all select 1 from round_entry re join assignment a on a.round_entry = re.id "
        "where re.round = $1 and a.person = $2 and a.state = 'active' limit 1",
        round_id,
        person,
    )
    return row is not None
