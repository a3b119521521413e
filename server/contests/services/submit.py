"""Submit an entry: one clock decides the deadline, one receipt proves it, however often the button is pressed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from server.actor import Actor
from server.contests.rules.deadline import GRACE, LATE
from server.contests.rules.receipts import new_receipt_code, payload_hash, receipt_document
from server.contests.services.taking import (
    EDITABLE,
    is_sealed,
    lock_entry,
    open_contest,
    require_open,
    timing_now,
    unit_deadline,
)
from server.contests.states import IN_THE_CONTEST
from server.db import Row, UnitOfWork, fetch, fetch_one, unit_of_work
from server.errors import (
    DeadlinePassed,
    FieldError,
    IdempotencyConflict,
    InvalidForm,
    StaleVersion,
    StepNotAllowed,
)


@dataclass(frozen=True)
class Moment:
    """When a submit came, which deadline held for it, and what that makes it: on_time, grace or late."""

    now: datetime
    deadline: datetime | None
    timing: str


@dataclass(frozen=True)
class ReceiptGiven:
    """A receipt as it is stored; `document` is what it says, `submitted_at` the database's clock at the submit."""

    code: str
    version: int
    submitted_at: datetime
    late: bool
    document: dict[str, Any]


async def submit_entry(
    actor: Actor, contest: str, entry: str, version: int, idempotency_key: str | None = None
) -> ReceiptGiven:
    """Submit this version of the entry; the bytes of its files were stored, read back and hashed before.

    The deadline is decided by the database's clock once the contest's row is locked; what comes later, while the
    contest is open, is kept and marked late. The grace is for files on their way: with other changes it is late. The same version, or the same key with the same payload, gets the same
    receipt again. Raises DeadlinePassed (the contest is not open, or the entry was submitted in time and is sealed),
    StaleVersion, StepNotAllowed (withdrawn or accepted), IdempotencyConflict, and InvalidForm when a required file is
    missing or the unit has no place left.
    """
    async with unit_of_work(actor.person, contest) as work:
        held, now = await open_contest(contest)
        row = await lock_entry(contest, entry, actor.units(contest))
        payload = payload_hash(entry, version)
        before = await _earlier(row["id"], row["version"], idempotency_key)
        if before is not None:
            same_key = before["idempotency_key"] == idempotency_key
            if idempotency_key is not None and same_key and before["payload_hash"] != payload:
                raise IdempotencyConflict(idempotency_key)
            if before["version"] == version and row["state"] in IN_THE_CONTEST:
                return _given(before)
        require_open(held)
        if row["version"] != version:
            raise StaleVersion(row["version"], {"title": row["title"], "authors": "; ".join(row["authors"])})
        if row["state"] not in EDITABLE:
            raise StepNotAllowed("submit", row["state"])
        files = await _check_files(held, row)
        deadline = unit_deadline(held, row)
        when = timing_now(held, row, now, _waited_for(files, deadline))
        if when == GRACE and await _changed_after(deadline, f"{contest}/{entry}"):
            when = LATE
        if when == LATE and is_sealed(held, row, now):
            raise DeadlinePassed(deadline)
        await check_places(held, row)
        moment = Moment(now, deadline, when)
        return await _write(work, row, contest, files, moment, idempotency_key, payload, actor.person)


def _waited_for(files: list[Row], deadline: datetime | None) -> datetime | None:
    """When the last of the uploads began that ended after the deadline; None when no upload did."""
    after = [f["begun_at"] or f["uploaded_at"] for f in files if deadline is not None and f["uploaded_at"] > deadline]
    return max(after, default=None)


async def _changed_after(deadline: datetime | None, subject: str) -> bool:
    """Whether the unit did more after its deadline than end an upload: the grace is for nothing else."""
    found = await fetch_one(
        "select 1 from audit_event where subject = $1 and at > $2 "
        "and action in ('entry.edited', 'entry.file_removed', 'entry.restored') limit 1",
        subject,
        deadline,
    )
    return found is not None


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
    # What the scanner refused is no entry's file: nobody will ever see it.
    present = {file["kind"] for file in files if file["scan_state"] != "refused"}
    missing = [rule["kind"] for rule in required if rule["kind"] not in present]
    if missing:
        raise InvalidForm([FieldError(f"file-{kind}", "file_missing", {"kind": kind}) for kind in missing])
    return files


async def check_places(held: Row, row: Row) -> None:
    """Raise InvalidForm when the locked entry would need a place of its unit and none is left."""
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
    moment: Moment,
    key: str | None,
    payload: str,
    person: int,
) -> ReceiptGiven:
    code = new_receipt_code()
    document = receipt_document(
        code=code,
        contest=contest,
        entry=row,
        unit_name=row["unit_name"],
        files=files,
        submitted_at=moment.now.isoformat(),
        deadline=moment.deadline.isoformat() if moment.deadline else None,
        timing=moment.timing,
    )
    late = moment.timing == LATE
    stored = await fetch_one(
        "insert into receipt (code, entry, version, idempotency_key, payload_hash, document, person, submitted_at, late) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning *",
        code,
        row["id"],
        row["version"],
        key,
        payload,
        json.dumps(document, ensure_ascii=False),
        person,
        moment.now,
        late,
    )
    assert stored is not None
    await fetch(
        "update entry set state = 'submitted', submitted_at = $2, late = $3, message = '' where id = $1",
        row["id"],
        moment.now,
        late,
    )
    subject = f"{contest}/{row['code']}"
    work.audit("entry.submitted", subject, version=row["version"], receipt=code, timing=moment.timing)
    work.enqueue("mail_receipt", {"receipt": stored["id"]}, unique=f"mail_receipt/{code}")
    return _given(stored)


def _given(row: Row) -> ReceiptGiven:
    return ReceiptGiven(
        row["code"], row["version"], row["submitted_at"], row["late"], msgspec.json.decode(row["document"])
    )
