"""Collects every mistake of a pack, so that an organizer sees them together and not one a try."""

from __future__ import annotations

from server.errors import PackProblem, PackRefused

MOST = 100


class Problems:
    """The mistakes found so far; the hundredth ends the reading."""

    def __init__(self) -> None:
        self.found: list[PackProblem] = []
        self.broken = False

    def add(self, file: str, line: int | None, column: str | None, message: str) -> None:
        """Keep one mistake. Raises PackRefused when there are too many to go on."""
        self.found.append(PackProblem(file, line, column, message))
        if len(self.found) >= MOST:
            raise PackRefused(tuple(self.found))

    def stop(self, file: str, line: int | None, column: str | None, message: str) -> None:
        """Keep a mistake that ends the reading of a whole file, so that nothing can be compared with it."""
        self.broken = True
        self.add(file, line, column, message)

    def refuse_if_any(self) -> None:
        """Raises PackRefused with all mistakes, if there are any."""
        if self.found:
            raise PackRefused(tuple(self.found))


def shown(value: object, limit: int = 60) -> str:
    """A value as a message quotes it: on one line, printable, shortened."""
    if isinstance(value, int) and value.bit_length() > 256:
        return "a number of more than 70 digits"
    text = value if isinstance(value, str) else str(value)
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[: limit + 1])
    return f"'{text[:limit]}...'" if len(text) > limit else f"'{text}'"


def choices(values: object) -> str:
    """The allowed values as a sentence lists them, at most ten of them."""
    items = [str(value) for value in values] if isinstance(values, list | tuple | set | frozenset | dict) else []
    items = items if isinstance(values, list | tuple | dict) else sorted(items)
    if not items:
        return "none (there are none)"
    more = f" and {len(items) - 10} more" if len(items) > 10 else ""
    return ", ".join(items[:10]) + more
