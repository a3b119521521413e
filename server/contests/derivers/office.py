"""Office files: the same package with blank properties, no names of authors, and pictures and films cleaned."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from server.contests.derivers import Underivable
from server.contests.derivers.films import CONTAINERS, derive_film
from server.contests.derivers.pictures import strip_jpeg, strip_png
from server.contests.rules.packages import MACRO_PART, archive_problem
from storage_config.buckets import ACCEPTED_MEDIA, MIB

MAX_XML = 128 * MIB
MAX_PICTURE = 256 * MIB
LONG_AGO = (1980, 1, 1, 0, 0, 0)

BLANKS = {
    "docProps/core.xml": b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<cp:coreProperties '
    b'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>',
    "docProps/app.xml": b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties '
    b'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>',
    "docProps/custom.xml": b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties '
    b'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>',
}
BLANK_XML = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<blank/>'

# Attributes that name people or their folders, whatever their prefix: revisions, comments, locks, saved paths.
PERSONAL = re.compile(
    rb"(\s(?:[\w.-]+:)?(?:author|initials|userId|providerId|userName|lastModifiedBy|lastSavedBy))"
    rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')",
)
NAMED_PEOPLE = re.compile(rb"(<(?:[\w.-]+:)?(?:cmAuthor|author)\b[^>]*?\sname)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
AUTHOR_ELEMENTS = re.compile(rb"(<((?:[\w.-]+:)?author)\b[^>]*>)[^<]*(</\2>)")
# A table has a displayName too, and must keep it.
THREADED_PERSON = re.compile(rb"(<(?:[\w.-]+:)?person\b[^>]*?\sdisplayName)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
SAVED_PATH = re.compile(rb"(<(?:[\w.-]+:)?absPath\b[^>]*?\surl)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
LOCAL_TARGET = re.compile(rb"(\sTarget)\s*=\s*(?:\"(?:file:|[A-Za-z]:|\\\\)[^\"]*\"|'(?:file:|[A-Za-z]:|\\\\)[^']*')")


def derive_office(source: Path, target: Path, extension: str) -> str:
    """Write the cleaned package; return the media type. Every part keeps its name, so relations stay whole."""
    with source.open("rb") as file:
        _rewrite(file, target, depth=0)
    return ACCEPTED_MEDIA[extension].media_type


def _rewrite(source: object, target: object, depth: int) -> None:
    try:
        with (
            zipfile.ZipFile(source) as package,  # type: ignore[call-overload]
            zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy,  # type: ignore[call-overload]
        ):
            if archive_problem(package) is not None:
                raise Underivable("unreadable")
            for member in package.infolist():
                if not member.is_dir():
                    _copy_member(package, member, copy, depth)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise Underivable("unreadable") from error


def _copy_member(package: zipfile.ZipFile, member: zipfile.ZipInfo, copy: zipfile.ZipFile, depth: int) -> None:
    name = member.filename
    suffix = PurePosixPath(name).suffix.lower().lstrip(".")
    if MACRO_PART.search(name):
        raise Underivable("macro")
    info = zipfile.ZipInfo(name, LONG_AGO)
    info.compress_type = member.compress_type
    if suffix in CONTAINERS:
        _copy_film(package, member, copy, info, suffix)
        return
    limit = MAX_XML if suffix in ("xml", "rels", "vml") else MAX_PICTURE
    if member.file_size > limit:
        raise Underivable("too_large")
    copy.writestr(info, _cleaned(name, suffix, package.read(member), depth))


def _cleaned(name: str, suffix: str, data: bytes, depth: int) -> bytes:
    if name in BLANKS:
        return BLANKS[name]
    if name.startswith("docProps/") and suffix == "xml":
        return BLANK_XML
    # Document libraries keep their columns here: title, author, department.
    if re.fullmatch(r"customXml/item\d+\.xml", name):
        return BLANK_XML
    if suffix in ("xml", "rels", "vml"):
        return _without_people(data)
    if suffix in ("jpg", "jpeg", "jfif"):
        return strip_jpeg(data)
    if suffix == "png":
        return strip_png(data)
    if "/embeddings/" in name:
        # A workbook behind a chart is cleaned like the file around it; what cannot be looked into is emptied.
        if suffix in ("docx", "pptx", "xlsx") and depth == 0:
            inner = io.BytesIO()
            _rewrite(io.BytesIO(data), inner, depth + 1)
            return inner.getvalue()
        return b""
    if "/printerSettings/" in name:
        return b""
    return data


def _without_people(data: bytes) -> bytes:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else None
    if encoding:
        data = data.decode(encoding).encode()
        data = re.sub(rb"^(<\?xml[^>]*encoding=)[\"'][^\"']*[\"']", rb'\1"UTF-8"', data)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise Underivable("unreadable")
    for pattern in (PERSONAL, NAMED_PEOPLE, THREADED_PERSON, SAVED_PATH):
        data = pattern.sub(rb'\1=""', data)
    data = AUTHOR_ELEMENTS.sub(rb"\1\3", data)
    return LOCAL_TARGET.sub(rb'\1="about:blank"', data)


def _copy_film(
    package: zipfile.ZipFile, member: zipfile.ZipInfo, copy: zipfile.ZipFile, info: zipfile.ZipInfo, suffix: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before", Path(folder) / "after"
        with package.open(member) as packed, before.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked, MIB)
        derive_film(before, after, suffix)
        info.file_size = after.stat().st_size
        with after.open("rb") as cleaned, copy.open(info, "w") as packed_again:
            shutil.copyfileobj(cleaned, packed_again, MIB)
