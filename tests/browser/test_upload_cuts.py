"""The uploader on a network that breaks: cuts, no network, pauses, a tab that is killed, a server that is away.

HOITHI_CUTS=20 cuts a file of 200 MB twenty times; without it a smaller file is cut four times.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from server.db import fetch
from tests.browser.conftest import OpenPage
from tests.browser.proxy import BrokenNetwork
from tests.browser.uploading import (
    ENTRY,
    MIB,
    PART,
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

CUTS = int(os.environ.get("HOITHI_CUTS", "4"))

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
async def network() -> BrokenNetwork:
    """The network between browser and server; tests break it."""
    return BrokenNetwork()


@pytest.fixture
async def live(live: str, network: BrokenNetwork) -> AsyncIterator[str]:
    """The server's address through that network."""
    await network.start(live)
    yield network.address
    await network.stop()


def patches(page: Page) -> list[str]:
    """Fills with one item for each part that the page sends, or begins to send."""
    seen: list[str] = []
    page.on("request", lambda request: request.method == "PATCH" and seen.append(request.url))
    return seen


async def until_sent(page: Page, share: int) -> None:
    """Wait until the bar stands at `share` per cent or more."""
    await in_state(page, "sending")
    await page.wait_for_function(
        """(share) => document.querySelector('.upload-row[data-state="sending"] progress')?.value >= share""", arg=share
    )


