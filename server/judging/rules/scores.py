"""How points are read and how the marks of one entry become its score, in exact decimals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from functools import cache
from typing import Literal, TypeAlias

from server.errors import HoithiError

Marks: TypeAlias = Mapping[str, Decimal]
"""One judge's marks for one entry: criterion code -> points; a missing mark is an absent key."""

# Sums and products in this context are exact or raise: nothing is ever rounded on the way.
EXACT = Context(prec=400, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
ZERO = Decimal(0)
_PLAIN_NUMBER = re.compile(r"(-?)([0-9]{1,18})(?:[.,]([0-9]{1,18}))?")
_add, _fma, _divide_int, _scaleb = EXACT.add, EXACT.fma, EXACT.divide_int, EXACT.scaleb


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that judges mark: points from 0 to `max`, counted `weight` times."""

    code: str
    max: Decimal
    weight: Decimal


@dataclass(frozen=True, slots=True)
class ScoringRule:
    """How a round turns marks into a score; see "How a score is made" in the description of the contest pack."""

    criteria: tuple[Criterion, ...]
    method: Literal["mean", "median", "trimmed_mean"] = "mean"
    trim: int = 0
    per: Literal["sheet", "criterion"] = "sheet"
    decimals: int = 2


@dataclass(eq=False)
class MarkProblem(HoithiError):
    """Points that cannot be a mark: `code` is not_a_number, out_of_range or off_step, `data` says what was wanted."""

    code: str
    data: dict[str, str] = field(default_factory=dict)


def read_points(text: str, max: Decimal, step: Decimal) -> Decimal:
    """The points that a judge typed, from 0 to `max` in multiples of `step`; nothing is clamped or rounded.

    A comma and a point both mark decimals. Raises MarkProblem; text that could be read as a thousands
    separator ("1.000" where 1,000 points are possible) is no number, rather than a guess.
    """
    found = _PLAIN_NUMBER.fullmatch(text.strip())
    if found is None:
        raise MarkProblem("not_a_number", {"text": text.strip()[:40]})
    sign, whole, fraction = found.group(1), found.group(2), found.group(3) or ""
    looks_like_thousands = len(fraction) == 3 and whole[0] != "0" and len(whole) <= 3
    if looks_like_thousands and max >= 1000 and step % Decimal("0.01") == 0:
        raise MarkProblem("not_a_number", {"text": text.strip()[:40]})
    points = Decimal(f"{whole}.{fraction}" if fraction else whole)
    if sign or points > max:
        raise MarkProblem("out_of_range", {"min": "0", "max": f"{max:f}"})
    if EXACT.remainder(points, step) != 0:
        raise MarkProblem("off_step", {"step": f"{step:f}"})
    return points


def round_quotient(total: Decimal, count: int, decimals: int) -> Decimal:
    """total / count rounded once, half up (away from zero), to `decimals` digits; exact, whatever the quotient."""
    if total < 0:
        return round_quotient(total.copy_negate(), count, decimals).copy_negate()
    units = _divide_int(_fma(total, _twice_shifted(decimals), count), 2 * count)
    return _scaleb(units, -decimals)


@cache
def _twice_shifted(decimals: int) -> Decimal:
    return EXACT.scaleb(Decimal(2), Decimal(decimals))


def centre(values: Sequence[Decimal], rule: ScoringRule) -> tuple[Decimal, int] | None:
    """The method over at least one value as an exact quotient (numerator, denominator); None without values."""
    kept: Sequence[Decimal]
    count = len(values)
    if count == 0:
        return None
    if rule.method == "mean":
        kept = values
    else:
        # The median is the mean that is left when as much as possible is trimmed.
        most = (count - 1) // 2
        drop = most if rule.method == "median" else min(rule.trim, most)
        kept = sorted(values)[drop : count - drop]
    total = kept[0]
    for value in kept[1:]:
        total = _add(total, value)
    return total, len(kept)


def sheet_total(marks: Marks, criteria: Sequence[Criterion]) -> Decimal | None:
    """The sum of mark x weight, exact; None when any mark is missing, for a missing mark is never 0."""
    total = ZERO
    for criterion in criteria:
        mark = marks.get(criterion.code)
        if mark is None:
            return None
        total = _fma(mark, criterion.weight, total)
    return total if criteria else None


@dataclass(frozen=True, slots=True)
class Tally:
    """What the sheets of one entry add up to.

    `criteria` holds the unweighted aggregate of each criterion at published precision (None: no mark counts),
    `totals` the exact totals of the complete sheets, `sheets` how many sheets count.
    """

    score: Decimal | None
    criteria: dict[str, Decimal | None]
    totals: list[Decimal]
    sheets: int


def tally_sheets(sheets: Sequence[Marks], rule: ScoringRule) -> Tally:
    """Score, aggregates and totals of one entry.

    per = "sheet" counts complete sheets only, in the aggregates too; per = "criterion" counts every mark that is
    there, and has no score while a criterion has no mark at all.
    """
    totals: list[Decimal] = []
    counted: list[Marks] = []
    for marks in sheets:
        total = sheet_total(marks, rule.criteria)
        if total is not None:
            totals.append(total)
            counted.append(marks)
        elif rule.per == "criterion" and marks:
            counted.append(marks)
    aggregates: dict[str, Decimal | None] = {}
    for criterion in rule.criteria:
        code = criterion.code
        middle = centre([marks[code] for marks in counted if code in marks], rule)
        aggregates[code] = None if middle is None else round_quotient(*middle, rule.decimals)
    if rule.per == "sheet":
        middle = centre(totals, rule)
        score = None if middle is None else round_quotient(*middle, rule.decimals)
    else:
        score = _weighted_sum(aggregates, rule)
    return Tally(score, aggregates, totals, len(counted))


def _weighted_sum(aggregates: Mapping[str, Decimal | None], rule: ScoringRule) -> Decimal | None:
    score = round_quotient(ZERO, 1, rule.decimals)
    for criterion in rule.criteria:
        aggregate = aggregates[criterion.code]
        if aggregate is None:
            return None
        score = _add(score, round_quotient(EXACT.multiply(aggregate, criterion.weight), 1, rule.decimals))
    return score if rule.criteria else None


def entry_score(sheets: Sequence[Marks], rule: ScoringRule) -> Decimal | None:
    """The entry's score with `rule.decimals` digits; None where no score can be made."""
    return tally_sheets(sheets, rule).score


def criterion_aggregates(sheets: Sequence[Marks], rule: ScoringRule) -> dict[str, Decimal | None]:
    """The method over the judges' marks for each criterion, rounded to `rule.decimals`, before the weight."""
    return tally_sheets(sheets, rule).criteria
