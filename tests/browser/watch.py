"""What a browser test looks for beside its own question: errors of a page, strange hosts, reach and overflow."""

from __future__ import annotations

from functools import cache
from typing import Any

from playwright.async_api import ConsoleMessage, Page, Request

from tests.browser.chromium import AXE, NoChromium

STANDARD = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

OVERFLOWING = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")]
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
    .map((e) => `${e.tagName.toLowerCase()}.${e.className}`).slice(0, 5)"""


class Watch:
    """Collects the script errors, policy violations and requests to other hosts of one page."""

    def __init__(self, page: Page, home: str) -> None:
        """`home` is the only address that the page may speak to."""
        self.page = page
        self.home = home
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("console", self._console)
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        # A refused request (404, 412, offline) is also told to the console; whether it is wrong is the test's business.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "blob:", "about:")):
            self.faults.append(f"request to another host: {request.url}")


@cache
def _axe() -> str:
    if not AXE.is_file():
        raise NoChromium("no axe-core here: run `make setup-dev`")
    return AXE.read_text("utf-8")


async def accessibility_faults(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA in the page as it is now, one line a fault."""
    await page.evaluate(_axe())
    found: dict[str, Any] = await page.evaluate(
        "(tags) => axe.run(document, { runOnly: { type: 'tag', values: tags } })", list(STANDARD)
    )
    return [
        f"{violation['id']} ({violation['help']}): {' '.join(map(str, node['target']))} – {node['html'][:160]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


async def assert_accessible(page: Page) -> None:
    """Fail with a line for each thing in the page that keeps people out."""
    faults = await accessibility_faults(page)
    assert not faults, f"{page.url} keeps people out:\n" + "\n".join(faults)


async def assert_fits(page: Page) -> None:
    """Fail when the page has to be scrolled sideways; names what sticks out."""
    sticking_out = await page.evaluate(OVERFLOWING)
    assert not sticking_out, f"{page.url} is wider than the screen: {sticking_out}"
