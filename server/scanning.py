"""Asks a virus scanner about a file: clamd over its socket, by the command INSTREAM of its protocol."""

from __future__ import annotations

import asyncio
import socket
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
            connection = await _connect(address)
    except (OSError, TimeoutError) as error:
        raise ScannerAway(type(error).__name__) from error
    with connection:
        # It may answer before the end, when the file is too large for it, and close while we still send: an answer
        # that has arrived is read all the same, which a stream of asyncio would throw away with the broken pipe.
        answering = asyncio.create_task(_answer(connection))
        try:
            await _send(connection, pieces, answering)
            async with asyncio.timeout(ANSWER_SECONDS):
                return read_answer(await answering)
        except (OSError, TimeoutError) as error:
            raise ScannerAway(type(error).__name__) from error
        finally:
            answering.cancel()
            await asyncio.wait([answering])


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


async def _connect(address: ScannerAddress) -> socket.socket:
    loop = asyncio.get_running_loop()
    if address.path:
        choices = [(socket.AF_UNIX, address.path)]
    else:
        found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        choices = [(family, where) for family, _, _, _, where in found]  # type: ignore[misc]
    problem: OSError = OSError("no address")
    for family, where in choices:
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            await loop.sock_connect(connection, where)
        except BaseException as error:
            connection.close()
            if not isinstance(error, OSError):
                raise
            problem = error
        else:
            return connection
    raise problem


async def _send(connection: socket.socket, pieces: AsyncIterator[bytes], answering: asyncio.Task[str]) -> None:
    """Send the file, or as much of it as the scanner takes before it answers."""
    loop = asyncio.get_running_loop()

    async def put(data: bytes) -> bool:
        if answering.done():
            return False
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await loop.sock_sendall(connection, data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    if not await put(b"zINSTREAM\0"):
        return
    async for piece in pieces:
        for at in range(0, len(piece), PIECE_BYTES):
            part = piece[at : at + PIECE_BYTES]
            if not await put(len(part).to_bytes(4, "big") + part):
                return
    await put(bytes(4))


async def _answer(connection: socket.socket) -> str:
    loop = asyncio.get_running_loop()
    said = b""
    while b"\0" not in said and len(said) < MAX_ANSWER:
        piece = await loop.sock_recv(connection, MAX_ANSWER)
        if not piece:
            break
        said += piece
    return said.split(b"\0", 1)[0].decode("utf-8", "replace")
