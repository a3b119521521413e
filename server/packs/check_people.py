"""Checks people against units and panels: who they are, where they sit, and that every panel has its judges."""

from __future__ import annotations

from collections.abc import Sequence

from server.packs.check_units import UnitTree
from server.packs.model import Person, SeatCode, Settings
from server.packs.read_keys import SETTINGS
from server.packs.read_problems import Problems, choices, shown


def check_people(settings: Settings, people: Sequence[Person], tree: UnitTree, file: str, problems: Problems) -> None:
    """Notes double roles, unknown units and seats, seats of others than judges, panels and approvals without people."""
    _check_rows(people, tree, file, problems)
    _check_seats(settings, people, file, problems)
    _check_panels(settings, people, problems)
    organizers = len({person.email for person in people if person.role == "organizer"})
    if settings.approvals > organizers:
        line = settings.line_of("contest", "approvals")
        message = f"{settings.approvals} organizers must approve a publication, but people.csv has {organizers}"
        problems.add(SETTINGS, line, "contest.approvals", message)


def _check_rows(people: Sequence[Person], tree: UnitTree, file: str, problems: Problems) -> None:
    roles: dict[tuple[str, str, str], int] = {}
    names: dict[str, Person] = {}
    for person in people:
        unit = (person.unit_code or "") if person.role == "officer" else ""
        first = roles.setdefault((person.email, person.role, unit), person.line)
        known = names.setdefault(person.email, person)
        if person.email and first != person.line:
            message = f"{shown(person.email)} is already {person.role or 'here'} on line {first}"
            problems.add(file, person.line, "email", message)
        elif person.email and known.full_name != person.full_name:
            message = f"{shown(person.email)} is called {shown(known.full_name)} on line {known.line}; wanted one name"
            problems.add(file, person.line, "full_name", message)
        if person.unit_code is None:
            if person.role == "officer":
                problems.add(file, person.line, "unit_code", "the value is missing; an officer submits for a unit")
        elif person.unit_code not in tree:
            message = f"unknown unit {shown(person.unit_code)}; known: {tree.known()}"
            problems.add(file, person.line, "unit_code", message)


def _check_seats(settings: Settings, people: Sequence[Person], file: str, problems: Problems) -> None:
    panels = {round_.code: [panel.code for panel in round_.panels] for round_ in settings.rounds}
    for person in people:
        if person.seats and person.role != "judge":
            message = f"only judges sit on panels; the role here is {shown(person.role)}"
            problems.add(file, person.line, "panels", message)
        for seat in person.seats:
            if seat.round not in panels:
                message = f"unknown round {shown(seat.round)}; known: {choices(list(panels))}"
                problems.add(file, person.line, "panels", message)
            elif seat.panel not in panels[seat.round]:
                known = choices(panels[seat.round])
                message = f"unknown panel {shown(seat.panel)} in round '{seat.round}'; known: {known}"
                problems.add(file, person.line, "panels", message)


def _check_panels(settings: Settings, people: Sequence[Person], problems: Problems) -> None:
    seated: dict[SeatCode, int] = {}
    for person in people:
        if person.role == "judge":
            for seat in person.seats:
                seated[seat] = seated.get(seat, 0) + 1
    for number, round_ in enumerate(settings.rounds):
        wanted = round_.judges_per_entry or 1
        for place, panel in enumerate(round_.panels):
            judges = seated.get(SeatCode(round_.code, panel.code), 0)
            if judges == 0:
                message = f"no judge in people.csv sits on the panel; one has {shown(f'{round_.code}/{panel.code}')}"
                message += " in the column panels"
            elif judges < wanted:
                message = f"{judges} judges sit on the panel, but judges_per_entry wants {wanted}"
            else:
                continue
            line = settings.line_of("rounds", number, "panels", place)
            problems.add(SETTINGS, line, "rounds.panels", message)
