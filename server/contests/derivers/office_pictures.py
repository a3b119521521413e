"""Pictures inside Office files without what programs and cameras wrote into them; they keep their kind and size."""

from __future__ import annotations

import io
import struct

from PIL import Image, ImageSequence

from server.contests.derivers import Underivable
from server.contests.derivers.pictures import MAX_PIXELS, strip_jpeg, strip_png
from server.contests.derivers.svg import clean_svg

PICTURES = frozenset({"jpg", "jpeg", "jfif", "jpe", "png", "gif", "bmp", "tif", "tiff", "emf", "wmf", "svg"})
_PILLOW = {"gif": "GIF", "bmp": "BMP", "tif": "TIFF", "tiff": "TIFF"}
_EMF_DESCRIPTION = 60
_WMF = (b"\xd7\xcd\xc6\x9a", b"\1\0\t\0", b"\2\0\t\0")


def clean_picture(data: bytes, suffix: str) -> bytes:
    """The same picture without metadata; b"" for one that cannot be read. `suffix` is one of PICTURES."""
    if suffix == "png":
        return strip_png(data) if data.startswith(b"\x89PNG") else b""
    if suffix in ("jpg", "jpeg", "jfif", "jpe"):
        return strip_jpeg(data) if data.startswith(b"\xff\xd8") else b""
    if suffix == "svg":
        return clean_svg(data)
    if suffix == "emf":
        return _emf(data)
    if suffix == "wmf":
        return data if data.startswith(_WMF) else b""
    return _encoded_again(data, _PILLOW[suffix])


def blank_thumbnail(suffix: str) -> bytes:
    """One white pixel: a thumbnail shows the first page as it was when its author saved it, perhaps with the name."""
    kind = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG"}.get(suffix)
    if kind is None:
        return b""
    out = io.BytesIO()
    Image.new("L", (1, 1), 255).save(out, kind)
    return out.getvalue()


def _encoded_again(data: bytes, kind: str) -> bytes:
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise Underivable("too_large")
            frames: list[Image.Image] = []
            for frame in ImageSequence.Iterator(opened):
                if len(frames) == 500:
                    break
                copy = frame.copy()
                for key in set(copy.info) - {"duration", "transparency"}:
                    del copy.info[key]
                frames.append(copy if kind == "GIF" else copy.convert("RGBA" if "A" in copy.mode else "RGB"))
                if kind != "GIF":
                    break
    except (OSError, ValueError, SyntaxError, struct.error, EOFError):
        return b""
    out = io.BytesIO()
    if kind == "GIF":
        loops = {"save_all": True, "append_images": frames[1:], "loop": 0} if len(frames) > 1 else {}
        frames[0].save(out, kind, comment=b"", **loops)
    else:
        frames[0].save(out, kind, **({"compression": "tiff_deflate"} if kind == "TIFF" else {}))
    return out.getvalue()


def _emf(data: bytes) -> bytes:
    """[MS-EMF] 2.2.9: the header names the program and the document in UTF-16; both are cut off, or overwritten with zeros."""
    if len(data) < 88 or data[:4] != b"\1\0\0\0" or data[40:44] != b" EMF":
        return b""
    characters, offset = struct.unpack_from("<2I", data, _EMF_DESCRIPTION)
    end = offset + 2 * characters
    if not characters or not 88 <= offset <= end <= len(data):
        return data
    record = struct.unpack_from("<I", data, 4)[0]
    if offset % 4 or not 0 <= record - end < 4 or record > len(data):
        return data[:offset] + bytes(end - offset) + data[end:]
    # The names stand last in their record, as programs write them: nothing tells how long they were.
    shorter = bytearray(data[:offset] + data[record:])
    struct.pack_into("<I", shorter, 4, offset)
    struct.pack_into("<I", shorter, 48, len(shorter))
    struct.pack_into("<2I", shorter, _EMF_DESCRIPTION, 0, 0)
    return bytes(shorter)
