"""Whether a file is what its name says: extension, first bytes and, for Office files, the package inside agree."""

from __future__ import annotations

import io
import re
from pathlib import Path

import puremagic

from server.contests.rules.archives import check_archive
from server.contests.rules.packages import check_package
from server.errors import FileRefused
from storage_config.buckets import ACCEPTED_MEDIA

HEAD_BYTES = 8192
"""So many first bytes are enough for `check_content`."""

OFFICE = frozenset({"docx", "pptx", "xlsx"})
PACKED = OFFICE | {"zip"}
"""Extensions whose files are looked into: the whole file is needed to check them."""
# Brands of ISO base media (ISO/IEC 14496-12, the MP4 registration authority's list) that hold a film or a sound.
FILM_BRAND = re.compile(rb"isom|iso[2-9a]|mp4[12]|avc1|dash|M4V.|M4VH|M4VP|MSNV|mmp4|f4v |hvc1|XAVC|3g[p2].|mp71")
# Brands of ISO/IEC 23008-12 for one picture coded with HEVC, as iPhones write it.
PICTURE_BRANDS = frozenset({b"heic", b"heix"})
SOUND_BRANDS = frozenset({b"M4A ", b"M4B "})
# QuickTime files older than `ftyp` begin with one of these boxes.
OLD_QUICKTIME = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
ACTIVE_TYPES = frozenset({"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml"})


def check_content(
    head: bytes, source: Path | bytes, extension: str, *, file_name: str = "", max_bytes: int | None = None
) -> str:
    """Return the media type that a file is served as, or raise FileRefused.

    `head` holds the first HEAD_BYTES (or all there are); `source` is the whole file and is read for Office files and ZIPs
    only, so for others the head may stand in, unless `max_bytes` is given. `extension` comes without its dot, in any case.
    Codes: "extension" (wanted), "empty", "too_large" (max), "content" (found, wanted), "macro", "archive" (found).
    """
    kind = extension.lower()
    name = file_name or f"*.{kind}"
    medium = ACCEPTED_MEDIA.get(kind)
    if medium is None:
        raise FileRefused(name, "extension", {"wanted": ", ".join(sorted(ACCEPTED_MEDIA))})
    if not head:
        raise FileRefused(name, "empty")
    if max_bytes is not None and _size(source) > max_bytes:
        raise FileRefused(name, "too_large", {"max": str(max_bytes)})
    found = recognise(head)
    if found == "zip" and kind in OFFICE:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            found = check_package(file, name)
    elif found == "zip" and kind == "zip":
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            found = check_archive(file, name, recognise)
    if found not in medium.contents:
        raise FileRefused(name, "content", {"found": found or describe(head), "wanted": kind})
    return medium.media_type


def recognise(head: bytes) -> str | None:
    """The kind of content by its first bytes, as storage_config.buckets.Medium names it, or "zip"; None if unknown.

    Signatures are looked for where the format puts them and nowhere else: HTML with a picture's bytes further on is
    no picture. Only white space or a byte order mark may precede a PDF's header.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(head[8:12])
    if head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\0\t\n\f\r ").startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        # EBML's DocType element: id 42 82, a length, the name (RFC 8794).
        return "webm" if re.search(rb"\x42\x82(\x84|\x40\x04|\x01\0{6}\x04)webm", head[:4096]) else None
    if head[4:8] == b"ftyp":
        return _brand(head)
    if head[4:8] in OLD_QUICKTIME:
        return "quicktime"
    return "mp3" if _is_mp3(head) else None


def describe(head: bytes) -> str:
    """What puremagic takes the bytes for, for a message to people: a media type, an extension or "unknown"."""
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        matches = []
    for match in matches:
        if match.mime_type in ACTIVE_TYPES:
            return str(match.mime_type)
    best = next(iter(matches), None)
    return str(best.mime_type or best.extension or "unknown") if best is not None else "unknown"


def _brand(head: bytes) -> str | None:
    size = int.from_bytes(head[:4], "big")
    if not 16 <= size <= 4096:
        return None
    brands = [head[8:12]] + [head[at : at + 4] for at in range(16, min(size, len(head)) - 3, 4)]
    if brands[0] == b"qt  ":
        return "quicktime"
    if brands[0] in SOUND_BRANDS:
        return "m4a"
    if brands[0] in PICTURE_BRANDS or (brands[0] == b"mif1" and PICTURE_BRANDS & set(brands)):
        return "heic"
    # Another picture (avif) names a film's brand among the compatible ones at most: the first brand decides.
    return "mp4" if FILM_BRAND.fullmatch(brands[0]) else None


def _is_mp3(head: bytes) -> bool:
    if head.startswith(b"ID3") and len(head) > 10 and head[3] in (2, 3, 4):
        return True
    # MPEG audio frame (ISO/IEC 11172-3, 2.4.1.3): 11 bits of sync, layer III, a bit rate and a sampling rate.
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    layer, bit_rate, sampling = head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return layer == 1 and bit_rate not in (0, 15) and sampling != 3 and head[1] >> 3 & 3 != 1


def _size(source: Path | bytes) -> int:
    return len(source) if isinstance(source, bytes) else source.stat().st_size
