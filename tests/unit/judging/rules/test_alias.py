"""Aliases: readable, unique, random."""

from __future__ import annotations

import itertools
import random
import re

from server.judging.rules.alias import ALPHABET, draw_alias, draw_aliases


def test_an_alias_is_two_and_three_symbols_without_look_alikes() -> None:
    assert not set("01OI") & set(ALPHABET)
    assert all(re.fullmatch(rf"[{ALPHABET}]{{2}}-[{ALPHABET}]{{3}}", alias) for alias in draw_aliases(500))


def test_aliases_are_unique_and_avoid_those_taken() -> None:
    taken = set(draw_aliases(2000, rng=random.Random(1)))
    assert len(taken) == 2000
    # The same generator would draw the same codes again.
    assert not taken & set(draw_aliases(2000, taken, rng=random.Random(1)))


def test_two_draws_differ() -> None:
    assert draw_aliases(20) != draw_aliases(20)


def test_the_order_of_aliases_says_nothing_about_the_order_of_drawing() -> None:
    drawn = draw_aliases(400, rng=random.Random(7))
    rising = sum(before < after for before, after in itertools.pairwise(drawn))
    assert 150 < rising < 250


def test_a_crowded_contest_gets_longer_codes() -> None:
    class Crowded(set[str]):
        def __len__(self) -> int:
            return len(ALPHABET) ** 5 // 4

    assert len(draw_alias(Crowded())) == len("K7-Q2MX")
