"""The application behind real sockets, and a client that says exactly what it is told to, however wrong."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

import uvicorn

from server.app import Parts, create_app
from server.serve import configure


@asynccontextmanager
async def serving(parts: Parts) -> AsyncIterator[int]:
    """The application as `hoithi serve` runs it, on a free port of 127.0.0.1; yields the port."""
    settings = replace(parts.settings, port=0)
    config = configure(create_app(parts), settings)
    config.lifespan = "off"
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        assert not running.done(), "the server stopped at its start"
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        server.force_exit = True
        await running


async def say(
    port: int, pieces: Iterable[bytes], *, half_close: bool = False, seconds: float = 20
) -> tuple[int, str, int]:
    """Send `pieces` until they end or the other side hangs up; returns status, answer and the bytes sent.

    The status is 0 when the connection ended without an answer.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = 0
    answer = asyncio.create_task(reader.read(1 << 20))
    try:
        async with asyncio.timeout(seconds):
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    if answer.done():
                        break
                    writer.write(piece)
                    sent += len(piece)
                    await writer.drain()
                if half_close:
                    writer.write_eof()
            with contextlib.suppress(ConnectionError):
                text = (await answer).decode("latin-1")
                return (int(text[9:12]) if text.startswith("HTTP/1.1") else 0), text, sent
            return 0, "", sent
    finally:
        answer.cancel()
        writer.close()


def request(method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """A whole request; Host, Connection and Content-Length are added unless `headers` say otherwise."""
    lines = {"Host": "testserver", "Connection": "close", "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
