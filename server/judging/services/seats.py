"""Seats on a panel: given and taken back by organizers before the round is judged; the plan is then made anew."""

from __future__ import annotations

from server.actor import Actor
from server.db import Row, fetch, fetch_one, unit_of_work
from server.errors import FieldError, InvalidForm, NotFound, StepNotAllowed
from server.judging import queries
from server.judging.states import ASSIGNED, WAITING


async def give_seat(actor: Actor, contest: str, code: str, panel: int, judge: str) -> bool:
    """Seat a judge of the contest (address) on a panel of the round; a second time changes nothing.

    True for one of the contest's organizers, who will sit out while the round is judged. Raises StepNotAllowed once
    the round is judged, InvalidForm for an address without a judge's role.
    """
    async with unit_of_work(actor.person, contest) as work:
        row = await _lock(contest, code, panel)
        person = await fetch_one(
            "select p.id, exists (select 1 from role o where o.person = p.id and o.contest = $2 "
            "  and o.kind = 'organizer') as organizes from person p join role r on r.person = p.id "
            "where p.email = $1 and r.contest = $2 and r.kind = 'judge' limit 1",
            judge.lower(),
            contest,
        )
        if person is None:
            raise InvalidForm([FieldError("judge", "not_a_choice")])
        given = await fetch(
            "insert into seat (panel, person) values ($1, $2) on conflict (panel, person) do update set left_at = null "
            "where seat.left_at is not null returning id",
            panel,
            person["id"],
        )
        if not given:
            return bool(person["organizes"])
        await _drop_plan(row)
        work.audit("seat.given", f"{contest}/{code}", panel=panel, judge=person["id"])
        return bool(person["organizes"])


async def take_seat_back(actor: Actor, contest: str, code: str, panel: int, judge: int) -> None:
    """Take a judge (id) off a panel, once; raises NotFound when nobody of that id ever sat there."""
    async with unit_of_work(actor.person, contest) as work:
        row = await _lock(contest, code, panel)
        seat = await fetch_one("select id, left_at from seat where panel = $1 and person = $2", panel, judge)
        if seat is None:
            raise NotFound
        if seat["left_at"] is not None:
            return
        await fetch("update seat set left_at = clock_timestamp() where id = $1", seat["id"])
        await _drop_plan(row)
        work.audit("seat.taken_back", f"{contest}/{code}", panel=panel, judge=judge)


async def _lock(contest: str, code: str, panel: int) -> Row:
    """Lock the round; the panel must be one of its own, and the round not judged yet."""
    row = await queries.round_row(contest, code, lock=True)
    if await fetch_one("select 1 from panel where id = $1 and round = $2", panel, row["id"]) is None:
        raise NotFound
    if row["state"] not in (WAITING, ASSIGNED):
        raise StepNotAllowed("seats", row["state"])
    return row


async def _drop_plan(row: Row) -> None:
    """An applied plan no longer stands: it has to be made anew."""
    if row["state"] == ASSIGNED:
        await fetch(
            "delete from assignment a using round_entry re where re.id = a.round_entry and re.round = $1", row["id"]
        )
        await fetch("update round set state = $2, plan = null where id = $1", row["id"], WAITING)
