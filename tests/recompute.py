"""Works out a pack's rounds from contest.toml and its CSV files with fractions alone, sharing no code with the server.

It knows what the format promises and nothing of how the server does it, so that the two can be held against each
other. Only packs whose panels leave no choice can be worked out: each entry fits one panel.
"""

from __future__ import annotations

import csv
import json
import sys
import tomllib
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any


def recompute(pack_dir: Path) -> list[dict[str, Any]]:
    """The `rounds` of the rehearsal report: panels, assignments, sheets, standings, advanced, unresolved_tie."""
    pack = _Pack(pack_dir)
    playing = [row["code"] for row in pack.entries]
    rounds = []
    for number, settings in enumerate(pack.settings["rounds"]):
        if number and not any(row["round"] == settings["code"] for row in pack.scores):
            break
        report = _play(pack, settings, playing)
        rounds.append(report)
        if report["unresolved_tie"]:
            break
        playing = report["advanced"]
    return rounds


class _Pack:
    def __init__(self, folder: Path) -> None:
        self.settings = tomllib.loads((folder / "contest.toml").read_text("utf-8-sig"))
        self.units = {row["code"]: row["parent_code"] for row in _rows(folder / "units.csv")}
        self.people = _rows(folder / "people.csv")
        self.entries = _rows(folder / "entries.csv")
        self.scores = _rows(folder / "scores.csv")
        self.conflicts = _rows(folder / "conflicts.csv")
        self.by_code = {row["code"]: row for row in self.entries}

    def upwards(self, unit: str) -> list[str]:
        chain = []
        while unit:
            chain.append(unit)
            unit = self.units[unit]
        return chain

    def in_conflict(self, judge: dict[str, str], entry: dict[str, str]) -> bool:
        above = self.upwards(entry["unit_code"])
        host = self.settings["contest"]["host_unit"]
        if judge["unit_code"] and judge["unit_code"] != host and judge["unit_code"] in above:
            return True
        declared = [row for row in self.conflicts if row["judge_email"].lower() == judge["email"].lower()]
        return any(row["entry_code"] == entry["code"] or row["unit_code"] in above for row in declared)


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _play(pack: _Pack, settings: dict[str, Any], playing: list[str]) -> dict[str, Any]:
    panel_of = {code: _panel(pack, settings, pack.by_code[code]) for code in playing}
    sheets: dict[str, dict[str, dict[str, Fraction]]] = {code: defaultdict(dict) for code in playing}
    for row in pack.scores:
        if row["round"] == settings["code"] and row["entry_code"] in sheets:
            judge = row["judge_email"].lower()
            sheets[row["entry_code"]][judge][row["criterion_code"]] = Fraction(row["points"])
    order = {row["code"]: number for number, row in enumerate(pack.entries)}
    figures = {code: _figures(settings, list(sheets[code].values()), order[code]) for code in playing}
    scored = sorted((code for code in playing if figures[code]), key=lambda code: figures[code] or (), reverse=True)
    ranks = {}
    for place, code in enumerate(scored):
        before = scored[place - 1]
        ranks[code] = ranks[before] if place and figures[before] == figures[code] else place + 1
    scored.sort(key=lambda code: (ranks[code], code))
    advanced, unresolved = _cut(pack, settings, scored, ranks, panel_of)
    standings = [
        {
            "rank": ranks.get(code),
            "entry": code,
            "score": _text((figures[code] or (None,))[0], settings.get("decimals", 2)),
            "tied": list(ranks.values()).count(ranks.get(code)) > 1 if code in ranks else False,
            "advanced": code in advanced,
        }
        for code in [*scored, *sorted(code for code in playing if not figures[code])]
    ]
    return {
        "code": settings["code"],
        "panels": len(settings["panels"]),
        "assignments": _assignments(pack, settings, panel_of),
        "sheets": sum(len(judges) for judges in sheets.values()),
        "standings": standings,
        "advanced": advanced,
        "unresolved_tie": unresolved,
    }


def _panel(pack: _Pack, settings: dict[str, Any], entry: dict[str, str]) -> str:
    above = pack.upwards(entry["unit_code"])
    fitting = [
        panel["code"]
        for panel in settings["panels"]
        if (not panel.get("categories") or entry["category"] in panel["categories"])
        and (not panel.get("units") or any(unit in panel["units"] for unit in above))
    ]
    if len(fitting) != 1:
        raise ValueError(f"entry {entry['code']} fits {len(fitting)} panels of round {settings['code']}")
    return fitting[0]


