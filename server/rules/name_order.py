"""The order of names as Vietnamese readers expect it: Đ after D, Â after A, tones only between equal letters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

R = TypeVar("R", bound=Mapping[str, Any])

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_PLACE = {letter: place for place, letter in enumerate(_ALPHABET, 100)}
_SHAPES = {"\u0306", "\u0302", "\u031b"}
_TONES = {mark: place for place, mark in enumerate("\u0300\u0309\u0303\u0301\u0323", 1)}


def name_key(name: str) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """What to sort by: the letters in the order of the alphabet, then the tones, then the name as it is written."""
    letters: list[str] = []
    tones: list[int] = []
    for sign in unicodedata.normalize("NFD", name.casefold()):
        if sign in _SHAPES and letters:
            letters[-1] = unicodedata.normalize("NFC", letters[-1] + sign)
        elif sign in _TONES and tones:
            tones[-1] = _TONES[sign]
        else:
            letters.append(sign)
            tones.append(0)
    return tuple(_PLACE.get(letter, min(ord(letter), 99)) for letter in letters), tuple(tones), name


def by_name(rows: Iterable[R], column: str = "full_name") -> list[R]:
    """Rows in the order of the names in a column; rows of one name keep their order."""
    return sorted(rows, key=lambda row: name_key(row[column]))
