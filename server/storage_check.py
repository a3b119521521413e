"""`hoithi storage check`: whether the object store works now, and whether it holds what the database says it holds."""

from __future__ import annotations

from server import sweep
from server.errors import ServiceUnavailable
from server.runtime import database_beside
from server.settings import Settings
from server.storage import ObjectStorage, make_storage
from server.waiting import in_thread
from storage_config.bootstrap import check_bucket
from storage_config.client import make_client

DOUBTFUL = (
    "no row names most of these objects: is this the database of this store, and not an older backup? Nothing was "
    "removed. If it is: --repair --even-most"
)


async def storage_check(settings: Settings, *, repair: bool = False, even_most: bool = False) -> int:
    """Print each step and finding; exit code 0 when all hold, 1 otherwise.

    With `repair`, objects that no row names are removed and lost copies are made again; a lost original stays lost.
    Where no row names most of the objects, nothing is removed unless `even_most`: the database may be the wrong one.
    """
    storage = make_storage(settings.storage, settings.data_dir)
    try:
        if not await _works(settings, storage):
            return 1
        if settings.database_url is None and not (settings.data_dir / "postgres").exists():
            print("database: none yet in this data folder")
            return 0
        async with database_beside(settings):
            findings = await sweep.compare(storage)
            kept = findings.doubtful and not even_most
            if repair and not kept:
                await sweep.remove_orphans(storage, findings)
                await sweep.make_again(findings)
        _print(findings, repair and not kept)
        if kept:
            print(DOUBTFUL)
        return 0 if findings.ok and not kept else 1
    finally:
        await storage.close()


async def _works(settings: Settings, storage: ObjectStorage) -> bool:
    if settings.storage.s3 is not None:
        client = make_client(settings.storage.s3)
        steps = await in_thread(lambda: check_bucket(client))
        for step in steps:
            print(f"{step.name}: {step.problem or 'ok'}")
        return all(step.ok for step in steps)
    try:
        await storage.check()
    except (ServiceUnavailable, OSError) as error:
        print(f"files: {error or type(error).__name__}")
        return False
    print(f"files: ok ({settings.data_dir / 'objects'})")
    return True


def _print(findings: sweep.Findings, repair: bool) -> None:
    print(f"compared: {findings.objects} objects, {findings.stored_bytes} bytes, with {findings.rows} rows")
    for info in findings.orphans:
        print(f"orphan: {info.key} ({info.size} bytes, {info.modified_at:%Y-%m-%d %H:%M} UTC): no row names it")
    for lost in findings.lost:
        state = "gone" if lost.found is None else f"{lost.found} bytes instead of {lost.named.size}"
        print(f"lost: {lost.named.key} ({state}): {lost.told}")
    if repair:
        print(f"repaired: {findings.removed} orphans removed, copies of {findings.again} files are made again")
    elif findings.orphans or findings.lost:
        print("--repair removes orphans and makes lost copies again; a lost original comes from a backup alone")
