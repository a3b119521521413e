"""The demo pack is what its maker makes, its files are what their names say, and its marks tell the story it promises."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path

import av
import docx
import pikepdf
import pptx
import pytest
from PIL import Image

from server.packs.read import read_pack
from tests.packs import make_soc_trang
from tests.packs.make_soc_trang import PACK, document, entries
from tests.packs.soc_trang import roster
from tests.packs.soc_trang.titles import ideas
from tests.packs.soc_trang.video import film
from tests.recompute import recompute

Row = dict[str, str]
BY_TYPE = {
    ending: [e for e in entries() if e.document_path.endswith(ending)] for ending in ("pptx", "docx", "pdf", "jpg")
}


def rows(name: str) -> list[Row]:
    with (PACK / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def totals() -> dict[str, dict[str, Fraction]]:
    """Entry -> judge -> total of the sheet (all weights are 1)."""
    found: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for row in rows("scores.csv"):
        found[row["entry_code"]][row["judge_email"]] += Fraction(row["points"])
    return found


def test_texts_are_as_made_again() -> None:
    made = make_soc_trang.texts()
    kept = {path.name: path.read_bytes().decode() for path in PACK.iterdir() if path.is_file()}
    assert made == kept


@pytest.mark.parametrize(
    "name", ["contest.toml", "units.csv", "people.csv", "entries.csv", "scores.csv", "conflicts.csv"]
)
def test_texts_are_plain(name: str) -> None:
    data = (PACK / name).read_bytes()
    text = data.decode("utf-8")
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    assert text.endswith("\n")
    assert unicodedata.is_normalized("NFC", text)


def test_counts() -> None:
    pack = read_pack(PACK)
    assert (len(pack.entries), len(pack.units), len(pack.scores)) == (64, 12, 768)
    assert Counter(row["role"] for row in rows("people.csv")) == {"organizer": 2, "judge": 9, "officer": 11}
    assert len({(row["entry_code"], row["judge_email"]) for row in rows("scores.csv")}) == 192
    assert len({row["full_name"] for row in rows("people.csv")}) == 22
    assert len(ideas()) == len({idea.title for idea in ideas()}) == 64


def test_units_are_those_of_2024() -> None:
    host, *districts = rows("units.csv")
    assert (host["code"], host["name"], host["parent_code"]) == ("ST", "Hội LHPN tỉnh Sóc Trăng", "")
    assert len(districts) == 11
    assert {row["parent_code"] for row in districts} == {"ST"}
    assert {row["valid_to"] for row in districts} == {"2025-06-30"}


def test_each_entry_fits_one_panel_without_a_conflict() -> None:
    judges_of_panel = defaultdict(dict)
    for row in rows("people.csv"):
        if row["role"] == "judge":
            judges_of_panel[row["panels"].removeprefix("so-khao/")][row["email"]] = row["unit_code"]
    unit_of = {row["code"]: row["unit_code"] for row in rows("entries.csv")}
    declared = rows("conflicts.csv")
    scored = {code: set(judges) for code, judges in totals().items()}
    assert sorted(unit for units in roster.PANELS.values() for unit in units) == sorted(roster.UNITS)
    for code, unit in unit_of.items():
        seats = judges_of_panel[roster.panel_of(unit)]
        assert scored[code] == set(seats)
        assert unit not in seats.values()
        for row in declared:
            hit = row["entry_code"] == code or row["unit_code"] == unit
            assert not (hit and row["judge_email"] in seats)
    assert len(declared) == 4


def test_files_are_128_small_and_all_different() -> None:
    paths = [part.partition("=")[2] for row in rows("entries.csv") for part in row["files"].split(";")]
    contents = [(PACK / path).read_bytes() for path in paths]
    on_disk = {str(path.relative_to(PACK)) for path in (PACK / "files").rglob("*") if path.is_file()}
    assert len(paths) == len(set(contents)) == 128
    assert set(paths) == on_disk
    assert sum(map(len, contents)) < 4_000_000


def test_every_film_plays() -> None:
    for entry in entries():
        with av.open(str(PACK / entry.video_path)) as film_file:
            frames = list(film_file.decode(video=0))
            codecs = {stream.codec_context.name for stream in film_file.streams}
            assert film_file.metadata["artist"] == entry.authors[0]
        assert 30 <= len(frames) <= 50
        assert (frames[0].width, frames[0].height) == (320, 180)
        assert codecs == {"h264", "aac"}


def test_every_presentation_opens() -> None:
    for entry in BY_TYPE["pptx"]:
        deck = pptx.Presentation(str(PACK / entry.document_path))
        assert deck.slides[0].shapes.title.text == entry.idea.title
        assert len(deck.slides) == 5


def test_every_letter_opens() -> None:
    for entry in BY_TYPE["docx"]:
        paper = docx.Document(str(PACK / entry.document_path))
        assert paper.paragraphs[0].text == entry.idea.title
        assert paper.core_properties.author == entry.authors[0]


def test_every_pdf_opens_unrepaired() -> None:
    for entry in BY_TYPE["pdf"]:
        with pikepdf.open(PACK / entry.document_path, attempt_recovery=False) as opened:
            assert len(opened.pages) == 1
            assert str(opened.docinfo["/Title"]) == entry.idea.title
            assert opened.check_pdf_syntax() == []


def test_every_poster_opens() -> None:
    for entry in BY_TYPE["jpg"]:
        with Image.open(PACK / entry.document_path) as image:
            image.load()
            assert image.size == (960, 540)
            assert image.getexif()[0x013B].encode("latin-1").decode() == entry.authors[0]


def test_types_of_documents() -> None:
    assert {ending: len(found) for ending, found in BY_TYPE.items()} == {"pptx": 22, "docx": 15, "pdf": 18, "jpg": 9}


@pytest.mark.parametrize("ending", ["pdf", "jpg"])
def test_documents_are_as_made_again(ending: str) -> None:
    for entry in BY_TYPE[ending][:3]:
        assert document(entry) == (PACK / entry.document_path).read_bytes()


@pytest.mark.parametrize("ending", ["pptx", "docx"])
def test_office_files_are_as_made_again(ending: str) -> None:
    """Part by part: how far zlib packs them may differ from machine to machine, what is in them may not."""
    for entry in BY_TYPE[ending][:3]:
        made, again = document(entry), document(entry)
        assert made == again
        assert _parts(made) == _parts((PACK / entry.document_path).read_bytes())


def _parts(data: bytes) -> list[tuple[str, tuple[int, ...], bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(info.filename, info.date_time, archive.read(info)) for info in archive.infolist()]


def test_a_film_is_made_the_same_twice() -> None:
    """Not held to the kept bytes: the AAC encoder's floats may differ between processors."""
    entry = entries()[0]
    assert film(entry.idea.title, entry.authors[0]) == film(entry.idea.title, entry.authors[0])


