"""Submit an entry: one clock decides the deadline, one receipt proves it, however often the button is pressed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from server.actor import Actor
from server.contests.rules.receipts import new_receipt_code, payload_hash, receipt_document
from server.contests.states import DRAFT, IN_THE_CONTEST, OPEN, RETURNED, SUBMITTED, WITHDRAWN
from server.db import Row, UnitOfWork, fetch, fetch_one, unit_of_work
from server.errors import (
    DeadlinePassed,
    FieldError,
    IdempotencyConflict,
    InvalidForm,
    NotFound,
    StaleVersion,
    StepNotAllowed,
)


@dataclass(frozen=True)
class ReceiptGiven:
    """A receipt as it is stored; `document` is what it says, `submitted_at` the database's clock at the submit."""

    code: str
    version: int
    submitted_at: datetime
    document: dict[str, Any]


async def submit_entry(
    actor: Actor, contest: str, entry: str, version: int, idempotency_key: str | None = None
) -> ReceiptGiven:
    """Submit this version of the entry; the bytes of its files were stored, read back and hashed before.

    The deadline is decided by the database's clock once the contest's row is locked. The same version, or the same
    key with the same payload, gets the same receipt again. Raises DeadlinePassed, StaleVersion, StepNotAllowed
    (withdrawn), IdempotencyConflict, and InvalidForm when a required file is missing or the unit has no place left.
    """
    async with unit_of_work(actor.person, contest) as work:
        held, now = await open_contest(contest)
        row = await lock_entry(contest, entry, actor.units(contest))
        payload = payload_hash(entry, version)
        before = await _earlier(row["id"], row["version"], idempotency_key)
        if before is not None:
            if before["idempotency_key"] == idempotency_key and before["payload_hash"] != payload:
                raise IdempotencyConflict(idempotency_key or "")
            if before["version"] == version and row["state"] in IN_THE_CONTEST:
                return _given(before)
        _require_open(held, now)
        if row["version"] != version:
            raise StaleVersion(row["version"], {"title": row["title"], "authors": "; ".join(row["authors"])})
        if row["state"] == WITHDRAWN:
            raise StepNotAllowed("submit", row["state"])
        files = await _check_files(held, row)
        await _check_places(held, row)
        return await _write(work, row, contest, files, now, idempotency_key, payload, actor.person)


async def open_contest(contest: str) -> tuple[Row, datetime]:
    """Lock the contest's row against a change of state, then read the clock; raises NotFound."""
    held = await fetch_one("select id, state, closes_at, per_unit_max from contest where code = $1 for share", contest)
    if held is None:
        raise NotFound
    clock = await fetch_one("select clock_timestamp() as now")
    assert clock is not None
    return held, clock["now"]


async def lock_entry(contest: str, entry: str, units: tuple[int, ...]) -> Row:
    """Lock one entry of these units for the transaction; another unit's is not found."""
    row = await fetch_one(
        "select e.*, u.name as unit_name from entry e join contest c on c.id = e.contest join unit u on u.id = e.unit "
        "where c.code = $1 and e.code = $2 and e.unit = any($3::bigint[]) for update of e",
        contest,
        entry,
        list(units),
    )
    if row is None:
        raise NotFound
    return row


async def require_editable(contest: str, entry: str, units: tuple[int, ...]) -> Row:
    """Lock an entry that its officer may change now: the contest takes entries and it was not withdrawn."""
    held, now = await open_contest(contest)
    row = await lock_entry(contest, entry, units)
    _require_open(held, now)
    if row["state"] not in (DRAFT, SUBMITTED, RETURNED):
        raise StepNotAllowed("edit", row["state"])
    return row


def _require_open(held: Row, now: datetime) -> None:
    if held["state"] != OPEN or (held["closes_at"] is not None and now > held["closes_at"]):
        raise DeadlinePassed(held["closes_at"])


async def _earlier(entry: int, version: int, key: str | None) -> Row | None:
    return await fetch_one(
        "select * from receipt where entry = $1 and (idempotency_key = $2 or version = $3) "
        "order by (idempotency_key is not distinct from $2) desc, id desc limit 1",
        entry,
        key,
        version,
    )


async def _check_files(held: Row, row: Row) -> list[Row]:
    files = await fetch("select * from entry_file where entry = $1 and removed_at is null order by kind, id", row["id"])
    required = await fetch("select kind from file_rule where contest = $1 and required order by position", held["id"])
    missing = [rule["kind"] for rule in required if rule["kind"] not in {file["kind"] for file in files}]
    if missing:
        raise InvalidForm([FieldError(f"file-{kind}", "file_missing", {"kind": kind}) for kind in missing])
    return files


async def _check_places(held: Row, row: Row) -> None:
    if not held["per_unit_max"] or row["state"] in IN_THE_CONTEST:
        return
    # The unit's row stands for its places: two entries of one unit cannot take the last place at once.
    await fetch("select 1 from unit where id = $1 for no key update", row["unit"])
    taken = await fetch_one(
        "select count(*) as n from entry where contest = $1 and unit = $2 and state = any($3::text[])",
        held["id"],
        row["unit"],
        list(IN_THE_CONTEST),
    )
    assert taken is not None
    if taken["n"] >= held["per_unit_max"]:
        raise InvalidForm([FieldError("entry", "unit_full", {"max": str(held["per_unit_max"])})])


async def _write(
    work: UnitOfWork,
    row: Row,
    contest: str,
    files: list[Row],
    now: datetime,
    key: str | None,
    payload: str,
    person: int,
) -> ReceiptGiven:
    code = new_receipt_code()
    document = receipt_document(
        code=code, contest=contest, entry=row, unit_name=row["unit_name"], files=files, submitted_at=now.isoformat()
    )
    stored = await fetch_one(
        "insert into receipt (code, entry, version, idempotency_key, payload_hash, document, person, submitted_at, late) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, false) returning *",
        code,
        row["id"],
        row["version"],
        key,
        payload,
        json.dumps(document, ensure_ascii=False),
        person,
        now,
    )
    assert stored is not None
    await fetch(
        "update entry set state = 'submitted', submitted_at = $2, late = false, message = '' where id = $1",
        row["id"],
        now,
    )
    work.audit("entry.submitted", f"{contest}/{row['code']}", version=row["version"], receipt=code)
    work.enqueue("mail_receipt", {"receipt": stored["id"]}, unique=f"mail_receipt/{code}")
    return _given(stored)


def _given(row: Row) -> ReceiptGiven:
    return ReceiptGiven(row["code"], row["version"], row["submitted_at"], msgspec.json.decode(row["document"]))
