"""Reads a sheet of an XLSX workbook into rows of exact text; formulas, errors and truth values are refused."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

from server.packs.read_bytes import fits
from server.packs.read_problems import Problems, shown
from server.packs.read_rows import COLUMN_LIMIT, ROW_LIMIT

UNPACKED_LIMIT = 400 * 1024 * 1024
READ_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def open_workbook(path: Path, problems: Problems) -> Any | None:
    """The workbook, read lazily, or None with a problem. It must be closed by the caller."""
    if not fits(path, problems):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked <= UNPACKED_LIMIT:
            # Not data_only: a formula's last result could be stale, so it must be seen to be refused.
            return openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
        message = f"unpacked it has {unpacked} bytes, wanted at most {UNPACKED_LIMIT}"
    except Exception as error:
        # Whatever a damaged workbook makes the parser raise, the answer to the organizer is the same.
        message = f"this is no readable XLSX workbook ({type(error).__name__})"
    problems.stop(path.name, None, None, message)
    return None


def xlsx_rows(sheet: Any, file: str, problems: Problems) -> Iterator[tuple[int, Sequence[str]]]:
    """Raw rows with their row number; short rows are filled up to the width of the header."""
    header: list[str] = []
    try:
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.rows, 1):
            if number > ROW_LIMIT + 1000:
                problems.stop(file, number, None, f"the sheet has more than {ROW_LIMIT} rows")
                return
            before = len(problems.found)
            texts = [_text(cell, file, number, place, header, problems) for place, cell in enumerate(cells, 1)]
            while texts and not texts[-1]:
                texts.pop()
            if not texts or len(problems.found) > before:
                continue
            header = header or texts[: COLUMN_LIMIT + 1]
            yield number, texts + [""] * (len(header) - len(texts))
    except READ_ERRORS as error:
        problems.stop(file, None, None, f"the sheet cannot be read to its end ({type(error).__name__})")


def _text(cell: Any, file: str, line: int, place: int, header: Sequence[str], problems: Problems) -> str:
    value = cell.value
    if value is None:
        return ""
    wrong = None
    if cell.data_type == "f":
        wrong = "the cell holds a formula; put its result there as a value"
    elif cell.data_type == "e":
        wrong = f"the cell holds the error {shown(value)}"
    elif isinstance(value, bool):
        wrong = "the cell holds TRUE or FALSE; wanted text or a number"
    if wrong:
        column = header[place - 1] if place <= len(header) else openpyxl.utils.get_column_letter(place)
        problems.add(file, line, column, wrong)
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(Decimal(repr(value)), "f")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    return str(value)
