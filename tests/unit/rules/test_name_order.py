"""Names stand in the order of the Vietnamese alphabet."""

from __future__ import annotations

import random
import unicodedata

import pytest

from server.rules.name_order import by_name, name_key

IN_ORDER = [
    "An Bình", "Ân", "Bùi Thị Hà", "Danh Thị Thắm", "Dương Kiều Oanh", "Đặng Ngọc Hân", "Đỗ Hà", "Lê Hoa", "Lý Hoa",
    "Ngô Lan Hương", "Ngụy An", "Nguyên", "Nguyễn Cẩm Tú", "Phan Bé Sáu", "Thạch Đa Ni", "Thạch Sa Ry", "Trần", "Ư", "Võ Thị Nhung",
]  # fmt: skip


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_stand_as_in_a_vietnamese_list(form: str):
    names = [unicodedata.normalize(form, name) for name in IN_ORDER]
    shuffled = random.Random(7).sample(names, len(names))
    assert sorted(shuffled, key=name_key) == names


def test_tones_decide_between_the_same_letters_alone():
    assert sorted(["mạ", "má", "mã", "mả", "mà", "ma", "mà b"], key=name_key) == [
        "ma", "mà", "mả", "mã", "má", "mạ", "mà b",
    ]  # fmt: skip


def test_rows_are_in_the_order_of_their_names() -> None:
    rows = [{"id": number, "name": name} for number, name in enumerate(("Võ An", "Đặng Hà", "Ân", "Dương", "An"))]
    assert [row["name"] for row in by_name(rows, "name")] == ["An", "Ân", "Dương", "Đặng Hà", "Võ An"]
