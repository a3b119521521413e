"""The frame of every page: it fits, keeps nobody out, switches language, and does so without scripts."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from server.db import fetch
from tests.browser.conftest import OpenPage
from tests.browser.watch import accessibility_faults, assert_accessible, assert_fits
from tests.world import make_world

NOWHERE = "/khong-co-trang-nay"


async def test_a_page_fits_and_keeps_nobody_out(page: Page):
    await page.goto(NOWHERE)
    await assert_fits(page)
    await assert_accessible(page)
    assert await page.locator("html").get_attribute("lang") == "vi"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desk"])
async def test_a_signed_in_frame_in_light_and_dark(open_page: OpenPage, size: str, scheme: str):
    world = await make_world()
    page = await open_page(size, person=world.people["o1"], scheme=scheme)
    await page.goto("/organize/khong-co-cuoc-thi-nay")
    await page.locator("details.menu > summary").click()
    await assert_fits(page)
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    assert not await page.get_by_role("button", name="Đăng xuất").is_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_the_language_switch_needs_no_script(open_page: OpenPage, scripts: bool):
    page = await open_page("phone", scripts=scripts)
    await page.goto(NOWHERE)
    await page.get_by_role("button", name="English").click()
    assert "This page was not found" in await page.inner_text("h1")
    assert await page.locator("html").get_attribute("lang") == "en"
    await page.get_by_role("button", name="Tiếng Việt").click()
    assert "Không tìm thấy trang này" in await page.inner_text("h1")


async def test_the_keyboard_reaches_the_content_first(open_page: OpenPage):
    page = await open_page("desk")
    await page.goto(NOWHERE)
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Bỏ qua phần đầu trang"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"


async def test_the_watch_sees_what_keeps_people_out(open_page: OpenPage):
    page = await open_page("phone")
    await page.goto(NOWHERE)
    await page.evaluate("document.querySelector('main').innerHTML = '<input><img src=\"data:,\">'")
    found = " ".join(await accessibility_faults(page))
    assert "label" in found
    assert "image-alt" in found


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_the_bar_of_somebody_with_every_role_fits_a_phone(open_page: OpenPage, locale: str):
    world = await make_world()
    for kind in ("judge", "officer"):
        await fetch(
            "insert into role (person, kind, contest, unit) values ($1, $2, $3, $4)",
            world.people["o1"], kind, world.contest, world.units["A"],
        )  # fmt: skip
    page = await open_page("phone", person=world.people["o1"], locale=locale)
    await page.goto("/account")
    nav = page.locator(".site-nav")
    assert await nav.locator("a").count() == 4
    assert await nav.evaluate("nav => nav.scrollWidth <= nav.clientWidth")
    assert await nav.evaluate("nav => [...nav.querySelectorAll('a')].every(a => a.offsetHeight >= 44)")


async def test_the_account_page_has_no_hole(open_page: OpenPage):
    world = await make_world()
    page = await open_page("desk", person=world.people["o1"])
    await page.goto("/account")
    columns = await page.evaluate(
        "[...document.querySelectorAll('.split > *')].map(column => [...column.children].map(card => "
        "[card.getBoundingClientRect().top, card.getBoundingClientRect().bottom]))"
    )
    assert len(columns) == 2
    for cards in columns:
        assert len(cards) == 2
        assert cards[1][0] - cards[0][1] < 40
