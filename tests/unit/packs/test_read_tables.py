"""Every mistake that a spreadsheet can hold is refused at its file, line and column, in CSV and in XLSX."""

from __future__ import annotations

import csv
import datetime
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from server.errors import PackRefused
from server.packs import read_problems, read_rows
from server.packs.read import read_pack
from tests.unit.packs.copied_pack import CopiedPack

UNIT = "CT1A,Hội LHPN xã Lai Hòa,xã,CT1,laihoa@chauthoi.example"
JUDGE = "gk3@chauthoi.example,Lê Thị Kim Ngân,judge,CT,so-khao/a"

MISTAKES = [
    ("bad code of a unit", "units.csv", "CT1A,", "CT 1A,", "code", "is no code"),
    ("code missing", "units.csv", UNIT, UNIT.replace("CT1A", "", 1), "code", "missing"),
    ("name missing", "units.csv", "Hội LHPN xã Lai Hòa", "", "name", "missing"),
    ("name too long", "units.csv", "Hội LHPN xã Lai Hòa", "x" * 301, "name", "301 characters"),
    ("e-mail of a unit", "units.csv", "laihoa@chauthoi.example", "laihoa", "email", "no e-mail address"),
    ("e-mail shape", "people.csv", "gk3@chauthoi.example", "gk3@chauthoi", "email", "no e-mail address"),
    ("role", "people.csv", JUDGE, JUDGE.replace("judge", "referee"), "role", "unknown role 'referee'"),
    ("role missing", "people.csv", JUDGE, JUDGE.replace("judge", ""), "role", "missing"),
    ("name of a person missing", "people.csv", "Lê Thị Kim Ngân", "", "full_name", "missing"),
    ("seat shape", "people.csv", JUDGE, JUDGE.replace("so-khao/a", "so-khao"), "panels", "wanted ROUND/PANEL"),
    ("seat twice", "people.csv", JUDGE, JUDGE + ";so-khao/a", "panels", "there twice"),
    ("file shape", "entries.csv", "tranh=files/P1.png", "files/P1.png", "files", "wanted KIND=PATH"),
    ("title missing", "entries.csv", '"Biển sạch, lòng xanh"', "", "title", "missing"),
    ("author too long", "entries.csv", "Huỳnh Thị Ngọc Ánh", "x" * 201, "authors", "201 characters"),
    ("points with a comma", "scores.csv", ",25.5\n", ',"25,5"\n', "points", "is no number of points"),
    ("points as a formula", "scores.csv", ",25.5\n", ",=1+2\n", "points", "is no number of points"),
    ("negative points", "scores.csv", ",25.5\n", ",-1\n", "points", "is no number of points"),
    ("points as a power", "scores.csv", ",25.5\n", ",2e1\n", "points", "is no number of points"),
    ("points missing", "scores.csv", ",25.5\n", ",\n", "points", "missing"),
    ("criterion missing", "scores.csv", "hinh-thuc,25.5\n", ",25.5\n", "criterion_code", "missing"),
    ("too many values", "scores.csv", ",25.5\n", ",25.5,6\n", "points", "the row has 6 values"),
    ("too few values", "scores.csv", "hinh-thuc,25.5\n", "hinh-thuc\n", "criterion_code", "the row has 4 values"),
    ("NUL", "units.csv", "Hội LHPN xã Lai Hòa", "Hội\0LHPN", "name", "U+0000"),
    ("escape", "units.csv", "Hội LHPN xã Lai Hòa", "Hội\x1bLHPN", "name", "U+001B"),
    ("a long cell", "units.csv", "Hội LHPN xã Lai Hòa", "x" * 10_001, "name", "wanted at most 10000"),
    ("a cell of 10 MB", "units.csv", "Hội LHPN xã Lai Hòa", "x" * 10_000_000, None, "more than 100,000 characters"),
    ("an open quote", "units.csv", "Hội LHPN xã Lai Hòa", '"Hội', None, "never closed"),
    ("a quote too many", "units.csv", "Hội LHPN xã Lai Hòa", '"Hội" x', None, "must end with a quote"),
    ("unknown column", "units.csv", "parent_code", "parent", "parent", "unknown column 'parent'"),
    ("extra column", "units.csv", "parent_code,email", "parent_code,email,extra", "extra", "unknown column"),
    ("column twice", "units.csv", "parent_code", "code", "code", "there twice"),
    ("column without a name", "units.csv", "parent_code,", "parent_code,,", "5", "has no name"),
    ("semicolons", "units.csv", "code,name,kind,parent_code,email", "code;name;kind;email", None, "separated by ';'"),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "column", "words"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES]
)
def test_a_mistake_in_a_table(pack: CopiedPack, file: str, old: str, new: str, column: str | None, words: str) -> None:
    line = pack.edit(file, old, new)
    found = [problem for problem in pack.problems() if words in problem.message]
    assert found, "\n".join(map(str, pack.problems()))
    assert (found[0].file, found[0].line, found[0].column) == (file, line, column)


