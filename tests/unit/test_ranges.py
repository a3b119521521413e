"""Ranges as browsers' players ask for them."""

from __future__ import annotations

import pytest

from server.ranges import Span, Unsatisfiable, content_disposition, parse_range


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (None, None),
        ("bytes=0-", Span(0, 99)),
        ("bytes=10-19", Span(10, 19)),
        ("bytes=90-500", Span(90, 99)),
        ("bytes=-10", Span(90, 99)),
        ("bytes=-500", Span(0, 99)),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
    ],
)
def test_parse_range(header: str | None, span: Span | None) -> None:
    assert parse_range(header, 100) == span


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=9999999999999999999-"])
def test_ranges_outside_are_refused(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        parse_range(header, 100)


def test_a_name_keeps_its_diacritics_and_cannot_break_out() -> None:
    value = content_disposition('bài "dự" thi\r\nX: 1.pdf', inline=False)
    assert value.startswith('attachment; filename="b_i _d__ thi__X_ 1.pdf"')
    assert "\r" not in value
    assert "%0D%0A" in value
