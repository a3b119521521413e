"""What hoithi.js adds to pages: buttons beside a score, forms that are sent once, a moving countdown."""

from __future__ import annotations

import re

from playwright.async_api import Page

from server.db import fetch
from server.templates import environment_for
from tests.browser.conftest import OpenPage
from tests.world import make_world

SHEET = """{% from "ui.html" import score_row with context %}
{{ score_row("a", "Nội dung", "40", "0.5", "", quick=("32.5", "40")) }}{{ score_row("b", "Hình thức", "20", "1", "19") }}"""


async def _page_with(open_page: OpenPage, markup: str, locale: str = "vi") -> Page:
    page = await open_page("phone", locale=locale)
    await page.goto("/khong-co-trang-nay")
    await page.evaluate("(html) => { document.querySelector('main .page').innerHTML = html }", markup)
    return page


async def test_points_go_up_and_down_in_exact_steps(open_page: OpenPage):
    page = await _page_with(open_page, environment_for("vi").from_string(SHEET).render(csrf=""))
    box, more, less = (
        page.locator("#a"),
        page.get_by_label("Tăng điểm: Nội dung"),
        page.get_by_label("Giảm điểm: Nội dung"),
    )
    await more.click()
    assert await box.input_value() == "0"
    await page.get_by_role("button", name="32,5").click()
    seen = []
    for button in (more, more, less):
        await button.click()
        seen.append(await box.input_value())
    assert seen == ["33", "33,5", "33"]
    await page.get_by_role("button", name="40", exact=True).click()
    await more.click()
    assert await box.input_value() == "40"
    await box.fill("7.5")
    await more.click()
    assert await box.input_value() == "8"
    await page.get_by_label("Tăng điểm: Hình thức").dblclick()
    assert await page.locator("#b").input_value() == "20"


async def test_points_are_written_with_a_point_in_english(open_page: OpenPage):
    page = await _page_with(open_page, environment_for("en").from_string(SHEET).render(csrf=""), "en")
    await page.locator("#a").fill("8,5")
    await page.get_by_label("Fewer points: Nội dung").click()
    await page.get_by_label("Fewer points: Nội dung").click()
    await page.get_by_label("More points: Nội dung").click()
    assert await page.locator("#a").input_value() == "8"
    await page.get_by_label("More points: Nội dung").click()
    assert await page.locator("#a").input_value() == "8.5"


async def test_a_form_is_sent_once(open_page: OpenPage):
    page = await _page_with(open_page, '<form method="post" action="/health"><button id="send">Gửi</button></form>')
    sent = await page.evaluate(
        """() => { let sent = 0; const form = document.querySelector("main form");
        window.addEventListener("submit", (event) => { if (!event.defaultPrevented) sent += 1; event.preventDefault(); });
        for (let i = 0; i < 3; i++) document.querySelector("#send").click();
        return sent; }"""
    )
    assert sent == 1
    assert await page.locator("#send").get_attribute("aria-disabled") == "true"


async def test_a_deadline_runs_by_the_clock_of_the_database(open_page: OpenPage) -> None:
    """The clock of the phone is wrong by years, and the page's own server has no say either."""
    world = await make_world(state="open", entries=1)
    await fetch(
        "update contest set closes_at = date_trunc('second', now()) + interval '2 days 4 hours', timezone = 'Asia/Ho_Chi_Minh'"
    )
    page = await open_page("phone", person=world.people["officer_a"])
    await page.clock.install(time="2031-05-05T00:00:00Z")
    await page.goto("/contests/thu-nghiem/entries/E01")
    clock = page.locator("[data-countdown]")
    await page.wait_for_function("() => document.querySelector('[data-countdown]').textContent.split(':').length === 3")
    shown = re.fullmatch(r"còn 2 ngày 03:59:(\d\d)|còn 2 ngày 04:00:00", await clock.inner_text())
    assert shown, await clock.inner_text()
    row = (
        await fetch(
            "select to_char(closes_at at time zone timezone, 'HH24:MI:SS \"ngày\" DD/MM/YYYY') as text from contest"
        )
    )[0]
    assert f"hạn {row['text']} (GMT+7)" in re.sub(r"\s+", " ", await page.locator(".countdown").inner_text())
    assert "được gửi nốt trong 30 phút sau hạn" in await page.inner_text("main")


async def test_a_deadline_stands_there_without_scripts(open_page: OpenPage) -> None:
    world = await make_world(state="open", entries=1)
    await fetch("update contest set closes_at = now() + interval '2 days 4 hours 30 seconds'")
    page = await open_page("phone", person=world.people["officer_a"], scripts=False)
    await page.goto("/contests/thu-nghiem/entries")
    assert await page.locator("[data-countdown]").inner_text() == "còn 2 ngày 04:00"
    assert "(GMT+7)" in await page.locator(".countdown").inner_text()
