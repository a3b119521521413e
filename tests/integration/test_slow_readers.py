"""Somebody who asks for a download and does not read it holds no place for ever; somebody who reads slowly gets it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from server.guarded_http import GuardedHttp

PIECE = b"x" * 65_536
PIECES = 800


class Download:
    """An application that sends 50 MB to whoever asks."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.sent = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        gone = asyncio.create_task(self._until_gone(receive))
        length = str(PIECES * len(PIECE)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        for number in range(PIECES):
            await send({"type": "http.response.body", "body": PIECE, "more_body": number < PIECES - 1})
            if gone.done():
                break
            self.sent += len(PIECE)
        gone.cancel()
        self.ended.set()

    async def _until_gone(self, receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


@pytest.fixture
async def download(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Download, socket.socket]]:
    """The application behind the service's protocol, and a connection that has asked it, with a small window."""
    monkeypatch.setattr(GuardedHttp, "unread_seconds", 2.0)
    app = Download()
    config = uvicorn.Config(
        app, http=GuardedHttp, port=0, lifespan="off", log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        assert not running.done(), "the server stopped at its start"
        await asyncio.sleep(0.02)
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    reader.connect(server.servers[0].sockets[0].getsockname())
    reader.setblocking(False)
    await asyncio.get_running_loop().sock_sendall(reader, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    yield app, reader
    reader.close()
    server.should_exit = True
    await running


async def test_who_reads_nothing_is_dropped(download: tuple[Download, socket.socket]) -> None:
    app, _reader = download
    async with asyncio.timeout(20):
        await app.ended.wait()
    assert app.sent < PIECES * len(PIECE)


async def test_who_reads_slowly_gets_it_all(download: tuple[Download, socket.socket]) -> None:
    app, reader = download
    got = 0
    for pause in (0.5,) * 12 + (0.0,) * 10_000:
        await asyncio.sleep(pause)
        got += len(await asyncio.get_running_loop().sock_recv(reader, 262_144))
        if got >= PIECES * len(PIECE):
            break
    assert got >= PIECES * len(PIECE)
    async with asyncio.timeout(5):
        await app.ended.wait()
    assert app.sent == PIECES * len(PIECE)
