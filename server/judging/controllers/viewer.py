"""What a judge sees of an entry's files: copies and their previews, by Range, under the entry's alias alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, get

from server.access import JUDGE
from server.errors import NotFound
from server.judging import desk_queries as queries
from server.judging.desk_files import preview_named
from server.middleware import SECURITY_HEADERS
from server.pages import signed_in
from server.ranges import stream_object
from server.settings import Settings
from storage_config.buckets import suffix_of

AnyRequest = Request[Any, Any, Any]


@get("/judge/{contest:str}/{round_code:str}/{alias:str}/files/{number:int}", access=JUDGE)
async def file(request: AnyRequest, contest: str, round_code: str, alias: str, number: int) -> Response[Any]:
    """A judges' copy; never the original, and under the entry's alias."""
    row = await queries.file_for_judge(signed_in(request).person, contest, round_code, alias, number)
    return _sent(request, row["derived_key"], row["derived_size"], row["derived_type"], f"{alias}-{number}")


@get("/judge/{contest:str}/{round_code:str}/{alias:str}/files/{number:int}/{preview:str}", access=JUDGE)
async def preview(
    request: AnyRequest, contest: str, round_code: str, alias: str, number: int, preview: str
) -> Response[Any]:
    """A preview of a copy, such as page-3, poster-1 or pdf-1."""
    named = preview_named(preview)
    if named is None:
        raise NotFound
    row = await queries.preview_for_judge(signed_in(request).person, contest, round_code, alias, number, *named)
    return _sent(request, row["storage_key"], row["size"], row["media_type"], f"{alias}-{number}-{preview}")


def media_policy(settings: Settings) -> dict[str, str] | None:
    """The header of a page that shows media which come from the store's own address; None where they come from here."""
    s3 = settings.storage.s3
    if s3 is None or not s3.public_url:
        return None
    shown = urlsplit(s3.public_url)
    origin = f"{shown.scheme}://{shown.netloc}"
    policy = SECURITY_HEADERS["content-security-policy"].replace(
        "img-src 'self' data:", f"img-src 'self' data: {origin}"
    )
    return {"content-security-policy": f"{policy}; media-src 'self' {origin}"}


def _sent(request: AnyRequest, key: str, size: int, media_type: str, name: str) -> Response[Any]:
    return stream_object(
        request,
        request.app.state.storage,
        key=key,
        size=size,
        # The key is random and never used again: it names the bytes, and says nothing of the original.
        etag=key.rsplit("/", 1)[-1],
        media_type=media_type,
        name=f"{name}{suffix_of(media_type)}",
        linkable=True,
    )


ROUTES = [file, preview]
