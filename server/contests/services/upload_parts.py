"""Bytes of an upload received part by part: a part counts once the store has it for good and a row says so."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from server.actor import Actor
from server.contests.rules.tus import Checksum
from server.contests.services.taking import EDITABLE
from server.contests.services.upload_body import Turn, UploadBody, is_under_way, turn_of
from server.contests.services.upload_taking import may_still_come
from server.contests.states import OPEN
from server.contests.upload_queries import OF_UNITS, STORED, upload_of_units
from server.db import Row, fetch, fetch_one, unit_of_work
from server.errors import (
    FileRefused,
    HoithiError,
    NotFound,
    ServiceUnavailable,
    TooLarge,
    UploadProblem,
)
from server.storage import ObjectStorage, new_key
from storage_config.buckets import AREA_STAGING, MAX_FILE_BYTES

MAX_PIECES = 10_000
"""So many parts an upload may have: 78 GiB in whole ones, and no end of tiny ones."""


@dataclass(frozen=True)
class Sent:
    """What the headers of one request say: where its bytes begin, how many they are if that is known."""

    offset: int
    body_length: int | None = None
    upload_length: int | None = None
    checksum: Checksum | None = None


@dataclass(frozen=True)
class Received:
    """How far the upload has come, in bytes, and until when it may go on."""

    offset: int
    expires_at: datetime


@dataclass(frozen=True)
class Part:
    """An object of the store that holds `size` bytes of an upload."""

    key: str
    size: int


async def receive_bytes(
    actor: Actor,
    contest: str,
    entry: str,
    upload: str,
    sent: Sent,
    stream: AsyncIterator[bytes],
    storage: ObjectStorage,
) -> Received:
    """Add what `stream` brings to the upload, which begins to be checked once it is whole.

    What came before a cut is kept, unless a checksum was to cover it. Raises UploadProblem (offset, busy, over, gone,
    closed, checksum, ...), FileRefused("too_large"), NotFound; then the parts acknowledged before stay. No database
    connection is held while bytes are waited for.
    """
    if is_under_way(upload):
        await upload_of_units(contest, entry, upload, actor.units(contest))
    async with turn_of(upload) as turn:
        held = await _take(actor, contest, entry, upload)
        await _check(held, sent)
        size = await _settle_size(held, sent)
        return await _Receiving(actor, contest, entry, held, size, storage).run(turn, sent, stream)


class _Receiving:
    """One request's bytes on their way into the store and the table of parts."""

    def __init__(
        self, actor: Actor, contest: str, entry: str, held: Row, size: int | None, storage: ObjectStorage
    ) -> None:
        self._actor = actor
        self._contest = contest
        self._entry = entry
        self._held = held
        self._size = size
        self._storage = storage
        self._offset: int = held["stored"]

    async def run(self, turn: Turn, sent: Sent, stream: AsyncIterator[bytes]) -> Received:
        limit = _limit(self._held)
        hasher = sent.checksum.hasher() if sent.checksum else None
        body = turn.body = UploadBody(stream, (limit if self._size is None else self._size) - self._offset, hasher)
        if turn.stopped:
            body.stop()
        waiting: list[Part] = []
        before: asyncio.Task[None] | None = None
        storing: asyncio.Task[None] | None = None
        try:
            while await body.has_more():
                read = asyncio.Event()
                before, storing = storing, asyncio.create_task(self._take_part(body, read, storing, sent, waiting))
                await read.wait()
                if before is not None:
                    await before
            if storing is not None:
                await storing
            if sent.checksum is not None and hasher is not None:
                if body.end != "whole":
                    raise UploadProblem("busy")
                if not sent.checksum.holds(hasher):
                    raise UploadProblem("checksum")
                kept, waiting = waiting, []
                await self._keep(kept)
            elif self._offset == self._size and self._held["stored"] == self._size:
                await self._keep([])  # its length was said only now
        except TooLarge as error:
            raise FileRefused(self._held["file_name"], "too_large", {"max": str(limit)}) from error
        finally:
            for task in (before, storing):
                if task is not None:
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
            await self._forget(*waiting)
        if body.end == "taken":
            raise UploadProblem("busy")
        return Received(self._offset, self._held["expires_at"])

    async def _take_part(
        self,
        body: UploadBody,
        read: asyncio.Event,
        before: asyncio.Task[None] | None,
        sent: Sent,
        waiting: list[Part],
    ) -> None:
        """Store the next part and acknowledge it after the one before; under a checksum it waits for all others.

        `read` is set once the bytes after it may be read: one part comes to rest while the next one comes in.
        """
        try:
            part = await self._store(body, read)
            if before is not None:
                await asyncio.wait([before])
                if before.cancelled() or before.exception() is not None:
                    await self._forget(part)
                    raise UploadProblem("busy")
            if sent.checksum is None:
                await self._keep([part])
            else:
                waiting.append(part)
        except BaseException:
            body.stop()
            raise

    async def _store(self, body: UploadBody, read: asyncio.Event) -> Part:

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in body.part():
                yield piece
            read.set()

        key = new_key(AREA_STAGING)
        try:
            return Part(key, (await self._storage.put(key, pieces(), hashed=False)).size)
        finally:
            read.set()

    async def _keep(self, parts: list[Part]) -> None:
        """Write the rows, or let go of the objects when another request holds the upload by now."""
        after = self._offset + sum(part.size for part in parts)
        try:
            if after == self._size:
                await self._keep_last(parts)
            elif not await _write_parts(self._held, self._offset, parts):
                raise UploadProblem("busy")
        except asyncpg.UniqueViolationError as error:
            await self._forget(*parts)
            raise UploadProblem("busy") from error
        except HoithiError:
            # Ours all come before the commit. After any other error the rows may be there: their bytes stay too.
            await self._forget(*parts)
            raise
        self._offset = after

    async def _keep_last(self, parts: list[Part]) -> None:
        upload = self._held["id"]
        async with unit_of_work(self._actor.person, self._contest) as work:
            await may_still_come(self._actor.units(self._contest), self._contest, self._entry, self._held["created_at"])
            if not await _write_parts(self._held, self._offset, parts) and parts:
                raise UploadProblem("busy")
            whole = await fetch_one(
                "update upload set state = 'checking', received_at = clock_timestamp() "
                "where id = $1 and holder = $2 and state = 'sending' returning id",
                upload,
                self._held["holder"],
            )
            if whole is None:
                raise UploadProblem("busy")
            work.enqueue("finish_upload", {"upload": upload}, unique=f"finish_upload/{secrets.token_hex(8)}")

    async def _forget(self, *parts: Part) -> None:
        for part in parts:
            with contextlib.suppress(ServiceUnavailable):
                await self._storage.delete(part.key)