def test_the_same_score_comes_once_and_the_second_rung_breaks_it_on_the_cut() -> None:
    points: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for row in rows("scores.csv"):
        points[row["entry_code"]][row["criterion_code"]] += Fraction(row["points"])
    sums = Counter(sum(criteria.values()) for criteria in points.values())
    assert [(total, n) for total, n in sums.items() if n > 1] == [(Fraction(269), 2)]
    third, fourth = points["E038"], points["E008"]
    assert third["noi-dung"] == fourth["noi-dung"]
    assert third["sang-tao"] > fourth["sang-tao"]


def test_standings() -> None:
    (played,) = recompute(PACK)
    standings = played["standings"]
    assert (played["panels"], played["assignments"], played["sheets"]) == (3, 192, 192)
    assert [(s["rank"], s["entry"], s["score"]) for s in standings[:5]] == [
        (1, "E017", "91.33"),
        (2, "E052", "90.50"),
        (3, "E038", "89.67"),
        (4, "E008", "89.67"),
        (5, "E064", "87.50"),
    ]
    assert [s["rank"] for s in standings] == list(range(1, 65))
    assert not any(s["tied"] for s in standings)
    assert (played["advanced"], played["unresolved_tie"]) == (["E017", "E052", "E038"], [])


def test_two_spreads_are_flagged_and_one_is_on_the_limit() -> None:
    spreads = {code: max(sheets.values()) - min(sheets.values()) for code, sheets in totals().items()}
    assert {code: spread for code, spread in spreads.items() if spread > 20} == {
        "E029": Fraction(23),
        "E045": Fraction(43, 2),
    }
    assert [code for code, spread in spreads.items() if spread == 20] == ["E011"]
    assert sum(spread > 15 for spread in spreads.values()) == 3


def test_a_document_names_nobody_in_what_a_judge_reads() -> None:
    """Names are only in the metadata, where the judges' copies must lose them."""
    for entry in BY_TYPE["docx"]:
        text = "\n".join(p.text for p in docx.Document(str(PACK / entry.document_path)).paragraphs)
        assert not any(author in text for author in entry.authors)
        assert roster.UNITS[entry.idea.unit][0] not in text


def test_paths_are_safe_and_some_are_awkward() -> None:
    names = [Path(entry.document_path).name for entry in entries()]
    assert "bài dự thi chi hội ấp 3.pptx" in names
    assert all(len(name.encode()) < 120 and ";" not in name and "=" not in name for name in names)
