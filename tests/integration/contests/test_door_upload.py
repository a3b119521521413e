"""The upload form under attack: bodies that lie, never end or never hurry, strange names, and files of two natures."""

from __future__ import annotations

import asyncio
import itertools
import os
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from urllib.parse import unquote

import pytest

from server import slow_bodies
from server.app import Parts
from server.db import fetch, fetch_one
from tests.client import Visitor
from tests.integration.raw_http import request, say, serving
from tests.world import World, make_world

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
HTML = b"<html><script>alert(document.domain)</script></html>"
UPLOADS = int(os.environ.get("HOITHI_UPLOADS", "20"))
BOUNDARY = "grenze"


@pytest.fixture
async def world(database: object) -> World:
    world = await make_world(entries=1)
    await fetch("update entry set state = 'draft'")
    await fetch("update file_rule set max_count = 1000, max_bytes = 30000000, extensions = '{pdf,jpg,png,mp4}'")
    return world


@pytest.fixture
async def port(world: World, parts: Parts) -> AsyncIterator[int]:
    async with serving(parts) as number:
        yield number


@pytest.fixture
async def officer(visitor: Visitor, world: World) -> Visitor:
    return await visitor.sign_in(world.people["officer_a"])


def head(officer: Visitor, length: int | None, **headers: str) -> bytes:
    framing = (
        {"Content-Length": str(length)}
        if length is not None
        else {"Transfer-Encoding": "chunked", "Content-Length": ""}
    )
    return request(
        "POST",
        "/contests/thu-nghiem/entries/E01/files",
        {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Cookie": f"hoithi_session={officer.cookies['hoithi_session']}",
            "Accept": "application/json",
            **framing,
            **headers,
        },
    )


def part(name: str, body: bytes, file_name: str | None = None) -> bytes:
    file = f'; filename="{file_name}"' if file_name is not None else ""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + body + b"\r\n"


def chunked(pieces: Iterable[bytes]) -> Iterable[bytes]:
    return (b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def before(officer: Visitor) -> bytes:
    return part("_csrf", officer.csrf.encode()) + part("kind", b"document")


END = f"--{BOUNDARY}--\r\n".encode()


async def kept() -> int:
    row = await fetch_one("select count(*) as n from entry_file")
    assert row is not None
    return int(row["n"])


def objects(parts: Parts) -> int:
    return sum(path.is_file() for path in (parts.settings.data_dir / "objects").rglob("*"))


async def test_a_whole_form_is_taken(port: int, officer: Visitor, parts: Parts) -> None:
    body = before(officer) + part("file", PDF, "a.pdf") + END
    status, answer, _ = await say(port, [head(officer, len(body)), body])
    assert status == 201, answer
    assert (await kept(), objects(parts)) == (1, 1)


async def test_an_endless_file_is_refused_at_its_limit(port: int, officer: Visitor, parts: Parts) -> None:
    await fetch("update file_rule set max_bytes = 5000000")
    start = [before(officer) + part("file", PDF, "a.pdf")[:-2]]
    status, answer, sent = await say(
        port, itertools.chain([head(officer, None)], chunked(itertools.chain(start, itertools.repeat(b"x" * 65_536, 10_000)))),
        seconds=60,
    )  # fmt: skip
    assert status in (0, 413), answer
    assert sent < 200_000_000
    assert (await kept(), objects(parts)) == (0, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        "no final boundary", "cut in the file", "cut in a header", "cut before the file", "longer than said", "headers of 1 MB",
        "many headers", "10,000 parts", "preamble", "no name", "empty", "wrong boundary", "nul in a header", "token last",
        "token in the file's name", "no token", "other's token", "token as file", "64 KiB token", "endless boundary",
    ],
)  # fmt: skip
async def test_a_broken_form_leaves_nothing(
    port: int, officer: Visitor, parts: Parts, wrong: str, world: World
) -> None:
    other = await officer.as_person(world.people["officer_b"])
    file = part("file", PDF, "a.pdf")
    whole = before(officer) + file + END
    headers: dict[str, str] = {}
    body = {
        "no final boundary": before(officer) + file[:-2],
        "cut in the file": (before(officer) + file)[:-20],
        "cut in a header": (before(officer) + file)[: -len(PDF) - 10],
        "cut before the file": before(officer),
        "longer than said": whole[:-30],
        "headers of 1 MB": before(officer)
        + file.replace(b"\r\n\r\n", b"\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n", 1)
        + END,
        "many headers": before(officer) + file.replace(b"\r\n\r\n", b"\r\nX: x" * 10_000 + b"\r\n\r\n", 1) + END,
        "10,000 parts": before(officer) + part("x", b"y") * 10_000 + file + END,
        "preamble": b"x" * 100_000 + b"\r\n" + whole,
        "no name": b"--" + BOUNDARY.encode() + b"\r\n\r\n" + PDF + b"\r\n" + END,
        "empty": b"",
        "wrong boundary": whole.replace(BOUNDARY.encode(), b"other"),
        "nul in a header": before(officer) + file.replace(b"form-data", b"form\x00data", 1) + END,
        "token last": part("kind", b"document") + file + part("_csrf", officer.csrf.encode()) + END,
        "token in the file's name": part("kind", b"document") + part("_csrf", PDF, officer.csrf + ".pdf") + END,
        "no token": part("kind", b"document") + file + END,
        "other's token": part("_csrf", other.csrf.encode()) + part("kind", b"document") + file + END,
        "token as file": part("_csrf", officer.csrf.encode(), "") + part("kind", b"document") + file + END,
        "64 KiB token": part("_csrf", b"x" * 70_000) + part("kind", b"document") + file + END,
        "endless boundary": whole.replace(BOUNDARY.encode(), b"b" * 3000),
    }[wrong]
    if wrong == "endless boundary":
        headers["Content-Type"] = "multipart/form-data; boundary=" + "b" * 3000
    length = len(whole) if wrong.startswith(("cut", "longer")) else len(body)
    status, answer, _ = await say(
        port, [head(officer, length, **headers), body], half_close=wrong.startswith(("cut", "longer"))
    )
    assert status in (0, 400, 403, 422), answer
    assert (await kept(), objects(parts)) == (0, 0)