@pytest.mark.parametrize(("column", "value"), [("valid_from", "2025-02-30"), ("valid_to", "30/06/2025")])
def test_a_bad_date(pack: CopiedPack, column: str, value: str) -> None:
    rows = [[*row.split(","), ""] for row in pack.text("units.csv").splitlines()]
    rows[0][-1], rows[2][-1] = column, value
    pack.write("units.csv", "\n".join(",".join(row) for row in rows))
    problem = pack.only_problem()
    assert (problem.file, problem.line, problem.column) == ("units.csv", 3, column)
    assert "wanted YYYY-MM-DD" in problem.message


def test_a_unit_that_ends_before_it_begins(pack: CopiedPack) -> None:
    rows = pack.text("units.csv").splitlines()
    rows = [rows[0] + ",valid_from,valid_to", rows[1] + ",2025-01-01,2024-01-01", *(row + ",," for row in rows[2:])]
    pack.write("units.csv", "\n".join(rows))
    problem = pack.only_problem()
    assert (problem.line, problem.column) == (2, "valid_to")


def test_an_unknown_locale(pack: CopiedPack) -> None:
    rows = pack.text("people.csv").splitlines()
    pack.write("people.csv", "\n".join([rows[0] + ",locale", rows[1] + ",fr", *(row + ",en" for row in rows[2:])]))
    problem = pack.only_problem()
    assert (problem.file, problem.line, problem.column) == ("people.csv", 2, "locale")


@pytest.mark.parametrize("column", ["code", "parent_code", "email"])
def test_a_missing_column(pack: CopiedPack, column: str) -> None:
    rows = list(csv.reader(pack.text("units.csv").splitlines()))
    place = rows[0].index(column)
    pack.write("units.csv", "\n".join(",".join(row[:place] + row[place + 1 :]) for row in rows))
    problem = pack.only_problem()
    assert (problem.file, problem.line, problem.column) == ("units.csv", 1, column)


@pytest.mark.parametrize("file", ["units.csv", "people.csv", "entries.csv", "contest.toml"])
def test_a_missing_file(pack: CopiedPack, file: str) -> None:
    (pack.folder / file).unlink()
    problem = pack.only_problem()
    assert problem.file == file
    assert "is missing" in problem.message


def test_scores_and_conflicts_may_be_missing(pack: CopiedPack) -> None:
    (pack.folder / "scores.csv").unlink()
    assert read_pack(pack.folder).scores == ()


@pytest.mark.parametrize("content", ["", "\n\n", ",,,\n"])
def test_an_empty_table_has_no_header(pack: CopiedPack, content: str) -> None:
    pack.write("units.csv", content)
    problem = pack.only_problem()
    assert (problem.file, problem.line) == ("units.csv", 1)


def test_a_wrong_encoding_names_line_and_byte(pack: CopiedPack) -> None:
    raw = (pack.folder / "units.csv").read_bytes()
    pack.write("units.csv", raw.replace("Hội LHPN xã".encode(), b"H\xf4i LHPN x\xe3", 1))
    problem = pack.only_problem()
    assert (problem.file, problem.line) == ("units.csv", 4)
    assert "byte 7 of this line (0xF4)" in problem.message


