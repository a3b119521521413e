"""How long a job waits before another try, and what of an error is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.job_rules import describe_error, retry_delay


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2), (2, 6), (3, 18), (7, 1458), (8, 3600), (500, 3600)])
def test_waits_grow_threefold_up_to_an_hour(attempts: int, seconds: float) -> None:
    assert retry_delay(attempts, 0.0) == seconds
    assert retry_delay(attempts, 1.0) == seconds / 2


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_wait_is_never_longer_than_an_hour_nor_shorter_than_a_second(attempts: int, chance: float) -> None:
    assert 1.0 <= retry_delay(attempts, chance) <= 3600.0


def test_errors_are_kept_without_addresses_and_in_one_short_line() -> None:
    error = ValueError("cannot send to <hoa.nguyen+x@soctrang.example>,\n'b@c' nor \0 d@e")
    assert describe_error(error) == "ValueError: cannot send to <[address]>, '[address]' nor [address]"
    assert describe_error(KeyError()) == "KeyError"
    assert len(describe_error(ValueError("x" * 10_000))) == 500
