"""Turns rows of text into units, people, entries, scores and conflicts; what refers to other rows is checked later."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from sys import intern

from server.packs.model import Conflict, Entry, PackFile, Person, Score, SeatCode, Unit
from server.packs.read_fields import (
    CODE,
    CODE_WANTED,
    DECIMAL_WANTED,
    KIND_LIMIT,
    LOCALES,
    NAME_LIMIT,
    PERSON_LIMIT,
    ROLES,
    read_date,
    read_decimal,
    read_email,
    split_list,
)
from server.packs.read_problems import Problems, choices, shown
from server.packs.read_rows import Row
from server.packs.read_tables import Table


class Cells:
    """The cells of one row, taken by what they should hold; a wrong one is noted and its raw text goes on."""

    def __init__(self, file: str, row: Row, problems: Problems) -> None:
        self.file, self.row, self.problems, self.line = file, row, problems, row.line

    def problem(self, column: str, message: str) -> None:
        """Note a mistake in a column of this row."""
        self.problems.add(self.file, self.line, column, message)

    def text(self, column: str, limit: int = NAME_LIMIT, *, required: bool = True) -> str:
        """Text up to a length."""
        text = self.row[column]
        if required and not text:
            self.problem(column, "the value is missing")
        elif len(text) > limit:
            self.problem(column, f"the value has {len(text)} characters, wanted at most {limit}")
        return text

    def code(self, column: str) -> str:
        """A code of the usual pattern."""
        text = self.text(column)
        if text and not CODE.fullmatch(text):
            self.problem(column, f"{shown(text)} is no code; wanted {CODE_WANTED}")
        return text

    def optional(self, column: str) -> str | None:
        """A reference that may be empty."""
        return self.row[column] or None

    def email(self, column: str, *, required: bool = True) -> str:
        """An e-mail address in lower case."""
        text = self.text(column, required=required)
        address = read_email(text)
        if text and address is None:
            self.problem(column, f"{shown(text)} is no e-mail address; wanted the form name@host.example")
        return address or text.lower()

    def day(self, column: str) -> date | None:
        """A day that may be empty."""
        text = self.row[column]
        day = read_date(text) if text else None
        if text and day is None:
            self.problem(column, f"{shown(text)} is no date; wanted YYYY-MM-DD")
        return day


def read_units(table: Table, problems: Problems) -> tuple[Unit, ...]:
    """The units in file order."""
    return tuple(_unit(Cells(table.file, row, problems)) for row in table.rows)


def _unit(cells: Cells) -> Unit:
    start, end = cells.day("valid_from"), cells.day("valid_to")
    if start and end and start > end:
        cells.problem("valid_to", f"{end} is before valid_from, {start}")
    return Unit(
        code=cells.code("code"),
        name=cells.text("name"),
        kind=cells.text("kind", KIND_LIMIT),
        parent_code=cells.optional("parent_code"),
        email=cells.email("email", required=False) or None,
        valid_from=start,
        valid_to=end,
        line=cells.line,
    )


def read_people(table: Table, problems: Problems) -> tuple[Person, ...]:
    """The people and their roles in file order."""
    return tuple(_person(Cells(table.file, row, problems)) for row in table.rows)


def _person(cells: Cells) -> Person:
    role = cells.text("role")
    if role and role not in ROLES:
        cells.problem("role", f"unknown role {shown(role)}; wanted one of: {choices(ROLES)}")
    locale = cells.row["locale"] or "vi"
    if locale not in LOCALES:
        cells.problem("locale", f"unknown locale {shown(locale)}; wanted one of: {choices(LOCALES)}")
    seats = []
    for item in split_list(cells.row["panels"]):
        round_, slash, panel = (part.strip() for part in item.partition("/"))
        if not (round_ and slash and panel) or "/" in panel:
            cells.problem("panels", f"{shown(item)} is no seat; wanted ROUND/PANEL")
        elif SeatCode(round_, panel) in seats:
            cells.problem("panels", f"the seat {shown(item)} is there twice")
        else:
            seats.append(SeatCode(round_, panel))
    return Person(
        email=cells.email("email"),
        full_name=cells.text("full_name", PERSON_LIMIT),
        role=role,
        unit_code=cells.optional("unit_code"),
        seats=tuple(seats),
        locale=locale,
        line=cells.line,
    )


def read_entries(table: Table, problems: Problems) -> tuple[Entry, ...]:
    """The entries in file order; their files have the path as written, not yet looked for."""
    return tuple(_entry(Cells(table.file, row, problems)) for row in table.rows)


def _entry(cells: Cells) -> Entry:
    authors = split_list(cells.row["authors"])
    for author in authors:
        if len(author) > PERSON_LIMIT:
            cells.problem("authors", f"an author has {len(author)} characters, wanted at most {PERSON_LIMIT}")
    files = []
    for item in split_list(cells.row["files"]):
        kind, equals, name = (part.strip() for part in item.partition("="))
        if not (kind and equals and name):
            cells.problem("files", f"{shown(item)} is no file; wanted KIND=PATH, with ';' between files")
        else:
            files.append(PackFile(kind, name, Path(name)))
    return Entry(
        code=cells.code("code"),
        title=cells.text("title"),
        category=cells.text("category"),
        unit_code=cells.text("unit_code"),
        authors=authors,
        files=tuple(files),
        line=cells.line,
    )


def read_scores(table: Table, problems: Problems) -> tuple[Score, ...]:
    """The marks in file order; those whose points are no number are noted and left out."""
    scores = (_score(Cells(table.file, row, problems)) for row in table.rows)
    return tuple(score for score in scores if score is not None)


def _score(cells: Cells) -> Score | None:
    text = cells.text("points")
    points = read_decimal(text)
    if text and points is None:
        cells.problem("points", f"{shown(text)} is no number of points; wanted {DECIMAL_WANTED}")
    codes = [cells.text(column) for column in ("round", "entry_code", "judge_email", "criterion_code")]
    if points is None:
        return None
    round_, entry, judge, criterion = codes
    return Score(
        intern(round_),
        intern(entry),
        intern(judge.lower()),
        intern(criterion),
        points,
        cells.row["comment"],
        cells.line,
    )


def read_conflicts(table: Table, problems: Problems) -> tuple[Conflict, ...]:
    """The declared conflicts in file order."""
    return tuple(_conflict(Cells(table.file, row, problems)) for row in table.rows)


def _conflict(cells: Cells) -> Conflict:
    entry, unit = cells.optional("entry_code"), cells.optional("unit_code")
    if (entry is None) == (unit is None):
        found = "both are empty" if entry is None else "both are given"
        cells.problem("entry_code", f"wanted either an entry_code or a unit_code; {found}")
    return Conflict(cells.text("judge_email").lower(), entry, unit, cells.row["reason"], cells.line)
