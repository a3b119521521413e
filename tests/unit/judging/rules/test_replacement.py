"""Who takes over after a recusal."""

from __future__ import annotations

from server.judging.rules.replacement import choose_replacement


def test_the_least_loaded_judge_who_may_takes_over() -> None:
    assert choose_replacement({1: 3, 2: 5, 3: 1}, {3}, 0) == 1


def test_equal_loads_are_drawn_and_the_seed_repeats_the_draw() -> None:
    loads = {1: 2, 2: 2, 3: 2, 4: 9}
    drawn = [choose_replacement(loads, (), seed) for seed in range(60)]
    assert set(drawn) == {1, 2, 3}
    assert drawn == [choose_replacement(dict(reversed(loads.items())), (), seed) for seed in range(60)]


def test_nobody_is_nobody() -> None:
    assert choose_replacement({1: 0}, {1}, 0) is None
    assert choose_replacement({}, (), 0) is None
