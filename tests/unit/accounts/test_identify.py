"""The name of the session cookie, and reading it out of whatever header a browser or somebody else sends."""

from __future__ import annotations

import pytest

from server.accounts.identify import Identify, _cookie, session_cookie_name


def test_only_https_binds_the_cookie_to_the_host() -> None:
    assert session_cookie_name(secure=True) == "__Host-hoithi"
    assert session_cookie_name(secure=False) == "hoithi_session"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("", None),
        ("hoithi_session=abc", "abc"),
        ("x=1; hoithi_session=abc; y=2", "abc"),
        ("my_hoithi_session=abc", None),
        ("x=hoithi_session", None),
        ("hoithi_session", None),
        ("\x00=;hoithi_session=abc", None),
        (";;;=", None),
    ],
)
def test_the_cookie_is_found_or_not(header: str, value: str | None) -> None:
    assert _cookie(header, "hoithi_session") == value


async def test_without_cookie_or_token_nobody_acts_and_nothing_is_asked() -> None:
    assert await Identify(secure=False)({}) is None
    assert await Identify(secure=True)({"cookie": "hoithi_session=abc"}) is None
