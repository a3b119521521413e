"""Real parts for every test: one PostgreSQL a test process, a fresh database a test, the application over ASGI."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("PICCOLO_CONF", "server.piccolo_conf")

import asyncpg
import pytest

from server import db
from server.app import Parts, create_app
from server.embedded import EmbeddedPostgres
from server.migrate import ensure_database, migrate
from server.settings import Settings
from server.storage import make_storage
from tests.client import Visitor

TEMPLATE = "hoithi_template"

# The figures that `pytest -s` prints would drown in a line for each request of the tests' own clients.
logging.getLogger("httpx").setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL with a migrated template database, for this test process alone."""
    folder = Path(tempfile.mkdtemp(prefix="hoithi-test-"))
    folder.chmod(0o711)  # the unprivileged user that root starts PostgreSQL as has to get in
    server = EmbeddedPostgres(folder)

    async def prepare() -> None:
        await server.start()
        await ensure_database({**server.dsn()}, TEMPLATE)
        await migrate({**server.dsn(TEMPLATE)})

    asyncio.run(prepare())
    yield server
    asyncio.run(server.stop())
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _leave_nothing_elsewhere(request: pytest.FixtureRequest) -> Iterator[None]:
    """Remove what services of the test kept outside its folder: a deep or private one makes them put their database
    into /var/lib and their socket into /tmp."""
    folder: Path | None = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if folder is not None:
        for pointer in (*folder.glob("**/postgres/location"), *folder.glob("**/postgres/socket")):
            shutil.rmtree(pointer.read_text("utf-8").strip(), ignore_errors=True)


@pytest.fixture
async def database(postgres: EmbeddedPostgres) -> AsyncIterator[dict[str, Any]]:
    """A fresh, migrated, connected database; yields its dsn (asyncpg arguments, owner's rights)."""
    name = f"t_{uuid.uuid4().hex}"
    maintenance = await asyncpg.connect(**postgres.dsn())
    await maintenance.execute(f'create database "{name}" template {TEMPLATE}')
    dsn = {**postgres.dsn(name)}
    await db.connect(dsn, size=6)
    try:
        yield dsn
    finally:
        await db.disconnect()
        await maintenance.execute(f'drop database "{name}" with (force)')
        await maintenance.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a service whose data folder is the test's own."""
    return Settings(data_dir=tmp_path / "data", public_url="http://testserver")


@pytest.fixture
def parts(settings: Settings) -> Parts:
    """Settings and a file store."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return Parts(settings=settings, storage=make_storage(settings.storage, settings.data_dir))


@pytest.fixture
async def visitor(database: dict[str, Any], parts: Parts) -> AsyncIterator[Visitor]:
    """An HTTP client of the application that is not signed in; `await visitor.sign_in(person_id)` signs it in."""
    client = Visitor(create_app(parts))
    yield client
    await client.aclose()
