"""A pack whose organizers all judge: a rehearsal says so at once, before anything is started."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from server.packs.read import read_pack
from server.packs.rehearse.command import rehearse
from server.packs.who_runs import nobody_to_run

PACKS = Path(__file__).parents[2] / "packs"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Its only organizer has a seat too."""
    folder = tmp_path / "pack"
    shutil.copytree(PACKS / "tie-decide", folder)
    people = folder / "people.csv"
    text = people.read_text("utf-8")
    judge = next(line for line in text.splitlines() if ",judge," in line).split(",")[0]
    people.write_text(
        text.replace("btc1@mythanh.example,Trương Thị Minh Nguyệt,", f"{judge},Nguyễn Thị Hạnh,"), "utf-8"
    )
    return folder


def test_a_rehearsal_says_at_once_why_it_cannot_be_played(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    assert rehearse(pack, None, None) == 2
    assert time.monotonic() - began < 10
    said = capsys.readouterr().err
    assert "every organizer also judges (gk1@mythanh.example)" in said
    assert "add an organizer who judges in no round" in said


def test_packs_that_can_be_played_are_not_held_up() -> None:
    assert [nobody_to_run(read_pack(path.parent)) for path in PACKS.glob("*/expected.json")] == [None] * 6
