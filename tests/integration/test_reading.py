"""Reading an object over a real socket: ranges, validators and preconditions as RFC 9110 wants them; links of the store."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from litestar import Litestar, Request, Response, get
from litestar.datastructures import State

from server.ranges import stream_object
from server.storage import LINK_SECONDS, ObjectStorage, make_storage, new_key
from storage_config.bootstrap import ensure_bucket
from storage_config.client import make_client
from storage_config.settings import StorageSettings
from tests.s3_server import s3_server

BODY = bytes(range(256)) * 40
TAG = '"abc"'


@get("/object")
async def read(request: Request[Any, Any, Any]) -> Response[Any]:
    state = request.app.state
    return stream_object(
        request, state.storage, key=state.key, size=len(BODY), etag="abc", media_type="video/mp4", name="T001-1.mp4",
        linkable=state.get("linkable", False),
    )  # fmt: skip


async def put(storage: ObjectStorage) -> str:
    key = new_key("copies")

    async def pieces() -> AsyncIterator[bytes]:
        yield BODY

    await storage.put(key, pieces())
    return key


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that serves one object of BODY under the tag TAG."""
    storage = make_storage(StorageSettings(), tmp_path)
    app = Litestar([read], state=State({"storage": storage, "key": await put(storage)}), openapi_config=None)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", http="httptools"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 -- the server has no event for it
        await asyncio.sleep(0.01)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        yield client
    server.should_exit = True
    await serving


@pytest.mark.parametrize(
    ("headers", "status", "span"),
    [
        ({}, 200, (0, None)),
        ({"range": "bytes=0-0"}, 206, (0, 1)),
        ({"range": "bytes=100-199"}, 206, (100, 200)),
        ({"range": "Bytes=100-"}, 206, (100, None)),
        ({"range": "bytes=-5"}, 206, (-5, None)),
        ({"range": "bytes=-99999999"}, 206, (0, None)),
        ({"range": "bytes=10000-99999999"}, 206, (10000, None)),
        ({"range": "bytes=0-1,5-6"}, 200, (0, None)),
        ({"range": "lines=1-2"}, 200, (0, None)),
        ({"range": "bytes=9-3"}, 200, (0, None)),
        ({"range": "bytes=0-9", "if-range": TAG}, 206, (0, 10)),
        ({"range": "bytes=0-9", "if-range": '"other"'}, 200, (0, None)),
        ({"range": "bytes=0-9", "if-range": f"W/{TAG}"}, 200, (0, None)),
        ({"range": "bytes=0-9", "if-range": "Tue, 24 Nov 2026 00:00:00 GMT"}, 200, (0, None)),
        ({"if-none-match": '"other"'}, 200, (0, None)),
        ({"if-match": f'"other", {TAG}', "range": "bytes=0-9"}, 206, (0, 10)),
        ({"if-match": "*"}, 200, (0, None)),
    ],
)
async def test_bytes(
    reader: httpx.AsyncClient, headers: dict[str, str], status: int, span: tuple[int, int | None]
) -> None:
    answer = await reader.get("/object", headers=headers)
    assert answer.status_code == status
    part = BODY[span[0] : span[1]]
    assert answer.content == part
    assert answer.headers["etag"] == TAG
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(len(part))
    if status == 206:
        start = span[0] if span[0] >= 0 else len(BODY) + span[0]
        assert answer.headers["content-range"] == f"bytes {start}-{start + len(part) - 1}/{len(BODY)}"
    else:
        assert "content-range" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"].startswith('inline; filename="T001-1.mp4"')


@pytest.mark.parametrize("given", [TAG, f"W/{TAG}", f'"x", {TAG}', "*"])
async def test_what_the_reader_has_is_not_sent_again(reader: httpx.AsyncClient, given: str) -> None:
    # If-None-Match is looked at before Range (section 13.2.2), so that even a range is answered with 304.
    answer = await reader.get("/object", headers={"if-none-match": given, "range": "bytes=0-9"})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == TAG
    assert answer.headers.get("content-length") in (None, str(len(BODY)))


@pytest.mark.parametrize("given", [f"bytes={len(BODY)}-", "bytes=-0", "bytes=999999999999999999-"])
async def test_a_range_outside(reader: httpx.AsyncClient, given: str) -> None:
    answer = await reader.get("/object", headers={"range": given})
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{len(BODY)}"


@pytest.mark.parametrize("given", ['"other"', f"W/{TAG}"])
async def test_another_version_than_the_reader_began_with(reader: httpx.AsyncClient, given: str) -> None:
    answer = await reader.get("/object", headers={"if-match": given, "range": "bytes=0-9"})
    assert (answer.status_code, answer.content) == (412, b"")


async def test_the_store_s_own_link_is_good_for_a_minute_and_says_no_name(tmp_path: Path) -> None:
    with s3_server(tmp_path / "s3") as s3:
        ensure_bucket(make_client(s3))
        plain = make_storage(StorageSettings("s3", s3), tmp_path)
        assert plain.link(new_key("copies"), "video/mp4", "inline") is None
        storage = make_storage(StorageSettings("s3", replace(s3, public_url=f"http://{s3.endpoint}")), tmp_path)
        key = await put(storage)
        app = Litestar([read], state=State({"storage": storage, "key": key, "linkable": True}), openapi_config=None)
        named = Litestar([read], state=State({"storage": storage, "key": key}), openapi_config=None)
        transport = httpx.ASGITransport(app=named)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as reader:
            # Where the name tells something, as that of an original does, it stays out of links.
            assert (await reader.get("/object")).status_code == 200
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as reader:
            answer = await reader.get("/object", headers={"range": "bytes=5-9"})
        assert answer.status_code == 307
        assert answer.headers["referrer-policy"] == "no-referrer"
        link = answer.headers["location"]
        assert f"X-Amz-Expires={LINK_SECONDS}" in link
        assert urlsplit(link).netloc == s3.endpoint
        async with httpx.AsyncClient() as browser:
            part = await browser.get(link, headers={"range": "bytes=5-9"})
            assert (part.status_code, part.content) == (206, BODY[5:10])
            assert part.headers["content-type"] == "video/mp4"
            assert part.headers["content-disposition"].startswith('inline; filename="T001-1.mp4"')
            assert (await browser.get(link.replace(key, new_key("copies")))).status_code == 403
            assert (await browser.put(link, content=b"x")).status_code == 403
