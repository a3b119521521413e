"""The one table that a run prints, and whether its goals are met."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured value beside its goal; `at_least` says on which side of the goal good lies; a bare fact has none."""

    what: str
    value: float
    unit: str = ""
    goal: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the goal is reached; a bare fact always is."""
        if self.goal is None:
            return True
        return self.value >= self.goal if self.at_least else self.value <= self.goal


def printed(figures: list[Figure]) -> str:
    """A Markdown table: what, measured, goal, met."""
    lines = ["| what | measured | goal | met |", "|---|---|---|---|"]
    for f in figures:
        sign = "≥" if f.at_least else "≤"
        goal = "" if f.goal is None else f"{sign} {f.goal:g}{f.unit}"
        met = "" if f.goal is None else "yes" if f.met else "NO"
        note = f" ({f.note})" if f.note else ""
        lines.append(f"| {f.what} | {_number(f.value)}{f.unit}{note} | {goal} | {met} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) or value >= 100 else f"{value:.2f}"
