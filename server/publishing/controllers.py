"""Publications over HTTP: prepared, previewed, approved and published by organizers, and read by everybody."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import Parameter

from server.access import ORGANIZER, PUBLIC
from server.contests.organizer_pages import overview
from server.contests.queries_organizer import contest_overview
from server.errors import FieldError, InvalidForm, NotFound
from server.forms import read_form
from server.pages import actor_of, locale_of, page, redirect, signed_in, words
from server.publishing import queries
from server.publishing.services import approve as approving
from server.publishing.services.prepare import prepare
from server.rules.signing import fingerprint

AnyRequest = Request[Any, Any, Any]
PUBLIC_CACHE = "public, max-age=60"


class ReasonForm(msgspec.Struct):
    """Why a correction is published."""

    reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class DigestForm(msgspec.Struct):
    """The digest of the version that the person has seen."""

    digest: Annotated[str, msgspec.Meta(max_length=80)]


@get("/organize/{contest:str}/publication", access=ORGANIZER)
async def publication(request: AnyRequest, contest: str) -> Response[Any]:
    """What is prepared, who approved it, and what has gone out."""
    return await _organizer_page(request, contest, [])


@post("/organize/{contest:str}/publication/prepare", access=ORGANIZER, status_code=200)
async def make(request: AnyRequest, contest: str) -> Response[Any]:
    """Prepare the next version."""
    try:
        form = read_form(request, ReasonForm)
        key_file = request.app.state.settings.key_file
        await prepare(signed_in(request), contest, form.reason, key_file)
    except InvalidForm as wrong:
        return await _organizer_page(request, contest, list(wrong.errors))
    text = words(request)("Đã chuẩn bị. Hãy xem trước rồi duyệt.")
    return redirect(f"/organize/{contest}/publication", flash=("success", text))


@get("/organize/{contest:str}/publication/preview", access=ORGANIZER)
async def preview(request: AnyRequest, contest: str) -> Response[str]:
    """The prepared version exactly as the public will see it."""
    row = await queries.pending(contest)
    if row is None:
        raise NotFound
    return page(request, "publishing/results.html", **_view(row["envelope"]), preview=True, published=None)


@post("/organize/{contest:str}/publication/{step:str}", access=ORGANIZER, status_code=200)
async def take_step(request: AnyRequest, contest: str, step: str) -> Response[None]:
    """Approve, withdraw an approval, publish or discard the version that was seen."""
    services = {
        "approve": approving.approve,
        "withdraw": approving.withdraw_approval,
        "publish": approving.publish,
        "discard": approving.discard,
    }
    if step not in services:
        raise NotFound
    form = read_form(request, DigestForm)
    await services[step](signed_in(request), contest, form.digest)
    _ = words(request)
    said = {
        "approve": _("Đã duyệt."),
        "withdraw": _("Đã rút duyệt."),
        "publish": _("Kết quả đã được công bố."),
        "discard": _("Đã bỏ bản chuẩn bị."),
    }
    return redirect(f"/organize/{contest}/publication", flash=("success", said[step]))


@get("/", access=PUBLIC)
async def front(request: AnyRequest) -> Response[str]:
    """The contests that the public may know of."""
    return page(request, "publishing/front.html", contests=await queries.public_contests())


@get("/results/{contest:str}", access=PUBLIC)
async def results(request: AnyRequest, contest: str) -> Response[Any]:
    """The published results, made from the signed bytes themselves."""
    row = await queries.published_version(contest)
    tag = f'W/"{row["digest"].removeprefix("sha256:")[:32]}-{locale_of(request)}"'
    headers = {"etag": tag, "vary": "cookie, accept-language"}
    if actor_of(request) is None:
        headers["cache-control"] = PUBLIC_CACHE
    if request.headers.get("if-none-match") == tag and actor_of(request) is None:
        return Response(b"", status_code=304, headers=headers)
    return page(
        request, "publishing/results.html", headers=headers, **_view(row["envelope"]), preview=False, published=row
    )


@get("/results/{contest:str}/versions", access=PUBLIC)
async def versions(request: AnyRequest, contest: str) -> Response[str]:
    """Every version that has gone out: when, why, its digest and its file."""
    rows = await queries.published(contest)
    if not rows:
        raise NotFound
    facts = await queries.contest_facts(contest)
    return page(request, "publishing/versions.html", contest=facts, versions=rows[::-1])


@get("/results/{contest:str}/publication.json", access=PUBLIC)
async def publication_json(
    contest: str, version: Annotated[int | None, Parameter(ge=1, lt=2**31)] = None
) -> Response[bytes]:
    """The exact signed bytes of a version, or of the latest one."""
    row = await queries.published_version(contest, version)
    headers = {
        "etag": f'"{row["digest"]}"',
        "cache-control": PUBLIC_CACHE,
        "content-disposition": f'attachment; filename="{contest}-{row["version"]}.json"',
    }
    return Response(row["envelope"].encode(), media_type="application/json", headers=headers)


@get("/results/{contest:str}/chain.json", access=PUBLIC)
async def chain_json(contest: str) -> Response[bytes]:
    """Every version that has gone out, as a list of exact envelopes."""
    envelopes = await queries.published_envelopes(contest)
    body = "[" + ",".join(envelopes) + "]"
    return Response(body.encode(), media_type="application/json", headers={"cache-control": PUBLIC_CACHE})


async def _organizer_page(request: AnyRequest, contest: str, errors: list[FieldError]) -> Response[Any]:
    row = await contest_overview(contest)
    waiting = await queries.pending(contest)
    given = await queries.approvals(waiting["id"]) if waiting else []
    if "json" in request.headers.get("accept", ""):
        return Response(
            {"digest": waiting["digest"] if waiting else None, "approvals": len(given), "needed": row["approvals"]}
        )
    return page(
        request,
        "publishing/organizer_publication.html",
        status=422 if errors else 200,
        contest=overview(row),
        pending=waiting,
        approvals=given,
        mine=any(a["person"] == signed_in(request).person for a in given),
        needed=row["approvals"],
        versions=await queries.published(contest),
        errors=errors,
    )


@lru_cache(maxsize=16)
def _view(envelope: str) -> dict[str, Any]:
    """What the results page shows; the same text is the same publication, so it is read once."""
    read = msgspec.json.decode(envelope)
    document = read["document"]
    prize_of: dict[str, dict[str, str]] = {}
    for prize in document["prizes"]:
        for entry in prize["entries"]:
            prize_of[entry] = prize["title"]
    return {
        "document": document,
        "digest": read["digest"],
        "fingerprint": fingerprint(read["public_key"]),
        "prize_of": prize_of,
        "winners": [
            (
                prize["title"],
                [line for line in document["rounds"][-1]["standings"] if line["entry"] in prize["entries"]],
            )
            for prize in document["prizes"]
            if prize["entries"]
        ],
    }


ROUTES = [publication, make, preview, take_step, front, results, versions, publication_json, chain_json]
