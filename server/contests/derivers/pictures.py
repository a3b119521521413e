"""Pictures: re-encoded from their pixels alone, or, inside a document, rid of the segments that hold metadata."""

from __future__ import annotations

import io
import math
import struct
import zlib
from pathlib import Path

import pillow_heif
from PIL import Image, ImageCms, ImageOps

from server.contests.derivers import Underivable

MAX_PIXELS = 120_000_000
# Phones make JPEGs of 200 megapixels; those are decoded at a half, a quarter or an eighth, in as little memory.
MAX_JPEG_PIXELS = 500_000_000
SHOWN_PIXELS = 50_000_000
FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF"}
# What a browser shows: an iPhone's HEIC becomes a JPEG.
SAVED_AS = {"HEIF": "JPEG"}
PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"bKGD", b"sBIT"}
)
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def derive_picture(source: Path, target: Path, extension: str) -> str:
    """Write the pixels of `source`, upright and in sRGB, with nothing else; return the media type."""
    kind = FORMATS[extension]
    Image.MAX_IMAGE_PIXELS = None
    if kind == "HEIF":
        pillow_heif.register_heif_opener(thumbnails=False)
    try:
        with Image.open(source, formats=[kind]) as opened:
            pixels = opened.width * opened.height
            if pixels > (MAX_JPEG_PIXELS if kind == "JPEG" else MAX_PIXELS):
                raise Underivable("too_large")
            if pixels > SHOWN_PIXELS:
                share = math.sqrt(SHOWN_PIXELS / pixels) / 2
                opened.draft(None, (int(opened.width * share), int(opened.height * share)))
            opened.load()
            upright = ImageOps.exif_transpose(opened)
    except (OSError, ValueError, SyntaxError, struct.error, zlib.error) as error:
        raise Underivable("unreadable") from error
    kind = SAVED_AS.get(kind, kind)
    plain = _plain(upright, keep_alpha=kind != "JPEG")
    plain.info.clear()
    if kind == "PNG":
        plain.save(target, format=kind, compress_level=6)
    else:
        plain.save(target, format=kind, quality=92)
    return Image.MIME[kind]


def _plain(image: Image.Image, *, keep_alpha: bool) -> Image.Image:
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    has_alpha = "A" in image.mode or "transparency" in image.info
    mode = "RGBA" if has_alpha and keep_alpha else "L" if image.mode in ("1", "L") else "RGB"
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return image.convert(mode)


def strip_jpeg(data: bytes) -> bytes:
    """The same compressed pixels without Exif, XMP, IPTC, comments and colour profile; as given if it is no JPEG."""
    if not data.startswith(b"\xff\xd8"):
        return data
    kept = [b"\xff\xd8"]
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA:
            # What follows the end of the picture (previews, maker's notes) goes too.
            end = data.rfind(b"\xff\xd9")
            return b"".join(kept) + (data[at : end + 2] if end > at else data[at:])
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        # APP0 (JFIF) and APP14 (Adobe's colour transform) tell how to decode; the other APPn and COM do not.
        if not (0xE1 <= marker <= 0xEF and marker != 0xEE) and marker != 0xFE:
            kept.append(data[at : at + 2 + length])
        at += 2 + length
    return data


def strip_png(data: bytes) -> bytes:
    """The same picture with the chunks alone that draw it; as given if it is no PNG."""
    if not data.startswith(PNG_HEAD):
        return data
    kept = [PNG_HEAD]
    at = len(PNG_HEAD)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if kind in PNG_KEPT:
            kept.append(data[at : at + 12 + length])
        at += 12 + length
        if kind == b"IEND":
            return b"".join(kept)
    return data


def strip_jpeg2000(data: bytes) -> bytes:
    """The same picture without the boxes for XML, UUID and intellectual property (ISO/IEC 15444-1, annex I)."""
    if data[4:8] != b"jP  ":
        return data
    kept, at = [], 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if length == 0 or length < 8:
            length = len(data) - at
        if data[at + 4 : at + 8] not in (b"xml ", b"uuid", b"uinf", b"jp2i"):
            kept.append(data[at : at + length])
        at += length
    return b"".join(kept)
