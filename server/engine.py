"""The two database engines: the application's, and the one under which judges read."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

Row = Mapping[str, Any]
"""A row of an answer, by column name."""

# Piccolo looks for a module of this name when it first needs an engine; its own default is another.
os.environ.setdefault("PICCOLO_CONF", "server.piccolo_conf")

APP_ROLE = "hoithi_app"
JUDGE_ROLE = "hoithi_judge"

queries_run: ContextVar[list[str] | None] = ContextVar("queries_run", default=None)


class LeanConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that needs no reset between uses, since all our settings are local to a transaction."""

    def get_reset_query(self) -> str:
        """Return no query at all: one round trip less at each release."""
        return ""


class SafeTransaction(PostgresTransaction):
    """A transaction that hands its connection back even when the server died under it."""

    async def __aenter__(self) -> SafeTransaction:
        """Begin; a connection on which that fails goes back to the pool, which replaces it."""
        try:
            await super().__aenter__()
        except BaseException:
            if getattr(self, "connection", None) is not None:
                await self._give_connection_back()
            raise
        return self

    async def __aexit__(self, exception_type: Any, exception: Any, traceback: Any) -> bool:
        """Commit or roll back, then always release the connection and forget the transaction."""
        try:
            if exception is None:
                await self.commit()  # type: ignore[no-untyped-call]
            else:
                with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                    await self.rollback()  # type: ignore[no-untyped-call]
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._give_connection_back()
        return False

    async def _give_connection_back(self) -> None:
        pool = self.engine.pool
        with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await (pool.release(self.connection) if pool else self.connection.close())


class Engine(PostgresEngine):
    """Piccolo's engine with safe transactions, asyncpg's own placeholders and a count of the queries."""

    async def check_version(self) -> None:
        """Do not ask a server that may not have been started yet; migrations would fail loudly on an old one."""

    async def prep_database(self) -> None:
        """Nothing to prepare: no extension is used."""

    def transaction(self, allow_nested: bool = False) -> SafeTransaction:
        """Begin a transaction; nesting is refused, since an inner error would keep the inner writes."""
        return SafeTransaction(engine=self, allow_nested=allow_nested)

    async def fetch(self, query: str, *args: Any) -> list[Row]:
        """Run one statement with $1, $2 ... inside the open transaction or on a connection of the pool."""
        seen = queries_run.get()
        if seen is not None:
            seen.append(query)
        current = self.current_transaction.get()
        if current is not None:
            return await current.connection.fetch(query, *args)  # type: ignore[no-any-return]
        if self.pool is None:
            return await self._run_in_new_connection(query, args)  # type: ignore[no-any-return]
        return await self.pool.fetch(query, *args)  # type: ignore[no-any-return]

    async def run_querystring(self, querystring: Any, in_pool: bool = True) -> Any:
        """Count and run a query that Piccolo built."""
        seen = queries_run.get()
        if seen is not None:
            seen.append(str(querystring))
        return await super().run_querystring(querystring, in_pool)

    async def open(self, dsn: Mapping[str, Any], role: str | None, size: int) -> None:
        """Start a pool of up to `size` connections that act as `role`; `dsn` holds asyncpg's arguments."""
        self.config = dict(dsn)
        settings = {"application_name": "hoithi", "jit": "off"}
        if role is not None:
            settings["role"] = role
        await self.start_connection_pool(
            min_size=1,
            max_size=size,
            connection_class=LeanConnection,
            server_settings=settings,
            command_timeout=60,
            max_inactive_connection_lifetime=300,
        )


DB = Engine(config={})
JUDGE_DB = Engine(config={})
