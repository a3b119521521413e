"""The codes under which judges see entries: random, readable aloud, and telling nothing about who entered or when."""

from __future__ import annotations

import random
import secrets
from collections.abc import Collection

# No 0 and O, no 1 and I: they are mistaken for each other on paper and on the telephone.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
SHORTEST = 5


def draw_alias(taken: Collection[str], rng: random.Random | None = None) -> str:
    """A code such as "K7-Q2M" that is not in `taken` (the contest's aliases so far; a set, for speed).

    Drawn from the system's randomness unless a generator is given. It grows by a symbol where a contest has taken
    a quarter of the shorter codes.
    """
    draw: random.Random = rng or secrets.SystemRandom()
    length = SHORTEST
    while len(taken) * 4 >= len(ALPHABET) ** length:
        length += 1
    while True:
        symbols = "".join(draw.choice(ALPHABET) for _ in range(length))
        alias = f"{symbols[:2]}-{symbols[2:]}"
        if alias not in taken:
            return alias


def draw_aliases(count: int, taken: Collection[str] = (), rng: random.Random | None = None) -> list[str]:
    """`count` different codes, none of them in `taken`."""
    used = set(taken)
    drawn: list[str] = []
    for _ in range(count):
        alias = draw_alias(used, rng)
        used.add(alias)
        drawn.append(alias)
    return drawn
