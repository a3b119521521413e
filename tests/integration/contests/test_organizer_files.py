"""The organizers' view of files: every status with its reason, held and refused files, and everything as one ZIP."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from server.app import Parts, create_app
from server.contests.file_archive import stream_archive
from server.db import fetch, fetch_one
from server.scanning import ScannerAddress
from server.storage import new_key
from tests.client import Visitor
from tests.world import World, make_world

URL = "/organize/thu-nghiem/files"


@pytest.fixture
async def world(visitor: Visitor) -> World:
    world = await make_world(entries=3)
    await visitor.sign_in(world.people["o1"])
    return world


async def add_file(
    parts: Parts, world: World, entry: str, name: str, body: bytes | None = b"noi dung", pieces: int = 1, **columns: str
) -> int:
    """A file of `pieces` times `body`; None for one whose bytes are gone from the store."""
    key = new_key("entries")
    hashed = hashlib.sha256((body or b"mat") * pieces).hexdigest()
    if body is not None:

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(pieces):
                yield body

        await parts.storage.put(key, chunks())
    row = await fetch_one(
        "insert into entry_file (entry, kind, file_name, media_type, size, sha256, storage_key, uploaded_by, uploaded_at, "
        "  derived_state, derived_problem, scan_state, scan_found) "
        "values ($1, 'document', $2, 'application/pdf', $3, $4, $5, $6, now(), $7, $8, $9, $10) returning id",
        world.entries[entry], name, len(body or b"mat") * pieces, hashed, key, world.people["officer_a"],
        columns.get("derived", "ready"), columns.get("problem"), columns.get("scan", "skipped"), columns.get("found"),
    )  # fmt: skip
    assert row is not None
    return int(row["id"])


async def test_each_status_with_its_reason_and_the_filter(visitor: Visitor, world: World, parts: Parts) -> None:
    await add_file(parts, world, "E01", "san-sang.pdf")
    await add_file(parts, world, "E01", "hong.pdf", derived="failed", problem="unreadable")
    await add_file(parts, world, "E02", "giu-lai.pdf", derived="waiting", scan="held")
    await add_file(
        parts, world, "E02", "doc.pdf", derived="failed", problem="infected", scan="refused", found="Eicar-X"
    )
    await add_file(parts, world, "E03", "Bài Thơ.pdf", derived="waiting", scan="waiting")
    text = (await visitor.get(URL)).text
    for said in (
        "Giám khảo xem được",
        "Tệp hỏng hoặc không đọc được.",
        "Đang kiểm tra an toàn",
        "Máy quét tìm thấy: Eicar-X.",
    ):
        assert said in text
    assert "5 tệp" in text
    for status, name in (
        ("ready", "san-sang.pdf"),
        ("failed", "hong.pdf"),
        ("held", "giu-lai.pdf"),
        ("refused", "doc.pdf"),
    ):
        text = (await visitor.get(URL, params={"status": status})).text
        assert "1 tệp" in text
        assert name in text
    assert "Bài Thơ.pdf" in (await visitor.get(URL, params={"q": "bai tho"})).text
    assert "Không có tệp nào" in (await visitor.get(URL, params={"q": "xyz", "status": "nonsense"})).text


async def test_back_to_its_unit_with_a_message_from_the_list(visitor: Visitor, world: World, parts: Parts) -> None:
    await add_file(parts, world, "E01", "hong.pdf", derived="failed", problem="unreadable")
    text = (await visitor.get(URL)).text
    assert "Tệp “hong.pdf”: Tệp hỏng hoặc không đọc được." in text
    action = "/organize/thu-nghiem/entries/E01/verdicts/return"
    assert f'action="{action}"' in text
    answer = await visitor.submit(action, {"message": "Tệp hỏng, hãy gửi lại."})
    assert answer.status_code == 303
    entry = await fetch_one("select state, message from entry where code = 'E01'")
    assert entry is not None
    assert tuple(entry.values()) == ("returned", "Tệp hỏng, hãy gửi lại.")


async def test_nobody_gets_a_refused_file_and_organizers_wait_for_the_scanner(
    visitor: Visitor, world: World, parts: Parts
) -> None:
    refused = await add_file(parts, world, "E01", "doc.pdf", scan="refused", found="Eicar-X")
    held = await add_file(parts, world, "E01", "cho.pdf", scan="held", derived="waiting")
    scanned = Parts(replace(parts.settings, clamd=ScannerAddress(path="/nowhere")), parts.storage)
    app = create_app(scanned)
    organizer = await Visitor(app).sign_in(world.people["o1"])
    officer = await Visitor(app).sign_in(world.people["officer_a"])
    there, own = "/organize/thu-nghiem/entries/E01/files", "/contests/thu-nghiem/entries/E01/files"
    assert [(await organizer.get(f"{there}/{file}")).status_code for file in (refused, held)] == [422, 409]
    assert [(await officer.get(f"{own}/{file}")).status_code for file in (refused, held)] == [422, 200]
    assert "Eicar-X" in (await officer.get("/contests/thu-nghiem/entries/E01")).text
    # Without a scanner nothing is held, so that an installation that drops its scanner goes on.
    assert (await visitor.get(f"{there}/{held}")).status_code == 200
    await organizer.aclose()
    await officer.aclose()


async def test_everything_as_a_zip_with_a_manifest(
    visitor: Visitor, world: World, parts: Parts, tmp_path: Path
) -> None:
    await fetch("update unit set name = 'Hội LHPN Mỹ Tú' where code in ('A', 'B')")
    await fetch("""update entry set title = '=HYPERLINK("x")' where code = 'E02'""")
    await add_file(parts, world, "E01", "Bài.pdf", b"mot")
    await add_file(parts, world, "E01", "bài.PDF", b"hai")
    await add_file(parts, world, "E01", "../../etc/passwd", b"ba")
    await add_file(parts, world, "E02", "Bài.pdf", b"bon")
    await add_file(parts, world, "E02", "mat.pdf", None)
    await add_file(parts, world, "E03", "doc.pdf", scan="refused", found="Eicar-X")
    await add_file(parts, world, "E03", "cho.pdf", scan="held")
    removed = await add_file(parts, world, "E03", "cu.pdf")
    await fetch("update entry_file set removed_at = now() where id = $1", removed)
    answer = await visitor.get(f"{URL}.zip")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="thu-nghiem.zip"')
    whole = tmp_path / "all.zip"
    whole.write_bytes(answer.content)
    with zipfile.ZipFile(whole) as package:
        assert package.testzip() is None
        rows = list(csv.DictReader(io.StringIO(package.read("manifest.csv").decode("utf-8-sig"))))
        by_name = {row["path"].rsplit("/", 1)[-1] + row["entry"]: row for row in rows}
        sent = {row["path"]: row for row in rows if row["status"] == "sent"}
        assert set(package.namelist()) == {*sent, "manifest.csv"}
        for path, row in sent.items():
            body = package.read(path)
            assert (hashlib.sha256(body).hexdigest(), str(len(body))) == (row["sha256"], row["bytes"])
    assert [path.split("/")[0] for path in sent] == [*["Hội LHPN Mỹ Tú"] * 3, "Hội LHPN Mỹ Tú (2)", "Hội LHPN Mỹ Tú"]
    assert {path.split("/", 2)[2] for path in sent} == {"Bài.pdf", "bài (2).PDF", "passwd", "cho.pdf"}
    assert by_name["mat.pdfE02"]["status"] == "missing"
    assert by_name["doc.pdfE03"]["status"] == "refused: Eicar-X"
    assert by_name["cho.pdfE03"]["status"] == "sent"
    assert by_name["Bài.pdfE02"]["title"] == """'=HYPERLINK("x")"""
    assert "cu.pdf" not in str(rows)
    assert len(await fetch("select 1 from audit_event where action = 'files.downloaded'")) == 1


