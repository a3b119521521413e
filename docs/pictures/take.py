"""Takes the README's pictures from a running demo: `.venv/bin/python -m docs.pictures.take [URL] [DATA]`.

Start `make demo` first and wait for its accounts; Chromium comes with `make setup-dev`. The desk is shown with a few
marks, which stay in the demo's trial contest.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from server.packs.demo import ACCOUNTS, default_demo_dir
from tests.browser.chromium import FLAGS, find_chromium

FOLDER = Path(__file__).parent
CONTEST = "cntt-2024"
TRIAL = f"/judge/{CONTEST}-thu/so-khao"
WINDOW = {"width": 1280, "height": 1000}
COLOURS = 128  # a palette keeps each picture well below 150 KB


async def main(url: str, data: Path) -> None:
    """Write desk.png and results.png beside this file."""
    accounts = json.loads((data / ACCOUNTS).read_text("utf-8"))
    judge = next(person["email"] for person in accounts["people"] if person["role"] == "judge")
    found = find_chromium()
    async with async_playwright() as driver:
        chromium = await driver.chromium.launch(
            executable_path=str(found.program), args=list(FLAGS), env={**os.environ, **found.environment}
        )
        page = await _page(chromium, url)
        await page.goto("/login")
        await page.fill("input[name=email]", judge)
        await page.fill("input[name=password]", accounts["password"])
        await page.click("main form button")
        await page.wait_for_url("**/judge")
        await page.goto(TRIAL)
        await page.click("tbody tr a")
        await page.wait_for_load_state("networkidle")
        for number, row in enumerate(await page.locator("[data-score]").all()):
            await row.locator("[data-set]").nth(2 - number % 2).click()
        await page.wait_for_timeout(2500)  # the film's first frame, and the marks saved as they were typed
        await _keep(page, "desk.png")
        page = await _page(chromium, url)
        await page.goto(f"/results/{CONTEST}")
        await _keep(page, "results.png")
        await chromium.close()


async def _page(chromium: Browser, url: str) -> Page:
    context = await chromium.new_context(base_url=url, viewport=WINDOW, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
    return await context.new_page()


async def _keep(page: Page, name: str) -> None:
    picture = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    picture.quantize(COLOURS).save(FOLDER / name, optimize=True)


if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    asyncio.run(main(address, Path(sys.argv[2]) if len(sys.argv) > 2 else default_demo_dir()))
