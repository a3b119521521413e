"""One spreadsheet of a pack, whatever it was kept in: named columns and rows of text with their line numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.packs.read_fields import CELL_LIMIT, bad_character, clean
from server.packs.read_problems import Problems, choices, shown

ROW_LIMIT = 1_000_000
COLUMN_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns a table must have and those it may have."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line (in XLSX its row number) and a cleaned text for each column; a missing column is ""."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def name_rows(
    file: str, raw: Iterator[tuple[int, Sequence[str]]], columns: Columns, problems: Problems
) -> Iterator[Row]:
    """Rows by column name. The first raw row that is not blank is the header; mistakes in it end the table."""
    header: list[str] | None = None
    count, start = 0, len(problems.found)
    for line, cells in raw:
        if not any(cells):
            continue
        if header is None:
            header = [clean(cell) for cell in cells]
            if not _header_holds(file, line, header, columns, problems):
                problems.broken = True
                return
            continue
        count += 1
        if count > ROW_LIMIT:
            problems.stop(file, line, None, f"the table has more than {ROW_LIMIT} rows")
            return
        if len(cells) != len(header):
            message = f"the row has {len(cells)} values, but the header has {len(header)} columns"
            if len(cells) > len(header):
                message += "; a value that holds a comma must stand in double quotes"
            problems.add(file, line, header[min(len(cells), len(header)) - 1], message)
            continue
        before = len(problems.found)
        named = {name: _cell(file, line, name, cell, problems) for name, cell in zip(header, cells, strict=True)}
        if len(problems.found) == before:
            yield Row(line, named)
    if header is None and len(problems.found) == start:
        wanted = choices(columns.required)
        problems.stop(file, 1, None, f"the table is empty; its first row must name the columns {wanted}")


def _header_holds(file: str, line: int, header: list[str], columns: Columns, problems: Problems) -> bool:
    if len(header) > COLUMN_LIMIT:
        problems.add(file, line, None, f"the header has {len(header)} columns, wanted at most {COLUMN_LIMIT}")
        return False
    before = len(problems.found)
    if len(header) == 1 and ";" in header[0]:
        problems.add(file, line, None, "the columns are separated by ';', wanted ',' (save as 'CSV UTF-8' or as XLSX)")
        return False
    known = (*columns.required, *columns.optional)
    for place, name in enumerate(header, 1):
        if not name:
            problems.add(file, line, str(place), f"column {place} has no name; wanted one of: {choices(known)}")
        elif name not in known:
            problems.add(file, line, shown(name)[1:-1], f"unknown column {shown(name)}; known: {choices(known)}")
        elif header.index(name) < place - 1:
            problems.add(file, line, name, f"the column '{name}' is there twice")
    for name in columns.required:
        if name not in header:
            problems.add(file, line, name, f"the column '{name}' is missing")
    return len(problems.found) == before


def _cell(file: str, line: int, column: str, text: str, problems: Problems) -> str:
    if len(text) > CELL_LIMIT:
        problems.add(file, line, column, f"the value has {len(text)} characters, wanted at most {CELL_LIMIT}")
        return ""
    bad = bad_character(text)
    if bad:
        problems.add(file, line, column, f"the value holds the control character {bad}; take it out")
        return ""
    return clean(text)
