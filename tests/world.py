"""A small contest written straight into the tables: the starting point of tests that are not about importing."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from server.db import fetch, fetch_one


@dataclass
class World:
    """Ids of what `make_world` wrote; units A and B lie below the host H, officer_a and officer_b enter for them."""

    contest: str = "thu-nghiem"
    contest_id: int = 0
    units: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)
    round_id: int = 0
    criteria: dict[str, int] = field(default_factory=dict)
    panels: dict[str, int] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)


async def _id(query: str, *args: object) -> int:
    row = await fetch_one(query + " returning id", *args)
    assert row is not None
    return int(row["id"])


async def make_world(state: str = "open", *, entries: int = 0, approvals: int = 2, file_rules: bool = True) -> World:
    """Contest in `state`: organizers o1, o2; judges j1..j4 (j1-j3 on panel 1, j4 and j3 on panel 2); officers for A, B.

    `entries` submitted ones are made, alternating between units A and B and the two categories: E01, E02, ...
    """
    w = World()
    for code, parent in (("H", None), ("A", "H"), ("B", "H"), ("A1", "A")):
        w.units[code] = await _id(
            "insert into unit (code, name, kind, parent, email) values ($1, $2, 'huyện', $3, '')",
            code, f"Đơn vị {code}", w.units.get(parent or ""),
        )  # fmt: skip
    w.contest_id = await _id(
        "insert into contest (code, title_vi, title_en, host_unit, timezone, approvals, per_unit_max, state) "
        "values ($1, 'Hội thi thử nghiệm', 'Trial contest', $2, 'Asia/Ho_Chi_Minh', $3, 0, $4)",
        w.contest, w.units["H"], approvals, state,
    )  # fmt: skip
    for name, kind, unit in (
        ("o1", "organizer", "H"), ("o2", "organizer", "H"),
        ("j1", "judge", "H"), ("j2", "judge", "H"), ("j3", "judge", "H"), ("j4", "judge", "H"),
        ("officer_a", "officer", "A"), ("officer_b", "officer", "B"),
    ):  # fmt: skip
        w.people[name] = await _id(
            "insert into person (email, full_name, locale) values ($1, $2, 'vi')",
            f"{name}@example.org",
            f"Người {name}",
        )
        await _id(
            "insert into role (person, kind, contest, unit) values ($1, $2, $3, $4)",
            w.people[name], kind, w.contest, w.units[unit],
        )  # fmt: skip
    for position, code in enumerate(("tap-the", "ca-nhan")):
        w.categories[code] = await _id(
            "insert into category (contest, code, title_vi, title_en, position) values ($1, $2, $2, $2, $3)",
            w.contest_id, code, position,
        )  # fmt: skip
    if file_rules:
        await _id(
            "insert into file_rule (contest, kind, extensions, max_bytes, max_count, required, position) "
            "values ($1, 'document', '{pdf,docx,pptx}', 5000000, 2, false, 0)",
            w.contest_id,
        )
    w.round_id = await _id(
        "insert into round (contest, code, position, title_vi, title_en, step, decimals, method, trim, per, max_spread, "
        "advance_top, advance_per, advance_ties, tie_break) "
        "values ($1, 'so-khao', 0, 'Sơ khảo', 'Preliminary', 0.5, 2, 'mean', 0, 'sheet', 20, 2, 'round', 'decide', "
        "'{criterion:noi-dung,submitted_at}')",
        w.contest_id,
    )
    for position, (code, most) in enumerate((("noi-dung", 60), ("hinh-thuc", 40))):
        w.criteria[code] = await _id(
            "insert into criterion (round, code, title_vi, title_en, max, weight, position) "
            "values ($1, $2, $2, $2, $3, 1, $4)",
            w.round_id, code, Decimal(most), position,
        )  # fmt: skip
    for position, (code, judges) in enumerate((("1", ("j1", "j2", "j3")), ("2", ("j3", "j4")))):
        w.panels[code] = await _id(
            "insert into panel (round, code, title_vi, title_en, categories, units, position) "
            "values ($1, $2, $3, $3, '{}', '{}', $4)",
            w.round_id, code, f"Tiểu ban {code}", position,
        )  # fmt: skip
        for judge in judges:
            await _id("insert into seat (panel, person) values ($1, $2)", w.panels[code], w.people[judge])
    for number in range(1, entries + 1):
        unit = "A" if number % 2 else "B"
        code = f"E{number:02}"
        w.entries[code] = await _id(
            "insert into entry (contest, code, title, category, unit, authors, state, submitted_at, created_by) "
            "values ($1, $2, $3, $4, $5, $6, 'submitted', now() + $7 * interval '1 second', $8)",
            w.contest_id, code, f"Bài dự thi số {number}", w.categories["tap-the" if number % 2 else "ca-nhan"],
            w.units[unit], [f"Tác giả {number}"], number, w.people[f"officer_{unit.lower()}"],
        )  # fmt: skip
    return w


async def organizer_who_judges(w: World, panel: str = "1") -> int:
    """Somebody of the host, `oj`, with an organizer's and a judge's role and a seat on `panel`; returns the id."""
    w.people["oj"] = await _id(
        "insert into person (email, full_name, locale) values ('oj@example.org', 'Người oj', 'vi')"
    )
    for kind in ("organizer", "judge"):
        await _id(
            "insert into role (person, kind, contest, unit) values ($1, $2, $3, $4)",
            w.people["oj"], kind, w.contest, w.units["H"],
        )  # fmt: skip
    await _id("insert into seat (panel, person) values ($1, $2)", w.panels[panel], w.people["oj"])
    return w.people["oj"]


async def assign_all(w: World, panel: str = "1") -> None:
    """Put every entry of the world on `panel` and assign each to all of the panel's judges; the round is judging."""
    for number, entry in enumerate(w.entries.values(), 1):
        round_entry = await _id(
            "insert into round_entry (round, entry, alias, panel) values ($1, $2, $3, $4)",
            w.round_id, entry, f"T{number:03}", w.panels[panel],
        )  # fmt: skip
        await fetch(
            "insert into assignment (round_entry, person, position) "
            "select $1, person, $2 from seat where panel = $3 and left_at is null",
            round_entry, number, w.panels[panel],
        )  # fmt: skip
    await fetch("update round set state = 'judging' where id = $1", w.round_id)
    await fetch("update contest set state = 'judging' where id = $1", w.contest_id)
