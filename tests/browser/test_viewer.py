"""The viewer in a real browser: a film goes on where the judge stopped and as fast as chosen; pages load as one scrolls."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Page

from server.app import Parts
from server.db import fetch, fetch_one
from server.storage import new_key
from tests.browser.conftest import OpenPage
from tests.world import World, assign_all, make_world

DESK = "/judge/thu-nghiem/so-khao/T001"


@pytest.fixture
async def world(database: object) -> World:
    world = await make_world(state="closed", entries=2)
    await assign_all(world)
    return world


def film(path: Path, seconds: int = 8) -> bytes:
    with av.open(str(path), "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(seconds * 10):
            shade = np.full((120, 160, 3), number * 3 % 255, dtype=np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(shade, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path.read_bytes()


async def put(parts: Parts, body: bytes) -> str:
    key = new_key("copies")

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    await parts.storage.put(key, pieces())
    return key


async def add_copy(parts: Parts, world: World, media_type: str, body: bytes) -> int:
    row = await fetch_one(
        "insert into entry_file (entry, kind, file_name, media_type, size, sha256, storage_key, uploaded_by, uploaded_at, "
        "  derived_state, derived_key, derived_type, derived_size) "
        "values ($1, 'video', 'a', $2, 1, repeat('a', 64), $3, $4, now(), 'ready', $5, $2, $6) returning id",
        world.entries["E01"], media_type, new_key("entries"), world.people["officer_a"], await put(parts, body), len(body),
    )  # fmt: skip
    assert row is not None
    return int(row["id"])


async def until(page: Page, condition: str) -> None:
    """Wait until an expression is true; the page's policy forbids Playwright's own way, which evaluates a text."""
    for _ in range(200):
        if await page.evaluate(condition):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(condition)


async def ready(page: Page) -> None:
    await until(page, "document.querySelector('video').readyState >= 1")


@pytest.mark.browser
async def test_a_film_goes_on_where_the_judge_stopped(
    open_page: OpenPage, world: World, parts: Parts, tmp_path: Path
) -> None:
    await add_copy(parts, world, "video/webm", film(tmp_path / "film.webm"))
    page = await open_page("desk", person=world.people["j1"])
    await page.goto(DESK)
    await ready(page)
    await page.evaluate("const v = document.querySelector('video'); v.muted = true; v.currentTime = 5; v.play()")
    await until(page, "document.querySelector('video').currentTime > 5.2")
    await page.locator("h1").click()
    await page.keyboard.press("]")
    assert await page.evaluate("document.querySelector('video').playbackRate") == 1.25
    await page.keyboard.press(" ")
    await until(page, "document.querySelector('video').paused")
    at = await page.evaluate("document.querySelector('video').currentTime")
    await page.keyboard.press("ArrowLeft")
    assert await page.evaluate("document.querySelector('video').currentTime") == pytest.approx(max(0, at - 5), abs=0.3)
    await page.keyboard.press("ArrowRight")
    await page.reload()
    await ready(page)
    await until(page, "document.querySelector('video').currentTime > 4")
    assert await page.evaluate("document.querySelector('video').currentTime") == pytest.approx(at, abs=0.4)
    assert await page.evaluate("document.querySelector('video').playbackRate") == 1.25
    assert await page.locator("[data-speed='1.25']").get_attribute("aria-pressed") == "true"
    # Letters and brackets typed into a box of the sheet are text.
    await page.locator("#mark-noi-dung").focus()
    await page.keyboard.press("]")
    assert await page.evaluate("document.querySelector('video').playbackRate") == 1.25


@pytest.mark.browser
async def test_pages_load_as_one_scrolls(open_page: OpenPage, world: World, parts: Parts) -> None:
    out = io.BytesIO()
    Image.new("RGB", (1240, 1754), "white").save(out, "WEBP")
    file = await add_copy(parts, world, "application/pdf", b"%PDF-1.4")
    for number in range(1, 41):
        await fetch(
            "insert into file_preview (file, kind, number, storage_key, media_type, size, width, height) "
            "values ($1, 'page', $2, $3, 'image/webp', $4, 1240, 1754)",
            file, number, await put(parts, out.getvalue()), len(out.getvalue()),
        )  # fmt: skip
    page = await open_page("phone", person=world.people["j1"])
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url) if "/page-" in request.url else None)
    await page.goto(DESK)
    await page.wait_for_load_state("networkidle")
    first = len(asked)
    assert 1 <= first < 30
    await page.evaluate("const box = document.querySelector('.desk-media'); box.scrollTop = box.scrollHeight")
    await until(page, "[...document.querySelectorAll('.desk-pages img')].at(-1).complete")
    await page.wait_for_load_state("networkidle")
    assert len(asked) > first
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
