"""The file store: one file an object, written under a temporary name, fsynced, renamed, its folder fsynced."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from pathlib import Path
from typing import TypeVar

from server.errors import TooLarge
from server.storage import ObjectInfo, Stored, check_key, check_prefix, check_range
from server.storage_files_disk import (
    FileWriter,
    digest_file,
    folder_names,
    fsync_folder,
    join_files,
    may_hold,
    object_info,
    objects_of_folder,
    open_object,
    own_errors,
    sweep_folder,
    try_writing,
)
from storage_config.buckets import MIB, READ_BYTES, STAGING_MAX_AGE_SECONDS

T = TypeVar("T")

THREADS = 8
GATHER_BYTES = 2 * MIB
UNFINISHED = ".unfinished"


class FileStorage:
    """An ObjectStorage in the folder `root`, made where it is missing; files have mode 0600, folders 0700."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._unfinished = root / UNFINISHED
        self._durable_folders: set[Path] = set()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="storage")
        self._make_folder(self._unfinished)
        sweep_folder(self._unfinished, STAGING_MAX_AGE_SECONDS)

    async def put(
        self, key: str, chunks: AsyncIterator[bytes], limit: int | None = None, *, hashed: bool = True
    ) -> Stored:
        """See ObjectStorage.put. One batch is written and hashed, in two threads, while the next is gathered."""
        target = self._path(key)
        writer = FileWriter(self._unfinished / secrets.token_hex(16), hashed)
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
                    writing = asyncio.create_task(self._take(writer, batch, hashed))
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

    def link(self, key: str, media_type: str, disposition: str) -> str | None:  # noqa: ARG002 -- the protocol's names
        """See ObjectStorage.link."""
        return None

    async def stat(self, key: str) -> ObjectInfo | None:
        """See ObjectStorage.stat."""
        return await self._run(object_info, key, self._path(key))

    async def digest(self, key: str) -> Stored:
        """See ObjectStorage.digest."""
        return await self._run(digest_file, self._path(key))

    async def compose(self, keys: Sequence[str], target: str) -> None:
        """See ObjectStorage.compose. The kernel copies; one object alone becomes a second name of the same bytes."""
        sources, path = [self._path(key) for key in keys], self._path(target)
        stopped = threading.Event()
        joining = asyncio.create_task(self._run(self._join, sources, path, stopped))
        try:
            await asyncio.shield(joining)
        except asyncio.CancelledError:
            stopped.set()
            await asyncio.wait([joining])
            if joining.exception() is None:
                await asyncio.shield(self._run(lambda: path.unlink(missing_ok=True)))
            raise

    async def delete(self, key: str) -> None:
        """See ObjectStorage.delete."""
        path = self._path(key)
        await self._run(lambda: path.unlink(missing_ok=True))

    async def list(self, prefix: str) -> AsyncGenerator[ObjectInfo, None]:
        """See ObjectStorage.list. Reads one folder of an area at a time."""
        check_prefix(prefix)
        for area in await self._run(folder_names, self._root):
            if may_hold(f"{area}/", prefix):
                for shard in await self._run(folder_names, self._root / area):
                    if may_hold(f"{area}/{shard}/", prefix):
                        for info in await self._run(objects_of_folder, self._root, f"{area}/{shard}", prefix):
                            yield info

    async def check(self) -> None:
        """See ObjectStorage.check. Writes and removes a file of one byte."""
        await self._run(try_writing, self._unfinished / secrets.token_hex(16))

    async def close(self) -> None:
        """See ObjectStorage.close."""
        self._pool.shutdown(wait=False)

    async def _pieces(self, path: Path, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
        """One piece is read while the one before it is sent."""
        file = await self._run(open_object, path)
        with file:
            if start:
                file.seek(start)
            left = end - start if end is not None else None
            reading = self._read(file, left)
            try:
                while reading is not None and (piece := await asyncio.shield(reading)):
                    left = None if left is None else left - len(piece)
                    reading = self._read(file, left)
                    yield piece
            finally:
                # A thread must not read what is closed, and perhaps opened as something else, under its hands.
                if reading is not None:
                    await asyncio.gather(reading, return_exceptions=True)

    def _read(self, file: FileIO, left: int | None) -> asyncio.Task[bytes] | None:
        if left == 0:
            return None
        return asyncio.create_task(self._run(file.read, READ_BYTES if left is None else min(READ_BYTES, left)))

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    async def _take(self, writer: FileWriter, batch: Sequence[bytes], hashed: bool) -> None:
        if hashed:
            await asyncio.gather(self._run(writer.write, batch), self._run(writer.hash, batch))
        else:
            await self._run(writer.write, batch)

    async def _undo(
        self,
        writer: FileWriter,
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

    def _finish(self, writer: FileWriter, rest: Sequence[bytes], target: Path) -> Stored:
        # The folder first: nothing may fail between the rename and the fsync that makes it last.
        self._make_shard(target.parent)
        return writer.finish(rest, target)

    def _join(self, sources: Sequence[Path], target: Path, stopped: threading.Event) -> None:
        self._make_shard(target.parent)
        made = self._unfinished / secrets.token_hex(16)
        try:
            join_files(sources, made, stopped)
            self._publish(made, target)
        finally:
            made.unlink(missing_ok=True)

    def _publish(self, made: Path, target: Path) -> None:
        """Give a synced file its name, for good or not at all."""
        made.rename(target)
        try:
            fsync_folder(target.parent)
        except OSError:
            target.unlink(missing_ok=True)
            raise

    def _make_shard(self, shard: Path) -> None:
        """Make all folders of the shard's area at once: one fsync for 256 of them."""
        if shard in self._durable_folders:
            return
        self._make_folder(shard.parent)
        shards = [shard.parent / f"{number:02x}" for number in range(256)]
        for folder in shards:
            folder.mkdir(mode=0o700, exist_ok=True)
        fsync_folder(shard.parent)
        self._durable_folders.update(shards)

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
            fsync_folder(folder.parent)
        self._durable_folders.add(folder)

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        """Run blocking work in the store's own threads; the operating system's errors become ours."""
        loop = asyncio.get_running_loop()
        with own_errors():
            return await loop.run_in_executor(self._pool, work, *arguments)
