"""Conflicts of interest: set and removed by organizers, declared by judges; they beat every assignment."""

from __future__ import annotations

from server.actor import Actor
from server.db import Row, UnitOfWork, fetch, fetch_one, unit_of_work
from server.errors import FieldError, InvalidForm, NotFound, StepNotAllowed
from server.judging import queries
from server.judging.desk_queries import assignment_for_marking
from server.judging.rules.conflicts import Conflict, ConflictRow, Declared, SameUnit, SetByOrganizer, conflict_pairs
from server.judging.rules.replacement import choose_replacement
from server.judging.states import ASSIGNED, CANCELLED, JUDGING, RECUSED


async def add_conflict(actor: Actor, contest: str, *, judge: str, entry: str, unit: str, reason: str) -> int:
    """Put a conflict of a judge (address) with an entry or a unit (codes, exactly one) on record.

    Active assignments that it touches are cancelled, with replacements where the round draws a number of judges;
    returns how many were cancelled. Raises InvalidForm for names that do not exist in the contest.
    """
    async with unit_of_work(actor.person, contest) as work:
        found = await _find(contest, judge, entry, unit)
        if await _on_record(found, reason):
            return 0
        await _insert(found, "organizer", reason, actor.person)
        work.audit("conflict.set", contest, judge=judge, entry=entry, unit=unit, reason=reason)
        touched = await _touched(found)
        for row in touched:
            await cancel_assignment(work, contest, row, CANCELLED, reason)
        return len(touched)


async def remove_conflict(actor: Actor, contest: str, conflict: int) -> None:
    """Take a conflict off the record; assignments that it cancelled stay cancelled."""
    async with unit_of_work(actor.person, contest) as work:
        row = await fetch_one(
            "select x.person, x.removed_at from conflict_of_interest x join contest c on c.id = x.contest "
            "where x.id = $1 and c.code = $2 for update of x",
            conflict,
            contest,
        )
        if row is None:
            raise NotFound
        if row["removed_at"] is not None:
            return
        await fetch("update conflict_of_interest set removed_at = clock_timestamp() where id = $1", conflict)
        work.audit("conflict.removed", contest, conflict=conflict, judge=row["person"])


async def recuse(actor: Actor, contest: str, round_code: str, alias: str, reason: str) -> bool:
    """A judge steps back from an entry: its assignment ends, the reason is kept, a replacement is drawn if possible.

    Returns whether somebody took over. Marks already given stay on record and do not count.
    """
    if not reason:
        raise InvalidForm([FieldError("reason", "required")])
    async with unit_of_work(actor.person, contest) as work:
        try:
            mine = await assignment_for_marking(actor.person, contest, round_code, alias)
        except NotFound:
            return await _given_up(actor.person, contest, round_code, alias)
        await fetch("select 1 from round where id = $1 for share", mine["round"])
        row = await fetch_one(
            "select a.id, a.round_entry, a.person, re.entry, re.panel, re.alias, r.id as round, r.code as round_code, "
            "  r.contest, r.state as round_state, r.judges_per_entry, r.plan_seed "
            "from assignment a join round_entry re on re.id = a.round_entry join round r on r.id = re.round "
            "where a.id = $1 and a.state = 'active' for update of a",
            mine["assignment"],
        )
        if row is None:
            return await _given_up(actor.person, contest, round_code, alias)
        if row["round_state"] != JUDGING:
            raise StepNotAllowed("recuse", row["round_state"])
        await fetch(
            "insert into conflict_of_interest (contest, person, entry_code, source, reason, created_by, created_at) "
            "values ($1, $2, (select code from entry where id = $3), 'declared', $4, $2, clock_timestamp())",
            row["contest"],
            actor.person,
            row["entry"],
            reason,
        )
        return await cancel_assignment(work, contest, row, RECUSED, reason)


async def _given_up(person: int, contest: str, round_code: str, alias: str) -> bool:
    """For an entry that the judge gave up before: whether somebody took over then; NotFound for any other."""
    row = await fetch_one(
        "select exists (select 1 from audit_event v where v.contest = $2 and v.action = 'assignment.replaced' "
        "  and v.subject = concat_ws('/', $2::text, $3::text, $4::text)) as replaced "
        "from assignment a join round_entry re on re.id = a.round_entry join round r on r.id = re.round "
        "join contest c on c.id = r.contest "
        "where a.person = $1 and a.state = 'recused' and c.code = $2 and r.code = $3 and re.alias = $4",
        person,
        contest,
        round_code,
        alias,
    )
    if row is None:
        raise NotFound
    return bool(row["replaced"])


