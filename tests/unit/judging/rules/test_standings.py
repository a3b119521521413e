"""The order of entries: ranks, the ladder of ties, entries without a score, spread."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.judging.rules.scores import Criterion, ScoringRule
from server.judging.rules.standings import ScoredEntry, compute_standings

RULE = ScoringRule((Criterion("a", D("40"), D("1")), Criterion("b", D("60"), D("1"))))
NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)


def entry(code: str, *marks: tuple[int, int], minutes: int | None = None) -> ScoredEntry:
    at = None if minutes is None else NOON + timedelta(minutes=minutes)
    return ScoredEntry(code, [{"a": D(a), "b": D(b)} for a, b in marks], at)


def ranks(entries: list[ScoredEntry], *ladder: str) -> list[tuple[int | None, str, bool, str | None]]:
    return [(line.rank, line.entry, line.tied, line.broken_by) for line in compute_standings(entries, RULE, ladder)]


def test_a_tie_that_stays_ranks_1_2_2_4() -> None:
    entries = [entry("D", (1, 1)), entry("C", (5, 5)), entry("B", (5, 5)), entry("A", (9, 9))]
    assert ranks(entries) == [(1, "A", False, None), (2, "B", True, None), (2, "C", True, None), (4, "D", False, None)]


def test_the_higher_criterion_breaks_a_tie() -> None:
    entries = [entry("A", (4, 6)), entry("B", (6, 4)), entry("C", (4, 6))]
    assert ranks(entries, "criterion:a") == [
        (1, "B", False, "criterion:a"),
        (2, "A", True, "criterion:a"),
        (2, "C", True, "criterion:a"),
    ]


def test_the_ladder_goes_on_where_entries_are_still_tied() -> None:
    entries = [entry("A", (4, 6), minutes=9), entry("B", (6, 4), minutes=10), entry("C", (4, 6), minutes=8)]
    assert ranks(entries, "criterion:a", "median", "submitted_at") == [
        (1, "B", False, "criterion:a"),
        (2, "C", False, "submitted_at"),
        (3, "A", False, "submitted_at"),
    ]


def test_the_ladder_never_reorders_what_is_not_tied() -> None:
    entries = [entry("A", (1, 9)), entry("B", (5, 4))]
    assert ranks(entries, "criterion:a") == [(1, "A", False, None), (2, "B", False, None)]


def test_the_higher_median_breaks_a_tie() -> None:
    # Totals 6, 6, 9 and 3, 9, 9: both add up to 21.
    entries = [entry("A", (3, 3), (3, 3), (4, 5)), entry("B", (0, 3), (4, 5), (4, 5))]
    assert ranks(entries, "median") == [(1, "B", False, "median"), (2, "A", False, "median")]


def test_an_unknown_time_of_submission_comes_last() -> None:
    entries = [entry("A", (5, 5)), entry("B", (5, 5), minutes=0)]
    assert ranks(entries, "submitted_at")[0][:2] == (1, "B")


def test_scores_that_are_published_alike_are_tied() -> None:
    # 20 / 3 and 6.67 differ, and both are published as 6.67.
    rule = ScoringRule((Criterion("a", D("40"), D("1")),))
    thirds = ScoredEntry("A", [{"a": D("6")}, {"a": D("7")}, {"a": D("7")}])
    plain = ScoredEntry("B", [{"a": D("6.67")}])
    assert [line.rank for line in compute_standings([thirds, plain], rule)] == [1, 1]


def test_entries_without_a_score_are_last_by_code_and_have_no_rank() -> None:
    entries = [entry("Z"), entry("C", (0, 0)), entry("Y")]
    assert ranks(entries) == [(1, "C", False, None), (None, "Y", False, None), (None, "Z", False, None)]


def test_spread_is_flagged_strictly_above_the_limit() -> None:
    entries = [entry("A", (30, 50), (20, 40)), entry("B", (30, 50), (20, 39)), entry("C")]
    lines = {line.entry: line for line in compute_standings(entries, RULE, (), D("20"))}
    assert (lines["A"].spread, lines["A"].flagged) == (D("20"), False)
    assert (lines["B"].spread, lines["B"].flagged) == (D("21"), True)
    assert (lines["C"].spread, lines["C"].flagged, lines["C"].sheets) == (None, False, 0)


@pytest.mark.parametrize("step", ["criterion:z", "criterion", "mean", ""])
def test_a_step_that_does_not_exist_is_an_error(step: str) -> None:
    with pytest.raises(ValueError, match="no such step"):
        compute_standings([], RULE, [step])


few = st.integers(0, 3)
fields = st.lists(st.tuples(st.lists(st.tuples(few, few), max_size=3), st.none() | few), max_size=12)


@given(fields, st.randoms(), st.permutations(["criterion:a", "median", "submitted_at"]))
def test_order_in_is_no_matter_and_ranks_count_those_ahead(case, chance, ladder) -> None:  # type: ignore[no-untyped-def]
    entries = [entry(f"E{n:02}", *marks, minutes=at) for n, (marks, at) in enumerate(case)]
    lines = compute_standings(entries, RULE, ladder)
    shuffled = list(entries)
    chance.shuffle(shuffled)
    assert compute_standings(shuffled, RULE, ladder) == lines
    ranked = [line for line in lines if line.rank is not None]
    assert [line.score is None for line in lines] == [line.rank is None for line in lines]
    for line in ranked:
        assert line.rank == 1 + sum(other.rank < line.rank for other in ranked)
        assert line.tied == (sum(other.rank == line.rank for other in ranked) > 1)
    for before, after in itertools.pairwise(ranked):
        assert before.score >= after.score
