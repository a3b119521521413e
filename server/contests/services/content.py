"""Checks that a stored file is what its name says; only Office files and ZIPs are read whole, into a temporary file."""

from __future__ import annotations

import tempfile
from contextlib import aclosing
from pathlib import Path

from server.contests.rules.file_names import extension_of
from server.contests.rules.media import HEAD_BYTES, PACKED, check_content
from server.storage import ObjectStorage
from server.waiting import in_thread


async def check_stored_content(storage: ObjectStorage, key: str, size: int, file_name: str) -> str:
    """The media type of the object under `key` (`size` bytes) whose name is `file_name`; raises FileRefused."""
    extension = extension_of(file_name)
    head = b"".join([piece async for piece in storage.open(key, 0, min(size, HEAD_BYTES))])
    if extension not in PACKED:
        return check_content(head, head, extension, file_name=file_name)
    with tempfile.TemporaryDirectory(prefix="hoithi-") as folder:
        copy = Path(folder) / "file"
        await copy_out(storage, key, copy)
        return await in_thread(lambda: check_content(head, copy, extension, file_name=file_name))


async def copy_out(storage: ObjectStorage, key: str, target: Path) -> None:
    """Write the object under `key` into the file `target`."""
    file = await in_thread(lambda: target.open("wb"))
    try:
        async with aclosing(storage.open(key)) as pieces:
            async for piece in pieces:
                await in_thread(lambda piece=piece: file.write(piece))  # type: ignore[misc]
    finally:
        await in_thread(file.close)