async def test_a_file_of_a_byte_a_second_is_given_up_and_leaves_nothing(
    port: int, officer: Visitor, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_bodies, "PAUSE_SECONDS", 0.5)
    body = before(officer) + part("file", PDF, "a.pdf")
    status, _, _ = await say(port, [head(officer, len(body) + 100_000), body])
    assert status == 408
    assert (await kept(), objects(parts)) == (0, 0)


async def test_twenty_uploads_at_once_take_little_memory(port: int, officer: Visitor, parts: Parts) -> None:
    """Each of 25 MB, held up in the middle until all are there."""
    size = 25_000_000
    piece = b"x" * 250_000
    starts = [before(officer) + part("file", PDF, f"{number:03}.pdf")[:-2] for number in range(UPLOADS)]
    body = len(starts[0]) + 100 * len(piece) + len(b"\r\n" + END)
    assert body > size

    async def one(start: bytes) -> int:
        pieces = itertools.chain([head(officer, body), start], itertools.repeat(piece, 100), [b"\r\n" + END])
        return (await say(port, pieces, seconds=240))[0]

    tracemalloc.start()
    try:
        statuses = await asyncio.gather(*map(one, starts))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    print(
        f"\n{UPLOADS} uploads of {body} bytes at once: peak of Python's memory {peak / 1e6:.0f} MB, the clients' included"
    )
    assert set(statuses) == {201}
    assert peak < 250_000_000
    assert await kept() == UPLOADS


NAMES = [
    "../../etc/passwd.pdf", "..\\..\\x.pdf", "/etc/passwd.pdf", "C:\\fakepath\\a.pdf", "a\u202efdp.pdf", "😀" * 1000 + ".pdf",
    "<img src=x onerror=alert(1)>.pdf", "a%0d%0aset-cookie: x=y.pdf", "a\tb.pdf", ".pdf", "con.pdf", "a.html.pdf",
    "\u2066a\u2069.pdf", "ế" * 300 + ".pdf", "a;b=c.pdf", "-rf.pdf",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(NAMES)))
async def test_a_strange_name_does_no_harm(officer: Visitor, parts: Parts, number: int) -> None:
    url = "/contests/thu-nghiem/entries/E01"
    form = {"_csrf": officer.csrf, "kind": "document"}
    answer = await officer.post(
        f"{url}/files", data=form, files={"file": (NAMES[number], PDF)}, headers={"accept": "application/json"}
    )
    assert answer.status_code in (201, 422), answer.text
    root = parts.settings.data_dir
    assert [p for p in root.parent.rglob("*") if p.is_file() and root not in p.parents] == []
    if answer.status_code == 422:
        return
    row = await fetch_one("select id, file_name from entry_file")
    assert row is not None
    assert len(row["file_name"].encode()) <= 255
    assert not set(row["file_name"]) & set("/\\\r\n\t\x00\u202e\u2066\u2069")
    page = await officer.get(url)
    assert "<img src=x" not in page.text
    got = await officer.get(f"{url}/files/{row['id']}")
    disposition = got.headers["content-disposition"]
    assert disposition.isascii()
    assert unquote(disposition.split("filename*=UTF-8''")[1]) == row["file_name"]
    assert "set-cookie" not in got.headers


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.jpg", b"\xff\xd8\xff\xe0" + HTML),
        ("a.png", b"\x89PNG\r\n\x1a\n" + HTML),
        ("a.pdf", PDF + HTML),
        ("a.pdf", b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF"),
        ("a.jpg", HTML),
        ("a.jpg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.html", HTML),
        ("a.pdf", HTML + PDF),
        ("a.jpg", b"GIF89a/*" + HTML),
        ("a.jpg.html", b"\xff\xd8\xff\xe0" + HTML),
    ],
)
async def test_a_file_of_two_natures_is_refused_or_served_so_that_nothing_runs(
    officer: Visitor, world: World, name: str, body: bytes
) -> None:
    url = "/contests/thu-nghiem/entries/E01"
    form = {"_csrf": officer.csrf, "kind": "document"}
    answer = await officer.post(
        f"{url}/files", data=form, files={"file": (name, body)}, headers={"accept": "application/json"}
    )
    honest = body.startswith((b"\xff\xd8\xff", b"\x89PNG", b"%PDF")) and not name.endswith((".html", ".svg"))
    assert answer.status_code == (201 if honest else 422), answer.text
    if not honest:
        return
    file = answer.json()["id"]
    organizer = await officer.as_person(world.people["o1"])
    for who, path in ((officer, f"{url}/files/{file}"), (organizer, f"/organize/thu-nghiem/entries/E01/files/{file}")):
        got = await who.get(path)
        assert got.content == body
        assert got.headers["content-type"] in ("image/jpeg", "image/png", "application/pdf")
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert "unsafe-eval" not in got.headers["content-security-policy"]
        assert "allow-scripts" not in got.headers["content-security-policy"]
        assert got.headers["cache-control"] == "private, no-store"
        assert got.headers["cross-origin-resource-policy"] == "same-origin"
