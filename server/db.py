"""One use case, one transaction: its audit events and jobs are written with it, and jobs are woken after commit."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.engine import APP_ROLE, DB, JUDGE_DB, JUDGE_ROLE, Row

__all__ = ["Row", "UnitOfWork", "connect", "disconnect", "fetch", "fetch_one", "on_enqueue", "unit_of_work"]

_wakers: list[Callable[[], None]] = []


async def connect(dsn: Mapping[str, Any], *, size: int = 12) -> None:
    """Open the pools of the application's and the judges' role on the database that `dsn` names."""
    await DB.open(dsn, APP_ROLE, size)
    await JUDGE_DB.open(dsn, JUDGE_ROLE, max(2, size // 2))


async def disconnect() -> None:
    """Close both pools."""
    for engine in (DB, JUDGE_DB):
        if engine.pool is not None:
            await engine.close_connection_pool()


async def fetch(query: str, *args: Any) -> list[Row]:
    """All rows of a statement, inside the open transaction if there is one."""
    return await DB.fetch(query, *args)


async def fetch_one(query: str, *args: Any) -> Row | None:
    """The first row of a statement, or None."""
    rows = await DB.fetch(query, *args)
    return rows[0] if rows else None


def on_enqueue(waker: Callable[[], None]) -> Callable[[], None]:
    """Call `waker` after each commit that wrote jobs; returns the function that stops it."""
    _wakers.append(waker)
    return lambda: _wakers.remove(waker)


@dataclass
class UnitOfWork:
    """What one transaction leaves behind beside its own writes."""

    person: int | None = None
    contest: str | None = None
    _events: list[tuple[Any, ...]] = field(default_factory=list)
    _jobs: list[tuple[Any, ...]] = field(default_factory=list)

    def audit(self, action: str, subject: str = "", **data: Any) -> None:
        """Note a change of state, such as "entry.submitted" of "cntt-2024/E017"."""
        self._events.append(
            (self.person, self.contest, action, subject, json.dumps(data, ensure_ascii=False, default=str))
        )

    def enqueue(
        self, name: str, args: Mapping[str, Any], *, unique: str | None = None, run_at: datetime | None = None
    ) -> None:
        """Have job `name` done after commit; a second job with the same `unique` key is not written."""
        self._jobs.append((name, json.dumps(args, default=str), unique, self.contest, run_at))

    async def clock(self) -> datetime:
        """The database's clock, now."""
        row = await fetch_one("select clock_timestamp() as now")
        assert row is not None
        return row["now"]  # type: ignore[no-any-return]

    async def flush(self) -> None:
        """Write the audit events and jobs gathered so far."""
        if self._events:
            # The clock of now, with all locks held: the transaction's own may be older than what it waited for.
            await fetch(
                "insert into audit_event (at, person, contest, action, subject, data) "
                "select clock_timestamp(), * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::jsonb[])",
                *(list(column) for column in zip(*self._events, strict=True)),
            )
            self._events.clear()
        if self._jobs:
            await fetch(
                "insert into job (name, args, unique_key, contest, run_at) "
                "select n, a, u, c, coalesce(r, clock_timestamp()) "
                "from unnest($1::text[], $2::jsonb[], $3::text[], $4::text[], $5::timestamptz[]) as t(n, a, u, c, r) "
                "on conflict (unique_key) do nothing",
                *(list(column) for column in zip(*self._jobs, strict=True)),
            )
            self._jobs.clear()


@asynccontextmanager
async def unit_of_work(person: int | None = None, contest: str | None = None) -> AsyncIterator[UnitOfWork]:
    """One transaction in the name of `person`; an exception inside undoes all of it."""
    work = UnitOfWork(person, contest)
    async with DB.transaction():
        yield work
        has_jobs = bool(work._jobs)
        await work.flush()
    if has_jobs:
        for wake in _wakers:
            wake()
