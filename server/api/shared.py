"""What the API's controllers share: versions in headers, and answers with their ETag."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response

from server.errors import VersionMissing

AnyRequest = Request[Any, Any, Any]


def wanted_version(request: AnyRequest) -> int:
    """The version that If-Match names; raises VersionMissing (428) without one."""
    text = request.headers.get("if-match", "").removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise VersionMissing
    return int(text)


def versioned(body: Any, version: int, status: int = 200) -> Response[Any]:
    """An answer whose ETag is the version to send back in If-Match."""
    return Response(body, status_code=status, headers={"etag": f'"{version}"'})
