"""Reads a CSV file of a pack into rows of text; a row's line is the one on which it begins."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from server.packs.read_bytes import read_text
from server.packs.read_fields import CELL_LIMIT
from server.packs.read_problems import Problems


def csv_rows(path: Path, problems: Problems) -> Iterator[tuple[int, Sequence[str]]]:
    """Raw rows with their first physical line; a break in the quoting ends the file with a problem."""
    text = read_text(path, problems)
    if text is None:
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.stop(path.name, line, None, _in_words(str(error)))
            return
        yield line, cells


def _in_words(error: str) -> str:
    if error.startswith("field larger"):
        return f"a value in this row has more than 100,000 characters, wanted at most {CELL_LIMIT}"
    if error.startswith("unexpected end"):
        return "a double quote that opens in this row is never closed"
    if "expected after" in error:
        return "a quoted value must end with a quote and a comma; a quote inside it is written twice"
    return f"this is no CSV: {error}"