def _assignments(pack: _Pack, settings: dict[str, Any], panel_of: dict[str, str]) -> int:
    wanted = settings.get("judges_per_entry", "panel")
    if wanted != "panel":
        return len(panel_of) * int(wanted)
    count = 0
    for code, panel in panel_of.items():
        seat = f"{settings['code']}/{panel}"
        for person in pack.people:
            seats = [item.strip() for item in person["panels"].split(";")]
            if person["role"] == "judge" and seat in seats and not pack.in_conflict(person, pack.by_code[code]):
                count += 1
    return count


def _figures(
    settings: dict[str, Any], sheets: list[dict[str, Fraction]], submitted: int
) -> tuple[Fraction, ...] | None:
    """The score and then each step of the ladder, higher is better; None without a score."""
    aggregate, decimals = settings.get("aggregate", {}), settings.get("decimals", 2)
    weights = {item["code"]: Fraction(str(item["weight"])) for item in settings["criteria"]}
    complete = [sheet for sheet in sheets if len(sheet) == len(weights)]
    totals = [sum((sheet[code] * weight for code, weight in weights.items()), Fraction(0)) for sheet in complete]
    by_sheet = aggregate.get("per", "sheet") == "sheet"
    parts = {
        code: _centre([sheet[code] for sheet in (complete if by_sheet else sheets) if code in sheet], aggregate)
        for code in weights
    }
    published = {code: None if part is None else _rounded(part, decimals) for code, part in parts.items()}
    if by_sheet:
        centre = _centre(totals, aggregate)
        score = None if centre is None else _rounded(centre, decimals)
    else:
        there = {code: part for code, part in published.items() if part is not None}
        weighted = [_rounded(part * weights[code], decimals) for code, part in there.items()]
        score = sum(weighted, Fraction(0)) if len(there) == len(weights) else None
    if score is None:
        return None
    lowest = Fraction(-1)
    ladder = []
    for step in settings.get("ties", {}).get("break", []):
        if step == "median":
            middle = _centre(totals, {"method": "median"})
            ladder.append(lowest if middle is None else _rounded(middle, decimals))
        elif step == "submitted_at":
            ladder.append(Fraction(-submitted))
        else:
            part = published[step.removeprefix("criterion:")]
            ladder.append(lowest if part is None else part)
    return (score, *ladder)


def _centre(values: list[Fraction], aggregate: dict[str, Any]) -> Fraction | None:
    if not values:
        return None
    values = sorted(values)
    method = aggregate.get("method", "mean")
    if method == "median":
        return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
    if method == "trimmed_mean":
        trim = min(aggregate["trim"], (len(values) - 1) // 2)
        values = values[trim : len(values) - trim]
    return sum(values, Fraction(0)) / len(values)


def _rounded(value: Fraction, decimals: int) -> Fraction:
    """Half up; marks are never negative."""
    shift = 10**decimals
    return Fraction((value * shift * 2 + 1) // 2, shift)


def _text(value: Fraction | None, decimals: int) -> str | None:
    if value is None:
        return None
    digits = str(int(value * 10**decimals)).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits


def _cut(
    pack: _Pack, settings: dict[str, Any], scored: list[str], ranks: dict[str, int], panel_of: dict[str, str]
) -> tuple[list[str], list[str]]:
    advance = settings.get("advance", {})
    top, per = advance.get("top", 0), advance.get("per", "round")
    groups: dict[str, list[str]] = defaultdict(list)
    for code in scored:
        group = {"round": "", "category": pack.by_code[code]["category"], "panel": panel_of[code]}[per]
        groups[group].append(code)
    advanced: set[str] = set()
    unresolved: set[str] = set()
    for members in groups.values():
        if not top or len(members) <= top or ranks[members[top - 1]] != ranks[members[top]]:
            advanced.update(members[:top])
            continue
        on_the_cut = {code for code in members if ranks[code] == ranks[members[top]]}
        advanced.update(code for code in members[:top] if code not in on_the_cut)
        (advanced if advance.get("ties", "decide") == "include" else unresolved).update(on_the_cut)
    return [code for code in scored if code in advanced], [code for code in scored if code in unresolved]


if __name__ == "__main__":
    print(json.dumps(recompute(Path(sys.argv[1])), ensure_ascii=False, indent=1))
