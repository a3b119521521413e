"""Asks a virus scanner about a file: clamd over its socket, by the command INSTREAM of its protocol."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from server.errors import HoithiError

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 300.0
PIECE_BYTES = 256 * 1024
MAX_ANSWER = 4096


class ScannerAway(HoithiError):
    """The scanner does not answer, or not with a verdict; ask again later."""


@dataclass(frozen=True)
class ScannerAddress:
    """A Unix socket's `path`, or else `host` and `port`."""

    path: str = ""
    host: str = ""
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> ScannerAddress:
        """Read unix:/path/of/socket or tcp:HOST:PORT; raises ValueError for anything else."""
        scheme, _, rest = text.partition(":")
        if scheme == "unix" and rest.startswith("/"):
            return cls(path=rest)
        host, _, port = rest.removeprefix("//").rpartition(":")
        if scheme == "tcp" and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536:
            return cls(host=host.strip("[]"), port=int(port))
        raise ValueError(text)


@dataclass(frozen=True)
class Verdict:
    """What the scanner said: `found` names what is in the file, `too_large` that it takes no file of this size."""

    found: str | None = None
    too_large: bool = False


async def scan(address: ScannerAddress, pieces: AsyncIterator[bytes]) -> Verdict:
    """The verdict on a file that is read once, piece by piece. Raises ScannerAway, and whatever `pieces` raises."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await _connect(address)
    except (OSError, TimeoutError) as error:
        raise ScannerAway(type(error).__name__) from error
    try:
        # It may answer before the end, when the file is too large for it: then it reads no more.
        answering = asyncio.ensure_future(reader.readuntil(b"\0"))
        try:
            await _send(writer, pieces, answering)
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await answering
        finally:
            answering.cancel()
            with contextlib.suppress(BaseException):
                await answering
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise ScannerAway(type(error).__name__) from error
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return read_answer(answer.rstrip(b"\0").decode("utf-8", "replace"))


def read_answer(text: str) -> Verdict:
    """The verdict in clamd's words, such as "stream: Eicar-Signature FOUND"; raises ScannerAway for an error of its own."""
    said = text.strip().removeprefix("stream:").strip()
    if said == "OK":
        return Verdict()
    if said.endswith("FOUND"):
        return Verdict(found=said.removesuffix("FOUND").strip()[:200] or "?")
    if "size limit exceeded" in said.lower():
        return Verdict(too_large=True)
    raise ScannerAway(said[:200])


async def _connect(address: ScannerAddress) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if address.path:
        return await asyncio.open_unix_connection(address.path, limit=MAX_ANSWER)
    return await asyncio.open_connection(address.host, address.port, limit=MAX_ANSWER)


async def _send(writer: asyncio.StreamWriter, pieces: AsyncIterator[bytes], answering: asyncio.Future[bytes]) -> None:
    writer.write(b"zINSTREAM\0")
    async for piece in pieces:
        for at in range(0, len(piece), PIECE_BYTES):
            if answering.done():
                return
            part = piece[at : at + PIECE_BYTES]
            writer.write(len(part).to_bytes(4, "big") + part)
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await writer.drain()
            except (BrokenPipeError, ConnectionResetError):
                return
    writer.write(bytes(4))
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        await writer.drain()
