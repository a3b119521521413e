"""Holds the store against the tables: objects that no row names, rows whose object is gone or of another size."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.errors import ServiceUnavailable
from server.object_rows import Column, Named, is_named, named_keys, names_anything, told
from server.storage import ObjectInfo, ObjectStorage, new_key
from storage_config.buckets import (
    AREA_BUNDLES,
    AREA_COPIES,
    AREA_DOCUMENTS,
    AREA_ENTRIES,
    AREA_STAGING,
    STAGING_MAX_AGE_SECONDS,
)

AREAS = (AREA_BUNDLES, AREA_COPIES, AREA_DOCUMENTS, AREA_ENTRIES, AREA_STAGING)
LISTED_AT_MOST = 10_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lost:
    """A row whose object is gone, or has `found` bytes instead of those that the row names."""

    named: Named
    told: str
    found: int | None = None


@dataclass
class Findings:
    """What was compared and found; lists hold LISTED_AT_MOST each. `removed` counts orphans deleted, `again` repairs.

    `forgotten` counts the orphans outside staging, of which there are few as long as store and database belong together.
    """

    objects: int = 0
    forgotten: int = 0
    stored_bytes: int = 0
    rows: int = 0
    orphans: list[ObjectInfo] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    removed: int = 0
    again: int = 0

    @property
    def ok(self) -> bool:
        """True when every row has its object."""
        return not self.lost

    @property
    def doubtful(self) -> bool:
        """True when most objects are orphans: this is rather another database, or an older one, than so much rubbish."""
        return self.forgotten > self.objects // 2


async def compare(storage: ObjectStorage, areas: tuple[str, ...] = AREAS) -> Findings:
    """Read the areas and the tables side by side; nothing is changed, but for a byte that is written to learn the time.

    An orphan is older than a day: younger objects may still get their row. What seems wrong is looked at a second
    time before it is reported, since uploads and jobs go on. Raises ServiceUnavailable.
    """
    findings = Findings()
    suspects: list[tuple[Named, int | None]] = []
    unnamed: list[ObjectInfo] = []
    old = await _a_day_ago(storage)
    rows = named_keys(areas)
    row = await anext(rows, None)
    try:
        for area in sorted(areas):
            async for info in storage.list(f"{area}/"):
                findings.objects += 1
                findings.stored_bytes += info.size
                while row is not None and row.key < info.key:
                    findings.rows += 1
                    _suspect(suspects, row, None)
                    row = await anext(rows, None)
                if row is None or row.key != info.key:
                    if info.modified_at < old:
                        findings.forgotten += area != AREA_STAGING
                        if len(unnamed) < LISTED_AT_MOST:
                            unnamed.append(info)
                    continue
                while row is not None and row.key == info.key:
                    findings.rows += 1
                    if row.size is not None and row.size != info.size:
                        _suspect(suspects, row, info.size)
                    row = await anext(rows, None)
            while row is not None and row.key < f"{area}0":
                findings.rows += 1
                _suspect(suspects, row, None)
                row = await anext(rows, None)
    finally:
        await rows.aclose()
    findings.lost = await _confirmed(storage, suspects)
    findings.orphans = [info for info in unnamed if not await is_named(info.key)]
    return findings


async def sweep_staging(storage: ObjectStorage) -> Findings:
    """Delete what was left in staging more than a day ago and is named by no row: the rest of cut uploads."""
    findings = await compare(storage, (AREA_STAGING,))
    # While a backup is being restored, the files are there before the rows.
    if not await names_anything():
        return findings
    await remove_orphans(storage, findings)
    if findings.removed:
        _log.warning("%s forgotten objects in staging were removed", findings.removed)
    return findings


async def remove_orphans(storage: ObjectStorage, findings: Findings) -> None:
    """Delete the orphans that were found, each only if still no row names it."""
    for info in findings.orphans:
        if not await is_named(info.key):
            await storage.delete(info.key)
            findings.removed += 1


async def make_again(findings: Findings) -> None:
    """Have what can be made from an original made again; originals that are gone stay reported."""
    by_column: dict[Column, list[str]] = defaultdict(list)
    for lost in findings.lost:
        by_column[lost.named.column].append(lost.named.key)
    for column, keys in by_column.items():
        if column.repair is not None:
            findings.again += await column.repair(keys)


def _suspect(suspects: list[tuple[Named, int | None]], named: Named, found: int | None) -> None:
    if named.column.must_exist and len(suspects) < LISTED_AT_MOST:
        suspects.append((named, found))


async def _confirmed(storage: ObjectStorage, suspects: list[tuple[Named, int | None]]) -> list[Lost]:
    lost = []
    for named, _ in suspects:
        words = await told(named)
        info = await storage.stat(named.key)
        wrong = info is None or (named.size is not None and info.size != named.size)
        if words is not None and wrong:
            lost.append(Lost(named, words, None if info is None else info.size))
    return lost


async def _a_day_ago(storage: ObjectStorage) -> datetime:
    """By the store's own clock, which gives objects their times: it may differ from the database's."""

    async def one_byte() -> AsyncIterator[bytes]:
        yield b"."

    key = new_key(AREA_STAGING)
    await storage.put(key, one_byte(), hashed=False)
    written = await storage.stat(key)
    await storage.delete(key)
    if written is None:
        raise ServiceUnavailable("object store: what was just written is not there")
    return written.modified_at - timedelta(seconds=STAGING_MAX_AGE_SECONDS)


async def report(storage: ObjectStorage) -> None:
    """Compare everything and log what is wrong, for the people who run the service; nothing is changed."""
    try:
        findings = await compare(storage)
    except ServiceUnavailable:
        _log.warning("the object store does not answer: not compared with the tables")
        return
    for lost in findings.lost[:20]:
        state = "is gone" if lost.found is None else f"has {lost.found} bytes instead of {lost.named.size}"
        _log.error("object %s %s: %s", lost.named.key, state, lost.told)
    if findings.lost or findings.orphans:
        _log.error("%s rows without their object, %s orphans", len(findings.lost), len(findings.orphans))
