"""`hoithi rehearse` on every pack: the whole service, as its people use it, against outcomes worked out by hand."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server.publishing.verify import verify_file
from tests.recompute import recompute

PACKS = Path(__file__).parents[2] / "packs"
HOITHI = (sys.executable, "-c", "from server.cli import main; main()")
EXITS = {"tie-decide": 3}


def rehearse(pack: Path, folder: Path) -> tuple[int, dict[str, Any], str]:
    """Exit code, report and stderr of the command."""
    report = folder / "report.json"
    done = subprocess.run(
        [*HOITHI, "rehearse", str(pack), "--json", str(report), "--keep", str(folder / "kept")],
        capture_output=True,
        text=True,
        timeout=240,
    )
    return done.returncode, json.loads(report.read_text("utf-8")) if report.exists() else {}, done.stderr


@pytest.mark.parametrize("name", sorted(p.parent.name for p in PACKS.glob("*/expected.json")))
def test_a_hand_made_pack_comes_out_as_worked_out(name: str, tmp_path: Path) -> None:
    code, report, said = rehearse(PACKS / name, tmp_path)
    assert code == EXITS.get(name, 0), said
    assert report["rounds"] == json.loads((PACKS / name / "expected.json").read_text("utf-8"))
    if code == 0:
        assert report["publication"]["verified"] is True
        assert verify_file(tmp_path / "kept" / "publication.json", expect_digest=report["publication"]["digest"]).ok


def test_the_demo_pack_from_end_to_end(tmp_path: Path) -> None:
    pack = PACKS / "soc-trang-2024"
    code, report, said = rehearse(pack, tmp_path)
    assert code == 0, said
    assert (report["contest"], report["units"], report["entries"], report["files"]) == ("cntt-2024", 11, 64, 128)
    assert report["bytes"] == sum(f.stat().st_size for f in (pack / "files").rglob("*") if f.is_file())
    round_ = report["rounds"][0]
    assert (round_["panels"], round_["assignments"], round_["sheets"]) == (3, 192, 192)
    assert round_["advanced"] == ["E017", "E052", "E038"]
    assert round_["standings"] == recompute(pack)[0]["standings"]
    assert report["publication"]["path"] == "/results/cntt-2024"
    assert len(list((tmp_path / "kept" / "receipts").glob("*.json"))) == 64
    body = (tmp_path / "kept" / "publication.json").read_text("utf-8")
    for line in (pack / "people.csv").read_text("utf-8").splitlines()[1:]:
        email, full_name = line.split(",")[:2]
        assert email not in body
        assert full_name not in body


def test_an_organizer_who_also_judges_stands_back(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(PACKS / "tie-include", pack)
    people = (pack / "people.csv").read_text("utf-8").splitlines()
    second = "gk1@mythanh.example,Nguyễn Thị Hạnh,organizer,MT,"
    (pack / "people.csv").write_text("\n".join([people[0], second, *people[1:]]) + "\n", "utf-8")
    code, report, said = rehearse(pack, tmp_path)
    assert code == 0, said
    assert report["rounds"] == json.loads((pack / "expected.json").read_text("utf-8"))


def test_a_pack_with_mistakes_is_refused_whole(tmp_path: Path) -> None:
    broken = tmp_path / "pack"
    broken.mkdir()
    for file in (PACKS / "tie-include").iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    units = broken / "units.csv"
    units.write_text(units.read_text("utf-8").replace("name", "nmae", 1), "utf-8")
    code, report, said = rehearse(broken, tmp_path)
    assert code == 2
    assert report == {}
    assert "units.csv, line 1" in said


def test_verify_names_what_is_wrong(tmp_path: Path) -> None:
    for content, code in ((b"{}", 1), (b"nothing", 2)):
        file = tmp_path / "file.json"
        file.write_bytes(content)
        done = subprocess.run([*HOITHI, "verify", str(file)], capture_output=True, text=True)
        assert done.returncode == code
        assert "NOT" in done.stdout
    assert subprocess.run([*HOITHI, "verify", str(tmp_path / "none")], capture_output=True).returncode == 2
