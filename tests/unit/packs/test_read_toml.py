"""The finder of lines agrees with tomllib on every way to write a key."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.packs.read_toml import BadToml, Path, parse_toml

DOCUMENT = '''# a comment with [brackets] and "quotes"
first = "a # no comment"
"quoted key" = 'literal \\'
dotted.name."with dots" = 1
text = """
[not a table]
key = "no key"
"""
list = [ # here
  1, [2, 3],
  { inner = "x", other = { deep = 2024-01-01T00:00:00Z } },
]
[table]
a = 1
[table.below]
b = "]"
[[rows]]
c = 1
[rows.part]
d = -1.5e3
[[rows.items]]
e = \'\'\'it's\'\'\'
[[rows.items]]
e = ""
[[rows]]
c = 2
[[rows.items]]
e = """x"""
'''


def test_every_key_has_its_line() -> None:
    _, lines = parse_toml(DOCUMENT)
    assert lines[("first",)] == 2
    assert lines[("quoted key",)] == 3
    assert lines[("dotted", "name", "with dots")] == 4
    assert lines[("text",)] == 5
    assert lines[("list",)] == 9
    assert lines[("list", 2, "other", "deep")] == 11
    assert lines[("table", "a")] == 14
    assert lines[("table", "below", "b")] == 16
    assert lines[("rows", 0, "part", "d")] == 20
    assert lines[("rows", 0, "items", 1, "e")] == 24
    assert lines[("rows", 1)] == 25
    assert lines[("rows", 1, "items", 0, "e")] == 28


def paths(value: Any, path: Path = ()) -> set[Path]:
    found: set[Path] = {path}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found |= paths(inner, (*path, key))
    return found


def test_no_key_is_without_a_line() -> None:
    assert paths(tomllib.loads(DOCUMENT)) == set(parse_toml(DOCUMENT)[1])


@pytest.mark.parametrize(("text", "line", "column"), [("a = 1\na = 2\n", 2, 6), ("a =\n", 1, 4), ("a = [\n\n", 1, 6)])
def test_bad_toml_has_line_and_column(text: str, line: int, column: int) -> None:
    with pytest.raises(BadToml) as caught:
        parse_toml(text)
    assert (caught.value.line, caught.value.column) == (line, column)


PIECES = [
    "a",
    "b",
    ".",
    "=",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    ",",
    '"',
    "'",
    '"""',
    "'''",
    "#",
    "\n",
    " ",
    "1",
    "\\",
    "é",
]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_text_that_is_no_toml_is_bad_toml_and_nothing_else(text: str) -> None:
    try:
        data, lines = parse_toml(text)
    except BadToml:
        return
    assert {path for path in paths(data) if all(isinstance(part, str) for part in path)} <= set(lines)
