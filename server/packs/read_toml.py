"""Reads TOML and finds out where every key stands, because tomllib keeps no positions."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from server.packs.read_fields import clean

Path = tuple[str | int, ...]
PLACE = re.compile(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)
BARE = re.compile(r"[A-Za-z0-9_-]+")
BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
SPACE = re.compile(r"[ \t]*")
STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
SCALAR = re.compile(r"[^,\]}\n#]+")


class BadToml(Exception):
    """The text is no TOML: the line and column where the parser gave up, and its words."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


def parse_toml(text: str) -> tuple[dict[str, Any], dict[Path, int]]:
    """The document and the line (from 1) of each key path. Raises BadToml."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = PLACE.match(str(error))
        message = found[1] if found else str(error)
        if found and found[2]:
            raise BadToml(message, int(found[2]), int(found[3])) from None
        last = text.rstrip("\n")
        raise BadToml(message, last.count("\n") + 1, len(last) - last.rfind("\n")) from None
    except RecursionError:
        raise BadToml("values are nested too deeply", 1, 1) from None
    except ValueError as error:
        raise BadToml(f"a value is out of range ({error})", 1, 1) from None
    return data, _Finder(text).find()


class _Finder:
    """Walks over a document that is known to be valid and notes the line of every key."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {(): 1}
        self.arrays: dict[Path, int] = {}
        self._line, self._line_at = 1, 0

    def find(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip(BLANK) < len(self.text):
            if self.text.startswith("[[", self.at):
                self.at += 2
                table = self._header(self._key(), array=True)
                self.at += 2
            elif self.text[self.at] == "[":
                self.at += 1
                table = self._header(self._key(), array=False)
                self.at += 1
            else:
                self._pair(table)
        return self.lines

    def _line_here(self) -> int:
        self._line += self.text.count("\n", self._line_at, self.at)
        self._line_at = self.at
        return self._line

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return self.at

    def _key(self) -> list[str]:
        parts = []
        while True:
            self._skip(SPACE)
            match = STRING.match(self.text, self.at) or BARE.match(self.text, self.at)
            if match is None:
                raise AssertionError("tomllib took what the finder cannot read")
            self.at = match.end()
            word = match[0]
            parts.append(clean(tomllib.loads(f"key = {word}")["key"] if word[0] in "\"'" else word))
            self._skip(SPACE)
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def _header(self, parts: list[str], *, array: bool) -> Path:
        path: Path = ()
        for number, part in enumerate(parts):
            path = (*path, part)
            if array and number == len(parts) - 1:
                self.lines.setdefault(path, self._line_here())
                self.arrays[path] = self.arrays.get(path, -1) + 1
            if path in self.arrays:
                path = (*path, self.arrays[path])
            self.lines.setdefault(path, self._line_here())
        return path

    def _pair(self, table: Path) -> None:
        line = self._line_here()
        path = table
        for part in self._key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self.at += 1
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip(SPACE)
        opening = self.text[self.at]
        if opening in "\"'":
            self._skip(STRING)
        elif opening == "[":
            self._items(path)
        elif opening == "{":
            self.at += 1
            while self._skip(BLANK) < len(self.text) and self.text[self.at] != "}":
                self._pair(path)
                if self.text[self._skip(BLANK)] == ",":
                    self.at += 1
            self.at += 1
        else:
            self._skip(SCALAR)

    def _items(self, path: Path) -> None:
        self.at += 1
        number = 0
        while self.text[self._skip(BLANK)] != "]":
            self.lines[(*path, number)] = self._line_here()
            self._value((*path, number))
            number += 1
            if self.text[self._skip(BLANK)] == ",":
                self.at += 1
        self.at += 1
