"""The organizers' view of files: where each stands, why one was refused, back to its unit, and all of them as a ZIP."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import Parameter
from litestar.response import Stream

from server.access import ORGANIZER
from server.contests import queries_files as queries
from server.contests.file_archive import stream_archive
from server.contests.organizer_pages import overview
from server.contests.queries_organizer import contest_overview
from server.contests.services.review import VERDICTS
from server.db import unit_of_work
from server.pages import page, signed_in
from server.ranges import MEDIA_HEADERS, content_disposition

AnyRequest = Request[Any, Any, Any]


@get("/organize/{contest:str}/files", access=ORGANIZER)
async def files(
    request: AnyRequest,
    contest: str,
    status: Annotated[str, Parameter(max_length=12)] = "",
    q: Annotated[str, Parameter(max_length=100)] = "",
    number: Annotated[int, Parameter(query="page", ge=1, le=100_000)] = 1,
) -> Response[str]:
    """The files of the contest, narrowed by status and words without accents."""
    chosen = queries.FileFilter(status if status in queries.STATUSES else "", q, number)
    rows, total = await queries.files(contest, chosen)
    settings = request.app.state.settings
    return page(
        request,
        "contests/organizer_files.html",
        contest=overview(await contest_overview(contest)),
        rows=rows,
        total=total,
        pages=max(1, -(-total // queries.PAGE_SIZE)),
        chosen=chosen,
        statuses=queries.STATUSES,
        counts=await queries.statuses(contest),
        returnable=VERDICTS["return"].sources,
        has_scanner=settings.clamd is not None,
        has_office=settings.soffice is not None,
    )


@get("/organize/{contest:str}/files.zip", access=ORGANIZER)
async def archive(request: AnyRequest, contest: str) -> Stream:
    """All files of entries that were handed in, as one ZIP with a manifest; who took it is on record."""
    async with unit_of_work(signed_in(request).person, contest) as work:
        work.audit("files.downloaded", contest)
    state = request.app.state
    headers = {**MEDIA_HEADERS, "content-disposition": content_disposition(f"{contest}.zip", inline=False)}
    del headers["accept-ranges"]
    pieces = stream_archive(contest, state.storage, scanned=state.settings.clamd is not None)
    return Stream(pieces, headers=headers, media_type="application/zip")


ROUTES = [files, archive]
