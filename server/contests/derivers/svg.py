"""SVG inside Office files: the drawing without scripts, metadata, names of files and anything fetched from elsewhere."""

from __future__ import annotations

import base64
import binascii
import re

from server.contests.derivers.pictures import strip_jpeg, strip_png

_DROPPED = re.compile(
    rb"<((?:[\w.-]+:)?(?:metadata|script|title|desc|foreignObject|namedview|handler))\b(?:[^>]*/>|.*?</\1\s*>)",
    re.DOTALL | re.IGNORECASE,
)
_COMMENTS = re.compile(rb"<!--.*?-->|<\?(?!xml\s).*?\?>", re.DOTALL)
_EVENTS = re.compile(
    rb"\s(?:on\w+|(?:inkscape|sodipodi|xmp|rdf|dc):[\w.-]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')", re.IGNORECASE
)
_LINKS = re.compile(
    rb"(\s(?:xlink:)?href)\s*=\s*(?:\"(?!#|data:image/)[^\"]*\"|'(?!#|data:image/)[^']*')", re.IGNORECASE
)
_PACKED = re.compile(rb"data:image/(png|jpe?g);base64,([A-Za-z0-9+/=\s]+)", re.IGNORECASE)


def clean_svg(data: bytes) -> bytes:
    """The drawing alone; b"" for what is no plain SVG."""
    if b"<!ENTITY" in data or b"<svg" not in data:
        return b""
    data = re.sub(rb"<!DOCTYPE[^>\[]*>", b"", data)
    for pattern in (_COMMENTS, _DROPPED, _EVENTS):
        data = pattern.sub(b"", data)
    data = _LINKS.sub(rb'\1="#"', data)

    def cleaned(found: re.Match[bytes]) -> bytes:
        try:
            picture = base64.b64decode(found[2])
        except binascii.Error:
            return b"data:,"
        plain = strip_png(picture) if found[1].lower() == b"png" else strip_jpeg(picture)
        return b"data:image/" + found[1] + b";base64," + base64.b64encode(plain)

    return _PACKED.sub(cleaned, data)
