"""What organizers do with an entry: accept it, return it to its unit, take either back, edit or withdraw it with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from server.actor import Actor
from server.contests.queries_log import edited_since, last_withdrawal
from server.contests.services.submit import check_places
from server.contests.states import DRAFT, IN_THE_CONTEST, RETURNED, SUBMITTED, VALID, WITHDRAWN
from server.db import Row, fetch, fetch_one, unit_of_work
from server.errors import FieldError, InvalidForm, NotFound, StaleVersion, StepNotAllowed

REVIEWABLE_STATES = ("open", "closed")


@dataclass(frozen=True)
class Verdict:
    """One of the organizer's verdicts: where it may start, where it leads, whether a message must say why.

    Without a target it leads to the state that the entry had before.
    """

    name: str
    sources: tuple[str, ...]
    target: str | None
    needs_message: bool = False


VERDICTS = {
    verdict.name: verdict
    for verdict in (
        Verdict("accept", (SUBMITTED,), VALID),
        Verdict("undo_accept", (VALID,), SUBMITTED),
        Verdict("return", (SUBMITTED, VALID), RETURNED, needs_message=True),
        Verdict("undo_return", (RETURNED,), SUBMITTED),
        Verdict("withdraw", (DRAFT, SUBMITTED, VALID, RETURNED), WITHDRAWN, needs_message=True),
        Verdict("undo_withdraw", (WITHDRAWN,), None),
    )
}

MAILED = ("return", "withdraw", "undo_withdraw")
"""The verdicts of which the unit is told by mail."""


def needs_reason(verdict: Verdict, entry: Row) -> bool:
    """Whether the verdict goes on record with a reason: a message to the unit, or why a late entry is let in."""
    return verdict.needs_message or (verdict.name == "accept" and entry["late"])


async def open_verdicts(contest: str, entry: Row) -> list[Verdict]:
    """The verdicts that the entry's state allows."""
    open_ones = [verdict for verdict in VERDICTS.values() if entry["state"] in verdict.sources]
    if entry["state"] == WITHDRAWN:
        last = await last_withdrawal(contest, entry["code"])
        return open_ones if last is not None and last.by_organizers else []
    return open_ones


async def review_entry(actor: Actor, contest: str, entry: str, verdict: str, message: str = "") -> None:
    """Give a verdict on one entry; raises StepNotAllowed from another state and InvalidForm without a needed message.

    An entry that came late is accepted only with a reason. What a unit withdrew itself, organizers do not bring back. A
    verdict that was given already, such as by the first press of a button pressed twice, is answered like that press.
    """
    chosen = VERDICTS.get(verdict)
    if chosen is None:
        raise NotFound
    async with unit_of_work(actor.person, contest) as work:
        held = await _lock_contest(contest)
        row = await _lock_entry(held, entry)
        target = chosen.target or await _state_before(contest, row)
        if row["state"] == target and row["message"] == message:
            return
        if row["state"] not in chosen.sources:
            raise StepNotAllowed(verdict, row["state"])
        if chosen.name == "undo_return" and await edited_since(contest, entry, "entry.return"):
            # It would count as submitted in time with what was put in afterwards.
            raise StepNotAllowed(verdict, row["state"], ["changed_since_return"])
        if needs_reason(chosen, row) and not message:
            raise InvalidForm([FieldError("message", "required")])
        if target in IN_THE_CONTEST:
            await check_places(held, row)
        await fetch(
            "update entry set state = $2, message = $3, version = version + 1 where id = $1",
            row["id"],
            target,
            message,
        )
        work.audit(f"entry.{verdict}", f"{contest}/{entry}", message=message, state=row["state"])
        if chosen.name in MAILED:
            work.enqueue("mail_entry_returned", {"entry": row["id"], "verdict": verdict, "message": message})


async def _state_before(contest: str, row: Row) -> str:
    """The state in which organizers withdrew the entry; raises StepNotAllowed when it was not they who did."""
    last = await last_withdrawal(contest, row["code"])
    if last is None or not last.by_organizers:
        raise StepNotAllowed("undo_withdraw", row["state"], ["withdrawn_by_unit"] if row["state"] == WITHDRAWN else [])
    if last.undone and row["state"] != WITHDRAWN:
        return str(row["state"])
    return last.state or (SUBMITTED if row["submitted_at"] else DRAFT)


async def accept_all(actor: Actor, contest: str) -> int:
    """Accept every submitted entry that came in time; returns how many."""
    async with unit_of_work(actor.person, contest) as work:
        await _lock_contest(contest)
        rows = await fetch(
            "update entry e set state = 'valid', version = version + 1 from contest c "
            "where c.id = e.contest and c.code = $1 and e.state = 'submitted' and not e.late returning e.code",
            contest,
        )
        if rows:
            work.audit("entry.accept_all", contest, entries=sorted(row["code"] for row in rows))
        return len(rows)


async def edit_entry(
    actor: Actor, contest: str, entry: str, *, version: int, title: str, authors: list[str], category: str, reason: str
) -> None:
    """Correct what an entry says, with a reason on record; raises StaleVersion when somebody else was faster."""
    if not reason:
        raise InvalidForm([FieldError("reason", "required")])
    async with unit_of_work(actor.person, contest) as work:
        row = await _lock_entry(await _lock_contest(contest), entry)
        chosen = await fetch_one("select id from category where contest = $1 and code = $2", row["contest"], category)
        if chosen is None:
            raise InvalidForm([FieldError("category", "not_a_choice")])
        if not _changed(row, title, authors, chosen["id"]):
            return
        if row["version"] != version:
            raise StaleVersion(row["version"], {"title": row["title"], "authors": "; ".join(row["authors"])})
        await fetch(
            "update entry set title = $2, authors = $3, category = $4, version = version + 1 where id = $1",
            row["id"],
            title,
            authors,
            chosen["id"],
        )
        work.audit(
            "entry.edited_by_organizer",
            f"{contest}/{entry}",
            reason=reason,
            fields=_changed(row, title, authors, chosen["id"]),
        )


def _changed(row: Row, title: str, authors: list[str], category: int) -> list[str]:
    pairs = (
        ("title", row["title"], title),
        ("authors", row["authors"], authors),
        ("category", row["category"], category),
    )
    return [name for name, before, after in pairs if before != after]


async def _lock_contest(contest: str) -> Row:
    row = await fetch_one("select id, state, per_unit_max from contest where code = $1 for share", contest)
    if row is None:
        raise NotFound
    if row["state"] not in REVIEWABLE_STATES:
        raise StepNotAllowed("review", row["state"])
    return row


async def _lock_entry(held: Row, entry: str) -> Row:
    row = await fetch_one("select * from entry where contest = $1 and code = $2 for update", held["id"], entry)
    if row is None:
        raise NotFound
    return row
