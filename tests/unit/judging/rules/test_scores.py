"""How points are read and how marks become scores: worked by hand, then against exact fractions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.judging.rules.scores import (
    Criterion,
    MarkProblem,
    ScoringRule,
    criterion_aggregates,
    entry_score,
    read_points,
    round_quotient,
    sheet_total,
)

CONTENT = Criterion("noi-dung", D("40"), D("1"))
FORM = Criterion("hinh-thuc", D("10"), D("0.8"))


def sheets(**columns: Sequence[str]) -> list[dict[str, D]]:
    """One sheet a judge from one column of marks a criterion; an empty string is a missing mark."""
    codes = [code.replace("_", "-") for code in columns]
    rows = zip(*columns.values(), strict=True)
    return [{code: D(mark) for code, mark in zip(codes, row, strict=True) if mark} for row in rows]


def test_a_total_weighs_every_mark() -> None:
    assert sheet_total({"noi-dung": D("31.5"), "hinh-thuc": D("8.5")}, [CONTENT, FORM]) == D("38.30")


def test_a_missing_mark_leaves_no_total_and_a_zero_does() -> None:
    assert sheet_total({"noi-dung": D("31.5")}, [CONTENT, FORM]) is None
    assert sheet_total({"noi-dung": D("31.5"), "hinh-thuc": D("0")}, [CONTENT, FORM]) == D("31.5")


def test_the_mean_of_totals_is_rounded_once() -> None:
    # 10 + 10 + 11 = 31; 31 / 3 = 10.333...
    rule = ScoringRule((CONTENT,))
    assert str(entry_score(sheets(noi_dung=["10", "10", "11"]), rule)) == "10.33"
    assert str(entry_score(sheets(noi_dung=["10"]), rule)) == "10.00"


@pytest.mark.parametrize(
    ("marks", "decimals", "score"),
    [(["8", "8.25"], 2, "8.13"), (["0", "1"], 0, "1"), (["2", "3"], 0, "3"), (["0.5", "0.4"], 1, "0.5")],
)
def test_halves_go_up(marks: list[str], decimals: int, score: str) -> None:
    assert str(entry_score(sheets(noi_dung=marks), ScoringRule((CONTENT,), decimals=decimals))) == score


def test_the_median_of_an_even_number_is_the_exact_middle() -> None:
    rule = ScoringRule((CONTENT,), method="median", decimals=3)
    assert entry_score(sheets(noi_dung=["30", "1", "20.5", "21"]), rule) == D("20.750")
    assert entry_score(sheets(noi_dung=["30", "1", "20.5"]), rule) == D("20.500")


def test_trimmed_mean_per_criterion_with_nine_judges_and_weight_0_8() -> None:
    # noi-dung without 20 and 40: 30+31+32+33+34+35+36 = 231, / 7 = 33.00; x 1 = 33.00
    # hinh-thuc without 2 and 10: 5+6+6+7+7+8+8 = 47, / 7 = 6.714... = 6.71; x 0.8 = 5.368 = 5.37
    marks = sheets(
        noi_dung=["20", "30", "31", "32", "33", "34", "35", "36", "40"],
        hinh_thuc=["10", "8", "5", "6", "2", "6", "7", "7", "8"],
    )
    rule = ScoringRule((CONTENT, FORM), method="trimmed_mean", trim=1, per="criterion")
    assert criterion_aggregates(marks, rule) == {"noi-dung": D("33.00"), "hinh-thuc": D("6.71")}
    assert str(entry_score(marks, rule)) == "38.37"


def test_per_criterion_rounds_before_and_after_the_weight() -> None:
    # 25 / 3 = 8.333... = 8.33; x 0.8 = 6.664 = 6.66, where one rounding would give 6.67.
    marks = sheets(hinh_thuc=["8", "8", "9"])
    assert str(entry_score(marks, ScoringRule((FORM,), per="criterion"))) == "6.66"
    assert str(entry_score(marks, ScoringRule((FORM,), per="sheet"))) == "6.67"


@pytest.mark.parametrize(
    ("marks", "score"),
    [(["7"], "7.00"), (["7", "9"], "8.00"), (["1", "7", "9"], "7.00"), (["1", "7", "8", "9"], "7.50")],
)
def test_few_judges_are_trimmed_less(marks: list[str], score: str) -> None:
    rule = ScoringRule((CONTENT,), method="trimmed_mean", trim=2)
    assert str(entry_score(sheets(noi_dung=marks), rule)) == score


def test_an_incomplete_sheet_does_not_count_per_sheet() -> None:
    marks = sheets(noi_dung=["30", "20"], hinh_thuc=["5", ""])
    assert str(entry_score(marks, ScoringRule((CONTENT, FORM)))) == "34.00"
    assert criterion_aggregates(marks, ScoringRule((CONTENT, FORM)))["noi-dung"] == D("30.00")


def test_per_criterion_counts_the_marks_that_are_there() -> None:
    marks = sheets(noi_dung=["30", "20"], hinh_thuc=["5", ""])
    assert str(entry_score(marks, ScoringRule((CONTENT, FORM), per="criterion"))) == "29.00"


@pytest.mark.parametrize("per", ["sheet", "criterion"])
def test_no_marks_are_no_score(per: str) -> None:
    rule = ScoringRule((CONTENT, FORM), per=per)  # type: ignore[arg-type]
    assert entry_score([], rule) is None
    assert entry_score([{}, {}], rule) is None
    assert entry_score(sheets(noi_dung=["30"]), rule) is None


@pytest.mark.parametrize(
    ("text", "points"),
    [("8,5", "8.5"), ("8.5", "8.5"), ("  9 ", "9"), ("0", "0"), ("10", "10"), ("08,50", "8.5"), ("8.500", "8.5")],
)
def test_points_are_read_with_comma_or_point(text: str, points: str) -> None:
    assert read_points(text, D("10"), D("0.5")) == D(points)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "tám",
        "1e1",
        "1E1",
        "NaN",
        "Infinity",
        "+5",
        "5.",
        ",5",
        "1.000,5",
        "1,000.5",
        "1 000",
        "8_5",
        "٨",
        "8;5",
    ],
)
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(MarkProblem) as caught:
        read_points(text, D("2000"), D("0.5"))
    assert caught.value.code == "not_a_number"


def test_what_could_be_a_thousand_is_not_guessed() -> None:
    for text in ("1.000", "1,000"):
        with pytest.raises(MarkProblem) as caught:
            read_points(text, D("1000"), D("0.5"))
        assert caught.value.code == "not_a_number"
    assert read_points("1.000", D("10"), D("0.5")) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("-1", "out_of_range"),
        ("-0", "out_of_range"),
        ("10,5", "out_of_range"),
        ("8,3", "off_step"),
        ("8,25", "off_step"),
    ],
)
def test_points_are_never_clamped(text: str, code: str) -> None:
    with pytest.raises(MarkProblem) as caught:
        read_points(text, D("10"), D("0.5"))
    assert caught.value.code == code


points = st.decimals(0, 1000, places=3)
columns = st.integers(1, 3).flatmap(
    lambda width: st.tuples(
        st.lists(st.decimals(0, 3, places=2), min_size=width, max_size=width),
        st.lists(st.lists(points, min_size=width, max_size=width), min_size=1, max_size=9),
    )
)


def half_up(value: Fraction, decimals: int) -> Fraction:
    return Fraction((value * 10**decimals + Fraction(1, 2)).__floor__(), 10**decimals)


def by_fractions(values: list[Fraction], method: str, trim: int) -> Fraction:
    values = sorted(values)
    if method == "median":
        upper = len(values) // 2
        return values[upper] if len(values) % 2 else (values[upper - 1] + values[upper]) / 2
    drop = min(trim, (len(values) - 1) // 2) if method == "trimmed_mean" else 0
    kept = values[drop : len(values) - drop]
    return sum(kept, Fraction(0)) / len(kept)


@given(columns, st.sampled_from(["mean", "median", "trimmed_mean"]), st.integers(0, 4), st.integers(0, 4), st.randoms())
def test_scores_are_what_fractions_say(case, method, trim, decimals, chance) -> None:  # type: ignore[no-untyped-def]
    weights, rows = case
    criteria = tuple(Criterion(str(number), D(1000), weight) for number, weight in enumerate(weights))
    marks = [{str(number): mark for number, mark in enumerate(row)} for row in rows]
    totals = [sum((Fraction(m) * Fraction(w) for m, w in zip(row, weights, strict=True)), Fraction(0)) for row in rows]
    expected = half_up(by_fractions(totals, method, trim), decimals)
    rule = ScoringRule(criteria, method, trim, "sheet", decimals)
    score = entry_score(marks, rule)
    assert score is not None
    assert Fraction(score) == expected
    assert -score.as_tuple().exponent == decimals

    parts = [
        half_up(by_fractions([Fraction(row[n]) for row in rows], method, trim), decimals) for n in range(len(weights))
    ]
    weighted = sum((half_up(p * Fraction(w), decimals) for p, w in zip(parts, weights, strict=True)), Fraction(0))
    per_criterion = ScoringRule(criteria, method, trim, "criterion", decimals)
    assert Fraction(entry_score(marks, per_criterion) or 0) == weighted

    chance.shuffle(marks)
    assert entry_score(marks, rule) == score


@given(st.decimals(0, 10**40, places=12), st.integers(1, 1000), st.integers(0, 6))
def test_a_quotient_is_rounded_exactly_however_long(total: D, count: int, decimals: int) -> None:
    assert Fraction(round_quotient(total, count, decimals)) == half_up(Fraction(total) / count, decimals)
