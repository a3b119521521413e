"""How comparable judges are: balanced, separate and chained designs."""

from __future__ import annotations

from itertools import combinations

import pytest

from server.judging.rules.connectivity import a_efficiency, components


def test_a_balanced_design_is_fully_efficient() -> None:
    pairs = [(entry, judge) for entry, two in enumerate(combinations(range(5), 2)) for judge in two]
    assert a_efficiency(pairs) == pytest.approx(1)
    assert a_efficiency([(entry, judge) for entry in range(4) for judge in range(3)]) == pytest.approx(1)


def test_panels_without_a_common_judge_fall_apart() -> None:
    pairs = [(1, "a"), (1, "b"), (2, "c"), (2, "d")]
    assert (components(pairs), a_efficiency(pairs)) == (2, 0.0)


def test_a_chain_of_three_judges_by_hand() -> None:
    # C = [[.5, -.5, 0], [-.5, 1, -.5], [0, -.5, .5]]: eigenvalues 0, 0.5, 1.5; harmonic mean 0.75, bound 2 / 2.
    pairs = [(1, "a"), (1, "b"), (2, "b"), (2, "c")]
    assert (components(pairs), a_efficiency(pairs)) == (1, pytest.approx(0.75))


def test_nothing_is_no_design() -> None:
    assert (components([]), a_efficiency([])) == (0, 0.0)
    assert (components([(1, "a")]), a_efficiency([(1, "a")])) == (1, 0.0)
