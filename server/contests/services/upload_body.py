"""The body of one request of an upload, dealt out in parts; and the turn of that request, which a newer one ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from server.contests.rules.tus import Hasher
from server.errors import TooLarge
from storage_config.buckets import PART_BYTES

HANDOVER_SECONDS = 10.0

End = Literal["whole", "cut", "taken", "too_long"]


class UploadBody:
    """Bytes as they arrive; what came before the connection broke or was taken over is dealt out too."""

    def __init__(self, stream: AsyncIterator[bytes], room: int, hasher: Hasher | None = None) -> None:
        """`stream` raises ConnectionError when it is cut; more than `room` bytes raise TooLarge."""
        self.end: End | None = None
        self._stream = stream
        self._room = room
        self._hasher = hasher
        self._rest = b""
        self._stopped = False
        self._waiting: asyncio.Timeout | None = None

    def stop(self) -> None:
        """End the body here: a newer request goes on from what has arrived."""
        self._stopped = True
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def has_more(self) -> bool:
        """Wait for a byte; False at the end, however it came."""
        if not self._rest:
            self._rest = await self._next()
        return bool(self._rest)

    async def part(self) -> AsyncIterator[bytes]:
        """The next PART_BYTES, or what there is of them; the last one is only whole once nothing follows it."""
        left = PART_BYTES
        while left:
            piece, self._rest = self._rest or await self._next(), b""
            if not piece:
                return
            if len(piece) > left:
                piece, self._rest = piece[:left], piece[left:]
            left -= len(piece)
            self._room -= len(piece)
            if self._room < 0 or (self._room == 0 and await self.has_more()):
                self._rest, self.end = b"", "too_long"
                raise TooLarge(0)
            if self._hasher is not None:
                self._hasher.update(piece)
            yield piece

    async def _next(self) -> bytes:
        if self._stopped:
            self.end = self.end or "taken"
        if self.end is not None:
            return b""
        try:
            async with asyncio.timeout(None) as self._waiting:
                piece = await anext(self._stream, b"")
        except TimeoutError:
            self.end = "taken"
            return b""
        except ConnectionError:
            self.end = "cut"
            return b""
        finally:
            self._waiting = None
        if not piece:
            self.end = "whole"
        return piece


class Turn:
    """The turn of one request to send bytes of an upload; `body` is set once it reads."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self.body: UploadBody | None = None
        self.stopped = False
        self.over = asyncio.Event()

    def stop(self) -> None:
        """Ask the request to keep what it has and to end."""
        self.stopped = True
        if self.body is not None:
            self.body.stop()


_turns: dict[str, Turn] = {}


def is_under_way(upload: str) -> bool:
    """Whether a request of this process is sending bytes of the upload (its code) now."""
    return upload in _turns


async def end_turn(upload: str) -> None:
    """Have the request that sends bytes of this upload, if it is ours, keep what it has and end."""
    while (turn := _turns.get(upload)) is not None:
        turn.stop()
        try:
            await asyncio.wait_for(turn.over.wait(), HANDOVER_SECONDS)
        except TimeoutError:
            # It hangs in the store. The holder in the database keeps it from adding anything from now on.
            if _turns.get(upload) is turn:
                del _turns[upload]


@asynccontextmanager
async def turn_of(upload: str) -> AsyncIterator[Turn]:
    """Send bytes of this upload until the block ends; an older request's turn is ended first."""
    await end_turn(upload)
    turn = _turns[upload] = Turn()
    try:
        yield turn
    finally:
        if _turns.get(upload) is turn:
            del _turns[upload]
        turn.over.set()
