"""Runs what blocks outside of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

PIECE_BYTES = 1024 * 1024


async def in_thread(work: Callable[[], Result]) -> Result:
    """The result of `work`, run in a thread."""
    return await asyncio.to_thread(work)


async def read_pieces(path: Path) -> AsyncIterator[bytes]:
    """The bytes of a file in pieces of 1 MiB."""
    file = await in_thread(lambda: path.open("rb"))
    try:
        while piece := await in_thread(lambda: file.read(PIECE_BYTES)):
            yield piece
    finally:
        await in_thread(file.close)
