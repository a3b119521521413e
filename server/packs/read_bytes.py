"""Reads a text file of a pack from disk: size limit, UTF-8 with or without a byte order mark."""

from __future__ import annotations

import codecs
from pathlib import Path

from server.packs.read_problems import Problems

FILE_LIMIT = 50 * 1024 * 1024


def fits(path: Path, problems: Problems) -> bool:
    """Whether the file is a regular one of at most FILE_LIMIT bytes; if not, that is noted."""
    try:
        if not path.resolve(strict=True).is_relative_to(path.parent.resolve()):
            problems.stop(path.name, None, None, "this is a link that leads out of the pack")
            return False
        if not path.is_file():
            problems.stop(path.name, None, None, "this is not a regular file")
            return False
        size = path.stat().st_size
    except (OSError, RuntimeError) as error:
        problems.stop(path.name, None, None, f"the file cannot be read ({error})")
        return False
    if size > FILE_LIMIT:
        problems.stop(path.name, None, None, f"the file has {size} bytes, wanted at most {FILE_LIMIT}")
        return False
    return True


def read_text(path: Path, problems: Problems) -> str | None:
    """The text of a file, or None where it cannot be read; the mistake names line and byte."""
    if not fits(path, problems):
        return None
    try:
        raw = path.read_bytes()
    except OSError as error:
        problems.stop(path.name, None, None, f"the file cannot be read: {error.strerror}")
        return None
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        problems.stop(path.name, 1, None, "the file is in UTF-16; save it as 'CSV UTF-8' or as XLSX")
        return None
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        where = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        message = f"byte {where} of this line (0x{raw[error.start]:02X}) is not UTF-8; save the file as 'CSV UTF-8'"
        problems.stop(path.name, line, None, message)
        return None
