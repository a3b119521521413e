"""Starts and stops what one process runs on: database, object store, mail, and jobs in process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import server.accounts.jobs
import server.contests.jobs
import server.contests.sweep_jobs
import server.contests.upload_jobs  # noqa: F401 - its handlers register themselves
from server import db
from server.app import Parts
from server.data_folder import make_data_folder
from server.delivery import make_delivery
from server.embedded import EmbeddedPostgres
from server.embedded_layout import DataFolderInUse
from server.jobs import JobContext
from server.mail import make_transport
from server.migrate import ensure_database, migrate, require_migrated
from server.settings import Settings
from server.storage import make_storage
from server.timetable import keep_timetable
from server.waiting import in_thread
from storage_config.bootstrap import ensure_bucket
from storage_config.client import make_client

DATABASE = "hoithi"


def dsn_of_url(url: str) -> dict[str, Any]:
    """asyncpg's arguments of a postgresql:// URL; `?host=` names a socket folder."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "host": query.get("host") or parts.hostname or "127.0.0.1",
        "port": parts.port or 5432,
        "user": unquote(parts.username or "hoithi"),
        "password": unquote(parts.password or ""),
        "database": parts.path.lstrip("/") or DATABASE,
    }


@asynccontextmanager
async def database(settings: Settings, *, run_migrations: bool = True) -> AsyncIterator[dict[str, Any]]:
    """The database of `settings`, embedded unless a URL is set, migrated and connected; yields its dsn.

    Raises SchemaBehind where `run_migrations` is off and some are open.
    """
    embedded: EmbeddedPostgres | None = None
    watcher: asyncio.Task[None] | None = None
    try:
        if settings.database_url:
            dsn = dsn_of_url(settings.database_url)
        else:
            embedded = EmbeddedPostgres(settings.data_dir)
            await embedded.start()
            watcher = asyncio.create_task(embedded.watch())
            await ensure_database({**embedded.dsn()}, DATABASE)
            dsn = {**embedded.dsn(DATABASE)}
        if run_migrations:
            await migrate(dsn)
        else:
            await require_migrated(dsn)
        await db.connect(dsn)
        yield dsn
    finally:
        await db.disconnect()
        if watcher is not None:
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher
        if embedded is not None:
            await embedded.stop()


@asynccontextmanager
async def database_beside(settings: Settings) -> AsyncIterator[None]:
    """The database of `settings`, connected, whether a service runs on its data folder or not."""
    try:
        async with database(settings, run_migrations=settings.database_url is None):
            yield
    except DataFolderInUse:
        # A service runs on this folder: its database is asked through the same socket.
        await db.connect({**EmbeddedPostgres(settings.data_dir).dsn(DATABASE)}, size=2)
        try:
            yield
        finally:
            await db.disconnect()


@asynccontextmanager
async def running(settings: Settings, *, with_jobs: bool = True, run_migrations: bool = True) -> AsyncIterator[Parts]:
    """Everything a service process needs; jobs are done here unless `with_jobs` is off."""
    make_data_folder(settings.data_dir)
    async with database(settings, run_migrations=run_migrations):
        if settings.storage.s3 is not None:
            client = make_client(settings.storage.s3)
            await in_thread(lambda: ensure_bucket(client))
        storage = make_storage(settings.storage, settings.data_dir)
        parts = Parts(settings=settings, storage=storage)
        stop = asyncio.Event()
        context = JobContext(settings=settings, storage=storage, mail=make_transport(settings))
        delivery = make_delivery(context, does_work=with_jobs)
        delivering = asyncio.create_task(delivery.run(stop)) if delivery is not None else None
        timing = asyncio.create_task(keep_timetable(stop))
        try:
            yield parts
        finally:
            stop.set()
            await timing
            if delivering is not None:
                await delivering
