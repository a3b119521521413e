"""The protocol of the object store, what its answers look like, and the choice of the store that a process uses."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from storage_config.settings import StorageSettings

KEY = re.compile(r"(?P<area>[a-z]{1,20})/(?P<shard>[0-9a-f]{2})/(?P=shard)[0-9a-f]{30}", re.ASCII)
PREFIX = re.compile(r"([a-z]{1,20}(/([0-9a-f]{2}(/[0-9a-f]{0,32})?)?)?)?", re.ASCII)

LINK_SECONDS = 60


@dataclass(frozen=True)
class Stored:
    """What the store holds under a key: bytes, and the SHA-256 of them in lower-case hexadecimal digits."""

    size: int
    sha256: str


@dataclass(frozen=True)
class ObjectInfo:
    """One object: its key, its bytes, and when it was written (with a time zone)."""

    key: str
    size: int
    modified_at: datetime


class ObjectStorage(Protocol):
    """Keeps byte strings under random keys that are used once and never overwritten.

    Every method raises ValueError for a malformed key and errors.ServiceUnavailable when the store does not answer.
    """

    async def put(
        self, key: str, chunks: AsyncIterator[bytes], limit: int | None = None, *, hashed: bool = True
    ) -> Stored:
        """Stream `chunks` into the store; durable on return, whatever is killed afterwards.

        Without `hashed` the answer's `sha256` is "": for parts, which are hashed once they are joined.
        Raises errors.TooLarge over `limit` bytes, and whatever `chunks` raises; then nothing is left under the key.
        """
        ...

    def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes [start, end) in pieces of 1 MiB at most; `end` None or past the last byte means to the end.

        Used as `async for piece in storage.open(key)`, not awaited. Raises errors.NotFound before the first piece.
        Wrap it in contextlib.aclosing when it may not be read to its end.
        """
        ...

    def link(self, key: str, media_type: str, disposition: str) -> str | None:
        """A link by which anybody may GET the object for LINK_SECONDS, served with this type and disposition (RFC 6266).

        None where readers come through this process, as always with files on disk.
        """
        ...

    async def stat(self, key: str) -> ObjectInfo | None:
        """Size and time of an object, None when there is none."""
        ...

    async def digest(self, key: str) -> Stored:
        """Read back what the store holds and hash it; errors.NotFound when there is none."""
        ...

    async def compose(self, keys: Sequence[str], target: str) -> None:
        """Join the objects under `keys`, in this order, into a new one under `target`; durable on return.

        They stay as they are. Raises errors.NotFound when one is missing; then nothing is left under `target`.
        """
        ...

    async def delete(self, key: str) -> None:
        """Remove an object; no error when there is none."""
        ...

    def list(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        """Every object whose key begins with `prefix` ("" = all), in the order of the keys."""
        ...

    async def check(self) -> None:
        """Return when the store can take and give objects now (a readiness probe)."""
        ...

    async def close(self) -> None:
        """Let go of threads and connections."""
        ...


def new_key(area: str) -> str:
    """A fresh random 128-bit key such as "entries/ab/ab3f..."; `area` is 1 to 20 small letters, else ValueError."""
    name = secrets.token_hex(16)
    return check_key(f"{area}/{name[:2]}/{name}")


def check_key(key: str) -> str:
    """Return `key` if it has the shape of `new_key`, else raise ValueError: no other name ever reaches a store."""
    if not KEY.fullmatch(key):
        raise ValueError("malformed storage key")
    return key


def check_prefix(prefix: str) -> str:
    """Return `prefix` if some key could begin with it, else raise ValueError."""
    if not PREFIX.fullmatch(prefix):
        raise ValueError("malformed storage prefix")
    return prefix


def check_range(start: int, end: int | None) -> None:
    """Raise ValueError for a negative start or an end before it."""
    if start < 0 or (end is not None and end < start):
        raise ValueError("malformed byte range")


def make_storage(config: StorageSettings, data_dir: Path) -> ObjectStorage:
    """The store that `config` names; the file store keeps its objects under `data_dir`/objects."""
    if config.kind == "s3":
        from server.storage_s3 import S3Storage
        from storage_config.client import make_client

        if config.s3 is None:
            raise ValueError("the S3 store needs its settings")
        return S3Storage(make_client(config.s3))
    from server.storage_files import FileStorage

    return FileStorage(data_dir / "objects")
