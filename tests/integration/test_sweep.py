"""Sweeps on both stores: what is forgotten goes, what is needed stays, what is lost is said and, if possible, made again."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

import server.runtime  # noqa: F401 - registers the columns that name objects
from server import db, sweep
from server.contests.sweep_jobs import copy_again, sweep_forgotten
from server.db import fetch, fetch_one
from server.embedded import EmbeddedPostgres
from server.jobs import JobContext
from server.mail import make_transport
from server.object_rows import registered
from server.piccolo_conf import APP_REGISTRY
from server.settings import Settings
from server.storage import ObjectInfo, ObjectStorage, make_storage, new_key
from server.storage_check import storage_check
from server.timetable import enqueue_due
from storage_config.settings import S3Settings, StorageSettings
from tests.s3_server import s3_server
from tests.world import World, make_world


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Settings]:
    with s3_server(tmp_path_factory.mktemp("s3"), bucket="sweeping") as settings:
        yield settings


class Aged:
    """The store with chosen objects two days old: S3 stores don't take a time of writing."""

    def __init__(self, storage: ObjectStorage) -> None:
        self._storage = storage
        self.old: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    async def list(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        async for info in self._storage.list(prefix):
            aged = info.key in self.old
            yield ObjectInfo(info.key, info.size, info.modified_at.replace(year=2020)) if aged else info


@dataclass
class Store:
    """A store with a world whose entry E01 has one file with a copy and a preview, and an unfinished upload."""

    storage: Any
    settings: Settings
    world: World
    keys: dict[str, str]

    async def put(self, area: str, body: bytes = b"bytes") -> str:
        async def pieces() -> AsyncIterator[bytes]:
            yield body

        key = new_key(area)
        await self.storage.put(key, pieces())
        return key

    async def keys_held(self) -> set[str]:
        return {info.key async for info in self.storage.list("")}


@pytest.fixture(params=["files", "s3"])
async def store(request: pytest.FixtureRequest, settings: Settings, database: dict[str, Any]) -> AsyncIterator[Store]:
    if request.param == "s3":
        settings = replace(settings, storage=StorageSettings(kind="s3", s3=request.getfixturevalue("s3")))
        from storage_config.bootstrap import ensure_bucket
        from storage_config.client import make_client

        assert settings.storage.s3 is not None
        ensure_bucket(make_client(settings.storage.s3))
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    storage = make_storage(settings.storage, settings.data_dir)
    async for info in storage.list(""):
        await storage.delete(info.key)
    made = Store(Aged(storage), settings, await make_world(entries=1), {})
    areas = {"original": "entries", "copy": "copies", "preview": "copies", "part": "staging"}
    made.keys = {name: await made.put(area) for name, area in areas.items()}
    file = await fetch_one(
        "insert into entry_file (entry, kind, file_name, media_type, size, sha256, storage_key, uploaded_by, derived_state, "
        "derived_key, derived_type, derived_size) values ($1, 'document', 'bài.pdf', 'application/pdf', 5, repeat('a', 64), "
        "$2, $3, 'ready', $4, 'application/pdf', 5) returning id",
        made.world.entries["E01"], made.keys["original"], made.world.people["officer_a"], made.keys["copy"],
    )  # fmt: skip
    assert file is not None
    await fetch(
        "insert into file_preview (file, kind, number, storage_key, media_type, size, width, height) "
        "values ($1, 'page', 1, $2, 'image/webp', 5, 10, 10)",
        file["id"],
        made.keys["preview"],
    )
    upload = await fetch_one(
        "insert into upload (code, entry, kind, file_name, size, person, expires_at) "
        "values ('u', $1, 'document', 'b.pdf', 10, $2, clock_timestamp() + interval '1 day') returning id",
        made.world.entries["E01"],
        made.world.people["officer_a"],
    )
    assert upload is not None
    await fetch(
        "insert into upload_part (upload, start, size, storage_key) values ($1, 0, 5, $2)",
        upload["id"],
        made.keys["part"],
    )
    yield made
    await storage.close()


async def test_nothing_is_wrong_where_nothing_is(store: Store) -> None:
    store.storage.old = set(store.keys.values())
    findings = await sweep.compare(store.storage)
    assert (findings.objects, findings.rows, findings.stored_bytes) == (4, 4, 20)
    assert (findings.orphans, findings.lost) == ([], [])


async def test_staging_is_swept_of_what_is_old_and_named_by_nobody(store: Store) -> None:
    old, young = await store.put("staging"), await store.put("staging")
    elsewhere = await store.put("entries")
    store.storage.old = {old, elsewhere, *store.keys.values()}
    context = JobContext(store.settings, store.storage, make_transport(store.settings))
    await sweep_forgotten(context)
    assert await store.keys_held() == {young, elsewhere, *store.keys.values()}


async def test_an_upload_whose_time_is_over_is_ended(store: Store) -> None:
    await fetch("update upload set expires_at = clock_timestamp() - interval '1 second'")
    await sweep_forgotten(JobContext(store.settings, store.storage, make_transport(store.settings)))
    assert await fetch("select 1 from job where name = 'drop_upload'")


async def test_orphans_and_losses_are_named_and_repaired_where_they_can_be(store: Store) -> None:
    orphan = await store.put("entries")
    store.storage.old = {orphan}
    for name in ("copy", "original", "part"):
        await store.storage.delete(store.keys[name])
    findings = await sweep.compare(store.storage)
    assert [info.key for info in findings.orphans] == [orphan]
    lost = {found.named.key: found.told for found in findings.lost}
    assert set(lost) == {store.keys[name] for name in ("copy", "original", "part")}
    assert "thu-nghiem/E01" in lost[store.keys["original"]]
    assert "bài.pdf" in lost[store.keys["original"]]
    await sweep.remove_orphans(store.storage, findings)
    await sweep.make_again(findings)
    assert (findings.removed, findings.again) == (1, 1)
    assert orphan not in await store.keys_held()
    row = await fetch_one("select derived_state, derived_key from entry_file")
    assert row is not None
    assert (row["derived_state"], row["derived_key"]) == ("waiting", None)
    assert await fetch("select 1 from job where name = 'derive_copy'")


async def test_an_object_of_another_size_is_a_loss(store: Store) -> None:
    await fetch("update entry_file set size = 6")
    (found,) = (await sweep.compare(store.storage)).lost
    assert (found.named.key, found.found) == (store.keys["original"], 5)


async def test_what_is_young_by_the_clock_of_the_store_stays(store: Store) -> None:
    """A store two days behind the database: an object of this minute may still get its row."""

    class Behind(Aged):
        async def list(self, prefix: str) -> AsyncIterator[ObjectInfo]:
            async for info in self._storage.list(prefix):
                yield replace(info, modified_at=info.modified_at - timedelta(days=2))

        async def stat(self, key: str) -> ObjectInfo | None:
            info = await self._storage.stat(key)
            return info and replace(info, modified_at=info.modified_at - timedelta(days=2))

    young = await store.put("staging")
    behind: Any = Behind(store.storage)
    await sweep.sweep_staging(behind)
    assert await store.keys_held() == {young, *store.keys.values()}


async def test_an_object_that_gets_its_row_meanwhile_stays(store: Store) -> None:
    key = await store.put("staging")
    store.storage.old = {key}
    findings = await sweep.compare(store.storage)
    await fetch("update upload set whole_key = $1", key)
    await sweep.remove_orphans(store.storage, findings)
    assert (findings.removed, key in await store.keys_held()) == (0, True)


async def test_a_copy_is_made_again_once(store: Store) -> None:
    assert await copy_again([store.keys["preview"], store.keys["copy"]]) == 1
    assert await copy_again([store.keys["preview"], store.keys["copy"]]) == 0


async def test_the_command_tells_and_repairs(
    store: Store, database: dict[str, Any], postgres: EmbeddedPostgres, capsys: Any
) -> None:
    if store.settings.storage.s3 is not None:
        orphan = None
    else:
        orphan = await store.put("entries")
        path = next(p for p in store.settings.data_dir.rglob("*") if p.name == orphan.rpartition("/")[2])
        two_days_ago = time.time() - 2 * 86_400
        os.utime(path, (two_days_ago, two_days_ago))
    await store.storage.delete(store.keys["original"])
    dsn = postgres.dsn(database["database"])
    url = f"postgresql://{dsn['user']}:{dsn['password']}@localhost/{dsn['database']}?host={dsn['host']}"
    settings = replace(store.settings, database_url=url)
    await db.disconnect()
    try:
        assert await storage_check(settings) == 1
        said = capsys.readouterr().out
        assert f"lost: {store.keys['original']} (gone): thu-nghiem/E01" in said
        assert orphan is None or f"orphan: {orphan}" in said
        assert await storage_check(settings, repair=True) == 1
        assert f"repaired: {0 if orphan is None else 1} orphans removed" in capsys.readouterr().out
    finally:
        await db.connect(database, size=2)
    assert orphan is None or orphan not in await store.keys_held()


async def test_a_database_that_names_nothing_sweeps_nothing(store: Store) -> None:
    """As while a backup is restored: the files are there, the rows not yet."""
    for table in ("upload_part", "upload", "file_preview", "entry_file"):
        await fetch(f"delete from {table}")
    store.storage.old = set(store.keys.values())
    await sweep_forgotten(JobContext(store.settings, store.storage, make_transport(store.settings)))
    assert await store.keys_held() == set(store.keys.values())


async def test_a_database_that_names_less_than_half_removes_nothing_unasked(
    store: Store, database: dict[str, Any], postgres: EmbeddedPostgres, capsys: Any
) -> None:
    if store.settings.storage.s3 is not None:
        return  # it takes no time of writing
    await fetch("delete from file_preview")
    await fetch("update entry_file set derived_state = 'waiting', derived_key = null")
    extra = await store.put("entries")
    two_days_ago = time.time() - 2 * 86_400
    for path in (store.settings.data_dir / "objects").rglob("*"):
        os.utime(path, (two_days_ago, two_days_ago))
    dsn = postgres.dsn(database["database"])
    url = f"postgresql://{dsn['user']}:{dsn['password']}@localhost/{dsn['database']}?host={dsn['host']}"
    settings = replace(store.settings, database_url=url)
    before = await store.keys_held()
    await db.disconnect()
    try:
        assert await storage_check(settings, repair=True) == 1
        assert "no row names most of these objects" in capsys.readouterr().out
        assert await store.keys_held() == before
        assert await storage_check(settings, repair=True, even_most=True) == 0
    finally:
        await db.connect(database, size=2)
    assert await store.keys_held() == before - {extra, store.keys["copy"], store.keys["preview"]}


async def test_recurring_jobs_are_written_once_a_period(database: dict[str, Any]) -> None:
    for _ in range(3):
        await enqueue_due()
    names = await fetch("select name from job order by name")
    assert [row["name"] for row in names] == ["compare_store", "sweep"]


def test_every_column_with_a_key_is_registered() -> None:
    """A column of keys that the sweep does not know would make it delete what is needed."""
    tables = [table for app in APP_REGISTRY.app_configs.values() for table in app.table_classes]
    found = {
        (table._meta.tablename, column._meta.name)
        for table in tables
        for column in table._meta.columns
        if column._meta.name.endswith("_key")
    }
    others = {("job", "unique_key"), ("receipt", "idempotency_key")}
    assert found - others == {(column.table, column.column) for column in registered()}
