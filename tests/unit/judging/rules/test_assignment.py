"""Plans of who judges what: no conflict, even loads, distinct judges, the same plan again from the same seed."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from server.errors import PlanInfeasible
from server.judging.rules.assignment import EntryToPlace, PanelSeats, plan_assignment, queue_order


def entries(count: int, units: int = 1) -> list[EntryToPlace]:
    return [EntryToPlace(number, number % units, 0) for number in range(count)]


def sizes(panel_of: dict[int, int]) -> list[int]:
    return sorted(Counter(panel_of.values()).values())


def test_64_entries_on_three_panels_of_three() -> None:
    panels = [PanelSeats(p, (10 * p + 1, 10 * p + 2, 10 * p + 3)) for p in (1, 2, 3)]
    plan = plan_assignment(entries(64, 11), panels, set(), None, 7)
    assert sizes(plan.panel_of) == [21, 21, 22]
    assert len(plan.pairs) == len(set(plan.pairs)) == 192
    assert (plan.components, plan.a_eff, plan.gaps) == (3, 0.0, ())


def test_a_conflict_sends_the_entry_to_another_panel() -> None:
    panels = [PanelSeats(1, (11, 12)), PanelSeats(2, (21, 22))]
    plan = plan_assignment(entries(6), panels, {(11, 0), (12, 1), (21, 2)}, None, 1)
    assert (plan.panel_of[0], plan.panel_of[1], plan.panel_of[2]) == (2, 2, 1)
    assert sizes(plan.panel_of) == [3, 3]
    assert plan.gaps == ()


def test_a_seat_that_a_conflict_empties_is_named() -> None:
    plan = plan_assignment(entries(2), [PanelSeats(1, (11, 12))], {(11, 0)}, None, 1)
    assert plan.gaps == ((0, 11, "conflict"),)
    assert plan.pairs == ((0, 12), (1, 11), (1, 12))


def test_units_are_spread_over_panels() -> None:
    panels = [PanelSeats(1, (11,)), PanelSeats(2, (21,))]
    plan = plan_assignment(entries(12, 3), panels, set(), None, 3)
    met = Counter((number % 3, panel) for number, panel in plan.panel_of.items())
    assert set(met.values()) == {2}


def test_panels_take_their_own_categories_and_units() -> None:
    chosen = [EntryToPlace(1, 5, 1), EntryToPlace(2, 5, 2), EntryToPlace(3, 6, 2)]
    panels = [PanelSeats(1, (11,), frozenset({1})), PanelSeats(2, (21,), frozenset({2}), frozenset({5}))]
    assert plan_assignment(chosen[:2], panels, set(), None, 1).panel_of == {1: 1, 2: 2}
    with pytest.raises(PlanInfeasible) as caught:
        plan_assignment(chosen, panels, set(), None, 1)
    assert caught.value.reasons == [("no_panel_fits", "3")]


def test_what_is_in_the_way_is_named() -> None:
    with pytest.raises(PlanInfeasible) as caught:
        plan_assignment(entries(2), [PanelSeats(4, ())], set(), None, 1)
    assert caught.value.reasons == [("panel_without_judges", "4")]
    with pytest.raises(PlanInfeasible) as caught:
        plan_assignment(entries(2), [PanelSeats(4, (1, 2, 3))], {(1, 1), (2, 1)}, 2, 1)
    assert caught.value.reasons == [("too_few_judges", "1")]


def test_three_of_nine_judges_are_well_connected() -> None:
    plan = plan_assignment(entries(64, 11), [PanelSeats(1, tuple(range(9)))], set(), 3, 5)
    assert plan.components == 1
    assert plan.a_eff > 0.9
    assert sorted(plan.loads.values()) == [21] * 6 + [22] * 3


def test_the_same_seed_gives_the_same_plan() -> None:
    panels = [PanelSeats(1, tuple(range(6)))]
    first = plan_assignment(entries(20, 4), panels, {(0, 3)}, 2, 9)
    assert plan_assignment(entries(20, 4), panels, {(0, 3)}, 2, 9) == first
    assert plan_assignment(entries(20, 4), panels, {(0, 3)}, 2, 10).pairs != first.pairs


def test_every_judge_has_an_own_order_that_can_be_made_again() -> None:
    codes = list(range(30))
    order = queue_order(3, 7, codes)
    assert sorted(order) == codes
    assert queue_order(3, 7, codes[::-1]) == order
    assert queue_order(3, 8, codes) != order != queue_order(4, 7, codes)


conflict_sets = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 11)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 3), st.integers(1, 4), conflict_sets, st.integers(0, 99))
def test_conflicts_are_never_assigned_and_everybody_is_judged(count, judges, wanted, units, barred, seed) -> None:  # type: ignore[no-untyped-def]
    assume(wanted <= judges)
    chosen = entries(count, units)
    enough = all(sum((judge, e.id) not in barred for judge in range(judges)) >= wanted for e in chosen)
    panels = [PanelSeats(1, tuple(range(judges)))]
    if not enough:
        with pytest.raises(PlanInfeasible):
            plan_assignment(chosen, panels, barred, wanted, seed)
        return
    plan = plan_assignment(chosen, panels, barred, wanted, seed)
    assert not {(judge, entry) for entry, judge in plan.pairs} & barred
    assert len(set(plan.pairs)) == len(plan.pairs) == count * wanted
    assert set(Counter(entry for entry, _ in plan.pairs).values()) == {wanted}
    assert sum(plan.loads.values()) == len(plan.pairs)
    if not barred:
        assert max(plan.loads.values()) - min(plan.loads.values()) <= 1


@settings(max_examples=25, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6), st.integers(0, 99))
def test_loads_are_as_even_as_any_plan_without_conflicts(barred: set[tuple[int, int]], seed: int) -> None:
    choices = [[c for c in combinations(range(4), 2) if not any((j, e) in barred for j in c)] for e in range(4)]
    assume(all(choices))
    best = min(
        sum(load * load for load in Counter(judge for pair in rows for judge in pair).values())
        for rows in product(*choices)
    )
    plan = plan_assignment(entries(4), [PanelSeats(1, (0, 1, 2, 3))], barred, 2, seed)
    assert sum(load * load for load in plan.loads.values()) == best


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 8),
    st.sets(st.tuples(st.sampled_from([11, 12, 21, 22]), st.integers(0, 7)), max_size=8),
    st.integers(0, 9),
)
def test_no_placing_meets_fewer_conflicts_or_the_same_less_evenly(count, barred, seed) -> None:  # type: ignore[no-untyped-def]
    seats = {1: (11, 12), 2: (21, 22)}

    def met(panel_of: dict[int, int]) -> tuple[int, int]:
        conflicts = sum((judge, e) in barred for e, panel in panel_of.items() for judge in seats[panel])
        return conflicts, sum(size * size for size in sizes(panel_of))

    plan = plan_assignment(entries(count), [PanelSeats(p, j) for p, j in seats.items()], barred, None, seed)
    assert met(plan.panel_of) == min(met(dict(enumerate(choice))) for choice in product((1, 2), repeat=count))
