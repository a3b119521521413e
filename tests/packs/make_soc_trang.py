"""Makes the demo pack soc-trang-2024, each time the same: `python -m tests.packs.make_soc_trang`."""

import csv
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from .soc_trang import marks, office, pdf, picture, roster, settings, video
from .soc_trang.names import authors
from .soc_trang.story import story_of
from .soc_trang.titles import Idea, ideas

PACK = Path(__file__).parent / "soc-trang-2024"


@dataclass(frozen=True)
class Entry:
    """One entry with its code, its authors and where its two files lie in the pack."""

    code: str
    idea: Idea
    authors: tuple[str, ...]

    @property
    def video_path(self) -> str:
        """Path of the film, relative to the pack."""
        return f"files/{self.code}/video.mp4"

    @property
    def document_path(self) -> str:
        """Path of the document, relative to the pack, under the name its officer gave it."""
        return f"files/{self.code}/{self.idea.document}"


def entries() -> list[Entry]:
    """All entries in the order of their codes, which is not that of the units: they came in as they came in."""
    arrived = sorted(ideas(), key=lambda idea: sha256(idea.title.encode()).digest())
    taken = {*roster.ORGANIZERS, *roster.OFFICERS.values(), *(name for p in roster.JUDGES.values() for name, _ in p)}
    return [Entry(f"E{n:03}", idea, tuple(authors(idea, taken))) for n, idea in enumerate(arrived, 1)]


def _csv(header: str, rows: list[list[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue()


def _entries_rows(found: list[Entry]) -> list[list[str]]:
    return [
        [e.code, e.idea.title, e.idea.category, e.idea.unit, "; ".join(e.authors),
         f"video={e.video_path};document={e.document_path}"]
        for e in found
    ]  # fmt: skip


def _scores_rows(found: list[Entry]) -> list[list[str]]:
    judges = {e.code: [roster.email(n) for n, _ in roster.JUDGES[roster.panel_of(e.idea.unit)]] for e in found}
    rows = []
    for code, sheets in sorted(marks.all_sheets(judges).items()):
        for judge, sheet in zip(judges[code], sheets, strict=True):
            words = marks.comment(code, judge, sheet)
            for criterion, half_points in sheet.items():
                rows.append([roster.ROUND, code, judge, criterion, marks.points(half_points), words])
                words = ""
    return rows


def texts() -> dict[str, str]:
    """Name -> content of the settings file and of every spreadsheet."""
    found = entries()
    first_of: dict[str, str] = {}
    for entry in found:
        first_of.setdefault(entry.idea.unit, entry.code)
    return {
        "contest.toml": settings.contest_toml(),
        "units.csv": _csv("code,name,kind,parent_code,email,valid_from,valid_to", roster.units_rows()),
        "people.csv": _csv("email,full_name,role,unit_code,panels,locale", roster.people_rows()),
        "entries.csv": _csv("code,title,category,unit_code,authors,files", _entries_rows(found)),
        "scores.csv": _csv("round,entry_code,judge_email,criterion_code,points,comment", _scores_rows(found)),
        "conflicts.csv": _csv("judge_email,entry_code,unit_code,reason", roster.conflicts_rows(first_of)),
    }


def document(entry: Entry) -> bytes:
    """The entry's document, of the type that its name says."""
    story, author = story_of(entry.idea), entry.authors[0]
    match entry.idea.document.rsplit(".", 1)[1]:
        case "pptx":
            return office.slides(story, author)
        case "docx":
            return office.letter(story, author)
        case "pdf":
            return pdf.document(story, author)
        case _:
            return picture.poster(story.title, entry.idea.topic, author)


def files(found: list[Entry]) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of the two files of each entry."""
    for entry in found:
        yield entry.video_path, video.film(entry.idea.title, entry.authors[0])
        yield entry.document_path, document(entry)


def write(folder: Path) -> None:
    """Writes the whole pack into `folder`, in place of what is there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in texts().items():
        (folder / name).write_bytes(text.encode())
    for path, data in files(entries()):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


if __name__ == "__main__":
    write(PACK)