async def test_a_file_arrives_whole_over_a_network_that_is_cut(
    open_page: OpenPage, network: BrokenNetwork, tmp_path: Path
) -> None:
    size = CUTS * 10 * MIB
    path = pdf(tmp_path, size)
    page = await open_entry(open_page, await entry_world())
    chance = random.Random(os.environ.get("HOITHI_SEED"))
    network.cuts = [int(chance.uniform(0.2, 1) * size / CUTS) for _ in range(CUTS)]
    sent = patches(page)
    await choose(page, path)
    await in_state(page, "done", seconds=60 + CUTS * 15)
    again = len(sent) - -(-size // PART)
    print(
        f"\n{CUTS} cuts during {size // MIB} MiB: parts sent again {again}, bytes over the wire "
        f"{network.sent / size:.2f} of the file"
    )
    assert network.cuts_done == CUTS
    assert await stored_digests() == [digest(path)]
    assert again <= CUTS


async def test_a_killed_tab_is_resumed_with_the_file_chosen_again(
    open_page: OpenPage, network: BrokenNetwork, tmp_path: Path
) -> None:
    world = await entry_world()
    path = pdf(tmp_path, 20 * MIB)
    page = await open_entry(open_page, world)
    network.rate = 20 * MIB
    await choose(page, path)
    await until_sent(page, 50)
    await page.close()
    network.rate = 0
    again = await open_entry(open_page, world)
    row = await in_state(again, "found")
    said = re.search(r"Đang tải dở (\d+) %\.", await row.inner_text())
    assert said
    assert 40 <= int(said.group(1)) <= 80
    before = network.sent
    await pick_again(again, path)
    await in_state(again, "done")
    assert network.sent - before < 13 * MIB
    assert await stored_digests() == [digest(path)]
    assert await fetch("select 1 from upload where state = 'sending'") == []


async def test_another_file_than_the_unfinished_one_starts_anew(
    open_page: OpenPage, network: BrokenNetwork, tmp_path: Path
) -> None:
    world = await entry_world(max_count=1)
    page = await open_entry(open_page, world)
    network.rate = 20 * MIB
    await choose(page, pdf(tmp_path, 20 * MIB))
    await until_sent(page, 50)
    await page.close()
    network.rate = 0
    again = await open_entry(open_page, world)
    await in_state(again, "found")
    # The phone has compressed the film anew: the same name and size, other bytes.
    path = pdf(tmp_path, 20 * MIB)
    await pick_again(again, path)
    await in_state(again, "done")
    assert await stored_digests() == [digest(path)]
    assert "khác tệp đang tải dở" in await again.locator(".upload-row").inner_text()
    assert await again.locator(".upload-row").count() == 1
    assert await fetch("select 1 from upload where state = 'sending'") == []


async def test_no_network_is_said_and_waited_for(open_page: OpenPage, network: BrokenNetwork, tmp_path: Path) -> None:
    page = await open_entry(open_page, await entry_world())
    path = pdf(tmp_path, 20 * MIB)
    network.rate = 20 * MIB
    await choose(page, path)
    await until_sent(page, 50)
    await page.context.set_offline(True)
    assert "Mất mạng ở 40 %." in await (await in_state(page, "offline")).inner_text()
    await asyncio.sleep(0.5)  # what the kernel holds still goes out
    before = network.sent
    await asyncio.sleep(0.5)
    assert network.sent == before
    network.rate = 0
    await page.context.set_offline(False)
    await in_state(page, "done")
    assert await stored_digests() == [digest(path)]


async def test_a_pause_holds_until_it_is_ended(open_page: OpenPage, network: BrokenNetwork, tmp_path: Path) -> None:
    page = await open_entry(open_page, await entry_world())
    first, second = pdf(tmp_path, 20 * MIB, "một.pdf"), pdf(tmp_path, 1000, "hai.pdf")
    network.rate = 20 * MIB
    await choose(page, first, second)
    await until_sent(page, 50)
    assert "Chờ đến lượt gửi." in await row_in(page, "waiting").inner_text()
    await row_in(page, "sending").get_by_role("button", name="Tạm dừng").press("Enter")
    assert await page.evaluate("document.activeElement.dataset.do") == "resume"
    # The next one goes meanwhile.
    await in_state(page, "done")
    assert "Đã tạm dừng ở 40 %." in await row_in(page, "paused").inner_text()
    await page.locator("#files [data-fresh=files] li").wait_for()
    before = network.sent
    await asyncio.sleep(0.5)
    assert network.sent == before
    network.rate = 0
    await page.keyboard.press("Enter")
    await page.locator('.upload-row[data-state="done"]').nth(1).wait_for()
    assert await stored_digests() == [digest(second), digest(first)]


async def test_a_server_that_is_away_is_tried_again(
    open_page: OpenPage, network: BrokenNetwork, tmp_path: Path
) -> None:
    page = await open_entry(open_page, await entry_world())
    path = pdf(tmp_path, 12 * MIB)
    network.rate = 20 * MIB
    await choose(page, path)
    await until_sent(page, 30)
    network.down = True
    network.break_all()
    assert "tự thử lại sau 3 giây" in await (await in_state(page, "retrying")).inner_text()
    network.down, network.rate = False, 0
    await in_state(page, "done")
    assert await stored_digests() == [digest(path)]


async def test_a_connection_that_died_unheard_is_given_up(
    open_page: OpenPage, network: BrokenNetwork, tmp_path: Path
) -> None:
    world = await entry_world()
    page = await open_page("phone", person=world.people["officer_a"])
    await page.clock.install()
    await page.goto(ENTRY)
    path = pdf(tmp_path, 20 * MIB)
    network.rate = 20 * MIB
    await choose(page, path)
    await until_sent(page, 50)
    network.freeze()
    network.rate = 0
    await page.wait_for_timeout(500)
    await page.clock.fast_forward(30_000)
    assert await row_in(page, "sending").count() == 1
    await page.clock.fast_forward(20_000)
    await in_state(page, "done")
    assert await stored_digests() == [digest(path)]


async def test_the_same_file_in_two_tabs_goes_on_in_the_newer(
    open_page: OpenPage, network: BrokenNetwork, tmp_path: Path
) -> None:
    world = await entry_world()
    path = pdf(tmp_path, 20 * MIB)
    page = await open_entry(open_page, world)
    network.rate = 4 * MIB
    await choose(page, path)
    await until_sent(page, 30)
    newer = await open_entry(open_page, world)
    await in_state(newer, "found")
    await pick_again(newer, path)
    assert "đang được gửi từ nơi khác" in await (await in_state(page, "paused")).inner_text()
    network.rate = 0
    await in_state(newer, "done")
    assert await stored_digests() == [digest(path)]


async def test_the_screen_stays_awake_while_something_is_sent(
    open_page: OpenPage, network: BrokenNetwork, tmp_path: Path
) -> None:
    page = await open_entry(open_page, await entry_world())
    await page.evaluate(
        """() => { window.held = 0; navigator.wakeLock.request = async () => {
        window.held += 1; return Object.assign(new EventTarget(), { release: async () => { window.held -= 1; } }); }; }"""
    )
    network.rate = 4 * MIB
    await choose(page, pdf(tmp_path, 20 * MIB))
    await in_state(page, "sending")
    await page.wait_for_function("() => window.held === 1")
    await row_in(page, "sending").get_by_role("button", name="Tạm dừng").click()
    await page.wait_for_function("() => window.held === 0")


async def test_leaving_is_asked_about_only_while_something_is_sent(
    open_page: OpenPage, network: BrokenNetwork, tmp_path: Path
) -> None:
    page = await open_entry(open_page, await entry_world())
    asked: list[str] = []

    async def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        await dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", stay)
    network.rate = 4 * MIB
    await choose(page, pdf(tmp_path, 20 * MIB))
    await in_state(page, "sending")
    await page.get_by_role("button", name="Lưu thông tin").click()
    for _ in range(100):
        if asked:
            break
        await page.wait_for_timeout(100)
    assert asked == ["beforeunload"]
    # Whoever stays can still send the form.
    await asyncio.sleep(0.2)
    assert await page.locator("form[data-sent]").count() == 0
    network.rate = 0
    await in_state(page, "done")
    await page.get_by_role("button", name="Lưu thông tin").click()
    await page.get_by_text("Đã lưu.").wait_for()
    assert asked == ["beforeunload"]
