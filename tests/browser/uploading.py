"""What the tests of the uploader share: an entry that takes files, files of any size, and the rows of the page."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from playwright.async_api import Locator, Page

from server.db import fetch
from tests.browser.conftest import OpenPage
from tests.world import World, make_world

ENTRY = "/contests/thu-nghiem/entries/E01"
MIB = 1024 * 1024
PART = 8 * MIB


async def entry_world(*, extensions: str = "{pdf,docx,mp4}", max_bytes: int = 300 * MIB, max_count: int = 3) -> World:
    """The world with one draft of officer_a, E01, that takes files of the kind `document`."""
    world = await make_world(state="open", entries=1)
    await fetch("update entry set state = 'draft', submitted_at = null")
    await fetch(
        "update file_rule set extensions = $1::text[], max_bytes = $2, max_count = $3",
        extensions.strip("{}").split(","),
        max_bytes,
        max_count,
    )
    return world


def pdf(folder: Path, size: int, name: str = "bài dự thi.pdf") -> Path:
    """A file of `size` bytes that begins like a PDF and is otherwise random."""
    path = folder / name
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        for left in range(size - 9, 0, -MIB):
            file.write(os.urandom(min(MIB, left)))
    return path


def digest(path: Path) -> str:
    """SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def open_entry(open_page: OpenPage, world: World, size: str = "phone", **options: object) -> Page:
    """The entry's page, its uploader at work."""
    page = await open_page(size, person=world.people["officer_a"], **options)
    await page.goto(ENTRY)
    if options.get("scripts", True):
        await page.locator(".upload-zone").wait_for()
    return page


async def choose(page: Page, *paths: Path) -> None:
    """Choose files by the button "Chọn tệp"."""
    async with page.expect_file_chooser() as chooser:
        await page.locator("[data-choose]").click()
    await (await chooser.value).set_files(list(paths))


async def pick_again(page: Page, path: Path, state: str = "found") -> None:
    """Choose the file of an unfinished upload by the button of its row."""
    async with page.expect_file_chooser() as chooser:
        await row_in(page, state).locator("[data-do=pick]").click()
    await (await chooser.value).set_files(path)


def row_in(page: Page, state: str) -> Locator:
    """The row of a file that is in `state`."""
    return page.locator(f'.upload-row[data-state="{state}"]')


async def in_state(page: Page, state: str, seconds: float = 20) -> Locator:
    """Wait until a file is in `state`; its row."""
    row = row_in(page, state).first
    await row.wait_for(timeout=seconds * 1000)
    return row


async def stored_digests() -> list[str]:
    """The SHA-256 of the entry's present files, as read back from the store."""
    return [row["sha256"] for row in await fetch("select sha256 from entry_file where removed_at is null order by id")]
