"""Computes a round's standings and its cut, live, from the marks of the sheets that were handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from server.db import Row
from server.judging import queries
from server.judging.rules.cut import Cut, draw_cut
from server.judging.rules.scores import Criterion, Marks, ScoringRule, Tally, tally_sheets
from server.judging.rules.standings import ScoredEntry, Standing, compute_standings

MOST_TALLIES = 8192


@dataclass(frozen=True)
class RoundResult:
    """A round as it stands: its row, criteria, entries by code (rows of `scored_entries`), standings and cut."""

    round: Row
    criteria: tuple[Criterion, ...]
    criteria_rows: Sequence[Row]
    entries: dict[str, Row]
    standings: tuple[Standing, ...]
    cut: Cut

    @property
    def advanced(self) -> frozenset[str]:
        """The codes of the entries above the cut."""
        return frozenset(self.cut.advanced)


async def compute_round(contest: str, code: str) -> RoundResult:
    """The standings of a round at this moment; raises NotFound."""
    return await result_of(await queries.round_row(contest, code))


async def result_of(row: Row) -> RoundResult:
    """The standings of a round whose row is at hand (inside a transaction: as that transaction sees them)."""
    criteria_rows = await queries.criteria_of(row["id"])
    criteria = tuple(Criterion(c["code"], c["max"], c["weight"]) for c in criteria_rows)
    entries = {entry["code"]: entry for entry in await queries.scored_entries(row["id"])}
    decision = await queries.decided_entries(row["id"]) if row["closed_at"] is not None else []
    rule = ScoringRule(criteria, row["method"], row["trim"], row["per"], row["decimals"])
    tallies = _tallies(rule)
    standings = compute_standings(
        (ScoredEntry(e["code"], (), e["submitted_at"], tallies.of(e["sheets"])) for e in entries.values()),
        rule,
        row["tie_break"],
        row["max_spread"],
    )
    per = row["advance_per"]
    groups = {} if per == "round" else {entry_code: entry[per] or "" for entry_code, entry in entries.items()}
    cut = draw_cut(standings, row["advance_top"], per, groups, row["advance_ties"], decision)
    return RoundResult(row, criteria, criteria_rows, entries, standings, cut)


class Tallies:
    """What the same sheets added up to the last time: marks change a few at a time, standings are asked for often.

    The text of the sheets is the key, so nothing has to be forgotten when a mark changes.
    """

    def __init__(self, rule: ScoringRule) -> None:
        self._rule = rule
        self._known: dict[str | None, Tally] = {}

    def of(self, text: str | None) -> Tally:
        """The tally of the sheets that `scored_entries` gives as `text`."""
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= MOST_TALLIES:
                self._known.clear()
            known = self._known[text] = tally_sheets(read_sheets(text, self._rule.criteria), self._rule)
        return known


@lru_cache(maxsize=8)
def _tallies(rule: ScoringRule) -> Tallies:
    return Tallies(rule)


def read_sheets(text: str | None, criteria: Sequence[Criterion]) -> list[Marks]:
    """The sheets that `scored_entries` gives as one text."""
    if not text:
        return []
    codes = [criterion.code for criterion in criteria]
    return [
        {code: _decimal(points) for code, points in zip(codes, sheet.split(" "), strict=True) if points != "-"}
        for sheet in text.split("|")
    ]


@lru_cache(maxsize=4096)
def _decimal(text: str) -> Decimal:
    return Decimal(text)
