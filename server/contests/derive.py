"""The judge's copy of a file: same content, no metadata, made by a child process that may use only so much.

`python -m server.contests.derive SOURCE TARGET EXTENSION` is that child; `derive_copy` starts it and reads its answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from server.contests.child import CPU_SECONDS, limit, run_child

WALL_SECONDS = 540.0
# A film that has to be coded again takes about as long as it lasts, on one core.
FILM_SECONDS = 2900.0
FILM_CPU_SECONDS = 6000
FILMS = frozenset({"mp4", "m4v", "mov", "webm"})
CANNOT = 3
REASONS = frozenset({"unreadable", "too_large", "encrypted", "macro", "unsupported"})


@dataclass(frozen=True)
class Derived:
    """A copy was written: bytes, SHA-256 in hexadecimal digits, and the type to serve it as."""

    size: int
    sha256: str
    media_type: str


@dataclass(frozen=True)
class CannotDerive:
    """No copy can be made.

    `reason`: "unreadable", "too_large" (more pixels or bytes than a copy may have), "encrypted", "macro",
    "unsupported" (no maker for the extension), "timeout", or "crashed" (also: out of memory).
    """

    reason: str


async def derive_copy(
    source: Path, target: Path, extension: str, seconds: float | None = None
) -> Derived | CannotDerive:
    """Write the copy of `source` to `target`; on CannotDerive nothing is there. The original is only read.

    Never raises for what is in the file. `target` lies on a disk with room for a second copy. `seconds`: None for
    what the kind of file may take.
    """
    extension = extension.lower()
    if seconds is None:
        seconds = FILM_SECONDS if extension in FILMS else WALL_SECONDS
    try:
        answer = await run_child(
            "server.contests.derive", (str(source), str(target), extension), target.parent, seconds
        )
    except BaseException:
        await asyncio.shield(_gone(target, ""))
        raise
    if answer.code is None:
        return await _gone(target, "timeout")
    if answer.code == 0:
        size, sha256 = await asyncio.to_thread(_measure, target)
        return Derived(size, sha256, str(json.loads(answer.said)))
    known = answer.code == CANNOT and answer.said in REASONS
    return await _gone(target, answer.said if known else "crashed")


async def _gone(target: Path, reason: str) -> CannotDerive:
    await asyncio.to_thread(target.unlink, missing_ok=True)
    return CannotDerive(reason)


def _measure(target: Path) -> tuple[int, str]:
    with target.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), sha256


def main(source: Path, target: Path, extension: str) -> int:
    """The child: set the limits, choose the maker, print the media type as JSON or a reason; return the exit code."""
    limit(source.stat().st_size, cpu_seconds=FILM_CPU_SECONDS if extension in FILMS else CPU_SECONDS)
    # The makers' libraries are loaded below the limits, and only those that this file needs.
    from server.contests.derivers import Underivable

    maker = maker_of(extension)
    if maker is None:
        print("unsupported")
        return CANNOT
    try:
        print(json.dumps(maker(source, target, extension)))
    except Underivable as refusal:
        print(refusal.args[0])
        return CANNOT
    except (MemoryError, RecursionError):
        return 1
    return 0


def maker_of(extension: str) -> Callable[[Path, Path, str], str] | None:
    """The function (source, target, extension) -> media type that makes copies of files with this extension."""
    if extension in ("jpg", "jpeg", "png", "webp", "heic"):
        from server.contests.derivers.pictures import derive_picture

        return derive_picture
    if extension == "pdf":
        from server.contests.derivers.pdf import derive_pdf

        return derive_pdf
    if extension in ("docx", "pptx", "xlsx"):
        from server.contests.derivers.office import derive_office

        return derive_office
    if extension in ("mp4", "m4v", "mov", "webm", "mp3", "m4a", "wav"):
        from server.contests.derivers.films import derive_film

        return derive_film
    if extension == "zip":
        from server.contests.derivers.archives import derive_archive

        return derive_archive
    return None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
