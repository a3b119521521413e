"""The judge's desk in a real browser: scored by keyboard alone, kept through an offline spell, safe in two tabs."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from server.db import fetch
from tests.browser.conftest import OpenPage
from tests.world import World, assign_all, make_world

DESK = "/judge/thu-nghiem/so-khao/T001"


@pytest.fixture
async def world(database: object) -> World:
    world = await make_world(state="closed", entries=3)
    await assign_all(world)
    return world


async def stored() -> dict[str, str]:
    rows = await fetch(
        "select distinct on (c.code) c.code, m.points::text as points from mark m join criterion c on c.id = m.criterion "
        "order by c.code, m.version desc"
    )
    return {row["code"]: row["points"] for row in rows}


async def saved(page: Page) -> None:
    await expect(page.locator(".save-state")).to_contain_text("Đã lưu")


@pytest.mark.parametrize("size", ["phone", "desk"])
async def test_a_whole_sheet_by_keyboard_alone(open_page: OpenPage, world: World, size: str) -> None:
    page = await open_page(size, person=world.people["j1"])
    await page.goto(DESK)
    await page.locator("#mark-noi-dung").focus()
    await page.keyboard.type("45,5")
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.id") == "mark-hinh-thuc":
            break
    await page.keyboard.type("30")
    await saved(page)
    await expect(page.locator("[data-total]")).to_have_text("75,5")
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.name") == "submit":
            break
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Đã nộp phiếu chấm bài T001.")).to_be_visible()
    assert await stored() == {"noi-dung": "45.5", "hinh-thuc": "30"}
    await page.locator("h1").click()
    await page.keyboard.press("j")
    await page.wait_for_url("**/T002")


async def test_an_offline_spell_loses_nothing(open_page: OpenPage, world: World) -> None:
    page = await open_page("phone", person=world.people["j1"])
    await page.goto(DESK)
    await page.locator("#mark-noi-dung").fill("40")
    await saved(page)
    await page.context.set_offline(True)
    await page.locator("#mark-hinh-thuc").fill("20")
    await page.locator("#mark-hinh-thuc").blur()
    await expect(page.locator(".save-state")).to_contain_text("Chưa lưu được")
    assert await stored() == {"noi-dung": "40"}
    await page.context.set_offline(False)
    await saved(page)
    assert await stored() == {"noi-dung": "40", "hinh-thuc": "20"}


async def test_a_tab_closed_while_offline_is_filled_in_again(open_page: OpenPage, world: World) -> None:
    page = await open_page("desk", person=world.people["j1"])
    await page.goto(DESK)
    await page.context.set_offline(True)
    await page.locator("#mark-noi-dung").fill("33")
    await expect(page.locator(".save-state")).to_contain_text("Chưa lưu được")
    other = await page.context.new_page()
    await page.close(run_before_unload=False)
    await other.context.set_offline(False)
    await other.goto(DESK)
    await expect(other.locator("#mark-noi-dung")).to_have_value("33")
    await saved(other)
    assert await stored() == {"noi-dung": "33"}


async def test_two_tabs_see_both_values_and_lose_neither(open_page: OpenPage, world: World) -> None:
    first = await open_page("desk", person=world.people["j1"])
    second = await first.context.new_page()
    await first.goto(DESK)
    await second.goto(DESK)
    await first.locator("#mark-noi-dung").fill("50")
    await saved(first)
    await second.locator("#mark-noi-dung").fill("10")
    await expect(second.locator(".save-state")).to_contain_text("noi-dung 50")
    assert await stored() == {"noi-dung": "50"}
    await second.get_by_role("button", name="Lưu", exact=True).click()
    await expect(second.get_by_text("Đã lưu điểm.")).to_be_visible()
    assert await stored() == {"noi-dung": "10"}


async def test_points_out_of_range_are_shown_and_not_saved(open_page: OpenPage, world: World) -> None:
    page = await open_page("phone", person=world.people["j1"])
    await page.goto(DESK)
    await page.locator("#mark-noi-dung").fill("61")
    await expect(page.locator(".save-state")).to_contain_text("Có ô chưa đúng")
    await expect(page.locator("#mark-noi-dung")).to_have_attribute("aria-invalid", "true")
    assert await stored() == {}


async def test_it_works_without_scripts(open_page: OpenPage, world: World) -> None:
    page = await open_page("phone", person=world.people["j1"], scripts=False)
    await page.goto(DESK)
    await page.locator("#mark-noi-dung").fill("8,5")
    await page.get_by_role("button", name="Lưu", exact=True).click()
    await expect(page.locator("#mark-noi-dung")).to_have_value("8,5")
    assert await stored() == {"noi-dung": "8.5"}