async def test_with_a_scanner_what_is_not_cleared_is_held_back(world: World, parts: Parts) -> None:
    await add_file(parts, world, "E01", "cho.pdf", scan="held")
    await add_file(parts, world, "E01", "moi.pdf", scan="waiting")
    await add_file(parts, world, "E01", "sach.pdf", scan="clean")
    body = b"".join([piece async for piece in stream_archive("thu-nghiem", parts.storage, scanned=True)])
    with zipfile.ZipFile(io.BytesIO(body)) as package:
        assert [name.rsplit("/", 1)[-1] for name in package.namelist()] == ["sach.pdf", "manifest.csv"]
        assert package.read("manifest.csv").decode().count('"held"') == 2


async def test_who_goes_away_in_the_middle_leaves_nothing_open(world: World, parts: Parts) -> None:
    await add_file(parts, world, "E01", "lon.mp4", bytes(2**20), pieces=20)
    archive = stream_archive("thu-nghiem", parts.storage, scanned=False)
    for _ in range(3):
        await anext(archive)
    await archive.aclose()
    assert "entries/" not in str([file.path for file in psutil.Process().open_files()])


async def test_memory_stays_flat_over_many_and_large_files(world: World, parts: Parts) -> None:
    """HOITHI_ZIP_MIB: how large the largest file is; 5000 goes beyond what 32 bits can say."""
    mib = int(os.environ.get("HOITHI_ZIP_MIB", "150"))
    await add_file(parts, world, "E01", "lon.mp4", bytes(2**20), pieces=mib)
    for number in range(450):
        await add_file(parts, world, "E02", f"nho-{number}.pdf", b"x" * 1000)
    process = psutil.Process()
    before = most = process.memory_info().rss
    total, tail = 0, b""
    async for piece in stream_archive("thu-nghiem", parts.storage, scanned=False):
        total += len(piece)
        tail = (tail + piece)[-4_000_000:]
        most = max(most, process.memory_info().rss)
    print(f"{total / 2**20:,.0f} MiB in 452 members, memory rose by {(most - before) / 2**20:.1f} MiB")
    assert total > mib * 2**20
    assert most - before < 40 * 2**20
    # The directory at the end names every member.
    assert tail.count(b"PK\1\2") == 452
