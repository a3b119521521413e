"""One table of contest.toml: takes its keys one by one, and what nobody took is an unknown key."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from server.packs.model import Title
from server.packs.read_fields import CODE, CODE_WANTED, DECIMAL_WANTED, NAME_LIMIT, bad_character, clean, read_decimal
from server.packs.read_problems import Problems, choices, shown
from server.packs.read_toml import Path

SETTINGS = "contest.toml"
T = TypeVar("T")
KINDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number with a point", list: "a list"}


def kind_of(value: object) -> str:
    """A TOML value's kind in plain words."""
    if isinstance(value, dict):
        return "a table"
    return KINDS.get(type(value), "a date or time")


class Keys:
    """A table at `path`; every reader method notes what is wrong and returns a stand-in, so that reading goes on."""

    def __init__(self, data: dict[str, Any], path: Path, lines: dict[Path, int], problems: Problems) -> None:
        self.data = {clean(key): value for key, value in data.items()}
        self.path, self.lines, self.problems = path, lines, problems
        self.taken: set[str] = set()

    @property
    def line(self) -> int:
        """The line on which the table begins."""
        return self.line_of(self.path)

    def line_of(self, path: Path) -> int:
        """The line of a key, or of the nearest table around it."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def column(self, key: str) -> str:
        """A key's dotted name, without positions in lists."""
        return ".".join(str(part) for part in (*self.path, key) if isinstance(part, str))

    def problem(self, key: str, message: str) -> None:
        """Note a mistake at a key (or at its table, where the key is missing)."""
        self.problems.add(SETTINGS, self.line_of((*self.path, key)), self.column(key), message)

    def take(self, key: str, *, required: bool = True) -> Any:
        """The raw value, or None; a missing required key is noted."""
        self.taken.add(key)
        if key not in self.data and required:
            self.problem(key, f"the key '{key}' is missing")
        return self.data.get(key)

    def finish(self) -> None:
        """Note every key that nobody took."""
        for key in self.data:
            if key not in self.taken:
                self.problem(key, f"unknown key {shown(key)}; known here: {choices(sorted(self.taken))}")

    def wrong(self, key: str, value: object, wanted: str) -> None:
        """Note a value of the wrong kind."""
        self.problem(key, f"found {kind_of(value)}, wanted {wanted}")

    def text(self, key: str, *, default: str | None = None, limit: int = NAME_LIMIT) -> str:
        """Text that is not empty."""
        value = self.take(key, required=default is None)
        if value is None:
            return default or ""
        if not isinstance(value, str):
            self.wrong(key, value, "text in quotes")
            return default or ""
        return self.checked_text(key, value, limit)

    def checked_text(self, key: str, value: str, limit: int = NAME_LIMIT) -> str:
        """Text after cleaning; notes emptiness, length and forbidden characters."""
        bad = bad_character(value)
        value = clean(value)
        if bad:
            self.problem(key, f"the text holds the control character {bad}; take it out")
        elif not value:
            self.problem(key, "the text is empty, wanted a value")
        elif len(value) > limit:
            self.problem(key, f"the text has {len(value)} characters, wanted at most {limit}")
        return value

    def code(self, key: str, pattern: re.Pattern[str] = CODE, wanted: str = CODE_WANTED) -> str:
        """A code of the given pattern."""
        value = self.take(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.wrong(key, value, f"a code in quotes: {wanted}")
            return ""
        value = clean(value)
        if not pattern.fullmatch(value):
            self.problem(key, f"{shown(value)} is no code; wanted {wanted}")
        return value

    def codes(self, key: str) -> tuple[str, ...]:
        """A list of texts without doubles; empty when the key is missing."""
        value = self.take(key, required=False)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.wrong(key, value, 'a list of texts such as ["a", "b"]')
            return ()
        items = tuple(clean(item) for item in value)
        for item in sorted({item for item in items if items.count(item) > 1}) if len(items) <= 1000 else ():
            self.problem(key, f"{shown(item)} is in the list twice")
        return items

    def choice(self, key: str, allowed: Sequence[str], default: str) -> str:
        """One of the allowed words."""
        value = self.take(key, required=False)
        if value is None:
            return default
        if not isinstance(value, str) or value not in allowed:
            found = shown(value) if isinstance(value, str) else kind_of(value)
            self.problem(key, f"found {found}, wanted one of: {choices(allowed)}")
            return default
        return value

    def integer(self, key: str, low: int, high: int, default: int | None = None, stand_in: int | None = None) -> int:
        """A whole number within bounds; `stand_in` (else `low`) takes the place of one that is wrong."""
        value = self.take(key, required=default is None)
        stand_in = low if stand_in is None else stand_in
        if value is None:
            return stand_in if default is None else default
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(key, value, f"a whole number from {low} to {high}, without quotes")
            return stand_in
        if not low <= value <= high:
            self.problem(key, f"{shown(value)} is out of range; wanted a whole number from {low} to {high}")
            return stand_in
        return value

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self.take(key, required=False)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(key, value, "true or false, without quotes")
            return default
        return value

    def decimal(self, key: str, *, required: bool = True, zero: bool = False) -> Decimal | None:
        """An exact number, in quotes or whole; above 0 unless `zero`. None where it is missing or wrong."""
        value = self.take(key, required=required)
        if value is None:
            return None
        if isinstance(value, float):
            self.problem(key, f'{value} is not exact in TOML; put the number in quotes: {key} = "{value}"')
            return None
        if isinstance(value, bool) or not isinstance(value, int | str):
            self.wrong(key, value, 'a number in quotes, such as "0.5"')
            return None
        text = str(value) if isinstance(value, int) and abs(value) < 10**12 else shown(value, 20)
        number = read_decimal(clean(value) if isinstance(value, str) else text)
        if number is None:
            self.problem(key, f"{shown(value)} is no number; wanted {DECIMAL_WANTED}")
        elif number == 0 and not zero:
            self.problem(key, "found 0, wanted a number above 0")
            return None
        return number

    def moment(self, key: str) -> datetime | None:
        """A time with an offset, between the years 2000 and 2100; None where there is none."""
        value = self.take(key, required=False)
        if value is None:
            return None
        if not isinstance(value, datetime):
            what = "a day without a time" if isinstance(value, date) else kind_of(value)
            self.problem(key, f"found {what}, wanted a time without quotes, such as 2024-03-01T08:00:00+07:00")
        elif value.utcoffset() is None:
            self.problem(key, f"the time {value.isoformat()} has no offset; write it as {value.isoformat()}+07:00")
        elif not 2000 <= value.year <= 2100:
            self.problem(key, f"the year {value.year} is out of range; wanted 2000 to 2100")
        else:
            return value
        return None

    def title(self, key: str = "title") -> Title:
        """A title { vi, en }; without `en` the Vietnamese one stands for both."""
        inner = self.table(key)
        if inner is None:
            return Title("", "")
        vi = inner.text("vi")
        en = inner.text("en", default=vi)
        inner.finish()
        return Title(vi, en)

    def table(self, key: str, *, required: bool = True) -> Keys | None:
        """The table below a key."""
        value = self.take(key, required=required)
        if value is None:
            return None
        if not isinstance(value, dict):
            wanted = '{ vi = "...", en = "..." }' if key == "title" else f"a table [{self.column(key)}]"
            self.wrong(key, value, wanted)
            return None
        return Keys(value, (*self.path, key), self.lines, self.problems)

    def tables(self, key: str, *, required: bool = False) -> list[Keys]:
        """The tables [[key]] in order; a required list must have one."""
        value = self.take(key, required=False)
        if value is None or value == []:
            if required:
                self.problem(key, f"there is no [[{self.column(key)}]]; wanted at least one")
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.wrong(key, value, f"tables, each begun by [[{self.column(key)}]]")
            return []
        return [Keys(item, (*self.path, key, number), self.lines, self.problems) for number, item in enumerate(value)]


def distinct(tables: Sequence[Keys], key: str, read: Callable[[Keys], T]) -> tuple[T, ...]:
    """Each table read by `read`; a second table with the same value of attribute `key` is noted."""
    seen: dict[str, int] = {}
    items = []
    for keys in tables:
        item = read(keys)
        code = str(getattr(item, key))
        if code and code in seen:
            keys.problem(key, f"the {key} {shown(code)} is already used on line {seen[code]}")
        seen.setdefault(code, keys.line)
        items.append(item)
    return tuple(items)
