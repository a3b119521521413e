"""What only the file store promises: tampering is seen, modes are tight, kill -9 loses nothing acknowledged."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.errors import ServiceUnavailable
from server.storage import new_key
from server.storage_files import UNFINISHED, FileStorage

WRITER = """
import asyncio, itertools, os, sys
from pathlib import Path
from server.storage import new_key
from server.storage_files import FileStorage

async def body(size):
    block = os.urandom(65536)
    for start in range(0, size, 65536):
        yield block[: min(65536, size - start)]

async def main():
    storage = FileStorage(Path(sys.argv[1]))
    async def endless(number):
        for turn in itertools.count():
            key = new_key("entries")
            stored = await storage.put(key, body(1 + (turn * 977_777 + number) % 5_000_000))
            print(key, stored.size, stored.sha256, flush=True)
    await asyncio.gather(*(endless(n) for n in range(4)))

asyncio.run(main())
"""


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def killed_writer(folder: Path, after: float) -> list[list[str]]:
    """Run four writers at once, kill their process `after` seconds from the first receipt; the receipts given."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    lines = [writer.stdout.readline()]
    time.sleep(after)
    os.kill(writer.pid, signal.SIGKILL)
    lines += writer.stdout.read().splitlines(keepends=True)
    writer.wait()
    return [line.split() for line in lines if line.endswith("\n")]


async def test_digest_shows_tampering(tmp_path: Path) -> None:
    storage, key = FileStorage(tmp_path), new_key("entries")
    before = await storage.put(key, pieces(b"Hoi Thi 2024"))
    with (tmp_path / key).open("r+b") as file:
        file.write(b"X")
    after = await storage.digest(key)
    assert after.size == before.size
    assert after.sha256 != before.sha256


async def test_modes_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        storage, key = FileStorage(tmp_path / "objects"), new_key("entries")
        await storage.put(key, pieces(b"x"))
    finally:
        os.umask(old)
    for path in (tmp_path / "objects").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE((tmp_path / "objects").stat().st_mode) == 0o700


@pytest.mark.parametrize("turn", range(3))
async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, turn: int) -> None:
    acknowledged = killed_writer(tmp_path, 0.2 + turn * 0.15)
    assert len(acknowledged) > 1
    for key, size, sha256 in acknowledged:
        body = (tmp_path / key).read_bytes()
        assert (len(body), hashlib.sha256(body).hexdigest()) == (int(size), sha256)
    storage = FileStorage(tmp_path)
    whole = {info.key async for info in storage.list("")}
    assert {key for key, _, _ in acknowledged} <= whole
    # At most one object a writer was renamed and not yet acknowledged; none is half-written.
    assert len(whole) <= len(acknowledged) + 4


async def test_half_written_files_are_swept_after_a_day(tmp_path: Path) -> None:
    FileStorage(tmp_path)
    old, fresh = tmp_path / UNFINISHED / "old", tmp_path / UNFINISHED / "fresh"
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 90_000,) * 2)
    FileStorage(tmp_path)
    assert (old.exists(), fresh.exists()) == (False, True)


async def test_a_folder_that_is_gone_is_a_store_that_does_not_answer(tmp_path: Path) -> None:
    storage = FileStorage(tmp_path / "objects")
    (tmp_path / "objects" / UNFINISHED).rmdir()
    with pytest.raises(ServiceUnavailable):
        await storage.check()
    with pytest.raises(ServiceUnavailable):
        await storage.put(new_key("entries"), pieces(b"x"))
