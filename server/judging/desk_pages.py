"""Rows to what the judge's templates show; nothing here knows who entered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from server.db import Row
from server.errors import FieldError


@dataclass(frozen=True)
class CriterionRow:
    """One line of the score sheet: `value` is what the box shows, `quick` are values for one touch."""

    code: str
    title_vi: str
    title_en: str
    max: str
    weight: Decimal
    value: str
    stored: str | None
    quick: tuple[Decimal, ...]


def plain(points: Decimal) -> str:
    """Points without needless zeros: 40, 8.5."""
    text = f"{points:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def sheet_rows(criteria: Sequence[Row], typed: Mapping[str, str], locale: str) -> list[CriterionRow]:
    """The lines of the sheet, with what was typed before what is stored."""
    rows = []
    for c in criteria:
        stored = None if c["points"] is None else plain(c["points"])
        shown = "" if stored is None else (stored.replace(".", ",") if locale == "vi" else stored)
        rows.append(
            CriterionRow(
                code=c["code"],
                title_vi=c["title_vi"],
                title_en=c["title_en"],
                max=plain(c["max"]),
                weight=c["weight"],
                value=typed.get(c["code"], shown),
                stored=stored,
                quick=quick_values(c["max"]),
            )
        )
    return rows


def quick_values(most: Decimal) -> tuple[Decimal, ...]:
    """Round figures at about 60, 70, 80, 90 per cent of the most, where these are whole points."""
    values = [most * share / 10 for share in (6, 7, 8, 9)]
    return tuple(value for value in values if value == value.to_integral_value())


def total_of(criteria: Sequence[Row]) -> Decimal | None:
    """The stored total of a complete sheet."""
    if any(c["points"] is None for c in criteria):
        return None
    return sum((c["points"] * c["weight"] for c in criteria), Decimal(0))


def missing_criteria(errors: Sequence[FieldError]) -> list[str]:
    """The codes of criteria that have no mark yet."""
    return [error.field for error in errors if error.code == "required"]
