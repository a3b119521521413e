"""How scored entries are put in order: ranks 1, 2, 2, 4, ties broken by the declared ladder, spread flagged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeAlias

from server.judging.rules.scores import EXACT, Marks, ScoringRule, Tally, centre, round_quotient, tally_sheets

_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ScoredEntry:
    """An entry with the sheets that its judges handed in; `submitted_at` (aware) is used by the ladder only.

    `tally` is what `tally_sheets` makes of the sheets, when that is known already.
    """

    code: str
    sheets: Sequence[Marks]
    submitted_at: datetime | None = None
    tally: Tally | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One line of a round's result.

    `rank` is None without a score. `tied`: shares its rank. `broken_by` is the last step of the ladder that
    separated the entry from others with the same score. `criteria` has the unweighted aggregates; `sheets` says
    how many counted; `spread` is the highest minus the lowest total of complete sheets (points, exact);
    `flagged`: the spread is above the round's limit.
    """

    rank: int | None
    entry: str
    score: Decimal | None
    tied: bool
    broken_by: str | None
    criteria: dict[str, Decimal | None]
    sheets: int
    spread: Decimal | None
    flagged: bool


_Row: TypeAlias = tuple[ScoredEntry, Tally]
_Key: TypeAlias = Callable[[_Row], Decimal]


def compute_standings(
    entries: Iterable[ScoredEntry], rule: ScoringRule, ladder: Sequence[str] = (), max_spread: Decimal | None = None
) -> tuple[Standing, ...]:
    """The round's standings, best first, tied entries by code, entries without a score last by code.

    `ladder` holds "criterion:CODE", "median" and "submitted_at", tried in order on what is still tied. Figures are
    compared at published precision. ValueError for a step that does not exist.
    """
    steps = [(step, _ladder_key(step, rule)) for step in ladder]
    by_score: dict[Decimal, list[_Row]] = {}
    unscored: list[_Row] = []
    for entry in entries:
        tally = entry.tally or tally_sheets(entry.sheets, rule)
        if tally.score is None:
            unscored.append((entry, tally))
        else:
            by_score.setdefault(tally.score, []).append((entry, tally))
    lines: list[Standing] = []
    for score in sorted(by_score, reverse=True):
        for broken_by, group in _break_ties(by_score[score], steps):
            rank = len(lines) + 1
            tied = len(group) > 1
            lines += [_line(row, rank, tied, broken_by, max_spread) for row in sorted(group, key=_code)]
    lines += [_line(row, None, False, None, max_spread) for row in sorted(unscored, key=_code)]
    return tuple(lines)


def _break_ties(group: list[_Row], steps: Sequence[tuple[str, _Key]]) -> list[tuple[str | None, list[_Row]]]:
    groups: list[tuple[str | None, list[_Row]]] = [(None, group)]
    for step, key in steps:
        if len(groups) == sum(len(rows) for _, rows in groups):
            break
        groups = [part for broken_by, rows in groups for part in _split(rows, step, key, broken_by)]
    return groups


def _split(rows: list[_Row], step: str, key: _Key, broken_by: str | None) -> list[tuple[str | None, list[_Row]]]:
    if len(rows) == 1:
        return [(broken_by, rows)]
    parts: dict[Decimal, list[_Row]] = {}
    for row in rows:
        parts.setdefault(key(row), []).append(row)
    if len(parts) == 1:
        return [(broken_by, rows)]
    return [(step, parts[value]) for value in sorted(parts, reverse=True)]


def _ladder_key(step: str, rule: ScoringRule) -> _Key:
    if step == "median":
        return lambda row: _median(row[1].totals, rule)
    if step == "submitted_at":
        return lambda row: _earliness(row[0].submitted_at)
    kind, _, code = step.partition(":")
    if kind == "criterion" and any(criterion.code == code for criterion in rule.criteria):
        return lambda row: _or_lowest(row[1].criteria[code])
    raise ValueError(f"no such step in a ladder of ties: {step!r}")


def _median(totals: Sequence[Decimal], rule: ScoringRule) -> Decimal:
    middle = centre(totals, ScoringRule(rule.criteria, method="median"))
    return _or_lowest(None if middle is None else round_quotient(*middle, rule.decimals))


def _or_lowest(figure: Decimal | None) -> Decimal:
    return Decimal("-Infinity") if figure is None else figure


def _earliness(submitted_at: datetime | None) -> Decimal:
    # Whole microseconds before the end of time: the earlier, the more.
    waited = _LAST - (submitted_at or _LAST)
    return Decimal((waited.days * 86_400 + waited.seconds) * 1_000_000 + waited.microseconds)


def _line(row: _Row, rank: int | None, tied: bool, broken_by: str | None, max_spread: Decimal | None) -> Standing:
    entry, tally = row
    spread = EXACT.subtract(max(tally.totals), min(tally.totals)) if tally.totals else None
    flagged = spread is not None and max_spread is not None and spread > max_spread
    return Standing(rank, entry.code, tally.score, tied, broken_by, tally.criteria, tally.sheets, spread, flagged)


def _code(row: _Row) -> str:
    return row[0].code
