"""What the desk shows of a copy at once: pages, poster, length; made by a child process from the cleaned copy.

`python -m server.contests.preview SOURCE FOLDER EXTENSION [SOFFICE]` is that child; `make_previews` starts it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from server.contests.child import limit, run_child
from server.contests.preview_kinds import Made

WALL_SECONDS = 540.0
OFFICE = frozenset({"docx", "pptx", "xlsx"})
FILMS = frozenset({"mp4", "webm", "mp3", "m4a", "wav"})
PICTURES = frozenset({"jpg", "png", "webp"})
# LibreOffice opens hundreds of files of its own.
OFFICE_FILES = 1024


@dataclass(frozen=True)
class Previews:
    """The previews, each a file in the folder, and the length of a film in seconds or of a document in pages."""

    made: tuple[Made, ...] = ()
    seconds: int | None = None
    pages: int | None = None


async def make_previews(copy: Path, folder: Path, extension: str, soffice: str | None = None) -> Previews:
    """Make the previews of a cleaned copy in the empty `folder`; none where that fails: the copy itself is there.

    `extension`: of the copy, without its dot. `soffice`: LibreOffice's program, or None.
    """
    arguments = (str(copy), str(folder), extension, *([soffice] if soffice else []))
    answer = await run_child("server.contests.preview", arguments, folder, WALL_SECONDS)
    if answer.code != 0:
        return Previews()
    told = json.loads(answer.said)
    return Previews(tuple(Made(**one) for one in told["made"]), told["seconds"], told["pages"])


def main(copy: Path, folder: Path, extension: str, soffice: str | None) -> int:
    """The child: set the limits, make the previews, print what was made as JSON; return the exit code."""
    limit(copy.stat().st_size, open_files=OFFICE_FILES)
    try:
        previews = _previews(copy, folder, extension, soffice)
    except (MemoryError, RecursionError):
        return 1
    print(
        json.dumps(
            {"made": [asdict(one) for one in previews.made], "seconds": previews.seconds, "pages": previews.pages}
        )
    )
    return 0


def _previews(copy: Path, folder: Path, extension: str, soffice: str | None) -> Previews:
    # The makers' libraries are loaded below the limits, and only those that this file needs.
    if extension == "pdf":
        from server.contests.previewers.pages import pages_of, preview_pdf

        return Previews(tuple(preview_pdf(copy, folder)), pages=pages_of(copy))
    if extension in PICTURES:
        from server.contests.previewers.pages import preview_picture

        return Previews(tuple(preview_picture(copy, folder)))
    if extension in FILMS:
        from server.contests.previewers.films import preview_film

        made, seconds = preview_film(copy, folder)
        return Previews(tuple(made), seconds=seconds)
    if extension in OFFICE and soffice:
        from server.contests.preview_kinds import PDF
        from server.contests.previewers.office import preview_office
        from server.contests.previewers.pages import pages_of

        printed = preview_office(copy, folder, extension, soffice)
        return Previews(tuple(printed), pages=pages_of(folder / PDF) if printed else None)
    return Previews()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else None))
