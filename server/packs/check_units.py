"""Checks that units form a tree without doubles, and answers which unit lies below which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from server.packs.model import Settings, Unit
from server.packs.read_keys import SETTINGS
from server.packs.read_problems import Problems, choices, shown


class UnitTree:
    """The units by code and their parents."""

    def __init__(self, parents: Mapping[str, str | None]) -> None:
        self.parents = parents

    def __contains__(self, code: str) -> bool:
        return code in self.parents

    def upwards(self, code: str) -> Iterator[str]:
        """The unit, its parent and so on; ends where a cycle would begin."""
        seen: set[str] = set()
        at: str | None = code
        while at is not None and at not in seen:
            seen.add(at)
            yield at
            at = self.parents.get(at)

    def within(self, code: str, top: str) -> bool:
        """Whether a unit is `top` or below it."""
        return top in self.upwards(code)

    def known(self) -> str:
        """The codes as a message lists them."""
        return choices(list(self.parents))


def check_units(settings: Settings, units: Sequence[Unit], file: str, problems: Problems) -> UnitTree:
    """Notes double codes, unknown parents, cycles and units that the settings name and nobody knows."""
    lines: dict[str, int] = {}
    parents: dict[str, str | None] = {}
    for unit in units:
        if unit.code and unit.code in lines:
            message = f"the code {shown(unit.code)} is already used on line {lines[unit.code]}"
            problems.add(file, unit.line, "code", message)
            continue
        lines[unit.code] = unit.line
        parents[unit.code] = unit.parent_code
    tree = UnitTree(parents)
    for unit in units:
        if unit.parent_code is not None and unit.parent_code not in tree:
            message = f"unknown unit {shown(unit.parent_code)}; known: {tree.known()}"
            problems.add(file, unit.line, "parent_code", message)
    for cycle in _cycles(parents):
        message = f"the units {' -> '.join([*cycle[:8], *(['...'] if len(cycle) > 8 else []), cycle[0]])} form a cycle"
        problems.add(file, lines[cycle[0]], "parent_code", message)
    _check_settings(settings, tree, problems)
    return tree


def _cycles(parents: Mapping[str, str | None]) -> Iterator[list[str]]:
    done: set[str] = set()
    for start in parents:
        way: dict[str, None] = {}
        at: str | None = start
        while at is not None and at in parents and at not in done and at not in way:
            way[at] = None
            at = parents[at]
        if at is not None and at in way:
            members = list(way)
            yield members[members.index(at) :]
        done.update(way)


def _check_settings(settings: Settings, tree: UnitTree, problems: Problems) -> None:
    if settings.host_unit and settings.host_unit not in tree:
        line = settings.line_of("contest", "host_unit")
        message = f"unknown unit {shown(settings.host_unit)}; known: {tree.known()}"
        problems.add(SETTINGS, line, "contest.host_unit", message)
    for number, round_ in enumerate(settings.rounds):
        for place, panel in enumerate(round_.panels):
            for code in panel.units:
                if code not in tree:
                    line = settings.line_of("rounds", number, "panels", place, "units")
                    message = f"unknown unit {shown(code)}; known: {tree.known()}"
                    problems.add(SETTINGS, line, "rounds.panels.units", message)
