"""What the parts of a pack say about each other is held together: people, units, entries, files, conflicts, marks."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from server.packs.read import read_pack
from tests.unit.packs.copied_pack import CopiedPack

JUDGE = "gk3@chauthoi.example,Lê Thị Kim Ngân,judge,CT,so-khao/a"
OFFICER = "canbo.ct2@chauthoi.example,Cán bộ Hội thị xã Ngã Tư,officer,CT2,"
P1 = '"Biển sạch, lòng xanh",tap-the,CT1'
MARK = "so-khao,P1,gk1@chauthoi.example,noi-dung,35"
FILE = "tranh=files/P1.png"

MISTAKES = [
    ("double unit", "units.csv", "CT1A,", "CT1,", "code", "already used on line 3"),
    ("unknown parent", "units.csv", "xã,CT1,", "xã,CT7,", "parent_code", "unknown unit 'CT7'"),
    ("its own parent", "units.csv", "xã,CT1,", "xã,CT1A,", "parent_code", "CT1A -> CT1A form a cycle"),
    ("double person", "people.csv", "gk4@", "gk3@", "email", "already judge on line"),
    ("two names", "people.csv", OFFICER, OFFICER.replace("canbo.ct2", "gk1"), "full_name", "wanted one name"),
    ("unknown unit of a person", "people.csv", JUDGE, JUDGE.replace("CT", "XY"), "unit_code", "unknown unit 'XY'"),
    ("officer without a unit", "people.csv", OFFICER, OFFICER.replace("CT2", ""), "unit_code", "missing"),
    ("unknown round of a seat", "people.csv", JUDGE, JUDGE.replace("so-khao/", "tk/"), "panels", "unknown round 'tk'"),
    ("unknown panel of a seat", "people.csv", JUDGE, JUDGE.replace("khao/a", "khao/z"), "panels", "unknown panel 'z'"),
    ("seat of an officer", "people.csv", OFFICER, OFFICER + "so-khao/a", "panels", "only judges sit"),
    ("double entry", "entries.csv", "\nP2,", "\nP1,", "code", "already used on line 2"),
    ("unknown category", "entries.csv", P1, P1.replace("tap-the", "khac"), "category", "unknown category 'khac'"),
    ("unknown unit of an entry", "entries.csv", P1, P1.replace("CT1", "CT9"), "unit_code", "unknown unit 'CT9'"),
    ("unit without officer", "entries.csv", P1, P1.replace("CT1", "CT"), "unit_code", "has no officer"),
    ("unknown kind", "entries.csv", FILE, FILE.replace("tranh", "phim"), "files", "unknown kind 'phim'"),
    ("required file", "entries.csv", FILE, "", "files", "no file of kind 'tranh'"),
    ("too many files", "entries.csv", FILE, ";".join(f"tranh=files/P{n}.png" for n in (1, 3, 4)), "files", "3 files"),
    ("file twice", "entries.csv", FILE, f"{FILE};{FILE}", "files", "there twice"),
    ("extension", "entries.csv", "files/P1.png", "files/P1.gif", "files", "ends in 'gif', wanted: png, jpg"),
    ("missing file", "entries.csv", "files/P1.png", "files/P9.png", "files", "is missing"),
    ("path out of the pack", "entries.csv", "files/P1.png", "../P1.png", "files", "leaves the pack"),
    ("absolute path", "entries.csv", "files/P1.png", "/etc/a.png", "files", "must be a path inside the pack"),
    ("backslash", "entries.csv", "files/P1.png", "files\\P1.png", "files", "must be a path inside the pack"),
    ("path too long", "entries.csv", "files/P1.png", f"{'x' * 300}.png", "files", "cannot be read"),
    ("points out of range", "scores.csv", MARK, MARK.replace("35", "40.5"), "points", "wanted 0 to 40"),
    ("points off the step", "scores.csv", MARK, MARK.replace("35", "35.3"), "points", "not a multiple"),
    ("double mark", "scores.csv", MARK, f"{MARK}\n{MARK}", "criterion_code", "already on line 2"),
    ("unknown round", "scores.csv", MARK, MARK.replace("so-khao", "x"), "round", "unknown round 'x'"),
    ("unknown entry", "scores.csv", MARK, MARK.replace("P1", "P0"), "entry_code", "unknown entry 'P0'"),
    ("unknown judge", "scores.csv", MARK, MARK.replace("gk1", "gk0"), "judge_email", "is no judge"),
    ("officer's mark", "scores.csv", MARK, MARK.replace("gk1", "canbo.ct1"), "judge_email", "is no judge"),
    ("unknown criterion", "scores.csv", MARK, MARK.replace("noi-dung", "y"), "criterion_code", "unknown criterion 'y'"),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "column", "words"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES]
)
def test_a_disagreement(pack: CopiedPack, file: str, old: str, new: str, column: str, words: str) -> None:
    line = pack.edit(file, old, new)
    found = [problem for problem in pack.problems() if words in problem.message]
    assert found, "\n".join(map(str, pack.problems()))
    assert (found[0].file, found[0].line, found[0].column) == (file, line, column)


def test_a_cycle_of_units_is_named_once(pack: CopiedPack) -> None:
    pack.edit("units.csv", "huyện,CT,", "huyện,CT1A,")
    problem = pack.only_problem()
    assert (problem.file, problem.line, problem.column) == ("units.csv", 3, "parent_code")
    assert "CT1 -> CT1A -> CT1" in problem.message


def line_of(pack: CopiedPack, text: str, number: int = 1) -> int:
    lines = [line for line, found in enumerate(pack.text("contest.toml").splitlines(), 1) if found == text]
    return lines[number - 1]


def test_a_panel_without_judges(pack: CopiedPack) -> None:
    pack.write("people.csv", pack.text("people.csv").replace("so-khao/b;", "").replace("so-khao/b", ""))
    found = [problem for problem in pack.problems() if problem.file == "contest.toml"]
    assert [(problem.line, problem.column) for problem in found] == [
        (line_of(pack, "[[rounds.panels]]", 2), "rounds.panels")
    ]
    assert "no judge" in found[0].message


def test_a_panel_with_too_few_judges(pack: CopiedPack) -> None:
    pack.edit("contest.toml", 'judges_per_entry = "panel"', "judges_per_entry = 4")
    assert [problem.line for problem in pack.problems()] == [line_of(pack, "[[rounds.panels]]", n) for n in (1, 2)]


def test_more_approvals_than_organizers(pack: CopiedPack) -> None:
    line = pack.edit("contest.toml", "approvals = 2", "approvals = 3")
    problem = pack.only_problem()
    assert (problem.file, problem.line, problem.column) == ("contest.toml", line, "contest.approvals")


def test_more_entries_than_a_unit_may_submit(pack: CopiedPack) -> None:
    pack.edit("contest.toml", "per_unit_max = 0", "per_unit_max = 2")
    assert [(p.file, p.line, p.column) for p in pack.problems()] == [
        ("entries.csv", 8, "unit_code"),
        ("entries.csv", 9, "unit_code"),
    ]


def test_an_entry_that_no_panel_takes(pack: CopiedPack) -> None:
    pack.edit("contest.toml", '["tap-the"]\nunits = []', '["tap-the"]\nunits = ["CT1"]')
    found = pack.problems()
    assert {(p.file, p.column) for p in found} == {("entries.csv", "category")}
    taken = {"CT1", "CT1A"}
    rows = pack.text("entries.csv").splitlines()
    refused = [n for n, row in enumerate(rows, 1) if ",tap-the," in row and not any(f",{u}," in row for u in taken)]
    assert [p.line for p in found] == refused


def test_a_judge_without_a_seat_in_that_round(pack: CopiedPack) -> None:
    pack.edit("scores.csv", "chung-khao,P1,gk1@", "chung-khao,P1,gk3@")
    problem = pack.only_problem()
    assert (problem.file, problem.column) == ("scores.csv", "judge_email")
    assert "no seat on a panel of round 'chung-khao'" in problem.message


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("gk1@chauthoi.example,P1,,vợ chồng", "names the two"),
        ("gk1@chauthoi.example,,CT1,đồng nghiệp", "names the unit 'CT1'"),
        ("GK1@chauthoi.example,,CT,đồng nghiệp", "names the unit 'CT'"),
    ],
)
def test_a_mark_in_spite_of_a_conflict(pack: CopiedPack, row: str, words: str) -> None:
    pack.write("conflicts.csv", f"judge_email,entry_code,unit_code,reason\n{row}\n")
    found = pack.problems()
    assert (found[0].file, found[0].line, found[0].column) == ("scores.csv", 2, "judge_email")
    assert words in found[0].message


def test_a_mark_for_an_entry_below_the_judges_own_unit(pack: CopiedPack) -> None:
    pack.edit("people.csv", JUDGE, JUDGE.replace("CT", "CT1"))
    found = pack.problems()
    assert {(p.file, p.column) for p in found} == {("scores.csv", "judge_email")}
    entries = {row.split(",")[0] for row in pack.text("entries.csv").splitlines() if ",CT1," in row or ",CT1A," in row}
    scored = {row.split(",")[1] for row in pack.text("scores.csv").splitlines() if ",gk3@" in row}
    assert len(found) == len(entries & scored)


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("gk1@chauthoi.example,,,x", "entry_code", "both are empty"),
        ("gk1@chauthoi.example,P2,CT1,x", "entry_code", "both are given"),
        ("gk1@chauthoi.example,P0,,x", "entry_code", "unknown entry 'P0'"),
        ("gk1@chauthoi.example,,CT9,x", "unit_code", "unknown unit 'CT9'"),
        ("btc1@chauthoi.example,P2,,x", "judge_email", "is no judge"),
        (",P2,,x", "judge_email", "missing"),
        ("gk1@chauthoi.example,P2,,x\ngk1@chauthoi.example,P2,,y", "judge_email", "already on line 2"),
    ],
)
def test_a_wrong_conflict(pack: CopiedPack, row: str, column: str, words: str) -> None:
    pack.write("conflicts.csv", f"judge_email,entry_code,unit_code,reason\n{row}\n")
    found = next(problem for problem in pack.problems() if words in problem.message)
    assert (found.file, found.line, found.column) == ("conflicts.csv", row.count("\n") + 2, column)


def test_a_file_over_its_limit(pack: CopiedPack) -> None:
    pack.edit("contest.toml", "max_bytes = 5242880", "max_bytes = 400")
    over = [p for p in (pack.folder / "files").iterdir() if p.stat().st_size > 400]
    assert over
    assert len(pack.problems()) == len(over)
    assert all(p.column == "files" and "wanted at most 400" in p.message for p in pack.problems())


def test_an_empty_file(pack: CopiedPack) -> None:
    pack.write("files/P1.png", b"")
    problem = pack.only_problem()
    assert (problem.file, problem.line, problem.column) == ("entries.csv", 2, "files")
    assert "is empty" in problem.message


@pytest.mark.parametrize("content", [b"%PDF-1.4\n%%EOF\n", b"<html><script>", b"\0" * 500, b"GIF89a" + b"\0" * 50])
def test_a_file_that_is_not_what_its_name_says(pack: CopiedPack, content: bytes) -> None:
    pack.write("files/P1.png", content)
    problem = pack.only_problem()
    assert (problem.file, problem.line, problem.column) == ("entries.csv", 2, "files")
    assert "'files/P1.png'" in problem.message
    assert "content is not" in problem.message


def test_the_content_check_is_the_callers(pack: CopiedPack) -> None:
    asked: list[tuple[str, str]] = []

    def check(path: Path, extension: str) -> str | None:
        asked.append((path.name, extension))
        return None

    pack.write("files/P1.png", b"anything")
    read_pack(pack.folder, content_check=check)
    assert len(asked) == 8
    assert ("P1.png", "png") in asked


def test_a_link_that_leaves_the_pack(pack: CopiedPack, tmp_path: Path) -> None:
    target = tmp_path / "outside.png"
    (pack.folder / "files" / "P1.png").rename(target)
    (pack.folder / "files" / "P1.png").symlink_to(target)
    assert "a link that leaves the pack" in pack.only_problem().message
    (pack.folder / "files" / "P1.png").unlink()
    (pack.folder / "files" / "P1.png").symlink_to("P1.png")
    assert pack.only_problem().column == "files"


def test_a_folder_or_pipe_is_no_file(pack: CopiedPack) -> None:
    path = pack.folder / "files" / "P1.png"
    path.unlink()
    path.mkdir()
    assert "not a regular file" in pack.only_problem().message
    path.rmdir()
    os.mkfifo(path)
    assert "not a regular file" in pack.only_problem().message


def test_file_names_match_in_any_normal_form(pack: CopiedPack) -> None:
    path = pack.folder / "files" / "P6 bờ biển.png"
    decomposed = path.with_name(unicodedata.normalize("NFD", path.name))
    path.rename(decomposed)
    files = read_pack(pack.folder).entries[5].files
    assert [(file.name, file.path.name) for file in files] == [("files/P6 bờ biển.png", decomposed.name)]


def test_one_person_may_have_two_roles(pack: CopiedPack) -> None:
    row = "btc1@chauthoi.example,Trương Thị Minh Nguyệt,judge,CT,so-khao/a\n"
    pack.write("people.csv", pack.text("people.csv") + row)
    assert sum(person.email == "btc1@chauthoi.example" for person in read_pack(pack.folder).people) == 2


def test_a_judge_may_have_no_unit(pack: CopiedPack) -> None:
    pack.edit("people.csv", JUDGE, JUDGE.replace("CT", ""))
    assert read_pack(pack.folder).people[4].unit_code is None
