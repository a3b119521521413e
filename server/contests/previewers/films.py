"""A film's poster and how long it lasts; of a sound its length alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import av.error

from server.contests.preview_kinds import POSTER, Made

LONG_SIDE = 960
# Films often begin black: the poster is from a little later.
SHARE = 10
MAX_MICROSECONDS = 5_000_000
FRAMES_TRIED = 250


def preview_film(source: Path, folder: Path) -> tuple[list[Made], int | None]:
    """The poster (none for a sound or where no picture can be read) and whole seconds, rounded up."""
    with av.open(str(source), options={"protocol_whitelist": "file"}, metadata_errors="ignore") as film:
        length = film.duration
        seconds = None if not length else -(-length // 1_000_000)
        if not film.streams.video:
            return [], seconds
        pictures = film.streams.video[0]
        wanted = min((length or 0) // SHARE, MAX_MICROSECONDS)
        found: Any = None
        try:
            if wanted:
                film.seek(wanted)
            for tried, frame in enumerate(film.decode(pictures)):
                found = frame
                if tried >= FRAMES_TRIED or (frame.time or 0) * 1_000_000 >= wanted:
                    break
        except (av.error.FFmpegError, ValueError):
            if found is None:
                return [], seconds
        if found is None:
            return [], seconds
        image = found.to_image().rotate(found.rotation or 0, expand=True)
        image.thumbnail((LONG_SIDE, LONG_SIDE))
        image.save(folder / POSTER, "JPEG", quality=80)
        return [Made(POSTER, 1, POSTER, "image/jpeg", image.width, image.height)], seconds
