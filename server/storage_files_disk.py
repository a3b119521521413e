"""What the file store does on the disk: blocking work, done in its threads."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from server.errors import NotFound, ServiceUnavailable
from server.storage import ObjectInfo, Stored
from storage_config.buckets import MIB, READ_BYTES

VECTORS = 1024  # buffers that one system call takes (IOV_MAX)
COPY_BYTES = 64 * MIB  # so much is copied before a cancellation is looked for
NO_KERNEL_COPY = frozenset({errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM})


class FileWriter:
    """One file in the making, opened by the first write; after `abandon` nothing of it is left."""

    def __init__(self, path: Path, hashed: bool = True) -> None:
        """Nothing is opened yet."""
        self.path = path
        self._hash = hashlib.sha256() if hashed else None
        self._size = 0
        self._descriptor = -1

    def write(self, batch: Sequence[bytes]) -> None:
        """Append the batch."""
        if self._descriptor < 0:
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        for first in range(0, len(batch), VECTORS):
            vectors = batch[first : first + VECTORS]
            size = sum(map(len, vectors))
            self._size += size
            written = os.writev(self._descriptor, vectors)
            if written < size:
                rest = memoryview(b"".join(vectors))[written:]
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
            _begin_to_sync(self._descriptor, self._size - size, size)

    def hash(self, batch: Sequence[bytes]) -> None:
        """Take the same batch into the hash; may run beside `write`."""
        if self._hash is not None:
            for chunk in batch:
                self._hash.update(chunk)

    def finish(self, rest: Sequence[bytes], target: Path) -> Stored:
        """Append the last bytes, give the file its name, sync it and the name, close; on an error neither name is left.

        Named first, synced then: one commit of the file system's journal takes both. No row names it before.
        """
        self.write(rest)
        self.hash(rest)
        self.path.rename(target)
        try:
            os.fsync(self._descriptor)
            self._close()
            fsync_folder(target.parent)
        except OSError:
            target.unlink(missing_ok=True)
            raise
        return Stored(self._size, "" if self._hash is None else self._hash.hexdigest())

    def abandon(self) -> None:
        """Close and remove."""
        self._close()
        self.path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _begin_to_sync(descriptor: int, start: int, size: int) -> None:
    """Have the kernel write these bytes to the disk while more arrive, so that the sync at the end has little to do."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, start, size, os.POSIX_FADV_DONTNEED)


@contextmanager
def own_errors() -> Iterator[None]:
    """Turn the operating system's errors into ServiceUnavailable."""
    try:
        yield
    except OSError as error:
        raise ServiceUnavailable(f"object store: {os.strerror(error.errno or errno.EIO)}") from error


def open_object(path: Path) -> FileIO:
    """An unbuffered file to read; raises NotFound."""
    try:
        return path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise NotFound from error


def join_files(sources: Sequence[Path], target: Path, stopped: threading.Event) -> None:
    """Write the contents of `sources` one after the other into a new, synced file; returns early once `stopped`."""
    if len(sources) == 1 and _linked(sources[0], target):
        return
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        for source in sources:
            with open_object(source) as file:
                while not stopped.is_set() and _copy_some(file.fileno(), descriptor):
                    pass
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _linked(source: Path, target: Path) -> bool:
    """Give an object, which never changes, a second name; False where the file system has no links."""
    try:
        os.link(source, target)
    except FileNotFoundError as error:
        raise NotFound from error
    except OSError:
        return False
    return True


def _copy_some(source: int, target: int) -> int:
    """Copy on from where both descriptors stand, inside the kernel where it can; the bytes copied, 0 at the end."""
    try:
        return os.copy_file_range(source, target, COPY_BYTES)
    except OSError as error:
        if error.errno not in NO_KERNEL_COPY:
            raise
    piece = os.read(source, READ_BYTES)
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(target, rest) :]
    return len(piece)


def try_writing(path: Path) -> None:
    """Write and remove a file of one byte."""
    writer = FileWriter(path)
    try:
        writer.write([b"."])
    finally:
        writer.abandon()


def fsync_folder(folder: Path) -> None:
    """Make the names in `folder` last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def object_info(key: str, path: Path) -> ObjectInfo | None:
    """Size and time of the file, None when there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return ObjectInfo(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def digest_file(path: Path) -> Stored:
    """Read and hash the file; raises NotFound."""
    with open_object(path) as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return Stored(file.tell(), sha256)


def folder_names(folder: Path) -> list[str]:
    """The visible folders in `folder`, sorted."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except FileNotFoundError:
        return []


def objects_of_folder(root: Path, folder: str, prefix: str) -> list[ObjectInfo]:
    """The objects of one folder whose keys begin with `prefix`, sorted."""
    with os.scandir(root / folder) as entries:
        keys = sorted(f"{folder}/{entry.name}" for entry in entries)
    found = (object_info(key, root / key) for key in keys if key.startswith(prefix))
    return [info for info in found if info is not None]


def may_hold(folder: str, prefix: str) -> bool:
    """Whether a key in `folder` could begin with `prefix`."""
    return folder.startswith(prefix) or prefix.startswith(folder)


def sweep_folder(folder: Path, older_than_seconds: float) -> None:
    """Remove what a killed process left half-written; a file still being written is younger."""
    oldest = time.time() - older_than_seconds
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.stat().st_mtime < oldest:
                    Path(entry.path).unlink()
