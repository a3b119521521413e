"""Says whether a file is what its name says, by its first bytes; the simple default of the pack reader."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import puremagic

ContentCheck = Callable[[Path, str], str | None]
TEXTS = ("txt", "csv", "md")
OFFICE = {"docx": "word/", "pptx": "ppt/", "xlsx": "xl/"}
FAMILIES = (
    frozenset({"jpg", "jpeg", "jfif", "jpe"}),
    frozenset({"mp4", "mov", "m4v", "m4a", "qt", "3gp", "3g2", "f4v"}),
    frozenset({"webm", "mkv", "mka"}),
    frozenset({"tif", "tiff"}),
    frozenset({"doc", "ppt", "xls", "msi", "msg"}),
)


def sniff_content(path: Path, extension: str) -> str | None:
    """None when the content fits the extension (lower case, no dot), else a sentence about what was found."""
    try:
        if extension in TEXTS:
            return _text(path)
        if extension in OFFICE:
            return _office(path, OFFICE[extension])
        found = {match.extension.lstrip(".").lower() for match in puremagic.magic_file(path)}
    except (OSError, ValueError, LookupError, ArithmeticError, puremagic.PureError) as error:
        return f"the content cannot be read ({type(error).__name__})"
    wanted = next((family for family in FAMILIES if extension in family), frozenset({extension}))
    if found & wanted or (not found and not _has_signature(extension)):
        return None
    best = ", ".join(sorted(found - {""})[:3]) or "nothing that is known"
    return f"the content is not what '.{extension}' says; it looks like: {best}"


def _text(path: Path) -> str | None:
    with path.open("rb") as file:
        return "the content is not text" if b"\0" in file.read(65536) else None


def _office(path: Path, folder: str) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError):
        return "the content is no Office document"
    if "[Content_Types].xml" in names and any(name.startswith(folder) for name in names):
        return None
    return f"the content is no Office document of this kind (it has no part '{folder}')"


def _has_signature(extension: str) -> bool:
    known = (match.extension for match in (*puremagic.magic_header_array, *puremagic.magic_footer_array))
    return f".{extension}" in known
