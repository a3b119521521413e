"""Good packs read into what they say; packs spoilt at random are refused and raise nothing else."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.errors import PackRefused
from server.judging.rules.scores import Criterion, ScoringRule
from server.judging.rules.standings import ScoredEntry, compute_standings
from server.packs.model import Round, SeatCode
from server.packs.read import read_pack
from server.packs.read_fields import CELL_LIMIT, clean, read_decimal, split_list
from tests.recompute import recompute
from tests.unit.packs.copied_pack import PACKS, CopiedPack

HAND_MADE = ["trimmed-mean", "tie-decide", "tie-include", "missing-marks", "two-rounds", "category-quota"]
FILES = ["contest.toml", "units.csv", "people.csv", "entries.csv", "scores.csv"]


def test_a_pack_reads_into_what_it_says(pack: CopiedPack) -> None:
    read = read_pack(pack.folder)
    assert (read.code, read.title.vi, read.host_unit) == (
        "tranh-co-dong-2025",
        "Tranh cổ động vì môi trường xanh",
        "CT",
    )
    assert read.opens_at == datetime(2025, 3, 1, 1, tzinfo=UTC)
    assert [round_.code for round_ in read.rounds] == ["so-khao", "chung-khao"]
    final = read.rounds[1]
    assert (final.step, final.aggregate.method, final.advance.top) == (Decimal("0.25"), "median", 1)
    assert [(c.code, c.max, c.weight) for c in final.criteria][1] == ("thuyet-trinh", Decimal(10), Decimal("1.5"))
    assert read.people[2].seats == (SeatCode("so-khao", "a"), SeatCode("chung-khao", "1"))
    assert read.entries[1].files[0].path == (pack.folder / "files/P2 túi vải.png").resolve()
    assert read.entries[0].authors == ("Nguyễn Thị Hạnh", "Võ Thị Bích Thủy")
    assert (read.scores[2].points, read.scores[2].line) == (Decimal("25.5"), 4)
    assert read.file_rules[0].extensions == ("png", "jpg")


@pytest.mark.parametrize("name", HAND_MADE)
def test_the_independent_count_is_the_expected_one(name: str) -> None:
    assert recompute(PACKS / name) == json.loads((PACKS / name / "expected.json").read_text("utf-8"))


@pytest.mark.parametrize("name", HAND_MADE)
def test_the_servers_rules_come_to_the_expected_standings(name: str) -> None:
    read = read_pack(PACKS / name)
    for expected in json.loads((PACKS / name / "expected.json").read_text("utf-8")):
        round_ = next(round_ for round_ in read.rounds if round_.code == expected["code"])
        sheets: dict[str, dict[str, dict[str, Decimal]]] = {row["entry"]: {} for row in expected["standings"]}
        for score in read.scores:
            if score.round == round_.code:
                sheets[score.entry_code].setdefault(score.judge_email, {})[score.criterion_code] = score.points
        entries = [ScoredEntry(code, list(judges.values())) for code, judges in sheets.items()]
        found = compute_standings(entries, scoring_rule(round_), round_.ties, round_.discrepancy.max_spread)
        assert [(row.rank, row.entry, row.score and str(row.score), row.tied) for row in found] == [
            (row["rank"], row["entry"], row["score"], row["tied"]) for row in expected["standings"]
        ]


def scoring_rule(round_: Round) -> ScoringRule:
    criteria = tuple(Criterion(item.code, item.max, item.weight) for item in round_.criteria)
    aggregate = round_.aggregate
    return ScoringRule(criteria, aggregate.method, aggregate.trim, aggregate.per, round_.decimals)  # type: ignore[arg-type]


def test_figures_that_were_worked_out_by_hand() -> None:
    ranks = {row["entry"]: row["rank"] for row in recompute(PACKS / "tie-decide")[0]["standings"]}
    assert ranks == {"K1": 1, "K2": 2, "K3": 2, "K4": 4, "K5": 5, "K6": 5, "K8": 7, "K7": 8}
    first, second = recompute(PACKS / "missing-marks")
    # M2: sheets of 90 and 92, the third has a gap and does not count.
    assert [(row["entry"], row["score"]) for row in first["standings"]] == [
        ("M2", "91.00"),
        ("M1", "82.00"),
        ("M3", "70.50"),
        ("M5", "60.00"),
        ("M4", None),
        ("M6", None),
    ]
    # M2 by criterion: (44 + 45 + 46) / 3 + (31 + 32) / 2; M3 has no mark at all for one criterion.
    assert [row["score"] for row in second["standings"]] == ["76.50", "72.00", None]


def test_rounding_by_criterion_decides_the_trimmed_mean_pack() -> None:
    """T2 and T5 are equal when rounded once at the end; rounded as the format says, T5 is ahead."""
    read = read_pack(PACKS / "trimmed-mean")
    exact = {}
    for entry in ("T2", "T5"):
        total = Fraction(0)
        for criterion in read.rounds[0].criteria:
            marks = sorted(s.points for s in read.scores if (s.entry_code, s.criterion_code) == (entry, criterion.code))
            assert len(marks) == 9
            total += Fraction(sum(marks[1:-1])) / 7 * Fraction(criterion.weight)
        exact[entry] = (total * 200 + 1) // 2
    assert exact["T2"] == exact["T5"] == 1983
    scores = {row["entry"]: row["score"] for row in recompute(PACKS / "trimmed-mean")[0]["standings"]}
    assert (scores["T2"], scores["T5"]) == ("19.82", "19.83")


MARKS = [b"", b",", b'"', b"\n", b"\r", b"\0", b";", b"=", b"[", b"]]", b"{", b"'", b"#", b"../", b"/", b"\\u0000"]
VALUES = [b"0", b"-1", b"9" * 400, b"1e999", b"NaN", b"true", b"2025-99-99", b"x" * (CELL_LIMIT + 1)]
LETTERS = [b"\xff", b"\xef\xbb\xbf", "ộ".encode(), "e\u0302\u0323".encode(), "\ufffe\u202e".encode()]
PIECES = st.sampled_from(MARKS + VALUES + LETTERS)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.sampled_from(FILES), st.floats(0, 1), st.integers(0, 12), PIECES | st.binary(max_size=6)),
        min_size=1,
        max_size=4,
    )
)
def test_a_pack_spoilt_at_random_is_read_or_refused(edits: list[tuple[str, float, int, bytes]]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        shutil.copytree(PACKS / "two-rounds", folder, dirs_exist_ok=True)
        for file, where, length, piece in edits:
            raw = (folder / file).read_bytes()
            at = int(where * len(raw))
            (folder / file).write_bytes(raw[:at] + piece + raw[at + length :])
        assert_read_or_refused(folder)
    finally:
        shutil.rmtree(folder)


def assert_read_or_refused(folder: Path) -> None:
    refused = None
    try:
        read_pack(folder, content_check=lambda path, extension: None)
    except PackRefused as error:
        refused = error
    if refused is not None:
        assert 1 <= len(refused.problems) <= 100
        assert all(problem.file and problem.message for problem in refused.problems)
        assert len(str(refused)) < 100_000


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "[Content_Types].xml"]),
    st.floats(0, 1),
    st.integers(0, 30),
    st.sampled_from([b"", b"<", b"&", b'"', b"0", b"-1", b"1e400", b"</row>", b'<c r="ZZZZ9">', b'r="99999999"']),
)
def test_a_workbook_spoilt_inside_is_read_or_refused(part: str, where: float, length: int, piece: bytes) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        shutil.copytree(PACKS / "two-rounds", folder, dirs_exist_ok=True)
        book = openpyxl.Workbook()
        for row in csv.reader((folder / "units.csv").read_text("utf-8").splitlines()):
            book.active.append(row)
        book.save(folder / "book.xlsx")
        with zipfile.ZipFile(folder / "book.xlsx") as old, zipfile.ZipFile(folder / "units.xlsx", "w") as new:
            for name in old.namelist():
                raw = old.read(name)
                at = int(where * len(raw))
                new.writestr(name, raw[:at] + piece + raw[at + length :] if name == part else raw)
        (folder / "units.csv").unlink()
        assert_read_or_refused(folder)
    finally:
        shutil.rmtree(folder)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(FILES))
def test_any_bytes_for_a_file_are_refused(content: bytes, file: str) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        shutil.copytree(PACKS / "tie-decide", folder, dirs_exist_ok=True)
        (folder / file).write_bytes(content)
        with pytest.raises(PackRefused):
            read_pack(folder)
    finally:
        shutil.rmtree(folder)


@given(st.decimals(0, 999_999_999, places=6))
def test_decimals_are_exact(number: Decimal) -> None:
    assert read_decimal(format(number, "f")) == number


@given(st.text())
def test_text_is_cleaned_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_lists_are_trimmed() -> None:
    assert split_list(" a ; ;b;") == ("a", "b")
