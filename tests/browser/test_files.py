"""Files on the pages: the organizers' list with every status, the desk with every look, the unit's own entry."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest
from PIL import Image, ImageDraw

from server.app import Parts
from server.db import fetch, fetch_one
from server.storage import new_key
from tests.browser.conftest import SIZES, OpenPage
from tests.browser.watch import assert_accessible, assert_fits
from tests.world import World, assign_all, make_world

PAGES = {
    "files": ("closed", "o1", "/organize/thu-nghiem/files"),
    "files-filtered": ("closed", "o1", "/organize/thu-nghiem/files?status=failed"),
    "entry-with-files": ("closed", "o1", "/organize/thu-nghiem/entries/E01"),
    "own-entry-with-files": ("open", "officer_a", "/contests/thu-nghiem/entries/E01"),
    "desk-with-files": ("judging", "j1", "/judge/thu-nghiem/so-khao/T001"),
}
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def page_picture(number: int) -> bytes:
    image = Image.new("RGB", (620, 877), "white")
    ImageDraw.Draw(image).text((60, 60), f"Trang {number}: sinh hoạt Hội", fill="black")
    out = io.BytesIO()
    image.save(out, "WEBP")
    return out.getvalue()


async def put(parts: Parts, body: bytes) -> str:
    key = new_key("copies")

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    await parts.storage.put(key, pieces())
    return key


async def add_file(
    parts: Parts, world: World, kind: str, name: str, media_type: str, *, derived: str = "ready", problem: str | None = None,
    scan: str = "clean", found: str | None = None, pages: int = 0,
) -> None:  # fmt: skip
    body = page_picture(1)
    row = await fetch_one(
        "insert into entry_file (entry, kind, file_name, media_type, size, sha256, storage_key, uploaded_by, uploaded_at, "
        "  derived_state, derived_problem, derived_key, derived_type, derived_size, derived_pages, scan_state, scan_found) "
        "values ($1, $2, $3, $4, 734003200, repeat('a', 64), $5, $6, now(), $7, $8, $9, $4, $10, $11, $12, $13) returning id",
        world.entries["E01"], kind, name, media_type, new_key("entries"), world.people["officer_a"], derived, problem,
        await put(parts, body), len(body), pages or None, scan, found,
    )  # fmt: skip
    assert row is not None
    for number in range(1, pages + 1):
        picture = page_picture(number)
        await fetch(
            "insert into file_preview (file, kind, number, storage_key, media_type, size, width, height) "
            "values ($1, 'page', $2, $3, 'image/webp', $4, 620, 877)",
            row["id"], number, await put(parts, picture), len(picture),
        )  # fmt: skip


@pytest.fixture
async def world(database: object, parts: Parts) -> World:
    world = await make_world(entries=3)
    await fetch("update contest set closes_at = now() + interval '5 days'")
    await assign_all(world)
    await add_file(parts, world, "document", "Bài dự thi Sinh hoạt Hội thời kỳ mới.pdf", "application/pdf", pages=3)
    await add_file(parts, world, "document", "tóm tắt.docx", DOCX)
    await add_file(parts, world, "image", "ảnh chụp.webp", "image/webp")
    await add_file(parts, world, "image", "hỏng.jpg", "image/jpeg", derived="failed", problem="unreadable")
    await add_file(parts, world, "video", "mới gửi.mp4", "video/mp4", derived="waiting", scan="held")
    await add_file(
        parts, world, "document", "nhiễm.docx", DOCX, derived="failed", problem="infected", scan="refused",
        found="Win.Test.EICAR_HDB-1",
    )  # fmt: skip
    return world


@pytest.mark.parametrize(
    ("name", "size", "locale"), [*((name, size, "vi") for name in PAGES for size in SIZES), ("files", "desk", "en")]
)
async def test_a_page_with_files(open_page: OpenPage, world: World, name: str, size: str, locale: str) -> None:
    state, who, path = PAGES[name]
    await fetch("update contest set state = $1", state)
    page = await open_page(size, person=world.people[who], locale=locale)
    answer = await page.goto(path)
    assert answer is not None
    assert answer.status == 200
    await assert_fits(page)
    await assert_accessible(page)
