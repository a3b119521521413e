"""`hoithi import PACK`: into the database of a data folder, whether a service runs on it or not."""

from __future__ import annotations

import sys
from pathlib import Path

from server import db
from server.embedded import EmbeddedPostgres
from server.embedded_layout import DataFolderInUse
from server.errors import PackRefused
from server.packs.import_pack import described, import_pack
from server.packs.read import read_pack
from server.packs.who_runs import nobody_to_run
from server.runtime import DATABASE, database
from server.settings import Settings


async def import_command(pack_folder: Path, settings: Settings) -> int:
    """Import and say what was made; exit code 0, or 2 for a pack with mistakes, each named on stderr."""
    try:
        pack = read_pack(pack_folder)
        try:
            async with database(settings):
                imported = await import_pack(pack)
        except DataFolderInUse:
            # A service runs on this folder: its database is asked through the same socket.
            await db.connect({**EmbeddedPostgres(settings.data_dir).dsn(DATABASE)}, size=2)
            try:
                imported = await import_pack(pack)
            finally:
                await db.disconnect()
    except PackRefused as refused:
        print(refused, file=sys.stderr)
        return 2
    print(described(imported, None if settings.smtp_url else settings.data_dir / "outbox"))
    if (why := nobody_to_run(pack)) is not None:
        print(f"hoithi import: nobody can run this contest yet: {why}", file=sys.stderr)
    return 0
