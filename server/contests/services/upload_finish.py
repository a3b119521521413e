"""A whole upload becomes a file of its entry: parts joined, read back, hashed, checked; or it is refused with a reason."""

from __future__ import annotations

import json
from typing import Any

from server.contests.services.content import check_stored_content
from server.contests.services.files import Arrived, add_file
from server.contests.services.taking import require_editable
from server.contests.services.uploads import forget_lost_parts
from server.contests.upload_queries import parts_of, upload_to_finish
from server.db import Row, fetch, fetch_one, unit_of_work
from server.errors import DeadlinePassed, FileRefused, NotFound, ServiceUnavailable, StepNotAllowed
from server.storage import ObjectStorage, new_key
from storage_config.buckets import AREA_ENTRIES


class _TakenOver(Exception):
    """Another run finishes this upload by now."""


async def finish_upload(upload: int, storage: ObjectStorage) -> None:
    """Make the file, or write down why not; may be called again at any point after a crash, and twice at once.

    An upload of which the store has lost parts goes back to sending. Raises ServiceUnavailable, then try again.
    """
    row = await upload_to_finish(upload)
    if row is None:
        return
    if row["state"] == "checking":
        key = new_key(AREA_ENTRIES)
        try:
            await _begin(row, key, storage)
            if not await _join(row, key, storage):
                return
            problem = await _make_file(row, key, storage)
            if problem is not None:
                await _refuse(row, key, problem)
        except _TakenOver:
            await storage.delete(key)
            return
    await drop_leftovers(upload, storage)


async def drop_leftovers(upload: int, storage: ObjectStorage) -> None:
    """Delete the objects of an upload that is no longer sent or checked; of one that has ended, its rows too."""
    row = await upload_to_finish(upload)
    if row is None or row["state"] in ("sending", "checking"):
        return
    if row["whole_key"] and not await _belongs_to_file(row["whole_key"]):
        await storage.delete(row["whole_key"])
    for part in await parts_of(upload):
        await storage.delete(part["storage_key"])
        await fetch("delete from upload_part where storage_key = $1", part["storage_key"])
    if row["state"] == "ended":
        await fetch("delete from upload where id = $1 and state = 'ended'", upload)


async def _belongs_to_file(key: str) -> bool:
    """False also for an upload that is done when its file was there already: its bytes are there twice."""
    return await fetch_one("select 1 from entry_file where storage_key = $1", key) is not None


async def _begin(row: Row, key: str, storage: ObjectStorage) -> None:
    """Say that the parts are joined under `key` from now on: an earlier run, if it lives, can't write its file any more."""
    begun = await fetch_one(
        "update upload set whole_key = $2 where id = $1 and state = 'checking' and whole_key = $3 returning id",
        row["id"],
        key,
        row["whole_key"],
    )
    if begun is None:
        raise _TakenOver
    if row["whole_key"]:
        await storage.delete(row["whole_key"])


async def _join(row: Row, key: str, storage: ObjectStorage) -> bool:
    """Join the parts under `key`; False when the store has lost or cut some, which are then to be sent again."""
    try:
        await storage.compose([part["storage_key"] for part in await parts_of(row["id"])], key)
        whole = await storage.stat(key)
    except NotFound:
        whole = None
    if whole is not None and whole.size == row["size"]:
        return True
    if not await _back_to_sending(row, key, storage):
        raise ServiceUnavailable("object store: a part was missing for a moment")
    await storage.delete(key)
    return False


async def _back_to_sending(row: Row, key: str, storage: ObjectStorage) -> bool:
    ours = await fetch_one(
        "select 1 from upload where id = $1 and state = 'checking' and whole_key = $2", row["id"], key
    )
    if ours is None:
        raise _TakenOver
    if not await forget_lost_parts(row["id"], storage):
        return False
    await fetch(
        "update upload set state = 'sending', whole_key = '' where id = $1 and state = 'checking' and whole_key = $2",
        row["id"],
        key,
    )
    return True


async def _make_file(row: Row, key: str, storage: ObjectStorage) -> dict[str, Any] | None:
    """Write the file's row; or the problem to show, when rules are against it."""
    stored = await storage.digest(key)
    if stored.size != row["size"]:
        raise ServiceUnavailable("object store: the joined object has another size")
    arrived = Arrived(
        kind=row["kind"],
        file_name=row["file_name"],
        key=key,
        stored=stored,
        person=row["person"],
        begun_at=row["created_at"],
        replaces=row["replaces"],
        received_at=row["received_at"],
    )
    contest, entry = row["contest_code"], row["entry_code"]
    try:
        media_type = await check_stored_content(storage, key, stored.size, row["file_name"])
        async with unit_of_work(row["person"], contest) as work:
            held = await require_editable(
                contest, entry, (row["unit"],), begun_at=row["created_at"], received_at=row["received_at"]
            )
            added = await add_file(work, held, arrived, media_type, f"{contest}/{entry}")
            made = await fetch_one(
                "update upload set state = 'done', file = $3, finished_at = clock_timestamp() "
                "where id = $1 and state = 'checking' and whole_key = $2 returning id",
                row["id"],
                key,
                added.id,
            )
            if made is None:
                raise _TakenOver
    except FileRefused as refused:
        return {"kind": "file", "code": refused.code, "data": refused.data}
    except DeadlinePassed:
        return {"kind": "upload", "code": "closed", "data": {}}
    except StepNotAllowed:
        return {"kind": "upload", "code": "entry_state", "data": {}}
    return None


async def _refuse(row: Row, key: str, problem: dict[str, Any]) -> None:
    contest, entry = row["contest_code"], row["entry_code"]
    async with unit_of_work(row["person"], contest) as work:
        refused = await fetch_one(
            "update upload set state = 'refused', problem = $3, finished_at = clock_timestamp() "
            "where id = $1 and state = 'checking' and whole_key = $2 returning id",
            row["id"],
            key,
            json.dumps(problem, ensure_ascii=False),
        )
        if refused is None:
            raise _TakenOver
        work.audit("entry.upload_refused", f"{contest}/{entry}", file=row["file_name"], code=problem["code"])
