"""The way from a stored original to what judges see: scanned, copied without metadata, previewed, then recorded at once."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from server.contests.derive import FILM_SECONDS, FILMS, CannotDerive, Derived, derive_copy
from server.contests.preview import WALL_SECONDS, Previews, make_previews
from server.contests.rules.file_names import extension_of
from server.contests.services.content import copy_out
from server.db import Row, fetch, fetch_one, unit_of_work
from server.errors import ServiceUnavailable
from server.job_table import hasten
from server.jobs import JobContext, Postpone
from server.scanning import ScannerAddress, ScannerAway, scan
from server.storage import ObjectStorage, new_key
from server.waiting import read_pieces
from storage_config.buckets import suffix_of

# Below the hour after which a delivery over Redis takes a job for lost.
COPY_SECONDS = FILM_SECONDS + WALL_SECONDS + 60
ASK_AGAIN_SECONDS = 20.0
# Coding films fills the processor for minutes: the other jobs of this process go on beside them.
FILMS_AT_ONCE = max(1, (os.cpu_count() or 2) // 2)
FILM_WAITS_SECONDS = 5.0

_films = 0


@dataclass(frozen=True)
class _Kept:
    """A preview as the store has it."""

    kind: str
    number: int
    key: str
    media_type: str
    size: int
    width: int
    height: int


async def copy_file(context: JobContext, file: int) -> None:
    """Do all of it for one file, or nothing when it is done already; the original is only read.

    What cannot be copied is marked with the reason. Raises Postpone while the scanner is away or other films are
    being coded.
    """
    row = await fetch_one(
        "select f.id, f.file_name, f.storage_key, f.scan_state, e.code as entry, c.code as contest from entry_file f "
        "join entry e on e.id = f.entry join contest c on c.id = e.contest "
        "where f.id = $1 and f.derived_state = 'waiting'",
        file,
    )
    if row is None:
        return
    extension = extension_of(row["file_name"])
    async with _place(extension):
        if await _is_safe(context.settings.clamd, row, context.storage):
            await _copy(context, row, extension)


async def _copy(context: JobContext, row: Row, extension: str) -> None:
    with tempfile.TemporaryDirectory(prefix="hoithi-") as name:
        folder = Path(name)
        source, target = folder / "source", folder / "target"
        await copy_out(context.storage, row["storage_key"], source)
        outcome = await derive_copy(source, target, extension)
        if isinstance(outcome, CannotDerive):
            await _record_failure(row["id"], outcome.reason)
            return
        shown = folder / "previews"
        shown.mkdir()
        previews = await make_previews(
            target, shown, suffix_of(outcome.media_type).lstrip("."), context.settings.soffice
        )
        await _store(context.storage, row["id"], target, outcome, shown, previews)


@contextlib.asynccontextmanager
async def _place(extension: str) -> AsyncIterator[None]:
    global _films
    if extension not in FILMS:
        yield
        return
    if _films >= FILMS_AT_ONCE:
        raise Postpone(FILM_WAITS_SECONDS)
    _films += 1
    try:
        yield
    finally:
        _films -= 1
        await hasten("derive_copy")


async def _is_safe(scanner: ScannerAddress | None, row: Row, storage: ObjectStorage) -> bool:
    """Ask the scanner unless it has answered before; a file in which something is found is refused, and told of."""
    if row["scan_state"] in ("clean", "skipped"):
        return True
    if scanner is None:
        await _record_scan(row["id"], "skipped")
        return True
    try:
        verdict = await scan(scanner, storage.open(row["storage_key"]))
    except ScannerAway as away:
        await _record_scan(row["id"], "held")
        raise Postpone(ASK_AGAIN_SECONDS) from away
    if verdict.found is None:
        await _record_scan(row["id"], "skipped" if verdict.too_large else "clean")
        return True
    async with unit_of_work(None, row["contest"]) as work:
        refused = await fetch(
            "update entry_file set scan_state = 'refused', scan_found = $2, derived_state = 'failed', "
            "derived_problem = 'infected' where id = $1 and scan_state <> 'refused' returning id",
            row["id"],
            verdict.found,
        )
        if refused:
            work.audit("entry.file_refused", f"{row['contest']}/{row['entry']}", file=row["id"], found=verdict.found)
            work.enqueue("mail_file_refused", {"file": row["id"]}, unique=f"mail_file_refused/{row['id']}")
    return False


async def _record_scan(file: int, state: str) -> None:
    await fetch("update entry_file set scan_state = $2 where id = $1 and scan_state <> 'refused'", file, state)


async def _record_failure(file: int, reason: str) -> None:
    # A second run of the same job, of a process taken for dead, must not take away the copy that the first one made.
    await fetch(
        "update entry_file set derived_state = 'failed', derived_problem = $2 where id = $1 and derived_state = 'waiting'",
        file,
        reason,
    )


async def _store(
    storage: ObjectStorage, file: int, target: Path, outcome: Derived, folder: Path, previews: Previews
) -> None:
    key = new_key("copies")
    stored = await storage.put(key, read_pieces(target))
    if (stored.size, stored.sha256) != (outcome.size, outcome.sha256):
        raise ServiceUnavailable("object store: other bytes than were sent")
    kept = []
    for one in previews.made:
        place = new_key("copies")
        size = (await storage.put(place, read_pieces(folder / one.name))).size
        kept.append(_Kept(one.kind, one.number, place, one.media_type, size, one.width, one.height))
    if not await _record(file, key, outcome, previews, kept):
        for unused in (key, *(one.key for one in kept)):
            await storage.delete(unused)


async def _record(file: int, key: str, outcome: Derived, previews: Previews, kept: list[_Kept]) -> bool:
    async with unit_of_work():
        written = await fetch(
            "update entry_file set derived_state = 'ready', derived_key = $2, derived_type = $3, derived_size = $4, "
            "derived_seconds = $5, derived_pages = $6 where id = $1 and derived_state = 'waiting' returning id",
            file,
            key,
            outcome.media_type,
            outcome.size,
            previews.seconds,
            previews.pages,
        )
        if not written:
            return False
        # A copy that was made before and lost its bytes leaves its previews behind.
        await fetch("delete from file_preview where file = $1", file)
        if kept:
            await fetch(
                "insert into file_preview (file, kind, number, storage_key, media_type, size, width, height) "
                "select $1, * from unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::bigint[], $7::int[], $8::int[])",
                file,
                *(
                    [getattr(one, name) for one in kept]
                    for name in ("kind", "number", "key", "media_type", "size", "width", "height")
                ),
            )
        return True
