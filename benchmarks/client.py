"""A raw keep-alive HTTP client that costs little beside the server it measures."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field


class BadAnswer(Exception):
    """The server answered something else than a success; the text begins with its status line."""


@dataclass
class Connection:
    """One keep-alive connection to 127.0.0.1:`port`; `headers` go with every request, each ending in CRLF."""

    port: int
    headers: str = ""
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None, repr=False)

    async def get(self, path: str) -> bytes:
        """The body of a GET; raises BadAnswer."""
        return await self._ask(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n{self.headers}\r\n".encode())

    async def post(self, path: str, body: str) -> bytes:
        """The body of the answer to an urlencoded form; raises BadAnswer."""
        head = (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\naccept: application/json\r\n{self.headers}"
            f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n\r\n{body}"
        )
        return await self._ask(head.encode())

    async def close(self) -> None:
        """Hang up."""
        if self._streams:
            self._streams[1].close()
            self._streams = None

    async def _ask(self, request: bytes) -> bytes:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        reader, writer = self._streams
        if reader.at_eof():  # the server hangs up on a line that was quiet for some seconds
            await self.close()
            return await self._ask(request)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lowered = head.lower()
        start = lowered.index(b"content-length:") + 15
        body = await reader.readexactly(int(lowered[start : lowered.index(b"\r\n", start)]))
        if head[9:10] != b"2":
            raise BadAnswer(f"{head.splitlines()[0].decode()} {body[:300]!r}")
        return body


def cookie(token: str) -> str:
    """The header of a session."""
    return f"cookie: hoithi_session={token}\r\n"


def upload(port: int, path: str, headers: str, prefix: bytes, block: bytes, blocks: int, suffix: bytes) -> bytes:
    """Post `prefix`, `block` so many times, and `suffix` from this thread; the answer's body, or BadAnswer."""
    size = len(prefix) + len(block) * blocks + len(suffix)
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n{headers}content-length: {size}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall(head.encode() + prefix)
        for _ in range(blocks):
            connection.sendall(block)
        connection.sendall(suffix)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    if answer[9:10] != b"2":
        raise BadAnswer(answer[:600].decode("utf-8", "replace"))
    return answer
