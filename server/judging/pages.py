"""Rows to what the organizer's judging templates show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from server.contests.organizer_pages import DASHBOARD_ROOMS, DashboardPanel, RoomAbove
from server.db import Row, fetch
from server.judging import queries
from server.judging.services.standings import RoundResult
from server.rules.name_order import by_name, name_key


class StandingLine(NamedTuple):
    """One line of the standings: `place` reads "3" or, where a tie stays, "=3"."""

    place: str
    entry: str
    title: str
    unit: str
    score: Decimal | None
    criteria: tuple[Decimal | None, ...]
    sheets: int
    spread: Decimal | None
    flagged: bool
    broken_by: str | None
    advanced: bool
    unresolved: bool
    last_above_cut: bool


def standing_lines(result: RoundResult) -> list[StandingLine]:
    """The standings as lines, with the cut after the last entry that advances of the whole round."""
    advanced, unresolved = result.advanced, frozenset(result.cut.unresolved)
    last = max((n for n, s in enumerate(result.standings) if s.entry in advanced), default=-1)
    one_cut = result.round["advance_per"] == "round"
    return [
        StandingLine(
            place="–" if s.rank is None else f"={s.rank}" if s.tied else str(s.rank),
            entry=s.entry,
            title=result.entries[s.entry]["title"],
            unit=result.entries[s.entry]["unit_name"],
            score=s.score,
            criteria=tuple(s.criteria[c.code] for c in result.criteria),
            sheets=s.sheets,
            spread=s.spread,
            flagged=s.flagged,
            broken_by=s.broken_by,
            advanced=s.entry in advanced,
            unresolved=s.entry in unresolved,
            last_above_cut=one_cut and number == last,
        )
        for number, s in enumerate(result.standings)
    ]


def panels_by_name(panels: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows of `panels_of` with `seated` (id and name of each judge) and the units in the order of names.

    The query's own order is part of what a plan is made from, so it stays.
    """
    return [
        {
            **panel,
            "seated": by_name(
                {"id": judge, "full_name": name}
                for judge, name in zip(panel["judges"] or (), panel["judge_names"] or (), strict=True)
            ),
            "unit_names": sorted(panel["unit_names"] or (), key=name_key),
        }
        for panel in panels
    ]


@dataclass
class JudgeProgress:
    """How far one judge is; `cells` are (entry, alias, state) in the order of the entries."""

    name: str
    email: str
    cells: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def submitted(self) -> int:
        """Sheets handed in."""
        return sum(state == "submitted" for _, _, state in self.cells)

    @property
    def begun(self) -> int:
        """Sheets with marks that are not handed in."""
        return sum(state == "begun" for _, _, state in self.cells)


def progress_by_judge(pairs: Sequence[Row]) -> list[JudgeProgress]:
    """The rows of `applied_pairs` by judge, the slowest first."""
    judges: dict[int, JudgeProgress] = {}
    for row in pairs:
        judge = judges.setdefault(row["judge_id"], JudgeProgress(row["full_name"], row["judge"]))
        judge.cells.append((row["entry"], row["alias"], row["state"]))
    return sorted(judges.values(), key=lambda j: (j.submitted / len(j.cells), name_key(j.name)))


def progress_json(pairs: Sequence[Row]) -> dict[str, Any]:
    """The same for a script: which judge marks which entry under which alias, and how far the sheet is."""
    names = ("entry", "alias", "panel", "judge", "state")
    return {"rows": [{name: row[name] for name in names} for row in pairs]}


def result_json(result: RoundResult) -> dict[str, Any]:
    """Standings and cut as the JSON API and the rehearsal report show them; scores are strings."""
    decimals = result.round["decimals"]
    return {
        "code": result.round["code"],
        "state": result.round["state"],
        "standings": [
            {
                "rank": s.rank,
                "entry": s.entry,
                "score": None if s.score is None else f"{s.score:.{decimals}f}",
                "tied": s.tied,
                "advanced": s.entry in result.advanced,
                "broken_by": s.broken_by,
                "flagged": s.flagged,
                "sheets": s.sheets,
            }
            for s in result.standings
        ],
        "advanced": list(result.cut.advanced),
        "unresolved_tie": list(result.cut.unresolved),
    }


async def dashboard(contest: str) -> RoomAbove:
    """What judging tells the dashboard: its rounds, and how many entries of each unit advanced."""
    rounds = await queries.rounds_of(contest)
    advanced = await fetch(
        "select e.unit, count(distinct e.id) as n from standing s join round r on r.id = s.round "
        "join contest c on c.id = r.contest join entry e on e.id = s.entry where c.code = $1 and s.advanced group by e.unit",
        contest,
    )
    panels = [DashboardPanel("judging/organizer_panel.html", {"rounds": rounds})]
    return RoomAbove(panels, {row["unit"]: row["n"] for row in advanced})


DASHBOARD_ROOMS.append(dashboard)
