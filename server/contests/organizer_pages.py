"""Rows to what the organizer's templates show; rooms above add their panels to the dashboard here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from server.contests.states import CONTEST_STATES, IN_THE_CONTEST, steps_from
from server.db import Row


@dataclass(frozen=True)
class DashboardPanel:
    """A block on the dashboard: a template and its context."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RoomAbove:
    """What a room above tells the dashboard: its panels, and by unit id how many entries it has advanced."""

    panels: list[DashboardPanel] = field(default_factory=list)
    advanced: dict[int, int] = field(default_factory=dict)


DASHBOARD_ROOMS: list[Callable[[str], Awaitable[RoomAbove]]] = []
"""Judging and publishing register here at import, since this room may not know them."""


@dataclass(frozen=True)
class Overview:
    """The dashboard's own facts."""

    code: str
    title_vi: str
    title_en: str
    host_name: str
    state: str
    states: tuple[str, ...]
    steps: tuple[str, ...]
    timezone: str
    opens_at: datetime | None
    closes_at: datetime | None
    grace_minutes: int
    extended: int
    late: int
    overdue: bool
    counts: dict[str, int]
    submitted: int
    dead_jobs: int


def overview(row: Row) -> Overview:
    """The dashboard's facts of a row of `contest_overview`; `overdue` when the deadline passed while it is still open."""
    counts: dict[str, int] = msgspec.json.decode(row["entry_counts"])
    closes_at = row["closes_at"]
    return Overview(
        code=row["code"],
        title_vi=row["title_vi"],
        title_en=row["title_en"],
        host_name=row["host_name"],
        state=row["state"],
        states=CONTEST_STATES,
        steps=tuple(step.name for step in steps_from(row["state"])),
        timezone=row["timezone"],
        opens_at=row["opens_at"],
        closes_at=closes_at,
        grace_minutes=row["grace_minutes"],
        extended=row["extended"],
        late=row["late"],
        overdue=row["state"] == "open" and closes_at is not None and row["now"] > closes_at,
        counts=counts,
        submitted=sum(counts.get(state, 0) for state in IN_THE_CONTEST),
        dead_jobs=row["dead_jobs"],
    )


@dataclass(frozen=True)
class FunnelRow:
    """One unit's way through the contest, in numbers of people and entries."""

    code: str
    name: str
    invited: int
    joined: int
    drafts: int
    submitted: int
    valid: int
    late: int
    advanced: int


def funnel_rows(rows: list[Row], advanced: dict[int, int]) -> tuple[list[FunnelRow], FunnelRow]:
    """The funnel with its sum."""
    table = [
        FunnelRow(
            r["code"], r["name"], r["invited"], r["joined"], r["drafts"], r["submitted"], r["valid"], r["late"],
            advanced.get(r["id"], 0),
        )
        for r in rows
    ]  # fmt: skip
    names = ("invited", "joined", "drafts", "submitted", "valid", "late", "advanced")
    return table, FunnelRow("", "", *(sum(getattr(row, name) for row in table) for name in names))


def event_data(row: Row) -> dict[str, Any]:
    """The data of an audit event as plain values."""
    data: dict[str, Any] = msgspec.json.decode(row["data"])
    return data
