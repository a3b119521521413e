"""Seats on a panel: given and taken back by organizers before the round is judged; the plan is then made anew."""

from __future__ import annotations

from server.actor import Actor
from server.db import fetch, fetch_one, unit_of_work
from server.errors import FieldError, InvalidForm, NotFound, StepNotAllowed
from server.judging import queries
from server.judging.states import ASSIGNED, WAITING


async def give_seat(actor: Actor, contest: str, code: str, panel: int, judge: str) -> None:
    """Seat a judge of the contest (address) on a panel of the round; a second time changes nothing.

    Raises StepNotAllowed once the round is judged, InvalidForm for an address without a judge's role.
    """
    async with unit_of_work(actor.person, contest) as work:
        await _lock(contest, code, panel)
        person = await fetch_one(
            "select p.id from person p join role r on r.person = p.id "
            "where p.email = $1 and r.contest = $2 and r.kind = 'judge' limit 1",
            judge.lower(),
            contest,
        )
        if person is None:
            raise InvalidForm([FieldError("judge", "not_a_choice")])
        await fetch(
            "insert into seat (panel, person) values ($1, $2) on conflict (panel, person) do update set left_at = null",
            panel,
            person["id"],
        )
        work.audit("seat.given", f"{contest}/{code}", panel=panel, judge=person["id"])


async def take_seat_back(actor: Actor, contest: str, code: str, panel: int, judge: int) -> None:
    """Take a judge (id) off a panel; raises NotFound when nobody of that id sits there."""
    async with unit_of_work(actor.person, contest) as work:
        await _lock(contest, code, panel)
        left = await fetch_one(
            "update seat set left_at = clock_timestamp() where panel = $1 and person = $2 and left_at is null returning id",
            panel,
            judge,
        )
        if left is None:
            raise NotFound
        work.audit("seat.taken_back", f"{contest}/{code}", panel=panel, judge=judge)


async def _lock(contest: str, code: str, panel: int) -> None:
    """Lock the round; the panel must be one of its own. An applied plan no longer stands: it has to be made anew."""
    row = await queries.round_row(contest, code, lock=True)
    if row["state"] not in (WAITING, ASSIGNED):
        raise StepNotAllowed("seats", row["state"])
    if await fetch_one("select 1 from panel where id = $1 and round = $2", panel, row["id"]) is None:
        raise NotFound
    if row["state"] == ASSIGNED:
        await fetch(
            "delete from assignment a using round_entry re where re.id = a.round_entry and re.round = $1", row["id"]
        )
        await fetch("update round set state = $2, plan = null where id = $1", row["id"], WAITING)
