"""A server that speaks clamd's protocol and finds the EICAR test file; the contract's tests also run on a real clamd."""

from __future__ import annotations

import asyncio
from types import TracebackType

# Assembled, so that no scanner takes this source for the test file itself.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
LIMIT = 25 * 2**20


class FakeClamd:
    """Answers zINSTREAM on a Unix socket; `limit` is what clamd calls StreamMaxLength."""

    def __init__(self, path: str, limit: int = LIMIT) -> None:
        self._path = path
        self._limit = limit
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> FakeClamd:
        self._server = await asyncio.start_unix_server(self._serve, self._path)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if await reader.readuntil(b"\0") != b"zINSTREAM\0":
                writer.write(b"UNKNOWN COMMAND\0")
                return
            body = bytearray()
            while length := int.from_bytes(await reader.readexactly(4), "big"):
                if len(body) + length > self._limit:
                    writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                    return
                body += await reader.readexactly(length)
            writer.write(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in body else b"stream: OK\0")
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()