def test_utf16_is_named(pack: CopiedPack) -> None:
    pack.write("units.csv", pack.text("units.csv").encode("utf-16"))
    assert "UTF-16" in pack.only_problem().message


def test_a_file_over_the_limit_is_not_read(pack: CopiedPack) -> None:
    with (pack.folder / "scores.csv").open("wb") as file:
        file.truncate(50 * 1024 * 1024 + 1)
    problem = pack.only_problem()
    assert problem.file == "scores.csv"
    assert "52428801 bytes" in problem.message


def test_too_many_rows(pack: CopiedPack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_rows, "ROW_LIMIT", 103)
    problem = pack.only_problem()
    assert (problem.file, problem.line) == ("scores.csv", 105)


def test_a_table_that_is_a_link_out_of_the_pack(pack: CopiedPack, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_bytes((pack.folder / "units.csv").read_bytes())
    (pack.folder / "units.csv").unlink()
    (pack.folder / "units.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert "out of the pack" in pack.only_problem().message


def test_bom_crlf_nfd_and_blank_lines_are_taken(pack: CopiedPack) -> None:
    good = read_pack(pack.folder)
    for file in ("units.csv", "people.csv", "entries.csv", "scores.csv", "contest.toml"):
        text = unicodedata.normalize("NFD", pack.text(file)).replace("\n", "\r\n")
        pack.write(file, b"\xef\xbb\xbf" + text.encode() + b"\r\n")
    again = read_pack(pack.folder)
    assert again == good
    assert again.units[0].name == unicodedata.normalize("NFC", again.units[0].name)


def test_a_line_is_where_the_row_begins(pack: CopiedPack) -> None:
    pack.edit("units.csv", "Hội LHPN huyện Vĩnh Hải", '"Hội LHPN\nhuyện\nVĩnh Hải"')
    line = pack.edit("units.csv", "CT1A,", "CT 1A,")
    assert line == 6
    problem = next(problem for problem in pack.problems() if problem.column == "code")
    assert (problem.file, problem.line) == ("units.csv", 6)


def test_reading_ends_at_a_hundred_mistakes(pack: CopiedPack) -> None:
    pack.write("scores.csv", pack.text("scores.csv").replace(",gk", ",xx"))
    problems = pack.problems()
    assert len(problems) == read_problems.MOST
    assert {problem.column for problem in problems} == {"judge_email"}


def test_paths_that_are_no_pack(tmp_path: Path) -> None:
    (tmp_path / "pack.xlsx").write_bytes(b"x")
    (tmp_path / "pack.zip").write_bytes(b"x")
    for name, words in [
        ("pack.xlsx", "put it into a folder"),
        ("pack.zip", "is a file"),
        ("no", "no such folder"),
        (".", "is missing"),
    ]:
        with pytest.raises(PackRefused, match=words):
            read_pack(tmp_path / name)


def rows_of(pack: CopiedPack, name: str) -> list[list[Any]]:
    rows: list[list[Any]] = [list(row) for row in csv.reader(pack.text(f"{name}.csv").splitlines())]
    if name == "scores":
        for row in rows[1:]:
            row[4] = float(row[4]) if "." in row[4] else int(row[4])
    return rows


def workbook_of(tables: dict[str, list[list[Any]]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return book


@pytest.mark.parametrize("one_book", [True, False])
def test_xlsx_says_the_same_as_csv(pack: CopiedPack, one_book: bool) -> None:
    good = read_pack(pack.folder)
    names = ("units", "people", "entries", "scores")
    tables = {name: rows_of(pack, name) for name in names}
    if one_book:
        workbook_of(tables).save(pack.folder / "pack.xlsx")
    for name in names:
        if not one_book:
            workbook_of({"Sheet1": tables[name]}).save(pack.folder / f"{name}.xlsx")
        (pack.folder / f"{name}.csv").unlink()
    assert read_pack(pack.folder) == good


def in_xlsx(pack: CopiedPack, name: str, cell: str, value: Any) -> None:
    book = workbook_of({name: rows_of(pack, name)})
    book[name][cell] = value
    book.save(pack.folder / f"{name}.xlsx")
    (pack.folder / f"{name}.csv").unlink()


@pytest.mark.parametrize(
    ("cell", "value", "column", "words"),
    [
        ("E5", "=1+1", "points", "formula"),
        ("E5", True, "points", "TRUE or FALSE"),
        ("E5", datetime.date(2025, 1, 2), "points", "'2025-01-02' is no number"),
        ("F1", "extra", "extra", "unknown column 'extra'"),
        ("H5", "x", "points", "the row has 8 values"),
    ],
)
def test_cells_of_xlsx_that_are_refused(pack: CopiedPack, cell: str, value: Any, column: str, words: str) -> None:
    in_xlsx(pack, "scores", cell, value)
    found = [problem for problem in pack.problems() if words in problem.message]
    assert [(problem.file, problem.column) for problem in found] == [("scores.xlsx", column)]
    assert found[0].line == int(cell[1:])


@pytest.mark.parametrize(
    ("stored", "read"), [("25.5", "25.5"), ("8.0999999999999996", "8.1"), ("0.30000000000000004", None), ("2E1", "20")]
)
def test_numbers_of_xlsx_are_exact(pack: CopiedPack, stored: str, read: str | None) -> None:
    in_xlsx(pack, "scores", "E4", 25.5)
    with zipfile.ZipFile(pack.folder / "scores.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"<v>25.5</v>", f"<v>{stored}</v>".encode(), 1)
    with zipfile.ZipFile(pack.folder / "scores.xlsx", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    pack.edit("contest.toml", 'step = "0.5"', 'step = "0.1"')
    if read is not None:
        assert str(read_pack(pack.folder).scores[2].points) == read
        return
    problem = pack.only_problem()
    assert (problem.file, problem.line, problem.column) == ("scores.xlsx", 4, "points")
    assert stored in problem.message


def test_a_cell_of_xlsx_that_is_an_error(pack: CopiedPack) -> None:
    book = workbook_of({"scores": rows_of(pack, "scores")})
    book["scores"]["E5"].value = "#N/A"
    book["scores"]["E5"].data_type = "e"
    book.save(pack.folder / "scores.xlsx")
    (pack.folder / "scores.csv").unlink()
    problem = pack.only_problem()
    assert (problem.file, problem.line, problem.column) == ("scores.xlsx", 5, "points")
    assert "#N/A" in problem.message


def test_dates_of_xlsx_are_days(pack: CopiedPack) -> None:
    book = workbook_of({"units": rows_of(pack, "units")})
    book["units"]["F1"], book["units"]["F2"] = "valid_to", datetime.date(2025, 6, 30)
    book.save(pack.folder / "units.xlsx")
    (pack.folder / "units.csv").unlink()
    assert read_pack(pack.folder).units[0].valid_to == datetime.date(2025, 6, 30)


def test_a_table_in_two_places(pack: CopiedPack) -> None:
    workbook_of({"units": rows_of(pack, "units")}).save(pack.folder / "units.xlsx")
    problem = pack.only_problem()
    assert problem.file == "units.csv"
    assert "units.csv and units.xlsx" in problem.message


def test_unknown_and_extra_sheets(pack: CopiedPack) -> None:
    workbook_of({"notes": [["x"]]}).save(pack.folder / "pack.xlsx")
    assert "unknown sheet 'notes'" in pack.only_problem().message
    (pack.folder / "pack.xlsx").unlink()
    workbook_of({"units": rows_of(pack, "units"), "more": []}).save(pack.folder / "units.xlsx")
    (pack.folder / "units.csv").unlink()
    assert "2 sheets, wanted one" in pack.only_problem().message


@pytest.mark.parametrize("damage", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 100])
def test_a_damaged_workbook(pack: CopiedPack, damage: bytes) -> None:
    (pack.folder / "units.csv").unlink()
    pack.write("units.xlsx", damage)
    problem = pack.only_problem()
    assert problem.file == "units.xlsx"
    assert "no readable XLSX workbook" in problem.message
