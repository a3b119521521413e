"""A contest pack as plain values: what a folder of settings and spreadsheets says, with the line each row came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Title:
    """A title in both languages; `en` equals `vi` where the pack gives no English."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Category:
    """What kind of entry this is, as entrants choose it."""

    code: str
    title: Title
    line: int


@dataclass(frozen=True, slots=True)
class FileRule:
    """What files of one kind an entry may carry; extensions in lower case without the dot, sizes in bytes."""

    kind: str
    extensions: tuple[str, ...]
    max_bytes: int
    max_count: int
    required: bool
    line: int


@dataclass(frozen=True, slots=True)
class Aggregate:
    """How marks become a score: method "mean", "median" or "trimmed_mean", per "sheet" or "criterion"."""

    method: str
    trim: int
    per: str


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """When judges differ too much: `max_spread` in points (None: never), action "flag" or "extra_judge"."""

    max_spread: Decimal | None
    action: str


@dataclass(frozen=True, slots=True)
class Advance:
    """Who goes on: the `top` entries (0: nobody) per "round", "category" or "panel"; ties "decide" or "include"."""

    top: int
    per: str
    ties: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """What judges give points for, from 0 to `max`, counted `weight` times."""

    code: str
    title: Title
    max: Decimal
    weight: Decimal
    line: int


@dataclass(frozen=True, slots=True)
class Panel:
    """A group of judges; empty `categories` or `units` take all, a unit takes those below it too."""

    code: str
    title: Title
    categories: tuple[str, ...]
    units: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Round:
    """One round of judging; `judges_per_entry` None means every judge of the entry's panel."""

    code: str
    title: Title
    judges_per_entry: int | None
    blind: bool
    step: Decimal
    decimals: int
    calibration: str
    aggregate: Aggregate
    discrepancy: Discrepancy
    advance: Advance
    ties: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    panels: tuple[Panel, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Prize:
    """A prize and how many of it there are."""

    title: Title
    count: int
    line: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A node of the tree of units; `parent_code` None for a root."""

    code: str
    name: str
    kind: str
    parent_code: str | None
    email: str | None
    valid_from: date | None
    valid_to: date | None
    line: int


@dataclass(frozen=True, slots=True)
class SeatCode:
    """A judge's place: a round's code and a panel's code in it."""

    round: str
    panel: str


@dataclass(frozen=True, slots=True)
class Person:
    """One role of one person: "organizer", "judge" or "officer"; the e-mail address is in lower case."""

    email: str
    full_name: str
    role: str
    unit_code: str | None
    seats: tuple[SeatCode, ...]
    locale: str
    line: int


@dataclass(frozen=True, slots=True)
class PackFile:
    """A file of an entry: its kind, its path as the pack writes it, and where it lies on disk."""

    kind: str
    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Entry:
    """What a unit enters."""

    code: str
    title: str
    category: str
    unit_code: str
    authors: tuple[str, ...]
    files: tuple[PackFile, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Score:
    """One mark: the points of one judge for one criterion of one entry in one round."""

    round: str
    entry_code: str
    judge_email: str
    criterion_code: str
    points: Decimal
    comment: str
    line: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """A judge who may not judge an entry, or (exactly one is set) any entry of a unit and the units below it."""

    judge_email: str
    entry_code: str | None
    unit_code: str | None
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Settings:
    """All of contest.toml; `lines` has the line of each key path."""

    code: str
    title: Title
    host_unit: str
    timezone: str
    opens_at: datetime | None
    closes_at: datetime | None
    approvals: int
    per_unit_max: int
    categories: tuple[Category, ...]
    file_rules: tuple[FileRule, ...]
    rounds: tuple[Round, ...]
    prizes: tuple[Prize, ...]
    lines: Mapping[tuple[str | int, ...], int]

    def line_of(self, *path: str | int) -> int:
        """The line of a key, or of the nearest table around it."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]


@dataclass(frozen=True, slots=True)
class Rows:
    """What the spreadsheets say; `files` has the file name of each table for messages."""

    files: Mapping[str, str]
    units: tuple[Unit, ...]
    people: tuple[Person, ...]
    entries: tuple[Entry, ...]
    scores: tuple[Score, ...]
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """One whole contest, as its organizer keeps it; everything in it agrees with everything else."""

    code: str
    title: Title
    host_unit: str
    timezone: str
    opens_at: datetime | None
    closes_at: datetime | None
    approvals: int
    per_unit_max: int
    categories: tuple[Category, ...]
    file_rules: tuple[FileRule, ...]
    rounds: tuple[Round, ...]
    prizes: tuple[Prize, ...]
    units: tuple[Unit, ...]
    people: tuple[Person, ...]
    entries: tuple[Entry, ...]
    scores: tuple[Score, ...]
    conflicts: tuple[Conflict, ...]
    folder: Path
