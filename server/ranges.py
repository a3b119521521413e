"""Answers with an object of the store, whole or by Range, in a way that a browser can play but never run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.response import Stream

from server.storage import ObjectStorage

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.IGNORECASE)

MEDIA_HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; img-src 'self'",
    "cache-control": "private, no-store",
    "accept-ranges": "bytes",
    "cross-origin-resource-policy": "same-origin",
}


LINK_HEADERS = {"cache-control": "private, no-store", "referrer-policy": "no-referrer"}


class Unsatisfiable(Exception):
    """A Range that lies outside of the object (HTTP 416)."""


@dataclass(frozen=True)
class Span:
    """Bytes `start` up to and including `end`."""

    start: int
    end: int


def parse_range(header: str | None, size: int) -> Span | None:
    """The one span that `header` asks for, or None for the whole object (also for forms that we do not serve).

    Raises Unsatisfiable. Source: RFC 9110, section 14: several ranges may be ignored.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.groups()
    if first == "":
        length = int(last)
        if length == 0 or size == 0:
            raise Unsatisfiable
        return Span(max(0, size - length), size - 1)
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return Span(start, end)


def content_disposition(name: str, *, inline: bool) -> str:
    """RFC 6266: an ASCII fall-back and the real name."""
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", name) or "file"
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _names(header: str, tag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags names `tag`: "*" names any, and a weak one only where the comparison is weak."""
    given = [one.strip() for one in header.split(",")]
    return given == ["*"] or any(one == tag or (weak and one == f"W/{tag}") for one in given)


def stream_object(
    request: Request[Any, Any, Any],
    storage: ObjectStorage,
    *,
    key: str,
    size: int,
    etag: str,
    media_type: str,
    name: str,
    linkable: bool = False,
) -> Response[Any]:
    """200, 206, 304, 412 or 416 for the object under `key`; `etag` names its bytes, `name` what a download is called.

    Preconditions in the order of RFC 9110, section 13.2.2. `linkable`: where readers fetch from the store itself, 307 to
    a link that is good for a minute; whether somebody may read was asked before, and is asked again at the next request.
    The link carries `name`, which then must tell nothing.
    """
    tag = f'"{etag}"'
    # A browser shows no document whose policy is a sandbox; such a file is saved instead of a blank page.
    disposition = content_disposition(name, inline=media_type.startswith(("video/", "audio/", "image/")))
    headers = {**MEDIA_HEADERS, "etag": tag, "content-disposition": disposition}
    wanted = request.headers.get("if-match")
    if wanted is not None and not _names(wanted, tag, weak=False):
        return Response(b"", status_code=412, headers=headers, media_type=media_type)
    if _names(request.headers.get("if-none-match", ""), tag, weak=True):
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    link = storage.link(key, media_type, disposition) if linkable else None
    if link is not None:
        return Response(None, status_code=307, headers={**LINK_HEADERS, "location": link})
    asked = request.headers.get("range")
    # A date is no validator here, since no Last-Modified is sent: the whole object is the answer (section 13.1.5).
    if request.headers.get("if-range") not in (None, tag):
        asked = None
    try:
        span = parse_range(asked, size)
    except Unsatisfiable:
        outside = {**headers, "content-range": f"bytes */{size}"}
        return Response(b"", status_code=416, headers=outside, media_type=media_type)
    if span is not None:
        headers["content-range"] = f"bytes {span.start}-{span.end}/{size}"
    start, end = (span.start, span.end) if span else (0, size - 1)
    headers["content-length"] = str(end - start + 1)
    if size == 0 or request.scope["method"] == "HEAD":
        return Response(b"", status_code=206 if span else 200, headers=headers, media_type=media_type)
    return Stream(
        storage.open(key, start, end + 1), status_code=206 if span else 200, headers=headers, media_type=media_type
    )
