"""Recomputes the standings of a published document from its own sheets, with fractions and on its own.

It shares no code with the judging room on purpose: two programs that agree are worth more than one that is run twice.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

Document = Mapping[str, Any]

# A figure such as "1e999999999" would be exact too, and keep a reader's machine busy for hours.
_FIGURE = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_MOST_DECIMALS = 30


def recompute_round(round_: Document) -> list[tuple[int | None, str, str | None, bool]]:
    """(rank, entry, score, tied) of every entry, best first, tied ones and those without a score by code.

    Raises KeyError, ValueError or TypeError for a document that does not have the form of a publication.
    """
    rules = round_["rules"]
    criteria = [(c["code"], _exact(c["weight"])) for c in rules["criteria"]]
    decimals = rules["decimals"]
    if not isinstance(decimals, int) or not 0 <= decimals <= _MOST_DECIMALS:
        raise ValueError("decimals is no small whole number")
    sheets: dict[str, list[dict[str, Fraction]]] = defaultdict(list)
    for sheet in round_["sheets"]:
        sheets[sheet["entry"]].append({code: _exact(points) for code, points in sheet["marks"].items()})
    lines = []
    for line in round_["standings"]:
        entry = line["entry"]
        given = sheets.get(entry, [])
        whole = [sheet for sheet in given if all(code in sheet for code, _ in criteria)]
        counted = whole if rules["per"] == "sheet" else given
        totals = [sum((sheet[code] * weight for code, weight in criteria), Fraction(0)) for sheet in whole]
        aggregates = {
            code: _rounded(_centre([s[code] for s in counted if code in s], rules), decimals) for code, _ in criteria
        }
        score: Fraction | None
        if rules["per"] == "sheet":
            score = _rounded(_centre(totals, rules), decimals)
        else:
            parts = [(aggregates[code], weight) for code, weight in criteria]
            known = [_rounded(value * weight, decimals) for value, weight in parts if value is not None]
            score = sum((k for k in known if k is not None), Fraction(0)) if len(known) == len(parts) else None
        keys = [_ladder_value(step, aggregates, totals, line["submitted_at"], decimals) for step in rules["tie_break"]]
        lines.append((entry, score, tuple(keys)))
    return _ranked(lines, decimals)


def advanced(round_: Document, ranked: Sequence[tuple[int | None, str, str | None, bool]]) -> set[str]:
    """Who is above the cut by the document's own rule and the decisions on record."""
    rule = round_["rules"]["advance"]
    group_of = {line["entry"]: "" if rule["per"] == "round" else line[rule["per"]] for line in round_["standings"]}
    chosen = {entry for decision in round_["decisions"] for entry in decision["entries"]}
    best: set[str] = set()
    for group in set(group_of.values()):
        members = [(rank, entry) for rank, entry, _, _ in ranked if rank is not None and group_of[entry] == group]
        if len(members) <= rule["top"]:
            best |= {entry for _, entry in members} if rule["top"] > 0 else set()
            continue
        if rule["top"] <= 0:
            continue
        last = members[rule["top"] - 1][0]
        tied = [entry for rank, entry in members if rank == last]
        clear = {entry for rank, entry in members if rank < last}
        places = rule["top"] - len(clear)
        picked = chosen & set(tied)
        if len(tied) <= places or rule["ties"] == "include":
            picked = set(tied)
        elif len(picked) != places:
            picked = set()
        best |= clear | picked
    return best


def unfit_marks(round_: Document) -> list[tuple[str, str]]:
    """(entry, judge) of every sheet with a mark for no criterion, out of range or off the round's step."""
    step = _exact(round_["rules"]["step"])
    most = {criterion["code"]: _exact(criterion["max"]) for criterion in round_["rules"]["criteria"]}
    return [
        (sheet["entry"], sheet["judge"])
        for sheet in round_["sheets"]
        if not all(
            code in most and 0 <= _exact(points) <= most[code] and _exact(points) % step == 0
            for code, points in sheet["marks"].items()
        )
    ]


def prizes_follow(prizes: Sequence[Document], ranked: Sequence[tuple[int | None, str, str | None, bool]]) -> bool:
    """Whether the prizes go down the last round's standings without a gap and never split a tie."""
    winners = [(number, entry) for number, prize in enumerate(prizes) for entry in prize["entries"]]
    ranks = {entry: rank for rank, entry, _, _ in ranked if rank is not None}
    if [entry for _, entry in winners] != list(ranks)[: len(winners)]:
        return False
    return len({(number, ranks[entry]) for number, entry in winners}) == len({ranks[entry] for _, entry in winners})


def _exact(text: Any) -> Fraction:
    if not isinstance(text, str) or not _FIGURE.fullmatch(text):
        raise ValueError(f"{text!r:.40} is no exact figure")
    return Fraction(text)


def _centre(values: Sequence[Fraction], rules: Document) -> Fraction | None:
    if not values:
        return None
    ordered = sorted(values)
    most = (len(ordered) - 1) // 2
    drop = {"mean": 0, "median": most, "trimmed_mean": min(int(rules["trim"]), most)}[rules["method"]]
    kept = ordered[drop : len(ordered) - drop]
    return sum(kept, Fraction(0)) / len(kept)


def _rounded(value: Fraction | None, decimals: int) -> Fraction | None:
    """Half up, away from zero."""
    if value is None:
        return None
    scaled = abs(value) * 10**decimals
    whole = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    return Fraction(whole if value >= 0 else -whole, 10**decimals)


def _ladder_value(
    step: str,
    aggregates: Mapping[str, Fraction | None],
    totals: Sequence[Fraction],
    submitted_at: str | None,
    decimals: int,
) -> tuple[int, Fraction]:
    """A key that is larger for the better entry; what is missing is worst."""
    value: Fraction | None
    if step == "median":
        value = _rounded(_centre(totals, {"method": "median", "trim": 0}), decimals)
    elif step == "submitted_at":
        value = None if submitted_at is None else -Fraction(datetime.fromisoformat(submitted_at).timestamp())
    else:
        value = aggregates[step.removeprefix("criterion:")]
    return (0, Fraction(0)) if value is None else (1, value)


def _ranked(
    lines: Sequence[tuple[str, Fraction | None, tuple[tuple[int, Fraction], ...]]], decimals: int
) -> list[tuple[int | None, str, str | None, bool]]:
    scored = sorted((line for line in lines if line[1] is not None), key=lambda line: line[0])
    scored.sort(key=lambda line: (line[1], line[2]), reverse=True)
    keys = [(line[1], line[2]) for line in scored]
    times = Counter(keys)
    result: list[tuple[int | None, str, str | None, bool]] = []
    rank = 0
    for position, (entry, score, _) in enumerate(scored):
        if position == 0 or keys[position] != keys[position - 1]:
            rank = position + 1
        assert score is not None
        result.append((rank, entry, _figure(score, decimals), times[keys[position]] > 1))
    return result + [(None, entry, None, False) for entry in sorted(line[0] for line in lines if line[1] is None)]


def _figure(value: Fraction, decimals: int) -> str:
    digits = str(int(value * 10**decimals)).rjust(decimals + 1, "0")
    return digits if decimals == 0 else f"{digits[:-decimals]}.{digits[-decimals:]}"
