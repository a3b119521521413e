"""Every state of a file on its way, at 360 px in light and dark: it fits, it is accessible, targets are large enough.

With HOITHI_SCREENSHOTS=folder each state is kept as a picture.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from server.db import fetch
from tests.browser.conftest import SCREENSHOTS, OpenPage
from tests.browser.proxy import BrokenNetwork
from tests.browser.uploading import (
    ENTRY,
    MIB,
    choose,
    digest,
    entry_world,
    in_state,
    open_entry,
    pdf,
    pick_again,
    row_in,
    stored_digests,
)  # fmt: skip
from tests.browser.watch import assert_accessible, assert_fits

SMALL = """() => [...document.querySelectorAll("#files button")].filter((b) => b.offsetParent)
  .map((b) => [b.innerText, b.getBoundingClientRect()]).filter(([, r]) => r.height < 44 || r.width < 44).map(([t]) => t)"""


@pytest.fixture
async def network() -> BrokenNetwork:
    """The network between browser and server."""
    return BrokenNetwork()


@pytest.fixture
async def live(live: str, network: BrokenNetwork) -> AsyncIterator[str]:
    """The server's address through that network."""
    await network.start(live)
    yield network.address
    await network.stop()


async def look(page: Page, scheme: str, *states: str) -> None:
    """Wait for files in these states, then hold the page to what every page is held to."""
    for state in states:
        await in_state(page, state)
    if SCREENSHOTS:
        files = page.locator("#files")
        await files.screenshot(path=f"{SCREENSHOTS}/upload-{scheme}-{'-'.join(states)}.png")
    await assert_fits(page)
    await assert_accessible(page)
    assert await page.evaluate(SMALL) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_state_is_drawn(open_page: OpenPage, network: BrokenNetwork, tmp_path: Path, scheme: str) -> None:
    world = await entry_world(max_count=9)
    long_name = "Video mô hình “Chi hội phụ nữ số” của huyện Mỹ Xuyên – bản cuối cùng đã sửa lần 3 (1).pdf"
    page = await open_entry(open_page, world, scheme=scheme)
    network.rate = 3 * MIB
    (tmp_path / "ghi âm.exe").write_bytes(b"MZ")
    await choose(page, pdf(tmp_path, 30 * MIB, long_name), pdf(tmp_path, 4000, "phụ lục.pdf"), tmp_path / "ghi âm.exe")
    await page.get_by_text("còn khoảng").wait_for()
    await look(page, scheme, "sending", "waiting", "refused")
    await page.context.set_offline(True)
    await look(page, scheme, "offline")
    await page.context.set_offline(False)
    await in_state(page, "sending")
    network.down = True
    network.break_all()
    await page.get_by_text("tự thử lại sau 3 giây").wait_for()
    await look(page, scheme, "retrying")
    network.down = False
    await in_state(page, "sending")
    await row_in(page, "sending").locator("[data-do=pause]").click()
    await look(page, scheme, "paused", "checking")
    await fetch("update contest set state = 'closed'")
    network.rate = 0
    await row_in(page, "paused").locator("[data-do=resume]").click()
    await look(page, scheme, "late")


@pytest.mark.usefixtures("worker")
async def test_what_cannot_go_on_waits_for_the_network(
    open_page: OpenPage, network: BrokenNetwork, tmp_path: Path
) -> None:
    world = await entry_world()
    page = await open_page("phone", person=world.people["officer_a"])
    await page.clock.install()
    await page.goto(ENTRY)
    path = pdf(tmp_path, 12 * MIB)
    network.rate = 10 * MIB
    await choose(page, path)
    await page.wait_for_function("() => document.querySelector('.upload-row progress')?.value > 30")
    network.down = True
    network.break_all()
    for seconds in (3, 5, 10, 20):
        await page.get_by_text(f"tự thử lại sau {seconds} giây").wait_for()
        await page.clock.fast_forward(seconds * 1000)
    await look(page, "light", "stuck")
    network.down, network.rate = False, 0
    await page.evaluate("dispatchEvent(new Event('online'))")
    await in_state(page, "done")
    assert await stored_digests() == [digest(path)]


@pytest.mark.usefixtures("worker")
async def test_a_file_that_was_changed_while_it_is_sent_has_to_be_chosen_again(
    open_page: OpenPage, network: BrokenNetwork, tmp_path: Path
) -> None:
    page = await open_entry(open_page, await entry_world())
    path = pdf(tmp_path, 20 * MIB)
    network.rate = 10 * MIB
    await choose(page, path)
    await page.wait_for_function("() => document.querySelector('.upload-row progress')?.value > 30")
    whole = path.read_bytes()
    path.write_bytes(whole[: 5 * MIB])
    network.break_all()
    await look(page, "light", "unreadable")
    network.rate = 0
    path.write_bytes(whole)
    await pick_again(page, path, "unreadable")
    await in_state(page, "done")
    assert await stored_digests() == [digest(path)]
    assert await page.locator(".upload-row").count() == 1


@pytest.mark.usefixtures("worker")
async def test_what_was_sent_and_what_is_unfinished(
    open_page: OpenPage, network: BrokenNetwork, tmp_path: Path
) -> None:
    world = await entry_world(max_count=2)
    page = await open_entry(open_page, world)
    await choose(page, pdf(tmp_path, 2 * MIB, "phụ lục.pdf"))
    await in_state(page, "done")
    network.rate = 10 * MIB
    await choose(page, pdf(tmp_path, 20 * MIB))
    await page.wait_for_function("() => document.querySelectorAll('.upload-row progress')[1].value > 50")
    await look(page, "light", "sending", "done")
    await page.close()
    again = await open_entry(open_page, world)
    await look(again, "light", "found")


@pytest.mark.parametrize("agent", ["FBAN/FBIOS;FBAV/440.0", "Zalo android/24"])
async def test_browsers_inside_other_programs_are_warned_of(open_page: OpenPage, agent: str) -> None:
    world = await entry_world()
    page = await open_page("phone", person=world.people["officer_a"])
    await page.add_init_script(f"Object.defineProperty(navigator, 'userAgent', {{ get: () => 'Mozilla/5.0 {agent}' }})")
    await page.goto("/contests/thu-nghiem/entries/E01")
    advice = page.locator("[data-in-app]")
    await advice.get_by_role("button", name="Sao chép địa chỉ").wait_for()
    assert page.url in await advice.inner_text()
    if SCREENSHOTS:
        await advice.screenshot(path=f"{SCREENSHOTS}/upload-in-app.png")
    await assert_fits(page)
    await assert_accessible(page)
