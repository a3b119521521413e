"""Dates, deadlines, numbers and sizes as people in Vietnam and abroad write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import formats

MORNING = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


def test_dates_and_times():
    assert formats.format_datetime(MORNING, "vi") == "24/11/2026 08:30"
    assert formats.format_datetime(MORNING, "en") == "24 Nov 2026 08:30"
    assert formats.format_datetime(MORNING, "vi", "UTC") == "24/11/2026 01:30"
    assert formats.format_date(MORNING, "vi") == "24/11/2026"
    assert formats.format_date(date(2024, 4, 1), "en") == "1 Apr 2024"
    assert formats.format_clock(MORNING) == "08:30"
    assert formats.format_datetime(None, "vi") == formats.format_date(None, "en") == "–"


def test_a_moment_without_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        formats.format_datetime(datetime(2026, 1, 1), "vi")


def test_midnight_is_24h00_of_the_day_before():
    midnight = datetime(2024, 4, 1, 17, 0, tzinfo=UTC)
    assert formats.format_deadline(midnight, "vi") == "24h00 ngày 01/04/2024 (00:00 ngày 02/04/2024)"
    assert formats.format_deadline(midnight, "en") == "24:00 on 1 Apr 2024 (00:00 on 2 Apr 2024)"
    assert formats.format_deadline(midnight - timedelta(seconds=1), "vi") == "23:59:59 ngày 01/04/2024"
    assert formats.format_deadline(midnight - timedelta(hours=7), "en") == "17:00 on 1 Apr 2024"


def test_a_deadline_names_its_zone():
    summer = datetime(2026, 7, 1, tzinfo=UTC)
    zones = {"Asia/Ho_Chi_Minh": "GMT+7", "Asia/Kolkata": "GMT+5:30", "America/New_York": "GMT-4", "UTC": "GMT"}
    assert {zone: formats.format_zone(summer, zone) for zone in zones} == zones
    assert formats.format_zone(MORNING, "America/New_York") == "GMT-5"


@pytest.mark.parametrize(
    ("value", "decimals", "vi", "en"),
    [
        ("1234.56", None, "1.234,56", "1,234.56"),
        (Decimal("91.345"), 2, "91,35", "91.35"),
        (Decimal("0.5"), None, "0,5", "0.5"),
        (Decimal("40"), 2, "40,00", "40.00"),
        (100000, None, "100.000", "100,000"),
        (Decimal("-1234.5"), None, "-1.234,5", "-1,234.5"),
        (Decimal("1E+3"), None, "1.000", "1,000"),
        (None, 2, "–", "–"),
    ],
)
def test_numbers(value, decimals, vi, en):
    assert formats.format_number(value, "vi", decimals) == vi
    assert formats.format_number(value, "en", decimals) == en


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4))
def test_no_digit_is_lost(value: Decimal):
    assert Decimal(formats.format_number(value, "vi").replace(".", "").replace(",", ".")) == value
    assert Decimal(formats.format_number(value, "en").replace(",", "")) == value


def test_sizes():
    sizes = [0, 1023, 1024, 10_750_000, 2_147_483_648, 5 * 1024**5]
    assert [formats.format_bytes(size, "vi") for size in sizes] == [
        "0 B",
        "1.023 B",
        "1 KB",
        "10,3 MB",
        "2 GB",
        "5.120 TB",
    ]
    assert formats.format_bytes(10_750_000, "en") == "10.3 MB"


def test_durations():
    span = timedelta(days=2, hours=4, minutes=15)
    assert formats.format_duration(span, "vi") == "2 ngày 04:15"
    assert formats.format_remaining(span, "vi") == "còn 2 ngày 04:15"
    assert formats.format_remaining(span, "en") == "2 days 04:15 left"
    assert formats.format_duration(86_400, "en") == "1 day 00:00"
    assert formats.format_duration(3_900, "vi") == "1 giờ 05 phút"
    assert formats.format_remaining(-900, "vi") == "đã qua 15 phút"
    assert formats.format_remaining(-40, "en") == "40 s ago"


@pytest.mark.parametrize(
    ("values", "wanted"),
    [(["70.0", "79"], 0), (["70.0", "79.50", None], 1), ([Decimal("100"), 3], 0), ([], 0), (["0.125", "1E+2"], 3)],
)
def test_a_column_has_as_many_places_as_its_numbers_need(values: list[Decimal | str | int | None], wanted: int):
    assert formats.places(values) == wanted
