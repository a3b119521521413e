"""Between the store and a file on this machine, for work that needs a path: checking a package, making a copy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from server.storage import ObjectStorage
from storage_config.buckets import READ_BYTES


async def file_pieces(path: Path) -> AsyncGenerator[bytes, None]:
    """The bytes of a local file in pieces of 1 MiB, read in threads: what `ObjectStorage.put` takes."""
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, READ_BYTES):
            yield piece


async def fetch_to_file(storage: ObjectStorage, key: str, path: Path) -> None:
    """Write the object to `path`, which is made or emptied; raises errors.NotFound. Not durable: a working copy."""
    with await asyncio.to_thread(path.open, "wb") as file:
        async with aclosing(storage.open(key)) as pieces:
            async for piece in pieces:
                await asyncio.to_thread(file.write, piece)


async def read_head(storage: ObjectStorage, key: str, size: int) -> bytes:
    """The first `size` bytes of an object, or all there are; raises errors.NotFound."""
    return b"".join([piece async for piece in storage.open(key, 0, size)])
