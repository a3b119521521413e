"""Who advances: clear cuts, ties inside and across them, decisions, groups."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.judging.rules.cut import DecisionMismatch, GroupCut, draw_cut
from server.judging.rules.standings import Standing


def standing(entry: str, rank: int | None) -> Standing:
    return Standing(rank, entry, None if rank is None else D(100 - rank), False, None, {}, 1, None, False)


def lines(*ranks: int | None) -> list[Standing]:
    """Standings A, B, C, ... of these ranks."""
    return [standing(chr(65 + number), rank) for number, rank in enumerate(ranks)]


def test_the_best_advance_in_order() -> None:
    cut = draw_cut(lines(1, 2, 3, 4), 3)
    assert (cut.advanced, cut.unresolved) == (("A", "B", "C"), ())


def test_a_tie_inside_the_cut_is_no_matter() -> None:
    cut = draw_cut(lines(1, 2, 2, 4), 3)
    assert (cut.advanced, cut.unresolved) == (("A", "B", "C"), ())


def test_a_tie_across_the_cut_waits_for_people() -> None:
    cut = draw_cut(lines(1, 2, 3, 3, 3, 6), 4)
    assert (cut.advanced, cut.unresolved) == (("A", "B"), ("C", "D", "E"))
    assert cut.groups == (GroupCut("", ("A", "B"), ("C", "D", "E"), 2),)


def test_a_tie_across_the_cut_may_all_advance() -> None:
    cut = draw_cut(lines(1, 2, 3, 3, 3, 6), 4, ties="include")
    assert (cut.advanced, cut.unresolved) == (("A", "B", "C", "D", "E"), ())


def test_a_decision_settles_the_tie() -> None:
    cut = draw_cut(lines(1, 2, 3, 3, 3), 4, decision=["E", "C"])
    assert (cut.advanced, cut.unresolved) == (("A", "B", "C", "E"), ())


@pytest.mark.parametrize("decision", [["C"], ["C", "D", "E"], ["C", "C"], ["C", "F"], ["A", "C"], ["C", "D", "Z"]])
def test_a_decision_names_exactly_the_missing_ones(decision: list[str]) -> None:
    with pytest.raises(DecisionMismatch) as caught:
        draw_cut(lines(1, 2, 3, 3, 3, 6), 4, decision=decision)
    assert caught.value.places == 2


def test_a_decision_without_a_tie_is_refused() -> None:
    with pytest.raises(DecisionMismatch):
        draw_cut(lines(1, 2, 3), 2, decision=["B"])
    with pytest.raises(DecisionMismatch):
        draw_cut(lines(1, 2, 2), 2, ties="include", decision=["B"])


def test_an_empty_decision_settles_nothing() -> None:
    assert draw_cut(lines(1, 1), 1, decision=[]).unresolved == ("A", "B")


def test_entries_without_a_score_never_advance() -> None:
    cut = draw_cut(lines(1, None, None), 3)
    assert (cut.advanced, cut.unresolved) == (("A",), ())
    assert draw_cut(lines(None, None), 1).advanced == ()


def test_nobody_advances_from_a_round_without_places() -> None:
    assert draw_cut(lines(1, 2), 0).advanced == ()


def test_each_group_has_its_own_cut() -> None:
    groups = {"A": "nhom", "B": "nhom", "C": "ca-nhan", "D": "ca-nhan", "E": "ca-nhan"}
    cut = draw_cut(lines(1, 2, 3, 4, 4), 2, "category", groups)
    assert cut.groups == (GroupCut("ca-nhan", ("C",), ("D", "E"), 1), GroupCut("nhom", ("A", "B"), (), 0))
    assert (cut.advanced, cut.unresolved) == (("A", "B", "C"), ("D", "E"))
    assert draw_cut(lines(1, 2, 3, 4, 4), 2, "category", groups, decision=["E"]).advanced == ("A", "B", "C", "E")


def test_a_decision_may_settle_one_group_and_leave_the_other() -> None:
    groups = {"A": "1", "B": "1", "C": "2", "D": "2"}
    cut = draw_cut(lines(1, 1, 3, 3), 1, "panel", groups, decision=["D"])
    assert (cut.advanced, cut.unresolved) == (("D",), ("A", "B"))


@given(st.lists(st.none() | st.integers(0, 4), max_size=12), st.integers(0, 8), st.sampled_from(["decide", "include"]))
def test_everybody_ahead_of_an_advanced_entry_advances(scores, top, ties) -> None:  # type: ignore[no-untyped-def]
    ranks = [None if s is None else 1 + sum(o is not None and o > s for o in scores) for s in scores]
    table = [standing(f"E{number:02}", rank) for number, rank in enumerate(ranks)]
    rank_of = {line.entry: line.rank for line in table}
    cut = draw_cut(table, top, ties=ties)
    scored = sum(rank is not None for rank in ranks)
    places = cut.groups[0].places if cut.groups else 0
    if ties == "decide":
        assert len(cut.advanced) + places == min(top, scored)
        assert places < len(cut.unresolved) or places == len(cut.unresolved) == 0
    else:
        assert len(cut.advanced) >= min(top, scored)
        assert not cut.unresolved
    left = set(rank_of) - set(cut.advanced) - set(cut.unresolved)
    worst = max((rank_of[entry] for entry in (*cut.advanced, *cut.unresolved)), default=0)
    assert all(rank_of[entry] is None or rank_of[entry] > worst for entry in left)
