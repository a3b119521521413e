"""Files of an entry over HTTP: received as a streamed form, read back by Range, removed."""

from __future__ import annotations

import hmac
from typing import Any

from litestar import Request, Response, get, post

from server.access import OFFICER, ORGANIZER
from server.contests.controllers.officer import entry_page
from server.contests.multipart import MultipartReader
from server.contests.services.files import Incoming, StoredFile, file_of_units, receive_file, remove_file
from server.errors import FieldError, FileHeld, FileRefused, Forbidden, InvalidForm
from server.middleware import CSRF_PENDING
from server.pages import redirect, signed_in, words
from server.ranges import stream_object

AnyRequest = Request[Any, Any, Any]


@post(
    "/contests/{contest:str}/entries/{entry:str}/files",
    access=OFFICER,
    csrf="stream",
    status_code=200,
    request_max_body_size=None,
)
async def receive(request: AnyRequest, contest: str, entry: str) -> Response[Any]:
    """Take in the file of the form; the fields `_csrf`, `kind` and, to replace a file, `replace` come before it."""
    try:
        stored = await _read_and_receive(request, contest, entry)
    except InvalidForm as wrong:
        if "json" in request.headers.get("accept", ""):
            raise
        return await entry_page(request, contest, entry, list(wrong.errors))
    if "json" in request.headers.get("accept", ""):
        return Response(stored, status_code=201)
    text = words(request)("Đã nhận tệp {name}.").format(name=stored.file_name)
    return redirect(f"/contests/{contest}/entries/{entry}#files", flash=("success", text))


async def _read_and_receive(request: AnyRequest, contest: str, entry: str) -> StoredFile:
    fields: dict[str, str] = {}
    reader = MultipartReader(request.headers.get("content-type", ""), aiter(request.stream()))
    async for part in reader.parts():
        if part.file_name is None:
            fields[part.name] = await part.text()
            continue
        _check_csrf(request, fields.get("_csrf", ""))
        replaces = fields.get("replace") or None
        if replaces is not None and not (replaces.isascii() and replaces.isdigit() and len(replaces) < 19):
            raise InvalidForm([FieldError("file", "invalid")])
        incoming = Incoming(
            kind=fields.get("kind", ""),
            file_name=part.file_name,
            chunks=part.chunks(),
            replaces=int(replaces) if replaces else None,
        )
        if not part.file_name:
            raise InvalidForm([FieldError("file", "required")])
        return await receive_file(signed_in(request), contest, entry, incoming, request.app.state.storage)
    raise InvalidForm([FieldError("file", "required")])


def _check_csrf(request: AnyRequest, given: str) -> None:
    if request.scope.get(CSRF_PENDING) and not hmac.compare_digest(given.encode(), signed_in(request).csrf.encode()):
        raise Forbidden("csrf")


@post("/contests/{contest:str}/entries/{entry:str}/files/{file:int}/remove", access=OFFICER, status_code=200)
async def remove(request: AnyRequest, contest: str, entry: str, file: int) -> Response[None]:
    """Take a file out of the entry."""
    await remove_file(signed_in(request), contest, entry, file)
    text = words(request)("Đã xóa tệp khỏi bài.")
    return redirect(f"/contests/{contest}/entries/{entry}#files", flash=("success", text))


@get("/contests/{contest:str}/entries/{entry:str}/files/{file:int}", access=OFFICER)
async def download(request: AnyRequest, contest: str, entry: str, file: int) -> Response[Any]:
    """The original, for the officers of its unit."""
    return await _original(request, contest, entry, file, signed_in(request).units(contest))


@get("/organize/{contest:str}/entries/{entry:str}/files/{file:int}", access=ORGANIZER)
async def download_for_organizer(request: AnyRequest, contest: str, entry: str, file: int) -> Response[Any]:
    """The original, for the organizers of the contest, once the scanner (if there is one) has cleared it."""
    return await _original(request, contest, entry, file, None)


async def _original(
    request: AnyRequest, contest: str, entry: str, file: int, units: tuple[int, ...] | None
) -> Response[Any]:
    row = await file_of_units(contest, entry, file, units)
    if row["scan_state"] == "refused":
        raise FileRefused(row["file_name"], "infected", {"found": row["scan_found"]})
    # The unit has the file anyway: it may look at what it sent.
    unscanned = request.app.state.settings.clamd is not None and row["scan_state"] in ("waiting", "held")
    if units is None and unscanned:
        raise FileHeld(row["file_name"])
    return stream_object(
        request,
        request.app.state.storage,
        key=row["storage_key"],
        size=row["size"],
        etag=row["sha256"],
        media_type=row["media_type"],
        name=row["file_name"],
    )


ROUTES = [receive, remove, download, download_for_organizer]
