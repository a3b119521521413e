"""A judge gives up a whole round: the seat and every sheet, from the assignment until the round is closed."""

from __future__ import annotations

from server.actor import Actor
from server.db import fetch, fetch_one, unit_of_work
from server.errors import FieldError, InvalidForm, NotFound, StepNotAllowed
from server.judging import queries
from server.judging.services.conflicts import cancel_assignment
from server.judging.states import ASSIGNED, JUDGING, RECUSED


async def leave_round(actor: Actor, contest: str, round_code: str, reason: str) -> int:
    """Give up every seat and assignment of the actor in the round; returns how many sheets nobody took over.

    Marks already given stay on record and do not count; a second time changes nothing. Raises NotFound for somebody who does not judge the round,
    InvalidForm without a reason, StepNotAllowed once the round is closed.
    """
    if not reason:
        raise InvalidForm([FieldError("reason", "required")])
    async with unit_of_work(actor.person, contest) as work:
        row = await queries.round_row(contest, round_code, lock=True)
        seats = await fetch(
            "update seat s set left_at = clock_timestamp() from panel p "
            "where p.id = s.panel and p.round = $1 and s.person = $2 and s.left_at is null returning s.id",
            row["id"],
            actor.person,
        )
        mine = await fetch(
            "select a.id, a.round_entry, a.person, re.entry, re.panel, re.alias, r.id as round, r.code as round_code, "
            "  r.contest, r.judges_per_entry, r.plan_seed "
            "from assignment a join round_entry re on re.id = a.round_entry join round r on r.id = re.round "
            "where r.id = $1 and a.person = $2 and a.state = 'active' order by a.id for update of a",
            row["id"],
            actor.person,
        )
        if not seats and not mine:
            if await _left_before(row["id"], actor.person):
                return 0
            raise NotFound
        if row["state"] not in (ASSIGNED, JUDGING):
            raise StepNotAllowed("leave_round", row["state"])
        work.audit("seat.left", f"{contest}/{round_code}", reason=reason, sheets=len(mine))
        replaced = [await cancel_assignment(work, contest, sheet, RECUSED, reason) for sheet in mine]
        return replaced.count(False)


async def _left_before(round_id: int, person: int) -> bool:
    query = "select 1 from seat s join panel p on p.id = s.panel where p.round = $1 and s.person = $2"
    return await fetch_one(query, round_id, person) is not None
