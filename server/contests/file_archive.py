"""All files of a contest as one ZIP, made while it is read: nothing is kept on disk, and little in memory.

Files are stored as they are (films and pictures do not shrink), with 64-bit sizes. The last member, manifest.csv, says
of each what was sent and its SHA-256; what is missing or held back is named there too.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import IO

from server.contests.queries_files import archive_batch
from server.contests.rules.archive_paths import csv_cell, file_name, folder_name
from server.db import Row
from server.errors import NotFound
from server.storage import ObjectStorage
from server.waiting import in_thread

MANIFEST = "manifest.csv"
HEADS = ("path", "status", "sha256", "bytes", "unit", "entry", "title", "category", "state", "kind", "file", "received")
SPOOLED_BYTES = 1024 * 1024


class _Pipe(io.RawIOBase):
    """What a ZIP is written to and taken from at once; it cannot seek, so that sizes follow each member's bytes."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        """All that was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


async def stream_archive(contest: str, storage: ObjectStorage, *, scanned: bool) -> AsyncGenerator[bytes, None]:
    """The bytes of the ZIP. `scanned`: files that the scanner has not cleared yet are held back.

    A file whose bytes the store no longer has is named in the manifest as missing.
    """
    pipe = _Pipe()
    folders: dict[int, str] = {}
    taken: set[str] = set()
    units = {MANIFEST}
    entry = after = 0
    with (
        zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED, allowZip64=True) as package,
        tempfile.SpooledTemporaryFile(SPOOLED_BYTES) as manifest,
    ):
        manifest.write("\ufeff".encode() + _line(HEADS))
        while batch := await archive_batch(contest, (entry, after)):
            for row in batch:
                if row["unit"] not in folders:
                    folders[row["unit"]] = file_name(folder_name(row["unit_name"]), units)
                if row["entry"] != entry:
                    taken = set()
                entry, after = row["entry"], row["id"]
                inside = folder_name(row["code"], row["title"])
                path = f"{folders[row['unit']]}/{inside}/{file_name(row['file_name'], taken)}"
                status, sha256, size = _held_back(row, scanned), row["sha256"], row["size"]
                if not status:
                    said = _Said()
                    # Closed before the ZIP is, also when whoever downloads it goes away in the middle.
                    async with aclosing(_member(package, pipe, path, row, storage, said)) as member:
                        async for piece in member:
                            yield piece
                    status, sha256, size = said.status(row), said.sha256, said.size
                manifest.write(_line(_cells(row, path, status, sha256, size)))
        manifest.seek(0)
        with package.open(_info(MANIFEST, datetime.now(UTC)), "w", force_zip64=True) as listing:
            while piece := manifest.read(SPOOLED_BYTES):
                listing.write(piece)
                yield pipe.take()
    yield pipe.take()


class _Said:
    """What was really sent of a file."""

    def __init__(self) -> None:
        self.size = 0
        self.sha256 = ""
        self.missing = False

    def status(self, row: Row) -> str:
        """sent, missing, or differs: the store holds other bytes than were received."""
        if self.missing:
            return "missing"
        return "sent" if (self.size, self.sha256) == (row["size"], row["sha256"]) else "differs"


async def _member(
    package: zipfile.ZipFile, pipe: _Pipe, path: str, row: Row, storage: ObjectStorage, said: _Said
) -> AsyncGenerator[bytes, None]:
    if await storage.stat(row["storage_key"]) is None:
        said.missing = True
        return
    hashed = hashlib.sha256()
    with package.open(_info(path, row["uploaded_at"]), "w", force_zip64=True) as member:
        try:
            async with aclosing(storage.open(row["storage_key"])) as pieces:
                async for piece in pieces:
                    await in_thread(lambda piece=piece: _put(piece, hashed, member))  # type: ignore[misc]
                    said.size += len(piece)
                    yield pipe.take()
        except NotFound:
            said.missing = True
    said.sha256 = hashed.hexdigest()
    yield pipe.take()


def _put(piece: bytes, hashed: hashlib._Hash, member: IO[bytes]) -> None:
    hashed.update(piece)
    member.write(piece)


def _info(path: str, moment: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, max((1980, 1, 1, 0, 0, 0), moment.timetuple()[:6]))
    info.external_attr = 0o644 << 16
    return info


def _held_back(row: Row, scanned: bool) -> str:
    if row["scan_state"] == "refused":
        return f"refused: {row['scan_found']}"
    return "held" if scanned and row["scan_state"] in ("waiting", "held") else ""


def _cells(row: Row, path: str, status: str, sha256: str, size: int) -> tuple[object, ...]:
    return (
        *(path, status, sha256, size, row["unit_name"], row["code"], row["title"], row["category"], row["state"]),
        *(row["kind"], row["file_name"], row["uploaded_at"].isoformat()),
    )


def _line(cells: tuple[object, ...]) -> bytes:
    return (",".join(map(csv_cell, cells)) + "\r\n").encode()