async def _on_record(found: Row, reason: str) -> bool:
    """Whether an organizer put just this conflict on record before, as by the first of two presses."""
    return (
        await fetch_one(
            "select 1 from conflict_of_interest where contest = $1 and person = $2 and entry_code is not distinct from $3 "
            "and unit is not distinct from $4 and source = 'organizer' and reason = $5 and removed_at is null",
            found["contest"],
            found["person"],
            found["entry_code"],
            found["unit"],
            reason,
        )
        is not None
    )


async def conflicts_for(contest_row: Row, judges: list[Row], entries: list[Row]) -> dict[tuple[int, int], Conflict]:
    """Every (judge, entry) pair of ids that is in conflict: own units, and what is on record.

    `contest_row` has `contest` and `host_unit` ids; a judge's row has `id`, `units` (judges on behalf of) and `enters`
    (submits entries for), an entry's `id` and `unit`.
    """
    parents: dict[int | str, int | str | None] = dict((await queries.unit_parents()).items())
    rows = _of_officers(contest_row["host_unit"], judges, entries)
    rows += [
        ConflictRow(
            row["person"],
            (Declared if row["source"] == "declared" else SetByOrganizer)(row["reason"]),
            entry=row["entry"],
            unit=row["unit"],
        )
        for row in await queries.conflicts_of(contest_row["contest"])
        if row["entry"] is not None or row["unit"] is not None
    ]
    units_of_entries: dict[int | str, int | str | None] = {entry["id"]: entry["unit"] for entry in entries}
    found: dict[tuple[int, int], Conflict] = {}
    most = max((len(judge["units"]) for judge in judges), default=0)
    for number in range(most):
        own: dict[int | str, int | str | None] = {
            j["id"]: j["units"][number] if number < len(j["units"]) else None for j in judges
        }
        pairs = conflict_pairs(own, units_of_entries, parents, contest_row["host_unit"], rows)
        for (judge, entry), conflict in pairs.items():
            found.setdefault((int(judge), int(entry)), conflict)
    return found


def _of_officers(host: int, judges: list[Row], entries: list[Row]) -> list[ConflictRow]:
    """What a judge submits for is not judged by them: a unit with all below it; of the host's, its own entries alone."""
    of_host = [entry["id"] for entry in entries if entry["unit"] == host]
    rows = []
    for judge in judges:
        for unit in judge["enters"]:
            if unit == host:
                rows += [ConflictRow(judge["id"], SameUnit(unit), entry=entry) for entry in of_host]
            else:
                rows.append(ConflictRow(judge["id"], SameUnit(unit), unit=unit))
    return rows


async def _find(contest: str, judge: str, entry: str, unit: str) -> Row:
    row = await fetch_one(
        """
        select c.id as contest,
          (select p.id from person p join role r on r.person = p.id and r.contest = c.code and r.kind = 'judge'
             where p.email = $2 limit 1) as person,
          (select e.id from entry e where e.contest = c.id and e.code = $3) as entry, nullif($3, '') as entry_code,
          (select u.id from unit u where u.code = $4 and (
             exists (select 1 from role r where r.contest = c.code and r.unit = u.id)
             or exists (select 1 from entry e where e.contest = c.id and e.unit = u.id)
             or u.id in (with recursive tree as (select c.host_unit as id
                           union select b.id from unit b join tree t on b.parent = t.id) select id from tree))) as unit
        from contest c where c.code = $1 for update of c
        """,
        contest,
        judge,
        entry,
        unit,
    )
    if row is None:
        raise NotFound
    errors = [FieldError("judge", "not_a_choice")] if row["person"] is None else []
    if bool(entry) == bool(unit):
        errors.append(FieldError("entry", "required"))
    if entry and row["entry"] is None:
        errors.append(FieldError("entry", "not_a_choice"))
    if unit and row["unit"] is None:
        errors.append(FieldError("unit", "not_a_choice"))
    if errors:
        raise InvalidForm(errors)
    return row


