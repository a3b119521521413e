"""Who must not judge whom: own unit and below, the host's exception, declared and set conflicts, cycles."""

from __future__ import annotations

from server.judging.rules.conflicts import (
    ConflictRow,
    Declared,
    SameUnit,
    SetByOrganizer,
    conflict_pairs,
    unit_and_above,
)

# The province hosts; two districts below it, two communes below the first.
PARENTS = {"tinh": None, "h1": "tinh", "h2": "tinh", "x1": "h1", "x2": "h1"}
ENTRIES = {"E-h1": "h1", "E-x1": "x1", "E-h2": "h2", "E-tinh": "tinh", "E-0": None}


def pairs(judges, rows=(), parents=PARENTS):  # type: ignore[no-untyped-def]
    return conflict_pairs(judges, ENTRIES, parents, "tinh", rows)


def test_a_judge_conflicts_with_the_own_unit_and_all_below() -> None:
    assert pairs({"J": "h1"}) == {("J", "E-h1"): SameUnit("h1"), ("J", "E-x1"): SameUnit("h1")}


def test_a_unit_above_or_beside_is_no_conflict() -> None:
    assert pairs({"J": "x1"}) == {("J", "E-x1"): SameUnit("x1")}
    assert pairs({"J": "x2"}) == {}


def test_people_of_the_host_judge_everybody() -> None:
    assert pairs({"J": "tinh"}) == {}


def test_a_judge_of_no_unit_has_no_conflict() -> None:
    assert pairs({"J": None}) == {}


def test_a_declared_unit_covers_all_below_it() -> None:
    row = ConflictRow("J", Declared("người nhà"), unit="h1")
    assert set(pairs({"J": None}, [row])) == {("J", "E-h1"), ("J", "E-x1")}


def test_a_declared_conflict_with_the_host_unit_counts() -> None:
    row = ConflictRow("J", SetByOrganizer("đã góp ý"), unit="tinh")
    assert {entry for _, entry in pairs({"J": "tinh"}, [row])} == {"E-h1", "E-x1", "E-h2", "E-tinh"}


def test_a_row_for_an_entry_covers_that_entry_only() -> None:
    row = ConflictRow("J", SetByOrganizer("đã tập huấn"), entry="E-h2")
    assert pairs({"J": None, "K": None}, [row]) == {("J", "E-h2"): SetByOrganizer("đã tập huấn")}


def test_the_first_conflict_of_a_pair_is_kept_and_same_unit_goes_before() -> None:
    by_unit = ConflictRow("J", Declared("một"), unit="h2")
    by_entry = ConflictRow("J", SetByOrganizer("hai"), entry="E-h2")
    assert pairs({"J": None}, [by_unit, by_entry])[("J", "E-h2")] == Declared("một")
    assert pairs({"J": None}, [by_entry, by_unit])[("J", "E-h2")] == SetByOrganizer("hai")
    assert pairs({"J": "h2"}, [by_entry])[("J", "E-h2")] == SameUnit("h2")


def test_rows_of_strangers_and_unknown_entries_are_no_pairs() -> None:
    rows = [ConflictRow("X", Declared(""), entry="E-h1"), ConflictRow("J", Declared(""), entry="E-none")]
    assert pairs({"J": None}, rows) == {}


def test_a_cycle_of_units_is_walked_once() -> None:
    ring = {"h1": "x1", "x1": "h1"}
    assert unit_and_above("h1", ring) == ["h1", "x1"]
    assert set(pairs({"J": "x1"}, parents=ring)) == {("J", "E-h1"), ("J", "E-x1")}
