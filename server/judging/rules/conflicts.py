"""Which judge must not mark which entry, and why: the judge's own unit, what was declared, what organizers set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

Key: TypeAlias = int | str
"""A judge, entry or unit, as the caller names them: a database id or a code."""


@dataclass(frozen=True, slots=True)
class SameUnit:
    """The entry comes from the judge's own `unit` or a unit below it."""

    kind: ClassVar[str] = "same_unit"
    unit: Key


@dataclass(frozen=True, slots=True)
class Declared:
    """The judge declared it, for the `reason` given."""

    kind: ClassVar[str] = "declared"
    reason: str


@dataclass(frozen=True, slots=True)
class SetByOrganizer:
    """An organizer set it, for the `reason` given."""

    kind: ClassVar[str] = "set_by_organizer"
    reason: str


Conflict: TypeAlias = SameUnit | Declared | SetByOrganizer


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """One conflict on record: of a judge with an entry, or with a unit and all below it (exactly one is given).

    A `SameUnit` here is the unit that the judge submits entries for.
    """

    judge: Key
    conflict: Conflict
    entry: Key | None = None
    unit: Key | None = None


def conflict_pairs(
    judges: Mapping[Key, Key | None],
    entries: Mapping[Key, Key | None],
    parents: Mapping[Key, Key | None],
    host: Key | None,
    rows: Iterable[ConflictRow] = (),
) -> dict[tuple[Key, Key], Conflict]:
    """Every (judge, entry) in conflict. `judges` and `entries` give each one's unit, `parents` a unit's parent.

    A judge's own unit counts with all units below it, unless it is the host: people of the host judge everybody.
    Of several conflicts of one pair the first is kept: same unit, then rows in order. A cycle in `parents` is
    walked once.
    """
    judges_of_unit: dict[Key, list[Key]] = {}
    for judge, unit in judges.items():
        if unit is not None and unit != host:
            judges_of_unit.setdefault(unit, []).append(judge)
    # Rows carry their number: one may name the entry and another its unit, and the earlier is kept.
    rows_of_unit: dict[Key, list[tuple[int, ConflictRow]]] = {}
    rows_of_entry: dict[Key, list[tuple[int, ConflictRow]]] = {}
    for number, row in enumerate(rows):
        if row.judge not in judges:
            continue
        if row.entry is not None:
            rows_of_entry.setdefault(row.entry, []).append((number, row))
        if row.unit is not None:
            rows_of_unit.setdefault(row.unit, []).append((number, row))

    found: dict[tuple[Key, Key], Conflict] = {}
    for entry, unit in entries.items():
        above = unit_and_above(unit, parents)
        for ancestor in above:
            for judge in judges_of_unit.get(ancestor, ()):
                found.setdefault((judge, entry), SameUnit(ancestor))
        on_record = rows_of_entry.get(entry, []) + [item for node in above for item in rows_of_unit.get(node, ())]
        for _, row in sorted(on_record, key=lambda item: item[0]):
            found.setdefault((row.judge, entry), row.conflict)
    return found


def unit_and_above(unit: Key | None, parents: Mapping[Key, Key | None]) -> list[Key]:
    """The unit, its parent, and so on to the root; stops where a cycle comes round again."""
    chain: list[Key] = []
    seen: set[Key] = set()
    while unit is not None and unit not in seen:
        seen.add(unit)
        chain.append(unit)
        unit = parents.get(unit)
    return chain
