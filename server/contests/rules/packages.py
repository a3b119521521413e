"""What an Office file may be: a sound ZIP of modest expansion, with the right main part and no macros."""

from __future__ import annotations

import re
import zipfile
from typing import BinaryIO
from xml.etree import ElementTree

from server.errors import FileRefused

MAX_MEMBERS = 20_000
MAX_EXPANSION = 512 * 2**20
MAX_RATIO = 200
MAX_CONTENT_TYPES = 4 * 2**20
CONTENT_TYPES = "[Content_Types].xml"
# ECMA-376 part 1: the content types of the main parts, without macros and no templates.
MAIN_PARTS = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": "docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": "pptx",
    "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": "xlsx",
}
MACRO_TYPE = re.compile(r"macroenabled|vbaproject|vbadata|ms-excel\.(macrosheet|intlmacrosheet)", re.IGNORECASE)
MACRO_PART = re.compile(r"(^|/)(vbaproject|vbadata)[^/]*$|(^|/)macrosheets/", re.IGNORECASE)


def check_package(file: BinaryIO, file_name: str) -> str | None:
    """ "docx", "pptx" or "xlsx" for a sound Office file, None for another ZIP.

    Raises FileRefused with code "archive" (a ZIP that is broken, encrypted, a bomb, or has dangerous names) or "macro".
    """
    try:
        with zipfile.ZipFile(file) as package:
            problem = archive_problem(package)
            if problem is not None:
                raise FileRefused(file_name, "archive", {"found": problem})
            return _main_part(package, file_name)
    except (
        zipfile.BadZipFile,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
        OverflowError,
    ) as error:
        raise FileRefused(file_name, "archive", {"found": "broken"}) from error


def archive_problem(package: zipfile.ZipFile) -> str | None:
    """What forbids unpacking: "members", "names", "links", "encrypted", "method" or "bomb"; None when sound.

    Sizes are those that the directory declares: reading stops there, so a lie shortens the content and breaks its sum.
    """
    members = package.infolist()
    if len(members) > MAX_MEMBERS:
        return "members"
    names = [member.filename for member in members]
    if len({name.lower() for name in names}) != len(names) or any(_is_bad_name(name) for name in names):
        return "names"
    if any((member.external_attr >> 16) & 0o170000 == 0o120000 for member in members):
        return "links"
    if any(member.flag_bits & 0x1 for member in members):
        return "encrypted"
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        return "method"
    whole = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if whole - packed > MAX_EXPANSION or whole > MAX_RATIO * packed + 10 * 2**20:
        return "bomb"
    return None


def _is_bad_name(name: str) -> bool:
    parts = name.split("/")
    return name.startswith("/") or "\\" in name or "\0" in name or ":" in parts[0] or ".." in parts


def _main_part(package: zipfile.ZipFile, file_name: str) -> str | None:
    names = package.namelist()
    if any(MACRO_PART.search(name) for name in names):
        raise FileRefused(file_name, "macro")
    if CONTENT_TYPES not in names:
        return None
    if package.getinfo(CONTENT_TYPES).file_size > MAX_CONTENT_TYPES:
        raise FileRefused(file_name, "archive", {"found": "bomb"})
    types = _content_types(package.read(CONTENT_TYPES))
    if any(MACRO_TYPE.search(found) for found in types.values()):
        raise FileRefused(file_name, "macro")
    kinds = {MAIN_PARTS[found] for part, found in types.items() if found in MAIN_PARTS and part.lstrip("/") in names}
    return kinds.pop() if len(kinds) == 1 else None


def _content_types(text: bytes) -> dict[str, str]:
    if b"<!DOCTYPE" in text.replace(b"\0", b""):
        return {}
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 -- no DOCTYPE, so no entities; the size is capped
    except ElementTree.ParseError:
        return {}
    return {
        element.get("PartName") or f"*.{element.get('Extension')}": element.get("ContentType") or "" for element in root
    }
