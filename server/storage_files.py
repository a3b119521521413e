"""The file store: one file an object, written under a temporary name, fsynced, renamed, its folder fsynced."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import TypeVar

from server.errors import NotFound, ServiceUnavailable, TooLarge
from server.storage import ObjectInfo, Stored, check_key, check_prefix, check_range
from storage_config.buckets import MIB, READ_BYTES, STAGING_MAX_AGE_SECONDS

T = TypeVar("T")

THREADS = 8
GATHER_BYTES = 2 * MIB
VECTORS = 1024  # buffers that one system call takes (IOV_MAX)
UNFINISHED = ".unfinished"


class FileStorage:
    """An ObjectStorage in the folder `root`, made where it is missing; files have mode 0600, folders 0700."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._unfinished = root / UNFINISHED
        self._durable_folders: set[Path] = set()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="storage")
        self._make_folder(self._unfinished)
        _sweep(self._unfinished, STAGING_MAX_AGE_SECONDS)

    async def put(self, key: str, chunks: AsyncIterator[bytes], limit: int | None = None) -> Stored:
        """See ObjectStorage.put. One batch is written and hashed, in two threads, while the next is gathered."""
        target = self._path(key)
        writer = _Writer(self._unfinished / secrets.token_hex(16))
        writing: asyncio.Task[None] | None = None
        finishing: asyncio.Task[Stored] | None = None
        try:
            gathered: list[bytes] = []
            waiting = total = 0
            async for chunk in chunks:
                total += len(chunk)
                if limit is not None and total > limit:
                    raise TooLarge(limit)
                gathered.append(chunk)
                waiting += len(chunk)
                if waiting >= GATHER_BYTES:
                    if writing is not None:
                        await asyncio.shield(writing)
                    batch, gathered, waiting = gathered, [], 0
                    writing = asyncio.create_task(self._take(writer, batch))
            if writing is not None:
                await asyncio.shield(writing)
            finishing = asyncio.create_task(self._run(self._finish, writer, gathered, target))
            return await asyncio.shield(finishing)
        except BaseException:
            await asyncio.shield(self._undo(writer, target, writing, finishing))
            raise

    def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """See ObjectStorage.open."""
        check_range(start, end)
        return self._pieces(self._path(key), start, end)

    async def stat(self, key: str) -> ObjectInfo | None:
        """See ObjectStorage.stat."""
        return await self._run(_info, key, self._path(key))

    async def digest(self, key: str) -> Stored:
        """See ObjectStorage.digest."""
        return await self._run(_digest, self._path(key))

    async def delete(self, key: str) -> None:
        """See ObjectStorage.delete."""
        path = self._path(key)
        await self._run(lambda: path.unlink(missing_ok=True))

    async def list(self, prefix: str) -> AsyncGenerator[ObjectInfo, None]:
        """See ObjectStorage.list. Reads one folder of an area at a time."""
        check_prefix(prefix)
        for area in await self._run(_names, self._root):
            if _may_hold(f"{area}/", prefix):
                for shard in await self._run(_names, self._root / area):
                    if _may_hold(f"{area}/{shard}/", prefix):
                        for info in await self._run(_folder, self._root, f"{area}/{shard}", prefix):
                            yield info

    async def check(self) -> None:
        """See ObjectStorage.check. Writes and removes a file of one byte."""
        await self._run(_try_writing, self._unfinished / secrets.token_hex(16))

    async def close(self) -> None:
        """See ObjectStorage.close."""
        self._pool.shutdown(wait=False)

    async def _pieces(self, path: Path, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
        file = await self._run(_open, path)
        with file:
            if start:
                file.seek(start)
            left = end - start if end is not None else None
            while left is None or left > 0:
                piece = await self._run(file.read, READ_BYTES if left is None else min(READ_BYTES, left))
                if not piece:
                    return
                if left is not None:
                    left -= len(piece)
                yield piece

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    async def _take(self, writer: _Writer, batch: Sequence[bytes]) -> None:
        await asyncio.gather(self._run(writer.write, batch), self._run(writer.hash, batch))

    async def _undo(
        self,
        writer: _Writer,
        target: Path,
        writing: asyncio.Task[None] | None,
        finishing: asyncio.Task[Stored] | None,
    ) -> None:
        """After a failure or a cancellation: wait for what threads still do, then leave nothing behind."""
        running = [task for task in (writing, finishing) if task is not None]
        if running:
            await asyncio.wait(running)
        await self._run(writer.abandon)
        if finishing is not None and not finishing.cancelled() and finishing.exception() is None:
            await self._run(lambda: target.unlink(missing_ok=True))

    def _finish(self, writer: _Writer, rest: Sequence[bytes], target: Path) -> Stored:
        # The folder first: nothing may fail between the rename and the fsync that makes it last.
        self._make_folder(target.parent)
        stored = writer.finish(rest)
        writer.path.rename(target)
        try:
            _fsync_folder(target.parent)
        except OSError:
            target.unlink(missing_ok=True)
            raise
        return stored

    def _make_folder(self, folder: Path) -> None:
        """Make `folder` and what is missing above it; each name is fsynced once a process, whoever made it."""
        if folder in self._durable_folders or folder == folder.parent:
            return
        if not folder.is_dir():
            self._make_folder(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
        if folder == self._root or self._root in folder.parents:
            if folder != self._root:
                self._make_folder(folder.parent)
            _fsync_folder(folder.parent)
        self._durable_folders.add(folder)

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        """Run blocking work in the store's own threads; the operating system's errors become ours."""
        loop = asyncio.get_running_loop()
        with _own_errors():
            return await loop.run_in_executor(self._pool, work, *arguments)


class _Writer:
    """One file in the making, opened by the first write; after `abandon` nothing of it is left."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._hash = hashlib.sha256()
        self._size = 0
        self._descriptor = -1

    def write(self, batch: Sequence[bytes]) -> None:
        if self._descriptor < 0:
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        for first in range(0, len(batch), VECTORS):
            vectors = batch[first : first + VECTORS]
            size = sum(map(len, vectors))
            written = os.writev(self._descriptor, vectors)
            if written < size:
                rest = memoryview(b"".join(vectors))[written:]
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]

    def hash(self, batch: Sequence[bytes]) -> None:
        for chunk in batch:
            self._hash.update(chunk)
            self._size += len(chunk)

    def finish(self, rest: Sequence[bytes]) -> Stored:
        self.write(rest)
        self.hash(rest)
        os.fsync(self._descriptor)
        self._close()
        return Stored(self._size, self._hash.hexdigest())

    def abandon(self) -> None:
        self._close()
        self.path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def _own_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ServiceUnavailable(f"object store: {os.strerror(error.errno or errno.EIO)}") from error


def _open(path: Path) -> FileIO:
    try:
        return path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise NotFound from error


def _try_writing(path: Path) -> None:
    writer = _Writer(path)
    try:
        writer.write([b"."])
    finally:
        writer.abandon()


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _info(key: str, path: Path) -> ObjectInfo | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return ObjectInfo(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _digest(path: Path) -> Stored:
    with _open(path) as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return Stored(file.tell(), sha256)


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except FileNotFoundError:
        return []


def _folder(root: Path, folder: str, prefix: str) -> list[ObjectInfo]:
    with os.scandir(root / folder) as entries:
        keys = sorted(f"{folder}/{entry.name}" for entry in entries)
    found = (_info(key, root / key) for key in keys if key.startswith(prefix))
    return [info for info in found if info is not None]


def _may_hold(folder: str, prefix: str) -> bool:
    return folder.startswith(prefix) or prefix.startswith(folder)


def _sweep(folder: Path, older_than_seconds: float) -> None:
    """Remove what a killed process left half-written; a file still being written is younger."""
    oldest = time.time() - older_than_seconds
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.stat().st_mtime < oldest:
                    Path(entry.path).unlink()
