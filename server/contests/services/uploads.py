"""Uploads in parts: announced and checked before the first byte, looked at, listed, ended, and expired."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime

from server.actor import Actor
from server.contests.rules.file_names import clean_file_name
from server.contests.rules.tus import Metadata
from server.contests.services.files import rule_for
from server.contests.services.upload_body import end_turn
from server.contests.services.upload_taking import may_still_come
from server.contests.upload_queries import parts_of, upload_of_units
from server.db import Row, fetch, fetch_one, unit_of_work
from server.errors import FileRefused, UploadProblem
from server.storage import ObjectStorage
from storage_config.buckets import MAX_FILE_BYTES

KEPT_DAYS = 7
MAX_UNFINISHED = 20
"""So many uploads of one entry may be unfinished at a time."""

STATS_AT_ONCE = 16


@dataclass(frozen=True)
class Announced:
    """An upload that may begin: its random code, and until when it may be finished."""

    code: str
    expires_at: datetime


async def create_upload(
    actor: Actor, contest: str, entry: str, metadata: Metadata, size: int | None, days: int = KEPT_DAYS
) -> Announced:
    """Announce a file for an entry of the officer's units; `size` in bytes, None when it is said later.

    Everything that can be known before the first byte is checked: FileRefused (kind, extension, count, empty,
    too_large), UploadProblem (closed, entry_state, too_many), NotFound.
    """
    name = clean_file_name(metadata.file_name)
    async with unit_of_work(actor.person, contest):
        row = await may_still_come(actor.units(contest), contest, entry)
        rule = await rule_for(row, metadata.kind, name, metadata.replaces)
        limit = min(rule["max_bytes"], MAX_FILE_BYTES)
        if size == 0:
            raise FileRefused(name, "empty")
        if size is not None and size > limit:
            raise FileRefused(name, "too_large", {"max": str(limit)})
        await _check_replaced(row["id"], metadata, name)
        await _check_unfinished(row["id"])
        made = await fetch_one(
            "insert into upload (code, entry, kind, file_name, size, first_hash, replaces, person, created_at, expires_at) "
            "values ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp(), clock_timestamp() + make_interval(days => $9)) "
            "returning code, expires_at",
            secrets.token_urlsafe(18),
            row["id"],
            metadata.kind,
            name,
            size,
            metadata.first,
            metadata.replaces,
            actor.person,
            days,
        )
    assert made is not None
    return Announced(made["code"], made["expires_at"])


async def look_at_upload(actor: Actor, contest: str, entry: str, upload: str, storage: ObjectStorage) -> Row:
    """The upload with its true offset in `stored`: a request that still sends ends first, and the store is asked.

    Should the store have lost parts, the upload goes on from the first one that is missing.
    Raises NotFound, UploadProblem("gone").
    """
    row = await upload_of_units(contest, entry, upload, actor.units(contest))
    if row["state"] != "sending":
        return row
    if row["expired"]:
        raise UploadProblem("gone")
    await end_turn(upload)
    await forget_lost_parts(row["id"], storage)
    return await upload_of_units(contest, entry, upload, actor.units(contest))


async def forget_lost_parts(upload: int, storage: ObjectStorage) -> bool:
    """Take back the parts from the first one on that the store does not hold as its row says; True if there are any."""
    parts = await parts_of(upload)
    for first in range(0, len(parts), STATS_AT_ONCE):
        batch = parts[first : first + STATS_AT_ONCE]
        found = await asyncio.gather(*(storage.stat(part["storage_key"]) for part in batch))
        for part, info in zip(batch, found, strict=True):
            if info is None or info.size != part["size"]:
                await fetch("delete from upload_part where upload = $1 and start >= $2", upload, part["start"])
                return True
    return False


async def end_upload(actor: Actor, contest: str, entry: str, upload: str) -> None:
    """Give up an unfinished upload, or put away what is said about a refused one; its bytes go after commit.

    Raises UploadProblem("over") when it is being checked or has become a file, NotFound.
    """
    row = await upload_of_units(contest, entry, upload, actor.units(contest))
    await end_turn(upload)
    async with unit_of_work(actor.person, contest) as work:
        ended = await fetch_one(
            "update upload set state = 'ended' where id = $1 and state in ('sending', 'refused') returning id",
            row["id"],
        )
        if ended is None:
            raise UploadProblem("over")
        work.enqueue("drop_upload", {"upload": row["id"]}, unique=f"drop_upload/{row['id']}")


async def expire_uploads() -> int:
    """End every upload whose time is over, and forget those that were finished long ago; the number that ended."""
    async with unit_of_work() as work:
        ended = await fetch(
            "update upload set state = 'ended' where state = 'sending' and expires_at < clock_timestamp() returning id"
        )
        old = await fetch(
            "update upload set state = 'ended' where state in ('done', 'refused') "
            "and finished_at < clock_timestamp() - interval '7 days' returning id"
        )
        for row in (*ended, *old):
            work.enqueue("drop_upload", {"upload": row["id"]}, unique=f"drop_upload/{row['id']}")
    return len(ended)


async def _check_unfinished(entry: int) -> None:
    found = await fetch_one(
        "select count(*) as n from upload where entry = $1 and state = 'sending' and expires_at > clock_timestamp()",
        entry,
    )
    assert found is not None
    if found["n"] >= MAX_UNFINISHED:
        raise UploadProblem("too_many", {"max": str(MAX_UNFINISHED)})


async def _check_replaced(entry: int, metadata: Metadata, name: str) -> None:
    if metadata.replaces is None:
        return
    present = await fetch_one(
        "select 1 from entry_file where id = $1 and entry = $2 and kind = $3 and removed_at is null",
        metadata.replaces,
        entry,
        metadata.kind,
    )
    if present is None:
        raise FileRefused(name, "replaced")
