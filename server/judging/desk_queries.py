"""Every read of a judge's pages: under the judges' database role, from views without anything that names who entered."""

from __future__ import annotations

from server.db import Row
from server.engine import JUDGE_DB
from server.errors import NotFound

QUEUE_PAGE = 50


async def rounds_of_judge(person: int) -> list[Row]:
    """The rounds in which the person has assignments, with counts of sheets, newest first."""
    return await JUDGE_DB.fetch(
        "select contest, contest_vi, contest_en, round, round_code, round_vi, round_en, round_state, "
        "  count(*) as assigned, count(submitted_at) as submitted, "
        "  count(*) filter (where version > 0 and submitted_at is null) as begun "
        "from desk_entry where person = $1 and state = 'active' and round_state <> 'assigned' "
        "group by contest, contest_vi, contest_en, round, round_code, round_vi, round_en, round_state "
        "order by round desc",
        person,
    )


async def queue(person: int, contest: str, round_code: str, *, only_open: bool, page: int) -> list[Row]:
    """One page of the judge's queue in the judge's own order, each line with the round and the counts of the whole.

    `total` is the sum of mark x weight of a complete sheet, else null. Raises NotFound without any assignment.
    """
    rows = await JUDGE_DB.fetch(
        """
        with mine as (
          select * from desk_entry
          where person = $1 and contest = $2 and round_code = $3 and state = 'active' and round_state <> 'assigned'
        ), counted as (
          select count(*) as assigned, count(submitted_at) as submitted,
            count(*) filter (where not $4 or submitted_at is null) as listed from mine
        ), shown as (
          select * from mine where not $4 or submitted_at is null order by position limit $5 offset $6
        )
        select c.assigned, c.submitted, c.listed, r.contest_vi, r.contest_en, r.round_vi, r.round_en, r.round_state,
          s.alias, s.title, s.category_vi, s.category_en, s.version, s.submitted_at, s.saved_at,
          (select case when count(*) = count(m.points) then sum(m.points * cr.weight) end
             from criterion cr left join lateral (
               select points from mark where assignment = s.assignment and criterion = cr.id order by version desc limit 1
             ) m on true where cr.round = s.round) as total
        from counted c cross join (select * from mine limit 1) r left join shown s on true
        order by s.position
        """,
        person,
        contest,
        round_code,
        only_open,
        QUEUE_PAGE,
        (page - 1) * QUEUE_PAGE,
    )
    if not rows:
        raise NotFound
    return rows


async def desk(person: int, contest: str, round_code: str, alias: str) -> Row:
    """One assignment of the judge with its neighbours in the queue and the counts; raises NotFound."""
    rows = await JUDGE_DB.fetch(
        """
        select d.*, q.assigned, q.submitted, q.place, q.previous, q.next, q.next_open
        from desk_entry d cross join lateral (
          select count(*) as assigned, count(o.submitted_at) as submitted,
            count(*) filter (where o.position <= d.position) as place,
            (array_agg(o.alias order by o.position desc) filter (where o.position < d.position))[1] as previous,
            (array_agg(o.alias order by o.position) filter (where o.position > d.position))[1] as next,
            (array_agg(o.alias order by (o.position > d.position) desc, o.position)
               filter (where o.submitted_at is null and o.assignment <> d.assignment))[1] as next_open
          from desk_entry o where o.person = $1 and o.round = d.round and o.state = 'active'
        ) q
        where d.person = $1 and d.contest = $2 and d.round_code = $3 and d.alias = $4 and d.state = 'active'
          and d.round_state <> 'assigned'
        """,
        person,
        contest,
        round_code,
        alias,
    )
    if not rows:
        raise NotFound
    return rows[0]


async def sheet(assignment: int, round_id: int) -> list[Row]:
    """The criteria of the round in their order, each with the current points of this sheet or null."""
    return await JUDGE_DB.fetch(
        """
        select c.id, c.code, c.title_vi, c.title_en, c.max, c.weight,
          (select m.points from mark m where m.assignment = $1 and m.criterion = c.id order by m.version desc limit 1) as points
        from criterion c where c.round = $2 order by c.position
        """,
        assignment,
        round_id,
    )


async def assignment_for_marking(person: int, contest: str, round_code: str, alias: str) -> Row:
    """The judge's assignment with its state and, as arrays in the order of the criteria, what may be marked.

    `criterion_ids`, `codes`, `maxima`, `weights` and `points` (null: no mark). Raises NotFound.
    """
    rows = await JUDGE_DB.fetch(
        """
        select d.assignment, d.version, d.comment, d.submitted_at, d.round, d.round_state, d.step,
          s.criterion_ids, s.codes, s.maxima, s.weights, s.points
        from desk_entry d cross join lateral (
          select array_agg(c.id order by c.position) as criterion_ids, array_agg(c.code order by c.position) as codes,
            array_agg(c.max order by c.position) as maxima, array_agg(c.weight order by c.position) as weights,
            array_agg((select m.points from mark m where m.assignment = d.assignment and m.criterion = c.id
                       order by m.version desc limit 1) order by c.position) as points
          from criterion c where c.round = d.round
        ) s
        where d.person = $1 and d.contest = $2 and d.round_code = $3 and d.alias = $4 and d.state = 'active'
        """,
        person,
        contest,
        round_code,
        alias,
    )
    if not rows:
        raise NotFound
    return rows[0]


async def files(round_entry: int) -> list[Row]:
    """The judges' copies of an entry's files, numbered from 1; `previews` is JSON: kind, place, width, height."""
    return await JUDGE_DB.fetch(
        """
        select f.number, f.kind, f.derived_state, f.derived_type, f.derived_size, f.derived_seconds, f.derived_pages,
          coalesce((select jsonb_agg(jsonb_build_object('kind', p.kind, 'place', p.place, 'width', p.width,
             'height', p.height) order by p.kind, p.place)
             from desk_preview p where p.round_entry = f.round_entry and p.number = f.number), '[]') as previews
        from desk_file f where f.round_entry = $1 order by f.number
        """,
        round_entry,
    )


async def file_for_judge(person: int, contest: str, round_code: str, alias: str, number: int) -> Row:
    """One copy that is ready, with its key in the store; raises NotFound, also when it is not ready."""
    rows = await JUDGE_DB.fetch(
        "select f.derived_key, f.derived_type, f.derived_size from desk_entry d join desk_file f "
        "on f.round_entry = d.round_entry where d.person = $1 and d.contest = $2 and d.round_code = $3 and d.alias = $4 "
        "and d.state = 'active' and d.round_state <> 'assigned' and f.number = $5 and f.derived_state = 'ready'",
        person,
        contest,
        round_code,
        alias,
        number,
    )
    if not rows:
        raise NotFound
    return rows[0]


async def preview_for_judge(
    person: int, contest: str, round_code: str, alias: str, number: int, kind: str, place: int
) -> Row:
    """One preview of a copy, with its key in the store; raises NotFound."""
    rows = await JUDGE_DB.fetch(
        "select p.storage_key, p.media_type, p.size from desk_entry d join desk_preview p on p.round_entry = d.round_entry "
        "where d.person = $1 and d.contest = $2 and d.round_code = $3 and d.alias = $4 and d.state = 'active' "
        "and d.round_state <> 'assigned' and p.number = $5 and p.kind = $6 and p.place = $7",
        person,
        contest,
        round_code,
        alias,
        number,
        kind,
        place,
    )
    if not rows:
        raise NotFound
    return rows[0]
