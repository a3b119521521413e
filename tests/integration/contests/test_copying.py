"""From an upload to what judges see: scanned first, held while the scanner is away, copied, previewed, recorded once."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import sys
from pathlib import Path

import pytest

import server.contests.jobs  # noqa: F401 - its handlers register themselves
from server.app import Parts
from server.contests.copying import _record_failure, copy_file
from server.db import fetch, fetch_one, unit_of_work
from server.jobs import Drain, JobContext, Postpone
from server.mail import make_transport
from server.scanning import ScannerAddress
from server.storage import new_key
from tests.clamd import EICAR, FakeClamd
from tests.integration.contests.test_derive import canaries
from tests.samples import SAMPLES
from tests.world import World, make_world


def context_of(parts: Parts, **settings: object) -> JobContext:
    chosen = dataclasses.replace(parts.settings, **settings)
    return JobContext(settings=chosen, storage=parts.storage, mail=make_transport(chosen))


async def add_file(parts: Parts, world: World, extension: str, body: bytes, entry: str = "E01") -> int:
    """Put a file of an entry into store and table, as an upload does; its id."""
    key = new_key("entries")

    async def pieces() -> object:
        yield body

    stored = await parts.storage.put(key, pieces())  # type: ignore[arg-type]
    row = await fetch_one(
        "insert into entry_file (entry, kind, file_name, media_type, size, sha256, storage_key, uploaded_by, uploaded_at) "
        "values ($1, 'document', $2, 'application/octet-stream', $3, $4, $5, $6, now()) returning id",
        world.entries[entry], f"bai.{extension}", stored.size, stored.sha256, key, world.people["officer_a"],
    )  # fmt: skip
    assert row is not None
    return int(row["id"])


def sample(folder: Path, extension: str) -> bytes:
    path = folder / f"mau.{extension}"
    SAMPLES[extension](path)
    return path.read_bytes()


async def row_of(file: int) -> dict[str, object]:
    row = await fetch_one("select * from entry_file where id = $1", file)
    assert row is not None
    return dict(row)


@pytest.mark.parametrize(
    ("extension", "kinds", "seconds", "pages"),
    [
        ("pdf", ["page"], None, 1),
        ("mp4", ["poster"], 1, None),
        ("mp3", [], 1, None),
        ("jpg", [], None, None),
        ("docx", [], None, None),
    ],
)
async def test_what_a_copy_comes_with(
    database: object, parts: Parts, tmp_path: Path, extension: str, kinds: list[str], seconds: int, pages: int
) -> None:
    world = await make_world(entries=1)
    file = await add_file(parts, world, extension, sample(tmp_path, extension))
    await copy_file(context_of(parts), file)
    row = await row_of(file)
    assert (row["derived_state"], row["scan_state"]) == ("ready", "skipped")
    assert (row["derived_seconds"], row["derived_pages"]) == (seconds, pages)
    previews = await fetch("select * from file_preview where file = $1", file)
    assert [one["kind"] for one in previews] == kinds
    for one in previews:
        found = await parts.storage.stat(one["storage_key"])
        assert found is not None
        assert found.size == one["size"] > 0
    before = row["derived_key"]
    await copy_file(context_of(parts), file)
    assert (await row_of(file))["derived_key"] == before
    # What the sweep does with a copy whose bytes are gone: it is made once more.
    await fetch("update entry_file set derived_state = 'waiting', derived_key = null where id = $1", file)
    await copy_file(context_of(parts), file)
    assert (await row_of(file))["derived_state"] == "ready"
    assert [one["kind"] for one in await fetch("select kind from file_preview where file = $1", file)] == kinds


async def test_what_cannot_be_read_is_marked_and_kept(database: object, parts: Parts) -> None:
    world = await make_world(entries=1)
    file = await add_file(parts, world, "pdf", b"%PDF-1.4 broken")
    await copy_file(context_of(parts), file)
    row = await row_of(file)
    assert (row["derived_state"], row["derived_problem"]) == ("failed", "unreadable")
    assert await parts.storage.stat(str(row["storage_key"])) is not None


async def test_a_file_is_held_until_the_scanner_answers(database: object, parts: Parts, tmp_path: Path) -> None:
    world = await make_world(entries=1)
    file = await add_file(parts, world, "pdf", sample(tmp_path, "pdf"))
    address = ScannerAddress(path=str(tmp_path / "clamd.sock"))
    with pytest.raises(Postpone):
        await copy_file(context_of(parts, clamd=address), file)
    row = await row_of(file)
    assert (row["scan_state"], row["derived_state"]) == ("held", "waiting")
    async with FakeClamd(address.path):
        await copy_file(context_of(parts, clamd=address), file)
    row = await row_of(file)
    assert (row["scan_state"], row["derived_state"]) == ("clean", "ready")


async def test_waiting_for_the_scanner_costs_a_job_no_try(
    database: object, parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.contests.copying.ASK_AGAIN_SECONDS", 0.05)
    world = await make_world(entries=1)
    file = await add_file(parts, world, "pdf", sample(tmp_path, "pdf"))
    address = ScannerAddress(path=str(tmp_path / "clamd.sock"))
    await fetch("insert into job (name, args) values ('derive_copy', jsonb_build_object('file', $1::bigint))", file)
    stop = asyncio.Event()
    draining = asyncio.create_task(Drain(context_of(parts, clamd=address)).run(stop))
    await asyncio.sleep(3)
    job = await fetch_one("select state, attempts, last_error from job where name = 'derive_copy'")
    assert job is not None
    assert job["state"] in ("ready", "running")
    assert job["attempts"] <= 1
    async with FakeClamd(address.path):
        for _ in range(100):
            if (await row_of(file))["derived_state"] == "ready":
                break
            await asyncio.sleep(0.1)
    stop.set()
    await draining
    assert (await row_of(file))["derived_state"] == "ready"


async def test_what_the_scanner_finds_is_refused_and_told_of(database: object, parts: Parts, tmp_path: Path) -> None:
    world = await make_world(entries=1)
    file = await add_file(parts, world, "pdf", b"%PDF-1.4\n" + EICAR)
    address = ScannerAddress(path=str(tmp_path / "clamd.sock"))
    async with FakeClamd(address.path):
        await copy_file(context_of(parts, clamd=address), file)
    row = await row_of(file)
    assert (row["scan_state"], row["derived_state"], row["derived_problem"]) == ("refused", "failed", "infected")
    assert "Eicar" in str(row["scan_found"])
    assert await parts.storage.stat(str(row["storage_key"])) is not None
    assert len(await fetch("select 1 from audit_event where action = 'entry.file_refused'")) == 1
    assert len(await fetch("select 1 from job where name = 'mail_file_refused'")) == 1


async def test_a_file_too_large_for_the_scanner_is_not_held_for_ever(
    database: object, parts: Parts, tmp_path: Path
) -> None:
    world = await make_world(entries=1)
    file = await add_file(parts, world, "pdf", sample(tmp_path, "pdf"))
    address = ScannerAddress(path=str(tmp_path / "clamd.sock"))
    async with FakeClamd(address.path, limit=500):
        await copy_file(context_of(parts, clamd=address), file)
    row = await row_of(file)
    assert (row["scan_state"], row["derived_state"]) == ("skipped", "ready")


# Stands in for LibreOffice where the test's machine has none: the arguments that it is given, a PDF that names its author.
SOFFICE = """#!{python}
import sys, pathlib
out = pathlib.Path(sys.argv[sys.argv.index("--outdir") + 1])
given = pathlib.Path(sys.argv[-1])
assert given.read_bytes()[:2] == b"PK" and sys.argv[sys.argv.index("--convert-to") + 1] == "pdf"
pathlib.Path(out / (given.stem + ".pdf")).write_bytes(pathlib.Path({pdf!r}).read_bytes())
"""


@pytest.mark.parametrize("extension", ["docx", "pptx"])
async def test_office_files_are_shown_page_by_page(
    database: object, parts: Parts, tmp_path: Path, extension: str
) -> None:
    program = shutil.which("soffice")
    if program is None:
        sample(tmp_path, "pdf")
        stand_in = tmp_path / "soffice"
        stand_in.write_text(SOFFICE.format(python=sys.executable, pdf=str(tmp_path / "mau.pdf")))
        stand_in.chmod(0o755)
        program = str(stand_in)
    world = await make_world(entries=1)
    file = await add_file(parts, world, extension, sample(tmp_path, extension))
    await copy_file(context_of(parts, soffice=program), file)
    row = await row_of(file)
    assert (row["derived_state"], row["derived_pages"]) == ("ready", 1)
    assert "officedocument" in str(row["derived_type"])
    previews = await fetch("select * from file_preview where file = $1 order by kind", file)
    assert [(one["kind"], one["media_type"]) for one in previews] == [
        ("page", "image/webp"),
        ("pdf", "application/pdf"),
    ]
    printed = b"".join([piece async for piece in parts.storage.open(previews[1]["storage_key"])])
    assert printed.startswith(b"%PDF-")
    assert canaries(printed) == 0


async def test_an_office_program_that_fails_costs_the_copy_nothing(
    database: object, parts: Parts, tmp_path: Path
) -> None:
    program = tmp_path / "soffice"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    world = await make_world(entries=1)
    file = await add_file(parts, world, "docx", sample(tmp_path, "docx"))
    await copy_file(context_of(parts, soffice=str(program)), file)
    assert (await row_of(file))["derived_state"] == "ready"
    assert await fetch("select 1 from file_preview") == []


async def test_only_so_many_films_are_coded_at_once(
    database: object, parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.contests.copying.FILMS_AT_ONCE", 1)
    world = await make_world(entries=1)
    films = [await add_file(parts, world, "mp4", sample(tmp_path, "mp4")) for _ in range(2)]
    document = await add_file(parts, world, "pdf", sample(tmp_path, "pdf"))
    context = context_of(parts)
    done = await asyncio.gather(*(copy_file(context, file) for file in (*films, document)), return_exceptions=True)
    assert [type(one) for one in done] == [type(None), Postpone, type(None)]
    await copy_file(context, films[1])
    assert (await row_of(films[1]))["derived_state"] == "ready"


async def test_the_next_film_does_not_wait_out_its_time(
    database: object, parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.contests.copying.FILMS_AT_ONCE", 1)
    monkeypatch.setattr("server.contests.copying.FILM_WAITS_SECONDS", 3600.0)
    world = await make_world(entries=1)
    async with unit_of_work() as work:
        for _ in range(4):
            file = await add_file(parts, world, "mp4", sample(tmp_path, "mp4"))
            work.enqueue("derive_copy", {"file": file})
    stop = asyncio.Event()
    draining = asyncio.create_task(Drain(context_of(parts)).run(stop))
    for _ in range(300):
        if not await fetch("select 1 from entry_file where derived_state = 'waiting'"):
            break
        await asyncio.sleep(0.1)
    stop.set()
    await draining
    assert not await fetch("select 1 from entry_file where derived_state = 'waiting'")


async def test_a_second_run_that_fails_takes_no_copy_away(database: object, parts: Parts, tmp_path: Path) -> None:
    world = await make_world(entries=1)
    file = await add_file(parts, world, "pdf", sample(tmp_path, "pdf"))
    await copy_file(context_of(parts), file)
    await _record_failure(file, "timeout")
    assert (await row_of(file))["derived_state"] == "ready"
