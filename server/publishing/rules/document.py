"""What a publication states: the rules, the anonymous marks and the standings, so that anyone can recompute them.

No person is named in it: judges are J1 to Jn in a drawn order, authors are left out, units and titles are what the
public sees anyway. Figures are texts, since a float cannot say what was decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

FORMAT = "hoithi-publication/1"

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class RoundFacts:
    """A decided round as rows: its settings, criteria, standings (best first), sheets, decisions, and the gaps.

    A sheet has `entry`, `judge` (a drawn label) and `marks` (criterion -> points as text).
    """

    round: Facts
    criteria: Sequence[Facts]
    standings: Sequence[Facts]
    sheets: Sequence[Facts]
    decisions: Sequence[Facts]
    missing_sheets: int


@dataclass(frozen=True)
class PublicationFacts:
    """Everything that a publication is made of; `issued_at` is RFC 3339, `previous` the digest of the version before."""

    contest: Facts
    rounds: Sequence[RoundFacts]
    prizes: Sequence[Facts]
    issued_at: str
    version: int
    previous: str | None
    reason: str


def build_document(facts: PublicationFacts) -> dict[str, Any]:
    """The document of a publication, made of texts, whole numbers, truth values, lists and objects only."""
    contest = facts.contest
    return {
        "format": FORMAT,
        "contest": {
            "code": contest["code"],
            "title": _title(contest),
            "host": contest["host_name"],
            "timezone": contest["timezone"],
        },
        "issued_at": facts.issued_at,
        "version": facts.version,
        "previous": facts.previous,
        "reason": facts.reason,
        "rounds": [_round(round_) for round_ in facts.rounds],
        "prizes": award_prizes(facts.prizes, facts.rounds[-1].standings) if facts.rounds else [],
    }


def award_prizes(prizes: Sequence[Facts], standings: Sequence[Facts]) -> list[dict[str, Any]]:
    """The prizes in order with the entries that win them by rank in the last round.

    Entries of one rank win the same prize, so a tie can give more of it than were planned, and fewer of the next.
    """
    ranked = [line for line in standings if line["rank"] is not None]
    given: list[dict[str, Any]] = []
    planned = 0
    taken = 0
    for prize in prizes:
        planned += prize["quantity"]
        winners = []
        while taken < len(ranked) and ranked[taken]["rank"] <= planned:
            winners.append(ranked[taken]["entry"])
            taken += 1
        given.append({"title": _title(prize), "entries": winners})
    return given


def _round(facts: RoundFacts) -> dict[str, Any]:
    row = facts.round
    return {
        "code": row["code"],
        "title": _title(row),
        "rules": {
            "method": row["method"],
            "trim": row["trim"],
            "per": row["per"],
            "decimals": row["decimals"],
            "step": _text(row["step"]),
            "tie_break": list(row["tie_break"]),
            "advance": {"top": row["advance_top"], "per": row["advance_per"], "ties": row["advance_ties"]},
            "criteria": [
                {"code": c["code"], "title": _title(c), "max": _text(c["max"]), "weight": _text(c["weight"])}
                for c in facts.criteria
            ],
        },
        "standings": [
            {
                "rank": line["rank"],
                "entry": line["entry"],
                "title": line["title"],
                "unit": line["unit_name"],
                "category": line["category"],
                "panel": line["panel"],
                "score": None if line["score"] is None else f"{line['score']:.{row['decimals']}f}",
                "tied": line["tied"],
                "broken_by": line["broken_by"],
                "advanced": line["advanced"],
                "submitted_at": line["submitted_at"].isoformat() if line["submitted_at"] else None,
            }
            for line in facts.standings
        ],
        "sheets": [
            {"entry": sheet["entry"], "judge": sheet["judge"], "marks": dict(sheet["marks"])} for sheet in facts.sheets
        ],
        "decisions": [
            {"entries": list(d["entries"]), "reason": d["reason"], "at": d["at"].isoformat()} for d in facts.decisions
        ],
        "missing_sheets": facts.missing_sheets,
        "gap_reason": row["gap_reason"],
    }


def _title(row: Facts) -> dict[str, str]:
    return {"vi": row["title_vi"], "en": row["title_en"]}


def _text(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
