"""Rows of copies to what the desk shows of each file: a player, pages, a picture, or a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from server.db import Row

_NAME = re.compile(r"(page|poster|pdf)-([1-9]\d{0,4})")
OFFICE = ("wordprocessingml", "presentationml", "spreadsheetml")


@dataclass(frozen=True)
class Shown:
    """A preview on the desk: the last part of its address, and its pixels."""

    name: str
    width: int
    height: int


@dataclass(frozen=True)
class DeskFile:
    """One file: `look` is video, audio, picture, pages, download, failed or waiting; `seconds` and `pages` may be None.

    `pages` counts those of the document, `shown` those that the desk can show.
    """

    number: int
    kind: str
    look: str
    size: int = 0
    seconds: int | None = None
    pages: int | None = None
    office: bool = False
    poster: str | None = None
    pdf: str | None = None
    shown: list[Shown] = field(default_factory=list)


def preview_named(text: str) -> tuple[str, int] | None:
    """Kind and number of a preview's address, such as ("page", 3) of "page-3"; None for anything else."""
    match = _NAME.fullmatch(text)
    return (match[1], int(match[2])) if match else None


def desk_files(rows: Sequence[Row]) -> list[DeskFile]:
    """The files in the order in which a judge wants them: what plays, then what is read, then the rest."""
    order = ("video", "audio", "pages", "picture", "download", "failed", "waiting")
    return sorted((_file(row) for row in rows), key=lambda file: (order.index(file.look), file.number))


def _file(row: Row) -> DeskFile:
    if row["derived_state"] != "ready":
        return DeskFile(row["number"], row["kind"], "failed" if row["derived_state"] == "failed" else "waiting")
    previews: list[dict[str, Any]] = msgspec.json.decode(row["previews"])
    names: dict[str, list[Shown]] = {"page": [], "poster": [], "pdf": []}
    for one in previews:
        names[one["kind"]].append(Shown(f"{one['kind']}-{one['place']}", one["width"], one["height"]))
    media_type = row["derived_type"]
    family = media_type.split("/")[0]
    look = {"video": "video", "audio": "audio", "image": "picture"}.get(family) or (
        "pages" if names["page"] else "download"
    )
    return DeskFile(
        row["number"],
        row["kind"],
        look,
        size=row["derived_size"],
        seconds=row["derived_seconds"],
        pages=row["derived_pages"],
        office=any(part in media_type for part in OFFICE),
        poster=names["poster"][0].name if names["poster"] else None,
        pdf=names["pdf"][0].name if names["pdf"] else None,
        shown=names["page"],
    )
