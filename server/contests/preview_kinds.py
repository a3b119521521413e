"""What a preview is: its kinds, and what its maker tells the process that asked."""

from __future__ import annotations

from dataclasses import dataclass

PAGE = "page"
POSTER = "poster"
PDF = "pdf"
KINDS = (PAGE, POSTER, PDF)


@dataclass(frozen=True)
class Made:
    """One preview: its kind and number (from 1), the name of its file in the folder, its type and its pixels."""

    kind: str
    number: int
    name: str
    media_type: str
    width: int = 0
    height: int = 0