async def _take(actor: Actor, contest: str, entry: str, upload: str) -> Row:
    """Become the one who may add parts; whoever did so before, in any process, cannot any more."""
    row = await fetch_one(
        # A holder need not survive a crash: the commit need not wait for the disk.
        "with quick as materialized (select set_config('synchronous_commit', 'off', true)) "
        "update upload u set holder = $5 from quick, entry e join contest c on c.id = e.contest "
        f"where u.code = $4 and e.id = u.entry and {OF_UNITS} and u.state <> 'ended' returning u.*, {STORED} as stored, "
        "c.state as contest_state, e.state as entry_state, u.expires_at < clock_timestamp() as expired, "
        "(select count(*) from upload_part p where p.upload = u.id) as pieces, "
        "(select r.max_bytes from file_rule r where r.contest = c.id and r.kind = u.kind) as max_bytes",
        contest,
        entry,
        list(actor.units(contest)),
        upload,
        secrets.token_hex(16),
    )
    if row is None:
        raise NotFound
    return row


async def _check(held: Row, sent: Sent) -> None:
    if held["state"] != "sending":
        raise UploadProblem("over")
    if held["expired"]:
        raise UploadProblem("gone")
    if held["contest_state"] != OPEN:
        raise UploadProblem("closed")
    if held["entry_state"] not in EDITABLE:
        raise UploadProblem("entry_state")
    if held["stored"] != sent.offset:
        raise UploadProblem("offset", {"offset": str(held["stored"])})
    if held["pieces"] >= MAX_PIECES:
        raise UploadProblem("too_many_pieces")


async def _settle_size(held: Row, sent: Sent) -> int | None:
    """The length of the upload, said at its creation or now; checked against the rule and the body to come."""
    size: int | None = held["size"]
    if sent.upload_length is not None and sent.upload_length != size:
        if size is not None or sent.upload_length < held["stored"] or sent.upload_length == 0:
            raise UploadProblem("header", {"header": "Upload-Length"})
        size = sent.upload_length
    limit = _limit(held)
    end = held["stored"] + (sent.body_length or 0)
    if (size or 0) > limit or end > (limit if size is None else size):
        raise FileRefused(held["file_name"], "too_large", {"max": str(limit)})
    if size != held["size"]:
        settled = await fetch(
            "update upload set size = $2 where id = $1 and holder = $3 and size is null returning id",
            held["id"],
            size,
            held["holder"],
        )
        if not settled:
            # Another request holds it by now, and may have said another length.
            raise UploadProblem("busy")
    return size


def _limit(held: Row) -> int:
    return min(held["max_bytes"] or 0, MAX_FILE_BYTES)


async def _write_parts(held: Row, start: int, parts: list[Part]) -> bool:
    starts = [start + sum(part.size for part in parts[:number]) for number in range(len(parts))]
    rows = await fetch(
        f"with held as (select u.id from upload u where u.id = $1 and u.holder = $2 and u.state = 'sending' "
        f"  and $3::bigint = {STORED} for no key update) "
        "insert into upload_part (upload, start, size, storage_key) select held.id, t.start, t.size, t.key "
        "from held, unnest($4::bigint[], $5::bigint[], $6::text[]) as t(start, size, key) returning id",
        held["id"],
        held["holder"],
        start,
        starts,
        [part.size for part in parts],
        [part.key for part in parts],
    )
    return bool(rows)
