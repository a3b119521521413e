"""Which objects the contests' rows name, and the sweeps: forgotten uploads each hour, the whole store each day."""

from __future__ import annotations

from server import sweep
from server.contests.services.uploads import expire_uploads
from server.db import fetch, unit_of_work
from server.jobs import JobContext, job
from server.object_rows import Column, names_objects
from server.timetable import EVERY_DAY, EVERY_HOUR, recurring

_OF_FILE = """(select c.code || '/' || e.code || ', {what} of ' || f.file_name || ', SHA-256 ' || f.sha256
  from entry_file f join entry e on e.id = f.entry join contest c on c.id = e.contest where f.id = {file})"""


async def copy_again(keys: list[str]) -> int:
    """Have the judges' copies and previews made again of which the store has lost one of these; how many files."""
    async with unit_of_work() as work:
        files = await fetch(
            "update entry_file set derived_state = 'waiting', derived_key = null where derived_state = 'ready' and "
            "(derived_key = any($1::text[]) or id in (select file from file_preview where storage_key = any($1::text[]))) "
            "returning id",
            keys,
        )
        ids = [row["id"] for row in files]
        await fetch("delete from file_preview where file = any($1::bigint[])", ids)
        for file in ids:
            work.enqueue("derive_copy", {"file": file})
    return len(ids)


for _column in (
    Column("entry_file", "storage_key", size="size", told=_OF_FILE.format(what="the original", file="t.id")),
    Column(
        "entry_file",
        "derived_key",
        size="derived_size",
        told=_OF_FILE.format(what="the copy", file="t.id"),
        repair=copy_again,
    ),
    Column(
        "file_preview",
        "storage_key",
        size="size",
        told=_OF_FILE.format(what="a preview", file="t.file"),
        repair=copy_again,
    ),
    Column("upload", "whole_key", must_exist=False),
    Column("upload_part", "storage_key", size="size", told="'a part of an unfinished upload'"),
):
    names_objects(_column)


@job("sweep", max_attempts=3, timeout=3000)
async def sweep_forgotten(context: JobContext) -> None:
    """End uploads whose time is over, remove what was forgotten in staging, and old records of such sweeps."""
    await expire_uploads()
    await sweep.sweep_staging(context.storage)
    await fetch(
        "delete from job where name in ('sweep', 'compare_store') and state in ('done', 'dead') "
        "and finished_at < clock_timestamp() - interval '7 days'"
    )


@job("compare_store", max_attempts=3, timeout=6 * 3600)
async def compare_store(context: JobContext) -> None:
    """Hold the whole store against the tables and log what is wrong."""
    await sweep.report(context.storage)


recurring("sweep", EVERY_HOUR)
recurring("compare_store", EVERY_DAY)
