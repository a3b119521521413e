"""Office files: the same package with blank properties, no names of authors, and pictures and films cleaned."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from pathlib import Path

from server.contests.derivers import Underivable
from server.contests.derivers.films import CONTAINERS, PACKED_CONTAINERS, derive_film, remux_packed
from server.contests.derivers.office_pictures import PICTURES, blank_thumbnail, clean_picture
from server.contests.derivers.office_xml import BLANK_XML, blank_part, without_people
from server.contests.rules.packages import MACRO_PART, archive_problem
from storage_config.buckets import ACCEPTED_MEDIA, MIB

MAX_XML = 128 * MIB
MAX_PICTURE = 256 * MIB
LONG_AGO = (1980, 1, 1, 0, 0, 0)
XML = frozenset({"xml", "rels", "vml", "psmdcp"})
# Fonts that the text needs; they are no place for the names of people.
FONTS = frozenset({"fntdata", "odttf"})


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
    suffix = name.rsplit("/", 1)[-1].rpartition(".")[2].lower()
    if MACRO_PART.search(name):
        raise Underivable("macro")
    info = zipfile.ZipInfo(name, LONG_AGO)
    info.compress_type = member.compress_type
    if suffix in CONTAINERS or suffix in PACKED_CONTAINERS:
        _copy_film(package, member, copy, info, suffix)
        return
    if member.file_size > (MAX_XML if suffix in XML else MAX_PICTURE):
        raise Underivable("too_large")
    copy.writestr(info, _cleaned(name, suffix, package.read(member), depth))


def _cleaned(name: str, suffix: str, data: bytes, depth: int) -> bytes:
    """What stands for this part in the copy; a part of a kind that nobody here can look into is emptied."""
    blank = blank_part(name, suffix, data)
    if blank is not None:
        return blank
    if suffix in XML:
        return without_people(name, data)
    if "thumbnail" in name.lower():
        return blank_thumbnail(suffix)
    if suffix in PICTURES:
        return clean_picture(data, suffix)
    if suffix in FONTS:
        return data
    if "/embeddings/" in name and suffix in ("docx", "pptx", "xlsx") and depth == 0:
        # A workbook behind a chart is cleaned like the file around it.
        inner = io.BytesIO()
        _rewrite(io.BytesIO(data), inner, depth + 1)
        return inner.getvalue()
    return BLANK_XML if data.lstrip(b"\xef\xbb\xbf\0 \r\n").startswith(b"<") else b""


def _copy_film(
    package: zipfile.ZipFile, member: zipfile.ZipInfo, copy: zipfile.ZipFile, info: zipfile.ZipInfo, suffix: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before", Path(folder) / "after"
        with package.open(member) as packed, before.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked, MIB)
        try:
            if suffix in CONTAINERS:
                derive_film(before, after, suffix)
            else:
                remux_packed(before, after, suffix)
        except Underivable:
            # A clip that cannot be read is no reason to keep the whole deck from the judges.
            after.write_bytes(b"")
        info.file_size = after.stat().st_size
        with after.open("rb") as cleaned, copy.open(info, "w") as packed_again:
            shutil.copyfileobj(cleaned, packed_again, MIB)
