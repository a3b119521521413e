"""Names of folders and files in the archive of a contest: unit/entry/file, readable, and safe on every system."""

from __future__ import annotations

import re

from server.contests.rules.file_names import MAX_BYTES, clean_file_name

MAX_FOLDER_BYTES = 80
# What Windows refuses in names, and the devices that it takes names for.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def folder_name(*words: str) -> str:
    """One folder's name of these words, such as an entry's code and title; "_" when nothing is left of them."""
    text = " ".join(_FORBIDDEN.sub(" ", clean_file_name(word.replace("/", " "))) for word in words if word)
    text = " ".join(text.split()).encode()[:MAX_FOLDER_BYTES].decode("utf-8", "ignore").strip(" .")
    return f"_{text}" if not text or _DEVICES.fullmatch(text) else text


def file_name(given: str, taken: set[str]) -> str:
    """`given` made safe and different from all of `taken`, whatever their case; it is added there."""
    name = _FORBIDDEN.sub("_", clean_file_name(given))
    name = f"_{name}" if _DEVICES.fullmatch(name) else name
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    chosen, number = name, 2
    while chosen.casefold() in taken:
        end = f" ({number}){dot}{extension}"
        chosen = stem.encode()[: MAX_BYTES - len(end.encode())].decode("utf-8", "ignore") + end
        number += 1
    taken.add(chosen.casefold())
    return chosen


def csv_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula, quoted (RFC 4180)."""
    text = "" if value is None else str(value)
    if text[:1] in ("=", "+", "-", "@", "\t", "\r"):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"'
