"""The API of publications: prepared, approved and published by organizers, and the results for everybody."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post

from server.access import ORGANIZER, PUBLIC
from server.api.organizing import ReasonIn
from server.api.shared import AnyRequest
from server.errors import NotFound
from server.pages import signed_in
from server.publishing import queries
from server.publishing.services import approve as approving
from server.publishing.services.prepare import prepare

TAGS = ["Publishing"]


class DigestIn(msgspec.Struct):
    """The digest of the version that was seen."""

    digest: Annotated[str, msgspec.Meta(max_length=80)]


@get("/api/v1/organize/{contest:str}/publication", access=ORGANIZER, tags=TAGS, summary="What waits and what is out")
async def publications(contest: str) -> dict[str, Any]:
    """The prepared version with the number of its approvals, and every version that has gone out."""
    facts = await queries.contest_facts(contest)
    waiting = await queries.pending(contest)
    given = await queries.approvals(waiting["id"]) if waiting else []
    prepared = (
        {"digest": waiting["digest"], "version": waiting["version"], "approvals": len(given)} if waiting else None
    )
    names = {"version": "version", "digest": "digest", "previous": "previous_digest", "reason": "reason", "at": "at"}
    rows = await queries.published(contest)
    return {
        "needed": facts["approvals"],
        "prepared": prepared,
        "published": [{name: row[column] for name, column in names.items()} for row in rows],
    }


@post(
    "/api/v1/organize/{contest:str}/publication",
    access=ORGANIZER,
    tags=TAGS,
    summary="Prepare a publication",
    status_code=201,
)
async def prepare_publication(request: AnyRequest, contest: str, data: ReasonIn) -> dict[str, str]:
    """A correction needs a reason."""
    key_file = request.app.state.settings.key_file
    return {"digest": await prepare(signed_in(request), contest, data.reason, key_file)}


@post(
    "/api/v1/organize/{contest:str}/publication/{step:str}",
    access=ORGANIZER,
    tags=TAGS,
    summary="Approve, withdraw, publish or discard",
    status_code=200,
)
async def publication_step(request: AnyRequest, contest: str, step: str, data: DigestIn) -> dict[str, str]:
    """Always the version with this digest."""
    steps = {
        "approve": approving.approve,
        "withdraw": approving.withdraw_approval,
        "publish": approving.publish,
        "discard": approving.discard,
    }
    if step not in steps:
        raise NotFound
    await steps[step](signed_in(request), contest, data.digest)
    return {"digest": data.digest, "step": step}


@get("/api/v1/results/{contest:str}", access=PUBLIC, tags=["Results"], gives_etag=True, summary="The published results")
async def results(contest: str) -> Response[bytes]:
    """The exact signed bytes of the latest version."""
    row = await queries.published_version(contest)
    headers = {"etag": f'"{row["digest"]}"', "cache-control": "public, max-age=60"}
    return Response(row["envelope"].encode(), media_type="application/json", headers=headers)


ROUTES = [publications, prepare_publication, publication_step, results]
