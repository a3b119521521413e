"""Finds the spreadsheets of a pack: NAME.csv, NAME.xlsx, or sheets of pack.xlsx, each in one place only."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from server.packs.read_csv import csv_rows
from server.packs.read_problems import Problems, choices, shown
from server.packs.read_rows import Columns, Row, name_rows
from server.packs.read_xlsx import open_workbook, xlsx_rows

WORKBOOK = "pack.xlsx"
COLUMNS = {
    "units": Columns(("code", "name", "kind", "parent_code", "email"), ("valid_from", "valid_to")),
    "people": Columns(("email", "full_name", "role", "unit_code", "panels"), ("locale",)),
    "entries": Columns(("code", "title", "category", "unit_code", "authors", "files")),
    "scores": Columns(("round", "entry_code", "judge_email", "criterion_code", "points"), ("comment",)),
    "conflicts": Columns(("judge_email", "entry_code", "unit_code", "reason")),
}
OPTIONAL = ("scores", "conflicts")


@dataclass(frozen=True, slots=True)
class Table:
    """A spreadsheet: the file name that messages use, and its rows, which can be gone through once."""

    file: str
    rows: Iterable[Row]


def read_tables(folder: Path, problems: Problems) -> dict[str, Table]:
    """All tables by name; one that is missing or wrong is empty, and noted where it is required."""
    names = set(os.listdir(folder))
    sheets = _read_workbook(folder / WORKBOOK, problems) if WORKBOOK in names else {}
    tables = {}
    for name, columns in COLUMNS.items():
        places = [place for place in (f"{name}.csv", f"{name}.xlsx") if place in names]
        if name in sheets:
            places.append(sheets[name].file)
        if len(places) > 1:
            problems.add(places[0], None, None, f"the table is there twice, as {' and '.join(places)}; keep one")
        if not places and name not in OPTIONAL:
            problems.stop(f"{name}.csv", None, None, f"the file is missing (or {name}.xlsx, or a sheet of {WORKBOOK})")
        if name in sheets:
            tables[name] = sheets[name]
        elif places:
            read = _read_csv if places[0].endswith(".csv") else _read_single
            tables[name] = Table(places[0], read(folder / places[0], columns, problems))
        else:
            tables[name] = Table(f"{name}.csv", ())
    return tables


def _read_csv(path: Path, columns: Columns, problems: Problems) -> Iterator[Row]:
    return name_rows(path.name, csv_rows(path, problems), columns, problems)


def _read_single(path: Path, columns: Columns, problems: Problems) -> Iterator[Row]:
    workbook = open_workbook(path, problems)
    if workbook is None:
        return
    try:
        if len(workbook.worksheets) != 1:
            message = f"the workbook has {len(workbook.worksheets)} sheets, wanted one: {choices(workbook.sheetnames)}"
            problems.stop(path.name, None, None, message)
            return
        yield from name_rows(path.name, xlsx_rows(workbook.worksheets[0], path.name, problems), columns, problems)
    finally:
        workbook.close()


def _read_workbook(path: Path, problems: Problems) -> dict[str, Table]:
    workbook = open_workbook(path, problems)
    if workbook is None:
        return {}
    tables = {}
    try:
        for sheet in workbook.worksheets:
            file = f"{path.name}[{sheet.title}]"
            columns = COLUMNS.get(sheet.title)
            if columns is None:
                message = f"unknown sheet {shown(sheet.title)}; known: {choices(list(COLUMNS))}"
                problems.add(path.name, None, None, message)
                continue
            rows = name_rows(file, xlsx_rows(sheet, file, problems), columns, problems)
            tables[sheet.title] = Table(file, tuple(rows))
    finally:
        workbook.close()
    return tables
