"""Every read of the publishing room: what is prepared, what has gone out, and the facts that a publication states."""

from __future__ import annotations

from server.db import Row, fetch, fetch_one
from server.errors import NotFound


async def contest_facts(contest: str) -> Row:
    """The contest with its host; raises NotFound."""
    row = await fetch_one(
        "select c.*, u.name as host_name from contest c join unit u on u.id = c.host_unit where c.code = $1", contest
    )
    if row is None:
        raise NotFound
    return row


async def pending(contest: str) -> Row | None:
    """The prepared publication that has neither gone out nor been discarded."""
    return await fetch_one(
        "select p.*, q.full_name as prepared_by_name from publication p join contest c on c.id = p.contest "
        "join person q on q.id = p.prepared_by left join release r on r.publication = p.id "
        "where c.code = $1 and r.id is null order by p.id desc limit 1",
        contest,
    )


async def approvals(publication: int) -> list[Row]:
    """Who approves a publication now: each person's latest verdict, where it is a yes.

    The yes of somebody who is no organizer of the contest any more does not count.
    """
    return await fetch(
        "select v.person, v.at, p.full_name from (select distinct on (person) person, verdict, at from approval "
        "where publication = $1 order by person, id desc) v join person p on p.id = v.person and not p.disabled "
        "where v.verdict = 'approved' and exists (select 1 from publication b join contest c on c.id = b.contest "
        "  join role r on r.contest = c.code and r.kind = 'organizer' and r.person = p.id where b.id = $1) order by v.at",
        publication,
    )


async def verdict_of(publication: int, person: int) -> str | None:
    """The person's latest verdict on a publication: approved, withdrawn, or None."""
    row = await fetch_one(
        "select verdict from approval where publication = $1 and person = $2 order by id desc limit 1",
        publication,
        person,
    )
    return row["verdict"] if row else None


async def outcome_of(contest: str, digest: str) -> str | None:
    """What became of the contest's publication with this digest: published, discarded, or None while it waits."""
    row = await fetch_one(
        "select r.outcome from publication p join contest c on c.id = p.contest join release r on r.publication = p.id "
        "where c.code = $1 and p.digest = $2",
        contest,
        digest,
    )
    return row["outcome"] if row else None


async def published(contest: str) -> list[Row]:
    """Every version that has gone out, the first one first."""
    return await fetch(
        "select p.id, p.version, p.digest, p.previous_digest, p.reason, r.at from publication p "
        "join contest c on c.id = p.contest join release r on r.publication = p.id and r.outcome = 'published' "
        "where c.code = $1 order by p.version",
        contest,
    )


async def published_version(contest: str, version: int | None = None) -> Row:
    """A version that has gone out, the latest one by default, with its exact bytes as text; raises NotFound."""
    row = await fetch_one(
        "select p.version, p.digest, p.envelope, p.reason, r.at, c.timezone from publication p "
        "join contest c on c.id = p.contest join release r on r.publication = p.id and r.outcome = 'published' "
        "where c.code = $1 and ($2::bigint is null or p.version = $2) order by p.version desc limit 1",
        contest,
        version,
    )
    if row is None:
        raise NotFound
    return row


async def published_envelopes(contest: str) -> list[str]:
    """The exact bytes of every version that has gone out, as text, in order; raises NotFound when there is none."""
    rows = await fetch(
        "select p.envelope from publication p join contest c on c.id = p.contest "
        "join release r on r.publication = p.id and r.outcome = 'published' where c.code = $1 order by p.version",
        contest,
    )
    if not rows:
        raise NotFound
    return [row["envelope"] for row in rows]


async def public_contests() -> list[Row]:
    """What the front page lists: contests that take entries, are being judged, or have published results."""
    return await fetch(
        "select c.code, c.title_vi, c.title_en, c.state, c.opens_at, c.closes_at, c.timezone, u.name as host_name, "
        "  clock_timestamp() as now, (select max(r.at) from release r join publication p on p.id = r.publication "
        "    where p.contest = c.id and r.outcome = 'published') as published_at "
        "from contest c join unit u on u.id = c.host_unit where c.state <> 'draft' "
        "order by (c.state = 'published') desc, coalesce(c.closes_at, c.created_at) desc limit 100"
    )


async def decided_rounds(contest_id: int) -> list[Row]:
    """The decided rounds in playing order."""
    return await fetch("select * from round where contest = $1 and state = 'decided' order by position", contest_id)


async def standings_of(round_id: int) -> list[Row]:
    """The frozen standings of a round, best first, with what the public may know of each entry."""
    return await fetch(
        "select s.rank, s.score, s.tied, s.broken_by, s.advanced, e.id as entry_id, e.code as entry, e.title, e.authors, "
        "  e.submitted_at, k.code as category, u.name as unit_name, pa.code as panel "
        "from standing s join entry e on e.id = s.entry join category k on k.id = e.category join unit u on u.id = e.unit "
        "left join round_entry re on re.round = s.round and re.entry = s.entry left join panel pa on pa.id = re.panel "
        "where s.round = $1 order by s.position",
        round_id,
    )


async def sheets_of(round_id: int) -> list[Row]:
    """Every handed-in sheet of a round: entry code, judge (id), and its marks as JSON criterion -> points as text."""
    return await fetch(
        """
        select e.code as entry, a.person as judge,
          (select coalesce(jsonb_object_agg(m.code, m.points), '{}') from (
             select distinct on (c.id) c.code, trim_scale(mk.points)::text as points from mark mk
             join criterion c on c.id = mk.criterion where mk.assignment = a.id order by c.id, mk.version desc
           ) m where m.points is not null) as marks
        from assignment a join round_entry re on re.id = a.round_entry join entry e on e.id = re.entry
        where re.round = $1 and a.state = 'active' and a.submitted_at is not null order by e.code, a.id
        """,
        round_id,
    )


async def gaps_of(round_id: int) -> int:
    """How many assigned sheets were never handed in."""
    row = await fetch_one(
        "select count(*) as n from assignment a join round_entry re on re.id = a.round_entry "
        "where re.round = $1 and a.state = 'active' and a.submitted_at is null",
        round_id,
    )
    return int(row["n"]) if row else 0


async def prizes_of(contest_id: int) -> list[Row]:
    """The prizes in order."""
    return await fetch(
        "select title_vi, title_en, quantity from prize where contest = $1 order by position", contest_id
    )


async def standings_basis(contest_id: int) -> str:
    """A digest of everything that was decided: the frozen standings of all rounds."""
    row = await fetch_one(
        "select md5(coalesce(string_agg(s::text, '|' order by s.round, s.position), '')) as basis "
        "from standing s join round r on r.id = s.round where r.contest = $1",
        contest_id,
    )
    assert row is not None
    return str(row["basis"])
