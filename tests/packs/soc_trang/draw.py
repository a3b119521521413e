"""Choices that look random and are the same on every machine: a SHA-256 of a name decides."""

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")


def number(name: str, low: int, high: int) -> int:
    """A whole number from low to high, both included, that depends on the name alone."""
    return low + int.from_bytes(sha256(name.encode()).digest()[:8], "big") % (high - low + 1)


def choose(name: str, values: Sequence[T]) -> T:
    """One of the values, always the same for a name."""
    return values[number(name, 0, len(values) - 1)]
