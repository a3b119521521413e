"""The files of an entry: received into the store, checked, read back and hashed before a row says that they exist."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from server.actor import Actor
from server.contests.rules.file_names import clean_file_name, extension_of
from server.contests.services.content import check_stored_content
from server.contests.services.taking import require_editable
from server.db import Row, UnitOfWork, fetch, fetch_one, unit_of_work
from server.errors import FileRefused, HoithiError, NotFound, ServiceUnavailable, TooLarge
from server.storage import ObjectStorage, Stored, new_key
from storage_config.buckets import MAX_FILE_BYTES


@dataclass(frozen=True)
class StoredFile:
    """A file that the entry now has; `sha256` is of what was read back from the store."""

    id: int
    file_name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Incoming:
    """A file on its way: its kind and name as sent, its bytes, and the id of the file that it replaces, if any."""

    kind: str
    file_name: str
    chunks: AsyncIterator[bytes]
    replaces: int | None = None


@dataclass(frozen=True)
class Arrived:
    """Bytes in the store that are to become a file: by whom, begun when, all there when (None: now)."""

    kind: str
    file_name: str
    key: str
    stored: Stored
    person: int
    begun_at: datetime
    replaces: int | None = None
    received_at: datetime | None = None


@dataclass(frozen=True)
class Added:
    """The file that an entry has now, and the key of its bytes: another than theirs for bytes that were there already."""

    id: int
    key: str


async def receive_file(
    actor: Actor, contest: str, entry: str, incoming: Incoming, storage: ObjectStorage
) -> StoredFile:
    """Take in one file for an entry of the officer's unit.

    Extension and count are checked before the first byte is stored, size while it streams, content afterwards.
    A file that is there already, with this name and these bytes, is answered and kept once: a lost answer makes people
    send again. Raises FileRefused with what was found and wanted, DeadlinePassed, StepNotAllowed, NotFound; then no row and no
    object are left. After any other error, such as a lost database, the object is kept.
    """
    name = clean_file_name(incoming.file_name)
    async with unit_of_work(actor.person, contest) as work:
        row = await require_editable(contest, entry, actor.units(contest))
        rule = await rule_for(row, incoming.kind, name, incoming.replaces)
        begun_at = await work.clock()
    key = new_key("entries")
    try:
        stored = await storage.put(key, incoming.chunks, min(rule["max_bytes"], MAX_FILE_BYTES))
    except TooLarge as error:
        raise FileRefused(name, "too_large", {"max": str(rule["max_bytes"])}) from error
    try:
        arrived = Arrived(incoming.kind, name, key, stored, actor.person, begun_at, incoming.replaces)
        media_type = await checked_media_type(storage, arrived)
        async with unit_of_work(actor.person, contest) as work:
            row = await require_editable(contest, entry, actor.units(contest), begun_at=begun_at)
            added = await add_file(work, row, arrived, media_type, f"{contest}/{entry}")
    except HoithiError:
        # Our own refusals all come before the commit. After any other error the row may be there all the same (the
        # answer to a commit can be lost), and an object too many is better than a file whose bytes are gone.
        with contextlib.suppress(ServiceUnavailable):
            await storage.delete(key)
        raise
    if added.key != key:
        with contextlib.suppress(ServiceUnavailable):
            await storage.delete(key)
    return StoredFile(added.id, name, media_type, stored.size, stored.sha256)


async def remove_file(actor: Actor, contest: str, entry: str, file: int) -> None:
    """Take a file out of the entry, once; its bytes are kept, since an earlier receipt names them."""
    async with unit_of_work(actor.person, contest) as work:
        row = await require_editable(contest, entry, actor.units(contest))
        removed = await fetch_one(
            "select sha256, removed_at from entry_file where id = $1 and entry = $2", file, row["id"]
        )
        if removed is None:
            raise NotFound
        if removed["removed_at"] is not None:
            return
        await fetch("update entry_file set removed_at = clock_timestamp() where id = $1", file)
        await fetch("update entry set version = version + 1 where id = $1", row["id"])
        work.audit("entry.file_removed", f"{contest}/{entry}", file=file, sha256=removed["sha256"])


async def file_of_units(contest: str, entry: str, file: int, units: tuple[int, ...] | None) -> Row:
    """A present file of an entry of these units (None: of any), with its key; raises NotFound."""
    row = await fetch_one(
        "select f.file_name, f.media_type, f.size, f.sha256, f.storage_key, f.scan_state, f.scan_found "
        "from entry_file f join entry e on e.id = f.entry join contest c on c.id = e.contest where c.code = $1 and e.code = $2 and f.id = $3 and f.removed_at is null "
        "and ($4::bigint[] is null or e.unit = any($4::bigint[]))",
        contest,
        entry,
        file,
        None if units is None else list(units),
    )
    if row is None:
        raise NotFound
    return row


async def rule_for(entry: Row, kind: str, name: str, replaces: int | None) -> Row:
    """The rule for files of this kind of a locked entry; raises FileRefused (kind, extension, count)."""
    rule = await _rule(entry["contest"], entry["id"], kind)
    if rule is None:
        raise FileRefused(name, "kind", {"kind": kind})
    if extension_of(name) not in rule["extensions"]:
        raise FileRefused(name, "extension", {"wanted": ", ".join(rule["extensions"])})
    if rule["present"] - bool(replaces) >= rule["max_count"]:
        raise FileRefused(name, "count", {"max": str(rule["max_count"])})
    return rule


async def checked_media_type(storage: ObjectStorage, arrived: Arrived) -> str:
    """What the stored bytes are served as, after they were read back; raises FileRefused, ServiceUnavailable."""
    if arrived.stored.size == 0:
        raise FileRefused(arrived.file_name, "empty")
    media_type = await check_stored_content(storage, arrived.key, arrived.stored.size, arrived.file_name)
    if await storage.digest(arrived.key) != arrived.stored:
        raise ServiceUnavailable
    return media_type


async def add_file(work: UnitOfWork, entry: Row, arrived: Arrived, media_type: str, subject: str) -> Added:
    """Write the row of a checked file of a locked entry, in the open transaction, unless the file is there already.

    Bytes whose key is not the answer's are for the caller to delete, after the commit. Raises FileRefused.
    """
    same = await _same_file(entry["id"], arrived)
    if same is not None and arrived.replaces in (None, same.id):
        return same
    if arrived.replaces is not None:
        displaced = await _displace(entry["id"], arrived)
        if same is not None:
            if displaced:
                await fetch("update entry set version = version + 1 where id = $1", entry["id"])
                work.audit("entry.file_removed", subject, file=arrived.replaces, same=same.id)
            return same
        if not displaced:
            raise FileRefused(arrived.file_name, "replaced")
    rule = await _rule(entry["contest"], entry["id"], arrived.kind)
    if rule is None or rule["present"] >= rule["max_count"]:
        raise FileRefused(arrived.file_name, "count", {"max": str(rule["max_count"] if rule else 0)})
    made = await fetch_one(
        "insert into entry_file (entry, kind, file_name, media_type, size, sha256, storage_key, uploaded_by, begun_at, "
        "  uploaded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10, clock_timestamp())) returning id",
        entry["id"],
        arrived.kind,
        arrived.file_name,
        media_type,
        arrived.stored.size,
        arrived.stored.sha256,
        arrived.key,
        arrived.person,
        arrived.begun_at,
        arrived.received_at,
    )
    assert made is not None
    file: int = made["id"]
    await fetch("update entry set version = version + 1 where id = $1", entry["id"])
    work.audit("entry.file_added", subject, file=file, bytes=arrived.stored.size, sha256=arrived.stored.sha256)
    work.enqueue("derive_copy", {"file": file}, unique=f"derive_copy/{file}")
    return Added(file, arrived.key)


async def _same_file(entry: int, arrived: Arrived) -> Added | None:
    row = await fetch_one(
        "select id, storage_key from entry_file where entry = $1 and kind = $2 and file_name = $3 and sha256 = $4 "
        "and removed_at is null order by id limit 1",
        entry,
        arrived.kind,
        arrived.file_name,
        arrived.stored.sha256,
    )
    return None if row is None else Added(row["id"], row["storage_key"])


async def _rule(contest: int, entry: int, kind: str) -> Row | None:
    return await fetch_one(
        "select r.*, (select count(*) from entry_file f where f.entry = $2 and f.kind = r.kind and f.removed_at is null) "
        "as present from file_rule r where r.contest = $1 and r.kind = $3",
        contest,
        entry,
        kind,
    )


async def _displace(entry: int, arrived: Arrived) -> bool:
    replaced = await fetch_one(
        "update entry_file set removed_at = clock_timestamp() "
        "where id = $1 and entry = $2 and kind = $3 and removed_at is null returning id",
        arrived.replaces,
        entry,
        arrived.kind,
    )
    return replaced is not None
