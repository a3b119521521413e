"""The whole service on an S3 store: a missing bucket is made, a file arrives, is copied for judges, and comes back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from server.app import create_app
from server.db import fetch
from server.embedded import EmbeddedPostgres
from server.runtime import running
from server.settings import Settings
from server.storage_check import storage_check
from storage_config.settings import StorageSettings
from tests.client import Visitor
from tests.s3_server import s3_server
from tests.samples import SAMPLES
from tests.world import make_world


async def test_a_file_goes_in_and_out(
    postgres: EmbeddedPostgres, database: dict[str, Any], settings: Settings, tmp_path: Path, capsys: Any
) -> None:
    dsn = postgres.dsn(database["database"])
    url = f"postgresql://{dsn['user']}:{dsn['password']}@localhost:{dsn['port']}/{dsn['database']}?host={dsn['host']}"
    sample = tmp_path / "a.pdf"
    SAMPLES["pdf"](sample)
    from server import db

    await db.disconnect()
    with s3_server(tmp_path / "s3") as s3:
        on_s3 = replace(settings, database_url=url, storage=StorageSettings(kind="s3", s3=s3))
        async with running(on_s3) as parts:
            world = await make_world()
            officer = await Visitor(create_app(parts)).sign_in(world.people["officer_a"])
            made = await officer.submit(f"/contests/{world.contest}/entries", {"title": "T", "category": "tap-the"})
            entry = made.headers["location"]
            sent = await officer.post(
                f"{entry}/files",
                data={"_csrf": officer.csrf, "kind": "document"},
                files={"file": ("a.pdf", sample.read_bytes())},
                headers={"accept": "application/json"},
            )
            assert sent.status_code == 201, sent.text
            back = await officer.get(f"{entry}/files/{sent.json()['id']}", headers={"range": "bytes=0-3"})
            assert (back.status_code, back.content) == (206, b"%PDF")
            for _ in range(200):
                state = (await fetch("select derived_state from entry_file"))[0]["derived_state"]
                if state != "waiting":
                    break
                await asyncio.sleep(0.1)
            assert state == "ready"
        assert await storage_check(on_s3) == 0
        assert "delete: ok" in capsys.readouterr().out
    await db.connect(database, size=2)


async def test_the_file_store_is_checked_too(settings: Settings, capsys: Any) -> None:
    settings.data_dir.mkdir(parents=True)
    assert await storage_check(settings) == 0
    assert "files: ok" in capsys.readouterr().out
