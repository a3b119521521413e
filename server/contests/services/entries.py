"""What an officer does with an entry beside submitting it: create, edit, withdraw, and take a withdrawal back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from server.actor import Actor
from server.contests.queries_log import last_withdrawal
from server.contests.services.taking import lock_entry, open_contest, require_editable, require_open
from server.contests.states import DRAFT, WITHDRAWN
from server.db import Row, fetch_one, unit_of_work
from server.errors import FieldError, IdempotencyConflict, InvalidForm, NotFound, StaleVersion, StepNotAllowed


@dataclass(frozen=True)
class EntryText:
    """What an officer types about an entry: category by its code, authors in their order."""

    title: str
    category: str
    authors: tuple[str, ...]


async def create_entry(
    actor: Actor, contest: str, unit: int, text: EntryText, code: str = "", key: str | None = None
) -> str:
    """Make a draft for one of the officer's units; returns its code: `code`, or the next free one (E001, ...).

    The same `key` with the same content gets the entry that was made the first time. Raises DeadlinePassed when the
    contest takes no entries, InvalidForm for a code that is taken or a category that does not exist, NotFound for
    another's unit, IdempotencyConflict for a key that came with another content.
    """
    if unit not in actor.units(contest):
        raise NotFound
    async with unit_of_work(actor.person, contest) as work:
        # Exclusive, unlike in other use cases: it also orders the numbers that are given.
        held = await fetch_one("select id, state, closes_at from contest where code = $1 for update", contest)
        clock = await work.clock()
        assert held is not None
        payload = content_hash(unit, text, code)
        before = await _made_before(actor, contest, key, payload)
        if before is not None:
            return before
        require_open(held)
        category = await _category(held["id"], text.category)
        chosen = code or await _next_code(held["id"])
        made = await fetch_one(
            "insert into entry (contest, code, title, category, unit, authors, created_by, created_at) "
            "values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (contest, code) do nothing returning id",
            held["id"],
            chosen,
            text.title,
            category,
            unit,
            list(text.authors),
            actor.person,
            clock,
        )
        if made is None:
            raise InvalidForm([FieldError("code", "taken")])
        work.audit("entry.created", f"{contest}/{chosen}", **({"key": key, "payload": payload} if key else {}))
        return chosen


def content_hash(unit: int, text: EntryText, code: str) -> str:
    """SHA-256 in hex of what a new entry is made from."""
    return hashlib.sha256(json.dumps([unit, code, text.title, text.category, text.authors]).encode()).hexdigest()


async def _made_before(actor: Actor, contest: str, key: str | None, payload: str) -> str | None:
    """The code of the entry that the person made with this key: the event that tells of it names the key."""
    if not key:
        return None
    row = await fetch_one(
        "select subject, data ->> 'payload' as payload from audit_event "
        "where contest = $1 and person = $2 and action = 'entry.created' and data ->> 'key' = $3",
        contest,
        actor.person,
        key,
    )
    if row is None:
        return None
    if row["payload"] != payload:
        raise IdempotencyConflict(key)
    return str(row["subject"]).removeprefix(f"{contest}/")


async def edit_entry(actor: Actor, contest: str, entry: str, version: int, text: EntryText) -> int:
    """Save what was typed as the next version; returns it. A submitted entry stays submitted.

    After such a change the last receipt is for an older version; the page says so and offers to submit again.
    Raises StaleVersion with the stored text when somebody else saved in between.
    """
    async with unit_of_work(actor.person, contest) as work:
        row = await require_editable(contest, entry, actor.units(contest))
        category = await _category(row["contest"], text.category)
        stored = (row["title"], row["category"], tuple(row["authors"]))
        if stored == (text.title, category, text.authors):
            return int(row["version"])
        if row["version"] != version:
            raise StaleVersion(row["version"], {"title": row["title"], "authors": "; ".join(row["authors"])})
        saved = await fetch_one(
            "update entry set title = $2, category = $3, authors = $4, version = version + 1 where id = $1 returning version",
            row["id"],
            text.title,
            category,
            list(text.authors),
        )
        assert saved is not None
        work.audit("entry.edited", f"{contest}/{entry}", version=saved["version"])
        return int(saved["version"])


async def withdraw_entry(actor: Actor, contest: str, entry: str) -> None:
    """Take the entry out of the contest, once; it can be brought back while the contest takes entries."""
    async with unit_of_work(actor.person, contest) as work:
        await open_contest(contest)
        if (await lock_entry(contest, entry, actor.units(contest)))["state"] == WITHDRAWN:
            return
        row = await require_editable(contest, entry, actor.units(contest))
        await _set_state(row, WITHDRAWN)
        work.audit("entry.withdrawn", f"{contest}/{entry}")


async def restore_entry(actor: Actor, contest: str, entry: str) -> None:
    """Bring an entry that the unit withdrew back as a draft, once; what organizers withdrew, only they bring back."""
    async with unit_of_work(actor.person, contest) as work:
        held, _now = await open_contest(contest)
        row = await lock_entry(contest, entry, actor.units(contest))
        require_open(held)
        if row["state"] == DRAFT:
            return
        if row["state"] != WITHDRAWN:
            raise StepNotAllowed("restore", row["state"])
        last = await last_withdrawal(contest, entry)
        if last is not None and last.by_organizers:
            raise StepNotAllowed("restore", row["state"], ["withdrawn_by_organizers"])
        await _set_state(row, DRAFT)
        work.audit("entry.restored", f"{contest}/{entry}")


async def _set_state(row: Row, state: str) -> None:
    await fetch_one(
        "update entry set state = $2, version = version + 1 where id = $1 returning version", row["id"], state
    )


async def _category(contest: int, code: str) -> int:
    row = await fetch_one("select id from category where contest = $1 and code = $2", contest, code)
    if row is None:
        raise InvalidForm([FieldError("category", "not_a_choice")])
    return int(row["id"])


async def _next_code(contest: int) -> str:
    row = await fetch_one(
        "select coalesce(max(substring(code from '^E([0-9]{1,9})$')::bigint), 0) + 1 as n from entry where contest = $1",
        contest,
    )
    assert row is not None
    return f"E{row['n']:03}"
