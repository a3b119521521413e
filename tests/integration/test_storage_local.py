"""Between the store and local files: the same bytes both ways."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from server.errors import NotFound
from server.storage import new_key
from server.storage_files import FileStorage
from server.storage_local import fetch_to_file, file_pieces, read_head


@pytest.mark.parametrize("size", [0, 1, 3 * 2**20 + 5])
async def test_there_and_back(tmp_path: Path, size: int) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    body = random.Random(1).randbytes(size)
    source.write_bytes(body)
    target.write_bytes(b"what was there before, and longer than one byte")
    storage, key = FileStorage(tmp_path / "objects"), new_key("copies")
    assert (await storage.put(key, file_pieces(source))).size == size
    await fetch_to_file(storage, key, target)
    assert target.read_bytes() == body
    assert await read_head(storage, key, 8192) == body[:8192]


async def test_nothing_there(tmp_path: Path) -> None:
    storage = FileStorage(tmp_path / "objects")
    with pytest.raises(NotFound):
        await fetch_to_file(storage, new_key("copies"), tmp_path / "target")
    with pytest.raises(NotFound):
        await read_head(storage, new_key("copies"), 10)
