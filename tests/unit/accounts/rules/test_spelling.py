"""One spelling for an address, one line for a name, one form for the letters of a password."""

from __future__ import annotations

import unicodedata

import pytest

from server.accounts.rules.spelling import one_line, spell_address, spell_password


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("Hoa.Nguyen@Example.VN", "hoa.nguyen@example.vn"),
        ("  o'brien+thi@a-b.example ", "o'brien+thi@a-b.example"),
        ("x" * 64 + "@example.vn", "x" * 64 + "@example.vn"),
    ],
)
def test_an_address_is_written_in_one_way(given: str, wanted: str) -> None:
    assert spell_address(given) == wanted


@pytest.mark.parametrize(
    "given",
    [
        "",
        "a",
        "a@b",
        "a@@b.example",
        "a b@c.example",
        "a@b.example,c@d.example",
        "x<a@b.example",
        "<a@b.example>",
        "a@b.example\r\nBcc: c@d.example",
        "a\x00@b.example",
        '"a b"@c.example',
        "а@example.vn",  # Cyrillic
        "a@exаmple.vn",
        "\u212aim@example.vn",  # the Kelvin sign, whose lower case is k
        "hoa\u0301@example.vn",
        "ho\u00e1@example.vn",
        "a@b.example\u200b",
        "\uff41@example.vn",
        "a@b..example",
        "x" * 65 + "@example.vn",
        "a@" + "b" * 60 + "." + "c" * 60 + "." + "d" * 60 + "." + "e" * 60 + "." + "f" * 60,
    ],
)
def test_what_looks_like_another_address_is_none(given: str) -> None:
    assert spell_address(given) is None


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("Thạch Thị A", "Thạch Thị A"),
        (unicodedata.normalize("NFD", "Lý Thị Ế"), "Lý Thị Ế"),
        ("A\r\nBcc: x@y.example", "A Bcc: x@y.example"),
        ("An\n\n\nmở https://x", "An mở https://x"),
        ("\u202eA\u2066B\u200b\x07", "AB"),
        ("\u200b\n", ""),
    ],
)
def test_a_name_is_one_line_of_what_one_sees(given: str, wanted: str) -> None:
    assert one_line(given) == wanted


def test_a_password_is_the_same_from_every_keyboard() -> None:
    password = "mật khẩu đủ dài"
    assert spell_password(unicodedata.normalize("NFD", password)) == unicodedata.normalize("NFC", password)
    assert spell_password("\u202e😀 A") == "\u202e😀 A"
