"""Checks entries against categories, units, officers and panels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from server.packs.check_units import UnitTree
from server.packs.model import Entry, Panel, Person, Settings
from server.packs.read_problems import Problems, choices, shown


def check_entries(
    settings: Settings,
    entries: Sequence[Entry],
    people: Sequence[Person],
    tree: UnitTree,
    file: str,
    problems: Problems,
) -> None:
    """Notes double codes, unknown categories and units, units without officers or over their limit, entries no panel takes."""
    categories = [category.code for category in settings.categories]
    officers = {person.unit_code for person in people if person.role == "officer"}
    panels = settings.rounds[0].panels if settings.rounds else ()
    lines: dict[str, int] = {}
    counts: Counter[str] = Counter()
    for entry in entries:
        first = lines.setdefault(entry.code, entry.line)
        if entry.code and first != entry.line:
            problems.add(file, entry.line, "code", f"the code {shown(entry.code)} is already used on line {first}")
        if entry.category and entry.category not in categories:
            message = f"unknown category {shown(entry.category)}; known: {choices(categories)}"
            problems.add(file, entry.line, "category", message)
        if not entry.unit_code:
            continue
        counts[entry.unit_code] += 1
        number = counts[entry.unit_code]
        if entry.unit_code not in tree:
            message = f"unknown unit {shown(entry.unit_code)}; known: {tree.known()}"
            problems.add(file, entry.line, "unit_code", message)
        elif number == 1 and entry.unit_code not in officers:
            message = (
                f"the unit {shown(entry.unit_code)} has no officer in people.csv, so nobody can submit its entries"
            )
            problems.add(file, entry.line, "unit_code", message)
        elif settings.per_unit_max and number == settings.per_unit_max + 1:
            message = f"entry {number} of unit {shown(entry.unit_code)}; per_unit_max is {settings.per_unit_max}"
            problems.add(file, entry.line, "unit_code", message)
        elif panels and entry.category in categories and not any(takes(panel, entry, tree) for panel in panels):
            message = f"no panel of round '{settings.rounds[0].code}' takes this category and unit"
            problems.add(file, entry.line, "category", message)


def takes(panel: Panel, entry: Entry, tree: UnitTree) -> bool:
    """Whether a panel judges an entry of this category and unit."""
    if panel.categories and entry.category not in panel.categories:
        return False
    return not panel.units or any(code in panel.units for code in tree.upwards(entry.unit_code))
