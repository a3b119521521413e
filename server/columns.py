"""Column kinds that every table shares, so that foreign keys are never nullable or cascading by accident."""

from __future__ import annotations

from typing import Any

from piccolo.columns import BigSerial, ForeignKey, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


def primary_key() -> BigSerial:
    """The `id` of a table: a 64-bit serial."""
    return BigSerial(primary_key=True, db_column_name="id")


def belongs_to(table: type[Table] | str, *, null: bool = False, index: bool = True, unique: bool = False) -> Any:
    """A foreign key that refuses to delete what is still referred to."""
    return ForeignKey(
        references=table, null=null, index=index, unique=unique, on_delete=OnDelete.restrict, default=None
    )


def moment(*, null: bool = False) -> Timestamptz:
    """A point in time; not null ones default to the database's clock."""
    return Timestamptz(null=null, default=None if null else TimestamptzNow())
