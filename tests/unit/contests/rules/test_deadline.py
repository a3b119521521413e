"""The deadline to the microsecond: on time, within the grace of an upload, late; and what is sealed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.contests.rules.deadline import GRACE, LATE, ON_TIME, deadline_of, sealed, timing

CLOSES = datetime(2024, 4, 1, 17, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("now", "begun_at", "wanted"),
    [
        (CLOSES - TICK, None, ON_TIME),
        (CLOSES, None, ON_TIME),
        (CLOSES + TICK, None, LATE),
        (CLOSES + TICK, CLOSES, GRACE),
        (CLOSES + TICK, CLOSES + TICK, LATE),
        (CLOSES + HALF_AN_HOUR, CLOSES - TICK, GRACE),
        (CLOSES + HALF_AN_HOUR + TICK, CLOSES - TICK, LATE),
    ],
)
def test_the_moment_and_the_upload_decide(now: datetime, begun_at: datetime | None, wanted: str) -> None:
    assert timing(now, CLOSES, HALF_AN_HOUR, begun_at) == wanted


def test_without_grace_an_upload_changes_nothing() -> None:
    assert timing(CLOSES + TICK, CLOSES, timedelta(0), CLOSES - HALF_AN_HOUR) == LATE


def test_a_contest_that_is_closed_by_hand_has_nothing_late() -> None:
    assert timing(CLOSES, None, HALF_AN_HOUR) == ON_TIME
    assert deadline_of(None, CLOSES) is None


def test_an_extension_only_ever_gives_more_time() -> None:
    assert deadline_of(CLOSES) == CLOSES
    assert deadline_of(CLOSES, CLOSES + TICK) == CLOSES + TICK
    assert deadline_of(CLOSES, CLOSES - HALF_AN_HOUR) == CLOSES


@pytest.mark.parametrize(
    ("now", "in_the_contest", "late", "wanted"),
    [
        (CLOSES, True, False, False),
        (CLOSES + TICK, True, False, True),
        (CLOSES + TICK, True, True, False),
        (CLOSES + TICK, False, False, False),
    ],
)
def test_what_came_in_time_is_sealed_by_the_deadline(
    now: datetime, in_the_contest: bool, late: bool, wanted: bool
) -> None:
    assert sealed(now, CLOSES, in_the_contest=in_the_contest, late=late) is wanted
    assert not sealed(now, None, in_the_contest=in_the_contest, late=late)


@given(st.timedeltas(timedelta(-1), timedelta(1)), st.timedeltas(timedelta(-1), timedelta(1)))
def test_waiting_never_makes_a_submit_earlier(first: timedelta, more: timedelta) -> None:
    order = [ON_TIME, GRACE, LATE]
    early, late = sorted((CLOSES + first, CLOSES + first + abs(more)))
    begun = CLOSES - HALF_AN_HOUR
    assert order.index(timing(early, CLOSES, HALF_AN_HOUR, begun)) <= order.index(
        timing(late, CLOSES, HALF_AN_HOUR, begun)
    )
