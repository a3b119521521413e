"""Every mistake that contest.toml can hold is refused at its line and key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from server.packs.read import read_pack
from server.packs.read_problems import Problems
from server.packs.read_settings import read_settings
from tests.unit.packs.copied_pack import CopiedPack

TOML = "contest.toml"
TOP, CONTEST, ROUND = "pack_version = 1\n", "approvals = 2\n", "decimals = 2\n"

MISTAKES = [
    ("unknown key at the top", TOP, "pack_version = 1\ncolour = 3\n", "colour", "unknown key 'colour'"),
    ("unknown key", CONTEST, "approvals = 2\nlogo = 1\n", "contest.logo", "unknown key 'logo'"),
    ("unknown key of a round", ROUND, "decimals = 2\nspeed = 1\n", "rounds.speed", "unknown key"),
    ("unknown key in a title", 'en = "Group"', 'fr = "Groupe"', "categories.title.fr", "unknown key 'fr'"),
    ("pack version", TOP, "pack_version = 2\n", "pack_version", "wanted 1"),
    ("contest code", '"tranh-co-dong-2025"', '"Tranh 2025"', "contest.code", "a-z, 0-9"),
    ("code of a category", '"ca-nhan"', '"cá nhân"', "categories.code", "is no code"),
    ("text that is a number", 'timezone = "Asia/Ho_Chi_Minh"', "timezone = 7", "contest.timezone", "wanted text in"),
    ("time zone", '"Asia/Ho_Chi_Minh"', '"Asia/Saigon2"', "contest.timezone", "no time zone"),
    ("time zone that is a path", '"Asia/Ho_Chi_Minh"', '"../../etc/passwd"', "contest.timezone", "no time zone"),
    ("time without offset", "08:00:00+07:00", "08:00:00", "contest.opens_at", "has no offset"),
    ("day for a time", "2025-03-01T08:00:00+07:00", "2025-03-01", "contest.opens_at", "a day without a time"),
    ("text for a time", "2025-03-01T08:00:00+07:00", '"soon"', "contest.opens_at", "without quotes"),
    ("year", "2025-03-01T08:00:00+07:00", "0001-01-01T00:00:00+07:00", "contest.opens_at", "the year 1"),
    ("closes before it opens", "2025-03-31T17", "2025-02-01T17", "contest.closes_at", "is not after opens_at"),
    ("approvals", CONTEST, "approvals = 0\n", "contest.approvals", "out of range"),
    ("truth for a number", CONTEST, "approvals = true\n", "contest.approvals", "found true or false"),
    ("a huge number", CONTEST, f"approvals = 0x{'f' * 9000}\n", "contest.approvals", "out of range"),
    ("unknown host unit", 'host_unit = "CT"', 'host_unit = "XX"', "contest.host_unit", "unknown unit 'XX'"),
    ("no extensions", '["png", "jpg"]', "[]", "file_rules.extensions", "there are no extensions"),
    ("extension with a dot", '["png", "jpg"]', '[".png", "png", "jpg"]', "file_rules.extensions", "no dot"),
    ("list with a number", '["png", "jpg"]', '["png", 3]', "file_rules.extensions", "a list of texts"),
    ("size as text", "5242880", '"5 MB"', "file_rules.max_bytes", "a whole number"),
    ("flag as text", "required = true", 'required = "yes"', "file_rules.required", "true or false"),
    (
        "judges per entry",
        'judges_per_entry = "panel"',
        'judges_per_entry = "all"',
        "rounds.judges_per_entry",
        '"panel"',
    ),
    ("no judges per entry", 'judges_per_entry = "panel"', "judges_per_entry = 0", "rounds.judges_per_entry", "range"),
    ("step as a float", 'step = "0.5"', "step = 0.5", "rounds.step", "put the number in quotes"),
    ("step that is no number", 'step = "0.5"', 'step = "half"', "rounds.step", "is no number"),
    ("step with a comma", 'step = "0.5"', 'step = "0,5"', "rounds.step", "is no number"),
    ("step of zero", 'step = "0.5"', 'step = "0"', "rounds.step", "above 0"),
    ("step as a power", 'step = "0.5"', 'step = "5e-1"', "rounds.step", "is no number"),
    ("decimals", ROUND, "decimals = 9\n", "rounds.decimals", "from 0 to 6"),
    ("calibration", 'calibration = "none"', 'calibration = "z"', "rounds.calibration", "none, severity"),
    ("method", 'method = "mean"', 'method = "mode"', "rounds.aggregate.method", "mean, median, trimmed_mean"),
    ("trim without trimmed_mean", "trim = 0", "trim = 1", "rounds.aggregate.trim", '"trimmed_mean" only'),
    ("per", 'per = "sheet"', 'per = "judge"', "rounds.aggregate.per", "sheet, criterion"),
    ("spread", 'max_spread = "20"', 'max_spread = "-1"', "rounds.discrepancy.max_spread", "is no number"),
    ("action", 'action = "flag"', 'action = "shout"', "rounds.discrepancy.action", "flag, extra_judge"),
    ("top", "top = 4", "top = -1", "rounds.advance.top", "out of range"),
    ("cut", 'per = "round"', 'per = "unit"', "rounds.advance.per", "round, category, panel"),
    ("ties", 'ties = "decide"', 'ties = "draw"', "rounds.advance.ties", "decide, include"),
    ("ladder", '"median"]', '"mean"]', "rounds.ties.break", "'mean' breaks no tie"),
    ("criterion of the ladder", '"criterion:noi-dung"', '"criterion:x"', "rounds.ties.break", "'criterion:x'"),
    ("ladder twice", '"median"]', '"median", "median"]', "rounds.ties.break", "twice"),
    ("max off the step", 'max = "40"', 'max = "40.3"', "rounds.criteria.max", "not a multiple of the round's step"),
    ("max as a float", 'max = "40"', "max = 40.0", "rounds.criteria.max", "put the number in quotes"),
    ("weight that is no number", 'weight = "1"', 'weight = "heavy"', "rounds.criteria.weight", "is no number"),
    ("weight as a float", 'weight = "1"', "weight = 0.8", "rounds.criteria.weight", 'weight = "0.8"'),
    ("category of a panel", '["tap-the"]', '["tap-the", "khac"]', "rounds.panels.categories", "unknown category"),
    ("unit of a panel", "units = []", 'units = ["CT9"]', "rounds.panels.units", "unknown unit 'CT9'"),
    ("number of prizes", "count = 1", "count = 0", "prizes.count", "out of range"),
    ("empty title", 'vi = "Giải Nhất"', 'vi = " "', "prizes.title.vi", "empty"),
    ("control character", 'vi = "Giải Nhất"', 'vi = "Giải\\u0000Nhất"', "prizes.title.vi", "U+0000"),
]


def test_the_copied_pack_is_good(pack: CopiedPack) -> None:
    assert read_pack(pack.folder).code == "tranh-co-dong-2025"


@pytest.mark.parametrize(("old", "new", "column", "words"), [row[1:] for row in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_a_mistake_is_named_with_line_and_key(pack: CopiedPack, old: str, new: str, column: str, words: str) -> None:
    line = pack.edit(TOML, old, new)
    found = [problem for problem in pack.problems() if problem.column == column]
    assert found, "\n".join(map(str, pack.problems()))
    assert (found[0].file, found[0].line) == (TOML, line)
    assert words in found[0].message


@pytest.mark.parametrize(
    ("old", "column", "at"),
    [
        ('code = "tranh-co-dong-2025"\n', "contest.code", "[contest]"),
        ('host_unit = "CT"\n', "contest.host_unit", "[contest]"),
        ('step = "0.5"\n', "rounds.step", "[[rounds]]"),
        ('weight = "1.5"\n', "rounds.criteria.weight", 'title = { vi = "Thuyết trình"'),
        ("max_bytes = 5242880\n", "file_rules.max_bytes", "[[file_rules]]"),
        ("pack_version = 1\n", "pack_version", None),
    ],
)
def test_a_missing_key_is_named_at_its_table(pack: CopiedPack, old: str, column: str, at: str | None) -> None:
    pack.edit(TOML, old, "")
    problem = pack.only_problem()
    assert "is missing" in problem.message
    assert problem.column == column
    lines = pack.text(TOML).splitlines()
    expected = 1 if at is None else next(number for number, text in enumerate(lines, 1) if text.startswith(at))
    assert problem.line in (expected, expected - 2 if at and at.startswith("title") else expected)


def test_trimmed_mean_wants_a_trim(pack: CopiedPack) -> None:
    line = pack.edit(TOML, 'method = "mean"\ntrim = 0', 'method = "trimmed_mean"\ntrim = 0')
    problem = pack.only_problem()
    assert (problem.line, problem.column) == (line, "rounds.aggregate.trim")


@pytest.mark.parametrize(
    ("section", "old", "new"),
    [
        ("categories", 'code = "ca-nhan"', 'code = "tap-the"'),
        ("rounds.criteria", 'code = "sang-tao"', 'code = "noi-dung"'),
        ("rounds.panels", 'code = "b"', 'code = "a"'),
        ("rounds", 'code = "chung-khao"', 'code = "so-khao"'),
    ],
)
def test_a_double_code_is_named(pack: CopiedPack, section: str, old: str, new: str) -> None:
    line = pack.edit(TOML, old, new)
    found = [problem for problem in pack.problems() if "already used on line" in problem.message]
    assert [(problem.file, problem.line, problem.column) for problem in found] == [(TOML, line, f"{section}.code")]


def test_bad_toml_is_named_where_the_parser_stopped(pack: CopiedPack) -> None:
    line = pack.edit(TOML, 'step = "0.5"', "step = ")
    problem = pack.only_problem()
    assert (problem.file, problem.line, problem.column) == (TOML, line, "8")
    assert "no TOML" in problem.message


def test_an_unclosed_list_ends_at_the_end(pack: CopiedPack) -> None:
    pack.write(TOML, "pack_version = 1\nlist = [\n")
    assert pack.only_problem().line == 2


def test_deep_nesting_is_refused(pack: CopiedPack) -> None:
    pack.write(TOML, "pack_version = " + "[" * 100_000)
    assert pack.only_problem().file == TOML


@pytest.mark.parametrize("missing", ["categories", "rounds", "rounds.criteria", "rounds.panels"])
def test_a_contest_needs_at_least_one_of_each(pack: CopiedPack, missing: str) -> None:
    text = pack.text(TOML)
    blocks = text.split("\n[[")
    pack.write(TOML, "\n[[".join(block for block in blocks if not re.match(rf"{missing}\b.*\]\]\n", block)))
    assert any(p.column == missing and "at least one" in p.message for p in pack.problems())


def test_toml_integers_are_numbers(pack: CopiedPack) -> None:
    pack.edit(TOML, 'max = "40"', "max = 40")
    assert read_pack(pack.folder).rounds[0].criteria[0].max == 40


def test_the_example_of_the_guide_has_no_mistake() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "contest-pack.md").read_text("utf-8")
    problems = Problems()
    settings = read_settings(guide.split("```toml\n")[1].split("```")[0], problems)
    assert problems.found == []
    assert settings.rounds[0].ties == ("criterion:noi-dung", "criterion:sang-tao", "median", "submitted_at")


def test_english_titles_may_be_left_out(pack: CopiedPack) -> None:
    pack.edit(TOML, ', en = "Group" }', " }")
    assert read_pack(pack.folder).categories[0].title.en == "Tập thể"
