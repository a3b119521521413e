"""Pictures of pages, as WebP of a width that a screen shows: of a PDF's pages, or of one large photograph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image

from server.contests.preview_kinds import PAGE, Made

MAX_PAGES = 150
WIDTH = 1240
MAX_HEIGHT = 3000
QUALITY = 78
PICTURE_SIDE = 1600


def preview_pdf(source: Path, folder: Path) -> list[Made]:
    """The first MAX_PAGES pages; a page that cannot be drawn ends the row, so that numbers stay those of the pages."""
    made: list[Made] = []
    document = pypdfium2.PdfDocument(source)
    try:
        for number in range(1, min(len(document), MAX_PAGES) + 1):
            try:
                image = _drawn(document, number - 1)
            except pypdfium2.PdfiumError:
                break
            made.append(_saved(image, folder, number))
    finally:
        document.close()
    return made


def pages_of(source: Path) -> int:
    """How many pages a PDF has."""
    document = pypdfium2.PdfDocument(source)
    try:
        return len(document)
    finally:
        document.close()


def preview_picture(source: Path, folder: Path) -> list[Made]:
    """A smaller one for the screen; nothing when the picture is no larger itself."""
    with Image.open(source, formats=["JPEG", "PNG", "WEBP"]) as opened:
        if max(opened.size) <= PICTURE_SIDE:
            return []
        opened.draft("RGB", (PICTURE_SIDE, PICTURE_SIDE))
        opened.thumbnail((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.LANCZOS)
        return [_saved(opened.convert("RGBA" if "A" in opened.mode else "RGB"), folder, 1)]


def _drawn(document: Any, index: int) -> Image.Image:
    page = document[index]
    try:
        width, height = page.get_size()
        scale = min(WIDTH / max(width, 1), MAX_HEIGHT / max(height, 1))
        # No annotations: a note that pops up is a remark about the page and no part of it.
        bitmap = page.render(scale=scale, may_draw_forms=True)
        try:
            drawn: Image.Image = bitmap.to_pil().convert("RGB")
        finally:
            bitmap.close()
        return drawn
    finally:
        page.close()


def _saved(image: Image.Image, folder: Path, number: int) -> Made:
    name = f"{PAGE}-{number}"
    image.save(folder / name, "WEBP", quality=QUALITY, method=3)
    return Made(PAGE, number, name, "image/webp", image.width, image.height)
