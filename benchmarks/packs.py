"""Writes contest packs of any size, without files, for measurements: `python -m benchmarks.packs FOLDER --entries 1000`."""

import argparse
import csv
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

CRITERIA = {"noi-dung": 40, "sang-tao": 20, "ung-dung": 20, "hinh-thuc": 20}
ENTRIES_OF_A_UNIT = 20

_SETTINGS = """\
pack_version = 1

[contest]
code = "{code}"
title = {{ vi = "Hội thi đo tốc độ", en = "Contest for measurements" }}
host_unit = "HOST"
timezone = "Asia/Ho_Chi_Minh"
approvals = 1
per_unit_max = 0

[[categories]]
code = "chung"
title = {{ vi = "Chung", en = "General" }}

[[rounds]]
code = "so-khao"
title = {{ vi = "Sơ khảo", en = "Preliminary" }}
judges_per_entry = "panel"
blind = true
step = "0.5"
decimals = 2
calibration = "none"

[rounds.aggregate]
method = "mean"
trim = 0
per = "sheet"

[rounds.discrepancy]
max_spread = "20"
action = "flag"

[rounds.advance]
top = 10
per = "round"
ties = "include"

[rounds.ties]
break = ["criterion:noi-dung", "criterion:sang-tao", "median"]
"""


@dataclass(frozen=True)
class Size:
    """How large a pack is. The judges sit on the panels in turn; each entry is judged by the whole of one panel."""

    entries: int
    judges: int = 9
    panels: int = 3
    scored: bool = True
    """Whether scores.csv holds a mark for every criterion of every sheet."""

    def __post_init__(self) -> None:
        if not 1 <= self.panels <= self.judges or self.entries < 1:
            raise ValueError(f"wanted 1 or more entries and at least a judge for each panel, not {self}")

    @property
    def units(self) -> int:
        """Units below the host, about one for 20 entries, as many for each panel."""
        return self.panels * -(-self.entries // (ENTRIES_OF_A_UNIT * self.panels))

    @property
    def sheets(self) -> int:
        """Score sheets of the whole round."""
        return sum(len(range(self.panel_of(n), self.judges, self.panels)) for n in range(self.entries))

    def panel_of(self, entry: int) -> int:
        """The panel, from 0, on which an entry, from 0, is judged: that of its unit."""
        return entry % self.units % self.panels


def _settings(code: str, size: Size) -> str:
    parts = [_SETTINGS.format(code=code)]
    for criterion, most in CRITERIA.items():
        title = f'title = {{ vi = "{criterion}", en = "{criterion}" }}'
        parts.append(f'[[rounds.criteria]]\ncode = "{criterion}"\n{title}\nmax = "{most}"\nweight = "1"\n')
    for panel in range(size.panels):
        title = f'title = {{ vi = "Tiểu ban {panel + 1}", en = "Panel {panel + 1}" }}'
        units = ", ".join(f'"U{unit}"' for unit in range(panel, size.units, size.panels))
        parts.append(f'[[rounds.panels]]\ncode = "{panel + 1}"\n{title}\ncategories = []\nunits = [{units}]\n')
    return "\n".join(parts)


def _people(size: Size) -> Iterable[tuple[object, ...]]:
    yield "organizer@bench.example", "Ban Tổ chức", "organizer", "HOST", ""
    for judge in range(size.judges):
        yield f"judge{judge}@bench.example", f"Giám khảo {judge}", "judge", "HOST", f"so-khao/{judge % size.panels + 1}"
    for unit in range(size.units):
        yield f"officer{unit}@bench.example", f"Cán bộ {unit}", "officer", f"U{unit}", ""


def _drawn(name: str, below: int) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big") % below


def _points(entry: int, judge: int, criterion: int, most: int) -> str:
    """A mark between half and all of the points, on the step of 0.5, always the same."""
    merit = _drawn(f"{entry}/{criterion}", most * 4 // 5)
    taste = _drawn(f"{entry}/{criterion}/{judge}", most // 5)
    halves = most + merit + taste
    return f"{halves // 2}.5" if halves % 2 else str(halves // 2)


def _scores(size: Size) -> Iterable[tuple[object, ...]]:
    for entry in range(size.entries):
        for judge in range(size.panel_of(entry), size.judges, size.panels):
            for number, (criterion, most) in enumerate(CRITERIA.items()):
                points = _points(entry, judge, number, most)
                yield "so-khao", f"E{entry + 1:05}", f"judge{judge}@bench.example", criterion, points


def _write(path: Path, header: str, rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def write_pack(folder: Path, size: Size, code: str = "bench") -> None:
    """Writes a pack of that size into `folder`, which is made if it is not there; the same size gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "contest.toml").write_text(_settings(code, size), encoding="utf-8", newline="\n")
    units = [("HOST", "Hội LHPN tỉnh", "province", "", "")]
    units += [(f"U{u}", f"Đơn vị {u}", "district", "HOST", f"unit{u}@bench.example") for u in range(size.units)]
    _write(folder / "units.csv", "code,name,kind,parent_code,email", units)
    _write(folder / "people.csv", "email,full_name,role,unit_code,panels", _people(size))
    entries = (
        (f"E{n + 1:05}", f"Bài dự thi số {n + 1}", "chung", f"U{n % size.units}", f"Tác giả {n + 1}", "")
        for n in range(size.entries)
    )
    _write(folder / "entries.csv", "code,title,category,unit_code,authors,files", entries)
    if size.scored:
        _write(folder / "scores.csv", "round,entry_code,judge_email,criterion_code,points", _scores(size))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write a contest pack for measurements.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--entries", type=int, default=1000)
    parser.add_argument("--judges", type=int, default=30)
    parser.add_argument("--panels", type=int, default=10)
    parser.add_argument("--unscored", action="store_true", help="leave scores.csv out")
    given = parser.parse_args()
    size = Size(given.entries, given.judges, given.panels, scored=not given.unscored)
    write_pack(given.folder, size)
    print(
        f"{size.entries} entries of {size.units} units, {size.judges} judges, {size.panels} panels, {size.sheets} sheets"
    )


if __name__ == "__main__":
    main()
