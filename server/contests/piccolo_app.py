"""Tells Piccolo which tables and migrations this room holds."""

from __future__ import annotations

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="contests",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=table_finder(["server.contests.tables", "server.contests.upload_tables"], exclude_imported=True),
    migration_dependencies=["server.accounts.piccolo_app"],
)
