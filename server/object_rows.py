"""Which columns name objects of the store: rooms register theirs, so that a sweep knows what is still needed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from server.db import fetch
from server.engine import DB

Repair = Callable[[list[str]], Awaitable[int]]


@dataclass(frozen=True)
class Column:
    """`table`.`column` holds keys of objects; `size` is the column of their bytes, if any.

    `must_exist` is false where a key is written down before its object. `told` is an SQL expression over the row `t`
    that says to people what is lost; `repair` makes the objects of these keys again and returns how many are on the way.
    """

    table: str
    column: str
    size: str | None = None
    must_exist: bool = True
    told: str = "''"
    repair: Repair | None = None


@dataclass(frozen=True)
class Named:
    """A key that a row holds, with the bytes that the row expects (None: not said)."""

    key: str
    size: int | None
    column: Column


_columns: list[Column] = []


def names_objects(column: Column) -> None:
    """Register a column; the same one again changes nothing."""
    if (column.table, column.column) not in {(c.table, c.column) for c in _columns}:
        _columns.append(column)


def registered() -> tuple[Column, ...]:
    """Every registered column."""
    return tuple(_columns)


async def named_keys(areas: Sequence[str]) -> AsyncGenerator[Named, None]:
    """Every key of these areas that a row names, byte by byte in order, as of one moment; memory stays flat."""
    columns = registered()
    parts = [
        f"select {c.column} as key, {c.size or 'null::bigint'} as size, {n} as source from {c.table} "
        f"where {c.column} like any($1::text[])"
        for n, c in enumerate(columns)
    ]
    if not parts:
        return
    assert DB.pool is not None
    async with DB.pool.acquire() as connection, connection.transaction():
        query = f'select * from ({" union all ".join(parts)}) named order by key collate "C"'
        async for row in connection.cursor(query, [f"{area}/%" for area in areas], prefetch=1000):
            yield Named(row["key"], row["size"], columns[row["source"]])


async def is_named(key: str) -> bool:
    """Whether a row names the object now."""
    tests = [f"exists (select 1 from {c.table} where {c.column} = $1)" for c in registered()]
    rows = await fetch(f"select {' or '.join(tests) or 'false'} as named", key)
    return bool(rows[0]["named"])


async def names_anything() -> bool:
    """Whether any row names an object: false for a database that is new, or not the one of this store."""
    tests = [f"exists (select 1 from {c.table} where {c.column} <> '')" for c in registered()]
    rows = await fetch(f"select {' or '.join(tests) or 'false'} as named")
    return bool(rows[0]["named"])


async def told(named: Named) -> str | None:
    """What the row says that names the key, or None when none does any more."""
    column = named.column
    rows = await fetch(f"select {column.told} as told from {column.table} t where t.{column.column} = $1", named.key)
    return str(rows[0]["told"]) if rows else None
