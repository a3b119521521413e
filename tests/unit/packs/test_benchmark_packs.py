"""The packs for measurements are good packs of the size that was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.packs import Size, write_pack
from server.packs.read import read_pack
from tests.recompute import recompute


@pytest.mark.parametrize(
    ("size", "units", "sheets"),
    [(Size(1, 1, 1), 1, 1), (Size(64), 6, 192), (Size(100, 10, 3), 6, 334), (Size(1000, 30, 10), 50, 3000)],
)
def test_it_is_read_with_all_its_sheets(tmp_path: Path, size: Size, units: int, sheets: int) -> None:
    write_pack(tmp_path, size)
    pack = read_pack(tmp_path)
    assert (len(pack.entries), len(pack.units) - 1, size.units, size.sheets) == (size.entries, units, units, sheets)
    assert len(pack.scores) == 4 * sheets
    (played,) = recompute(tmp_path)
    assert (played["assignments"], played["sheets"], len(played["standings"])) == (sheets, sheets, size.entries)


def test_scores_differ(tmp_path: Path) -> None:
    write_pack(tmp_path, Size(1000, 30, 10))
    (played,) = recompute(tmp_path)
    assert len({standing["score"] for standing in played["standings"]}) > 100


def test_the_same_size_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_pack(tmp_path / name, Size(50))
    contents = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("a", "b")]
    assert contents[0] == contents[1]


def test_without_scores(tmp_path: Path) -> None:
    write_pack(tmp_path, Size(20, scored=False))
    assert read_pack(tmp_path).scores == ()


def test_more_panels_than_judges_is_refused() -> None:
    with pytest.raises(ValueError, match="judge for each panel"):
        Size(10, judges=2, panels=3)
