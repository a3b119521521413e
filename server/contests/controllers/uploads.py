"""Uploads in parts over HTTP: the tus protocol 1.0.0, and the list that a page shows of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from litestar import Request, Response, delete, get, head, patch, post, route
from litestar.enums import HttpMethod

from server.access import OFFICER
from server.contests.rules import tus
from server.contests.services.upload_parts import Received, Sent, receive_bytes
from server.contests.services.uploads import create_upload, end_upload, look_at_upload
from server.contests.upload_queries import uploads_of_entry
from server.db import Row
from server.error_pages import HANDLERS, handle
from server.error_words import describe
from server.errors import FileRefused, HoithiError, TooSlow, UploadProblem
from server.pages import signed_in, words
from storage_config.buckets import MAX_FILE_BYTES

AnyRequest = Request[Any, Any, Any]

COLLECTION = "/contests/{contest:str}/entries/{entry:str}/uploads"
ONE = COLLECTION + "/{upload:str}"
BODY_TYPE = "application/offset+octet-stream"
HEADERS = {"tus-resumable": tus.VERSION, "cache-control": "no-store"}
CAPABILITIES = {
    **HEADERS,
    "tus-version": tus.VERSION,
    "tus-extension": ",".join(tus.EXTENSIONS),
    "tus-max-size": str(MAX_FILE_BYTES),
    "tus-checksum-algorithm": ",".join(tus.ALGORITHMS),
}


def _problem(request: AnyRequest, error: Exception) -> Response[Any]:
    """Any error, as problem+json with the protocol's headers: its senders are scripts."""
    answer = handle(request, error)
    answer.headers.update({**HEADERS, "tus-version": tus.VERSION})
    return answer


TUS: dict[str, Any] = {"access": OFFICER, "json": True, "exception_handlers": dict.fromkeys(HANDLERS, _problem)}


@route([COLLECTION, ONE], http_method=[HttpMethod.OPTIONS], status_code=204)
async def capabilities() -> Response[None]:
    """What this server speaks."""
    return Response(None, status_code=204, headers=CAPABILITIES)


@post(COLLECTION, **TUS, request_max_body_size=None, status_code=201)
async def create(request: AnyRequest, contest: str, entry: str) -> Response[Any]:
    """Announce a file, and send its first bytes where the body has the protocol's type."""
    _check_version(request)
    headers = request.headers
    if headers.get("upload-concat") is not None:
        raise UploadProblem("header", {"header": "Upload-Concat"})
    length = tus.read_length(headers.get("upload-length"), headers.get("upload-defer-length"))
    metadata = tus.read_metadata(headers.get("upload-metadata"))
    checksum = tus.read_checksum(headers.get("upload-checksum"))
    with_upload = headers.get("content-type") == BODY_TYPE
    body_length = _body_length(request) if with_upload else None
    actor = signed_in(request)
    made = await create_upload(actor, contest, entry, metadata, length, request.app.state.settings.upload_days)
    received = Received(0, made.expires_at)
    if with_upload and body_length != 0:
        sent = Sent(0, body_length, None, checksum)
        try:
            received = await receive_bytes(
                actor, contest, entry, made.code, sent, _stream(request), request.app.state.storage
            )
        except UploadProblem as problem:
            if problem.code != "busy":
                raise
            row = await look_at_upload(actor, contest, entry, made.code, request.app.state.storage)
            received = Received(row["stored"], made.expires_at)
    location = f"/contests/{contest}/entries/{entry}/uploads/{made.code}"
    return Response(b"", status_code=201, headers={**_progress(received), "location": location})


@get(COLLECTION, access=OFFICER, json=True)
async def listed(request: AnyRequest, contest: str, entry: str) -> Response[Any]:
    """What is on its way into the entry, or arrived or was refused a short while ago."""
    rows = await uploads_of_entry(contest, entry, signed_in(request).units(contest))
    return Response([_shown(request, row) for row in rows], headers={"cache-control": "no-store"})


