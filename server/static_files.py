"""Our own styles and scripts under addresses that change with their content, so that browsers keep them for ever."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from litestar import Request, Response, get

from server.access import PUBLIC
from server.errors import NotFound

STATIC_FOLDER = Path(__file__).resolve().parent.parent / "frontend_templates" / "static"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True)
class StaticFile:
    """A file as it is sent: plain or packed, with its fingerprint."""

    body: bytes
    packed: bytes
    fingerprint: str
    media_type: str


@cache
def _files() -> dict[str, StaticFile]:
    paths = sorted(p for p in STATIC_FOLDER.rglob("*") if p.is_file() and p.suffix in MEDIA_TYPES)
    bodies = {path: path.read_bytes() for path in paths}
    found = {}
    for path, body in bodies.items():
        # Modules of a folder import each other by relative addresses, so they share one fingerprint.
        together = [p for p in paths if p.parent == path.parent] if path.parent != STATIC_FOLDER else [path]
        fingerprint = hashlib.sha256(b"".join(bodies[p] for p in together)).hexdigest()[:12]
        packed = gzip.compress(body, mtime=0)
        name = path.relative_to(STATIC_FOLDER).as_posix()
        found[name] = StaticFile(body, packed, fingerprint, MEDIA_TYPES[path.suffix])
    return found


def has_static(name: str) -> bool:
    """Whether there is such a file below frontend_templates/static: scripts of others may not have been fetched."""
    return name in _files()


@cache
def static_url(name: str) -> str:
    """The address of a file below frontend_templates/static, with its fingerprint, a folder's being that of all
    its files; KeyError when there is none."""
    return f"/static/{_files()[name].fingerprint}/{name}"


@get("/static/{fingerprint:str}/{name:path}", access=PUBLIC)
async def static_file(request: Request, fingerprint: str, name: str) -> Response[bytes]:  # type: ignore[type-arg]
    """A static file, packed for whoever takes it so; an old fingerprint gets the present content, kept a short time."""
    held = _files().get(name.lstrip("/"))
    if held is None:
        raise NotFound
    lifetime = "public, max-age=31536000, immutable" if fingerprint == held.fingerprint else "public, max-age=60"
    packed = "gzip" in request.headers.get("accept-encoding", "") and len(held.packed) < len(held.body)
    etag = f'"{held.fingerprint}{"-gz" if packed else ""}"'
    headers = {"cache-control": lifetime, "etag": etag, "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == etag:
        return Response(b"", status_code=304, headers=headers)
    if packed:
        headers["content-encoding"] = "gzip"
    return Response(held.packed if packed else held.body, media_type=held.media_type, headers=headers)
