"""Brings a database up to date under a lock: migrations, then roles, views and what each role may do."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from typing import Any

import asyncpg
from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.commands.forwards import run_forwards

from server.engine import APP_ROLE, DB, JUDGE_ROLE
from server.errors import HoithiError
from server.judging.desk_views import JUDGE_GRANTS, JUDGE_VIEWS
from server.judging.sitting_view import SITTING_VIEW
from server.search import FOLDED_FUNCTION

APPS = ("base", "accounts", "contests", "judging", "publishing")
APPEND_ONLY = ("audit_event", "receipt", "mark", "cut_decision", "publication", "approval", "release")
LOCK = 7_246_301

EXTRA_CONSTRAINTS = (
    (
        "role_contest_exists",
        "alter table role add constraint role_contest_exists foreign key (contest) references contest (code)",
    ),
    ("job_due", "create index if not exists job_due on job (run_at) where state in ('ready', 'running')"),
    ("mark_current", "create index if not exists mark_current on mark (assignment, criterion, version desc)"),
    ("assignment_queue", "create index if not exists assignment_queue on assignment (person, round_entry)"),
    ("audit_of_subject", "create index if not exists audit_of_subject on audit_event (subject, id)"),
)


class MigrationFailed(Exception):
    """A migration did not run; the text is Piccolo's own."""


class SchemaBehind(HoithiError):
    """The database is older than this program; the text says what to do."""


async def ensure_database(maintenance: Mapping[str, Any], name: str) -> None:
    """Create database `name` unless it exists, over a connection to another database of the same server."""
    connection = await asyncpg.connect(**maintenance)
    try:
        with contextlib.suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
            if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
                await connection.execute(f'create database "{name}"')
    finally:
        await connection.close()


async def migrate(dsn: Mapping[str, Any]) -> None:
    """Run every open migration on the database of `dsn` as its owner; safe to call from several processes."""
    guard = await asyncpg.connect(**dsn)
    try:
        await guard.execute("select pg_advisory_lock($1)", LOCK)
        DB.config = dict(dsn)
        for app in APPS:
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                try:
                    await run_forwards(app_name=app)
                except SystemExit as exit_:
                    if exit_.code not in (None, 0):
                        raise MigrationFailed(said.getvalue()) from exit_
        await _grant(guard)
    finally:
        await guard.close()


async def require_migrated(dsn: Mapping[str, Any]) -> None:
    """Raise SchemaBehind unless every migration of this program has run on the database."""
    connection = await asyncpg.connect(**dsn)
    try:
        there = await connection.fetchval("select to_regclass('migration') is not null")
        done = await connection.fetch("select app_name, name from migration") if there else []
    finally:
        await connection.close()
    missing = _migrations() - {(row["app_name"], row["name"]) for row in done}
    if missing:
        raise SchemaBehind(f'{len(missing)} migrations have not run on this database: run "hoithi migrate" first')


def _migrations() -> set[tuple[str, str]]:
    manager = BaseMigrationManager()
    folders = {app: manager.get_app_config(app).resolved_migrations_folder_path for app in APPS}
    return {(app, name) for app, folder in folders.items() for name in manager.get_migration_modules(folder)}


async def _grant(connection: asyncpg.Connection) -> None:
    for role in (APP_ROLE, JUDGE_ROLE):
        with contextlib.suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
            if not await connection.fetchval("select 1 from pg_roles where rolname = $1", role):
                await connection.execute(f"create role {role} nologin")
        await connection.execute(f"grant {role} to current_user")
    async with connection.transaction():
        for name, statement in EXTRA_CONSTRAINTS:
            if not await connection.fetchval("select 1 from pg_constraint where conname = $1", name):
                await connection.execute(statement)
        await connection.execute(FOLDED_FUNCTION)
        for view in (*JUDGE_VIEWS, *SITTING_VIEW):
            await connection.execute(view)
        await connection.execute(
            f"""
            grant usage on schema public to {APP_ROLE}, {JUDGE_ROLE};
            grant select, insert, update, delete on all tables in schema public to {APP_ROLE};
            grant usage on all sequences in schema public to {APP_ROLE};
            revoke update, delete, truncate on {", ".join(APPEND_ONLY)} from {APP_ROLE};
            revoke insert, update, delete on migration from {APP_ROLE};
            """
        )
        for grant in JUDGE_GRANTS:
            await connection.execute(grant.format(role=JUDGE_ROLE))
