"""Checks conflicts and marks: who may judge what, and points that the criterion allows."""

from __future__ import annotations

from collections.abc import Sequence

from server.packs.check_units import UnitTree
from server.packs.model import Conflict, Entry, Person, Round, Rows, Score, Settings
from server.packs.read_problems import Problems, choices, shown


def check_conflicts(
    conflicts: Sequence[Conflict],
    people: Sequence[Person],
    entries: Sequence[Entry],
    tree: UnitTree,
    file: str,
    problems: Problems,
) -> None:
    """Notes conflicts of people who are no judges, with entries or units that are not there, and doubles."""
    judges = {person.email for person in people if person.role == "judge"}
    codes = {entry.code for entry in entries}
    lines: dict[tuple[str, str | None, str | None], int] = {}
    for row in conflicts:
        if row.judge_email and row.judge_email not in judges:
            problems.add(file, row.line, "judge_email", f"{shown(row.judge_email)} is no judge of people.csv")
        if row.entry_code is not None and row.entry_code not in codes:
            problems.add(file, row.line, "entry_code", f"unknown entry {shown(row.entry_code)}")
        if row.unit_code is not None and row.unit_code not in tree:
            message = f"unknown unit {shown(row.unit_code)}; known: {tree.known()}"
            problems.add(file, row.line, "unit_code", message)
        first = lines.setdefault((row.judge_email, row.entry_code, row.unit_code), row.line)
        if first != row.line:
            problems.add(file, row.line, "judge_email", f"the same conflict is already on line {first}")


class Conflicts:
    """Answers whether a judge may not judge an entry, by declared rows and by the judge's own unit."""

    def __init__(self, settings: Settings, rows: Rows, tree: UnitTree) -> None:
        self.tree = tree
        self.pairs = {(row.judge_email, row.entry_code) for row in rows.conflicts if row.entry_code}
        self.units: dict[str, set[str]] = {}
        for row in rows.conflicts:
            if row.unit_code:
                self.units.setdefault(row.judge_email, set()).add(row.unit_code)
        self.own: dict[str, set[str]] = {}
        # Without a host that is known, every judge of the host would seem to be in conflict.
        for person in rows.people if settings.host_unit in tree else ():
            if person.role == "judge" and person.unit_code and person.unit_code != settings.host_unit:
                self.own.setdefault(person.email, set()).add(person.unit_code)

    def between(self, judge: str, entry: Entry) -> str | None:
        """The conflict in words, or None."""
        if (judge, entry.code) in self.pairs:
            return "conflicts.csv names the two"
        for unit in self.tree.upwards(entry.unit_code):
            if unit in self.units.get(judge, ()):
                return f"conflicts.csv names the unit {shown(unit)}"
            if unit in self.own.get(judge, ()):
                return f"the judge belongs to the unit {shown(unit)}"
        return None


class ScoreChecker:
    """Checks mark after mark; what is wrong with a judge is noted once, not for every mark."""

    def __init__(self, settings: Settings, rows: Rows, tree: UnitTree, problems: Problems) -> None:
        self.file, self.problems = rows.files["scores"], problems
        self.rounds = {round_.code: round_ for round_ in settings.rounds}
        self.limits = {round_.code: {item.code: item.max for item in round_.criteria} for round_ in settings.rounds}
        self.judges = {person.email for person in rows.people if person.role == "judge"}
        self.seats = {(seat.round, one.email) for one in rows.people if one.role == "judge" for seat in one.seats}
        self.entries = {entry.code: entry for entry in rows.entries}
        self.conflicts = Conflicts(settings, rows, tree)
        self.met: set[tuple[str, str]] = set()
        self.seatless: set[tuple[str, str]] = set()
        self.lines: dict[tuple[str, str, str, str], int] = {}

    def check(self, score: Score) -> None:
        """Notes unknown codes, a judge who may not give this mark, a double mark, points that are not allowed."""
        if score.entry_code and score.entry_code not in self.entries:
            self._problem(score, "entry_code", f"unknown entry {shown(score.entry_code)}")
        if score.judge_email:
            self._check_judge(score)
        round_ = self.rounds.get(score.round)
        if round_ is not None:
            self._check_points(score, round_)
        elif score.round:
            self._problem(score, "round", f"unknown round {shown(score.round)}; known: {choices(list(self.rounds))}")
        mark = (score.round, score.entry_code, score.judge_email, score.criterion_code)
        first = self.lines.setdefault(mark, score.line)
        if first != score.line:
            self._problem(score, "criterion_code", f"this judge's mark for this criterion is already on line {first}")

    def _problem(self, score: Score, column: str, message: str) -> None:
        self.problems.add(self.file, score.line, column, message)

    def _check_judge(self, score: Score) -> None:
        judge, entry = score.judge_email, self.entries.get(score.entry_code)
        if judge not in self.judges:
            self._problem(score, "judge_email", f"{shown(judge)} is no judge of people.csv")
            return
        if entry is not None and (judge, entry.code) not in self.met:
            self.met.add((judge, entry.code))
            conflict = self.conflicts.between(judge, entry)
            if conflict:
                self._problem(score, "judge_email", f"{shown(judge)} may not judge entry '{entry.code}': {conflict}")
        place = (score.round, judge)
        if score.round in self.rounds and place not in self.seats and place not in self.seatless:
            self.seatless.add(place)
            self._problem(score, "judge_email", f"{shown(judge)} has no seat on a panel of round '{score.round}'")

    def _check_points(self, score: Score, round_: Round) -> None:
        limits = self.limits[round_.code]
        limit = limits.get(score.criterion_code)
        if limit is None:
            if score.criterion_code:
                known = choices(list(limits))
                self._problem(
                    score, "criterion_code", f"unknown criterion {shown(score.criterion_code)}; known: {known}"
                )
        elif score.points > limit:
            self._problem(score, "points", f"{score.points} is out of range; wanted 0 to {limit}")
        elif score.points % round_.step:
            self._problem(score, "points", f"{score.points} is not a multiple of the round's step, {round_.step}")