@head(ONE, **TUS)
async def state(request: AnyRequest, contest: str, entry: str, upload: str) -> Response[None]:
    """How many bytes the store holds for good."""
    _check_version(request)
    row = await look_at_upload(signed_in(request), contest, entry, upload, request.app.state.storage)
    whole = row["state"] != "sending"
    metadata = tus.Metadata(row["kind"], row["file_name"], row["first_hash"], row["replaces"])
    length = {"upload-defer-length": "1"} if row["size"] is None else {"upload-length": str(row["size"])}
    received = Received(row["size"] if whole else row["stored"], row["expires_at"])
    return Response(None, headers={**_progress(received), **length, "upload-metadata": tus.write_metadata(metadata)})


@patch(ONE, **TUS, request_max_body_size=None, status_code=204)
async def receive(request: AnyRequest, contest: str, entry: str, upload: str) -> Response[None]:
    """Add bytes at Upload-Offset."""
    _check_version(request)
    headers = request.headers
    if headers.get("content-type") != BODY_TYPE:
        raise UploadProblem("media_type")
    length = headers.get("upload-length")
    sent = Sent(
        offset=tus.read_number("Upload-Offset", headers.get("upload-offset")),
        body_length=_body_length(request),
        upload_length=None if length is None else tus.read_number("Upload-Length", length),
        checksum=tus.read_checksum(headers.get("upload-checksum")),
    )
    received = await receive_bytes(
        signed_in(request), contest, entry, upload, sent, _stream(request), request.app.state.storage
    )
    return Response(None, status_code=204, headers=_progress(received))


@delete(ONE, **TUS, status_code=204)
async def end(request: AnyRequest, contest: str, entry: str, upload: str) -> Response[None]:
    """Give an upload up."""
    _check_version(request)
    await end_upload(signed_in(request), contest, entry, upload)
    return Response(None, status_code=204, headers=HEADERS)


def _check_version(request: AnyRequest) -> None:
    if request.headers.get("tus-resumable") != tus.VERSION:
        raise UploadProblem("version")


def _body_length(request: AnyRequest) -> int | None:
    given = request.headers.get("content-length")
    return None if given is None else tus.read_number("Content-Length", given)


async def _stream(request: AnyRequest) -> AsyncIterator[bytes]:
    """The body as it arrives; ConnectionError when it breaks off or hardly comes any more."""
    while True:
        try:
            message = await request.receive()
        except TooSlow as error:
            raise ConnectionResetError from error
        if message["type"] != "http.request":
            raise ConnectionResetError
        if body := message.get("body", b""):
            yield body
        if not message.get("more_body", False):
            return


def _progress(received: Received) -> dict[str, str]:
    return {
        **HEADERS,
        "upload-offset": str(received.offset),
        "upload-expires": format_datetime(received.expires_at, usegmt=True),
    }


def _shown(request: AnyRequest, row: Row) -> dict[str, Any]:
    finished = row["state"] != "sending"
    expires_at: datetime = row["expires_at"]
    return {
        "upload": row["code"],
        "kind": row["kind"],
        "file_name": row["file_name"],
        "size": row["size"],
        "offset": row["size"] if finished else row["stored"],
        "first": row["first_hash"],
        "expires_at": expires_at.isoformat(),
        "state": row["state"],
        "problem": _problem_words(request, row),
        "file": row["file"],
    }


def _problem_words(request: AnyRequest, row: Row) -> dict[str, str] | None:
    if row["problem"] is None:
        return None
    problem = json.loads(row["problem"])
    error: HoithiError = (
        FileRefused(row["file_name"], problem["code"], problem["data"])
        if problem["kind"] == "file"
        else UploadProblem(problem["code"], problem["data"])
    )
    shown, translate = describe(error), words(request)
    return {
        "title": translate(shown.title).format(**shown.data),
        "detail": translate(shown.advice).format(**shown.data),
    }


ROUTES = [capabilities, create, listed, state, receive, end]
