"""Keys: random, of one shape, and nothing else passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.storage import check_key, new_key


def test_new_keys_are_random_and_valid() -> None:
    keys = {new_key("entries") for _ in range(1000)}
    assert len(keys) == 1000
    assert all(check_key(key) == key and len(key) == len("entries/ab/") + 32 for key in keys)


@pytest.mark.parametrize("area", ["", "..", "a/b", "Entries", "entries-x", "a" * 21, "é", ".", "x\n"])
def test_areas_are_small_letters(area: str) -> None:
    with pytest.raises(ValueError):
        new_key(area)


@given(st.text())
def test_no_other_text_is_a_key(text: str) -> None:
    with pytest.raises(ValueError):
        check_key(text)


@given(st.sampled_from(["/", "..", "\0", "\n", "\\", "A", "g", " "]), st.integers(0, 43))
def test_a_key_with_anything_put_in_is_none(stray: str, place: int) -> None:
    key = new_key("entries")
    if stray == "g" and place < 8:
        place = 20
    with pytest.raises(ValueError):
        check_key(key[:place] + stray + key[place:])
