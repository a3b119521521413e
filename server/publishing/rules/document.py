"""The document of a publication: facts turned into plain JSON values, format 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from server.publishing.rules.canonical import canonical_bytes, digest
from server.publishing.rules.facts import PublicationFacts, RoundFacts, RuleFacts, SheetFacts, StandingFacts

FORMAT = 1
Json = dict[str, Any]


def build_document(facts: PublicationFacts) -> Json:
    """The document that is signed and published, in the shape that `shape.PUBLICATION` describes.

    Figures are exact strings, times RFC 3339 in UTC; entries and sheets are sorted by code and label, so that the
    same facts always give the same bytes. Raises ValueError for a naive time.
    """
    return {
        "kind": "publication",
        "format": FORMAT,
        "contest": {"code": facts.contest, "title": dict(facts.title), "host_unit": facts.host_unit},
        "version": facts.version,
        "previous": facts.previous,
        "reason": facts.reason,
        "issued_at": timestamp(facts.issued_at),
        "categories": [{"code": category.code, "title": dict(category.title)} for category in facts.categories],
        "entries": [
            {
                "code": entry.code,
                "title": entry.title,
                "category": entry.category,
                "unit": entry.unit,
                "authors": list(entry.authors),
            }
            for entry in sorted(facts.entries, key=lambda entry: entry.code)
        ],
        "rounds": [_round(played, facts.include_sheets) for played in facts.rounds],
        "prizes": [
            {"title": dict(prize.title), "count": prize.count, "entries": list(prize.entries)} for prize in facts.prizes
        ],
    }


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with six decimals of the second. Raises ValueError for a naive time."""
    if moment.tzinfo is None:
        raise ValueError("a published time needs its offset")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def figure(value: Decimal) -> str:
    """An exact figure without an exponent, digits as they are ("38.50" stays "38.50")."""
    return f"{value:f}"


def sheets_digest(sheets: Sequence[Mapping[str, Any]]) -> str:
    """The digest of all sheets of a round in their published order."""
    return digest(canonical_bytes([dict(sheet) for sheet in sheets]))


def sheet_order(sheet: Mapping[str, Any]) -> tuple[str, int]:
    """What sheets are sorted by: entry, then the number of the judge's label."""
    return sheet["entry"], int(sheet["judge"][1:])


def _round(played: RoundFacts, include_sheets: bool) -> Json:
    sheets = sorted((_sheet(sheet) for sheet in played.sheets), key=sheet_order)
    times_needed = _times_needed(played)
    return {
        "code": played.code,
        "title": dict(played.title),
        "rule": _rule(played.rule),
        "standings": [_standing(line, line.entry in times_needed) for line in played.standings],
        "decisions": [
            {
                "kind": decision.kind,
                "entries": list(decision.entries),
                "reason": decision.reason,
                "decided_at": timestamp(decision.decided_at),
            }
            for decision in played.decisions
        ],
        "gaps": [{"entry": gap.entry, "judge": gap.judge, "reason": gap.reason} for gap in played.gaps],
        "sheet_count": len(sheets),
        "sheets_digest": sheets_digest(sheets),
        "sheets": sheets if include_sheets else None,
    }


def _rule(rule: RuleFacts) -> Json:
    return {
        "criteria": [
            {
                "code": criterion.code,
                "title": dict(criterion.title),
                "max": figure(criterion.max),
                "weight": figure(criterion.weight),
            }
            for criterion in rule.criteria
        ],
        "method": rule.method,
        "trim": rule.trim,
        "per": rule.per,
        "decimals": rule.decimals,
        "calibration": "none",
        "max_spread": None if rule.max_spread is None else figure(rule.max_spread),
        "ladder": list(rule.ladder),
        "advance": {"top": rule.advance_top, "per": rule.advance_per, "ties": rule.advance_ties},
    }


def _standing(line: StandingFacts, with_time: bool) -> Json:
    return {
        "rank": line.rank,
        "entry": line.entry,
        "panel": line.panel,
        "score": None if line.score is None else figure(line.score),
        "tied": line.tied,
        "broken_by": line.broken_by,
        "advanced": line.advanced,
        "submitted_at": timestamp(line.submitted_at) if with_time and line.submitted_at else None,
    }


def _sheet(sheet: SheetFacts) -> Json:
    return {
        "entry": sheet.entry,
        "judge": sheet.judge,
        "marks": {code: figure(points) for code, points in sheet.marks.items()},
    }


def _times_needed(played: RoundFacts) -> set[str]:
    if "submitted_at" not in played.rule.ladder:
        return set()
    by_score: dict[Decimal, list[str]] = {}
    for line in played.standings:
        if line.score is not None:
            by_score.setdefault(line.score, []).append(line.entry)
    return {entry for group in by_score.values() if len(group) > 1 for entry in group}