async def _insert(found: Row, source: str, reason: str, by: int) -> None:
    await fetch(
        "insert into conflict_of_interest (contest, person, entry_code, unit, source, reason, created_by, created_at) "
        "values ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())",
        found["contest"],
        found["person"],
        found["entry_code"],
        found["unit"],
        source,
        reason,
        by,
    )


async def _touched(found: Row) -> list[Row]:
    """The judge's active assignments, in rounds that still run, to the entry or to entries of the unit and below."""
    return await fetch(
        """
        with recursive below as (
          select $3::bigint as id union select u.id from unit u join below b on u.parent = b.id
        )
        select a.id, a.round_entry, a.person, re.entry, re.panel, re.alias, r.id as round, r.code as round_code,
          r.contest, r.state as round_state, r.judges_per_entry, r.plan_seed
        from assignment a join round_entry re on re.id = a.round_entry join round r on r.id = re.round
        join entry e on e.id = re.entry
        where a.person = $1 and a.state = 'active' and r.contest = $4 and r.state = any($5::text[])
          and (e.id = $2 or e.unit in (select id from below))
        order by a.id for update of a
        """,
        found["person"],
        found["entry"],
        found["unit"],
        found["contest"],
        [ASSIGNED, JUDGING],
    )


async def cancel_assignment(work: UnitOfWork, contest: str, row: Row, state: str, reason: str) -> bool:
    """End an assignment (a row as `recuse` reads it) inside the caller's transaction; True when somebody took over."""
    await fetch(
        "update assignment set state = $2, reason = $3, submitted_at = null where id = $1", row["id"], state, reason
    )
    subject = f"{contest}/{row['round_code']}/{row['alias']}"
    work.audit(f"assignment.{state}", subject, judge=row["person"], reason=reason)
    replacement = await _replace(row)
    if replacement is not None:
        work.audit("assignment.replaced", subject, judge=replacement)
    return replacement is not None


async def _replace(row: Row) -> int | None:
    """Assign another judge of the panel when the round draws a number of judges (with whole panels, all have it)."""
    if row["judges_per_entry"] is None:
        return None
    # One at a time in a round, so that each sees whom the one before has chosen. It is the last lock that is taken.
    await fetch("select pg_advisory_xact_lock(hashtextextended('replacement', $1))", row["round"])
    seated = await fetch(
        "select s.person as id, array(select r.unit from role r join contest c on c.code = r.contest "
        "    where r.person = s.person and r.kind = 'judge' and c.id = $2) as units, "
        "  array(select r.unit from role r join contest c on c.code = r.contest "
        "    where r.person = s.person and r.kind = 'officer' and c.id = $2) as enters, "
        "  (select count(*) from assignment a join round_entry re on re.id = a.round_entry "
        "    where a.person = s.person and re.round = $3 and a.state = 'active') as load, "
        "  exists (select 1 from assignment a where a.person = s.person and a.round_entry = $4) as on_it "
        "from seat s join person p on p.id = s.person where s.panel = $1 and s.left_at is null and not p.disabled "
        "  and exists (select 1 from role r join contest c on c.code = r.contest "
        "    where r.person = s.person and r.kind = 'judge' and c.id = $2) order by s.person",
        row["panel"],
        row["contest"],
        row["round"],
        row["round_entry"],
    )
    entry = await fetch_one(
        "select e.id, e.unit, e.contest, c.host_unit from entry e join contest c on c.id = e.contest where e.id = $1",
        row["entry"],
    )
    assert entry is not None
    pairs = await conflicts_for(entry, seated, [entry])
    barred = {judge for judge, _ in pairs} | {judge["id"] for judge in seated if judge["on_it"]}
    chosen = choose_replacement({j["id"]: j["load"] for j in seated}, barred, (row["plan_seed"] or 0) + row["id"])
    if chosen is not None:
        await fetch(
            "insert into assignment (round_entry, person, position) select $1, $2, coalesce(max(a.position), 0) + 1 "
            "from assignment a join round_entry re on re.id = a.round_entry where a.person = $2 and re.round = $3",
            row["round_entry"],
            chosen,
            row["round"],
        )
    return chosen
