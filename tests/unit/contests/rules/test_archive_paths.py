"""Names in the archive: readable, inside their folder, different, and no formula in the manifest."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.contests.rules.archive_paths import csv_cell, file_name, folder_name


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("Hội LHPN huyện Mỹ Tú",), "Hội LHPN huyện Mỹ Tú"),
        (("E01", 'Bài "hay": 50/50?'), "E01 Bài hay 50 50"),
        (("..",), "tep"),
        (("../../etc",), "etc"),
        (("CON",), "_CON"),
        (("nul.txt",), "_nul.txt"),
        (("a\u202egpj.exe",), "agpj.exe"),
    ],
)
def test_folders(words: tuple[str, ...], name: str) -> None:
    assert folder_name(*words) == name


def test_the_same_name_twice_is_two_files() -> None:
    taken: set[str] = set()
    names = [file_name(name, taken) for name in ("Bài.pdf", "bài.PDF", "Bài.pdf", "ghi chú", "ghi chú", "a:b|c.jpg")]
    assert names == ["Bài.pdf", "bài (2).PDF", "Bài (3).pdf", "ghi chú", "ghi chú (2)", "a_b_c.jpg"]


@given(st.text(max_size=300))
def test_whatever_people_write_stays_one_name(given_: str) -> None:
    for name in (folder_name("E01", given_), folder_name(given_), file_name(given_, set())):
        assert name
        assert name not in (".", "..")
        assert not set(name) & set('<>:"/\\|?*\0\r\n')
        assert len(name.encode()) <= 256
        assert name == name.strip(" ")


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=40), min_size=1, max_size=5)
)
def test_cells_are_read_back_and_are_no_formulas(cells: list[str]) -> None:
    line = ",".join(map(csv_cell, cells))
    back = next(csv.reader(io.StringIO(line)))
    assert [cell.removeprefix("'") if cell[:2] in ("'=", "'+", "'-", "'@", "'\t") else cell for cell in back] == [
        cell.removeprefix("'") if cell[:2] in ("'=", "'+", "'-", "'@", "'\t") else cell for cell in cells
    ]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in back)


def test_names_of_full_length_that_meet_stay_within_what_a_folder_takes() -> None:
    taken: set[str] = set()
    for long in ("ă" * 200 + ".pdf", "x" * 300):
        names = [file_name(long, taken) for _ in range(12)]
        assert max(len(name.encode()) for name in names) <= 255
        assert len(set(names)) == 12
