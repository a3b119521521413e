"""A live server, a headless Chromium and watched pages: a page that errs or asks another host fails its test.

`page` runs a test twice, on a phone (360x740) and on a desk (1280x900); `open_page` makes more pages.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, Page, Playwright, async_playwright

import server.runtime  # noqa: F401 - the handlers of jobs register themselves
from server.app import Parts, create_app
from server.db import fetch
from server.jobs import Drain, JobContext
from server.mail import make_transport
from server.secrets_at_rest import new_token, token_hash
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.watch import Watch

SIZES = {"phone": {"width": 360, "height": 740}, "desk": {"width": 1280, "height": 900}}
SCREENSHOTS = os.environ.get("HOITHI_SCREENSHOTS")

OpenPage = Callable[..., Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in Path(str(item.fspath)).parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
async def live(database: dict[str, Any], parts: Parts) -> AsyncIterator[str]:
    """The application on a port of 127.0.0.1, over the test's own database; yields its address."""
    config = uvicorn.Config(create_app(parts), host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done(), "the server stopped at its start"
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
async def worker(database: dict[str, Any], parts: Parts) -> AsyncIterator[None]:
    """Jobs are done while the test runs."""
    context = JobContext(settings=parts.settings, storage=parts.storage, mail=make_transport(parts.settings))
    stop = asyncio.Event()
    working = asyncio.create_task(Drain(context).run(stop))
    yield
    stop.set()
    await working


@pytest.fixture
async def playwright() -> AsyncIterator[Playwright]:
    """Playwright's driver."""
    async with async_playwright() as driver:
        yield driver


@pytest.fixture
async def browser(playwright: Playwright) -> AsyncIterator[Browser]:
    """A Chromium of the test's own, which makes no connections but to the pages' hosts."""
    found = find_chromium()
    chromium = await playwright.chromium.launch(
        executable_path=str(found.program), args=list(FLAGS), env={**os.environ, **found.environment}
    )
    yield chromium
    await chromium.close()


@pytest.fixture
async def open_page(browser: Browser, live: str, request: pytest.FixtureRequest) -> AsyncIterator[OpenPage]:
    """`await open_page(size="phone", person=None, locale="vi", scheme="light", scripts=True)`: a page, watched.

    `person` is an id that is signed in. What a watched page did wrong fails the test at its end.
    """
    watches: list[Watch] = []

    async def open_one(
        size: str = "desk",
        *,
        person: int | None = None,
        locale: str = "vi",
        scheme: Any = "light",
        scripts: bool = True,
    ) -> Page:
        context = await browser.new_context(
            base_url=live,
            viewport=SIZES[size],  # type: ignore[arg-type]
            color_scheme=scheme,
            java_script_enabled=scripts,
            locale="vi-VN" if locale == "vi" else "en-GB",
            timezone_id="Asia/Ho_Chi_Minh",
            has_touch=size == "phone",
        )
        context.set_default_timeout(10_000)
        cookies = [{"name": "hoithi_lang", "value": locale, "url": live}]
        if person is not None:
            cookies.append({"name": "hoithi_session", "value": await _session(person), "url": live})
        await context.add_cookies(cookies)  # type: ignore[arg-type]
        page = await context.new_page()
        watches.append(Watch(page, live))
        return page

    yield open_one
    for number, watch in enumerate(watches):
        if SCREENSHOTS and not watch.page.is_closed():
            name = request.node.name.replace("/", "-").replace("[", "-").rstrip("]")
            await watch.page.screenshot(path=f"{SCREENSHOTS}/{name}-{number}.png", full_page=True)
    faults = [fault for watch in watches for fault in watch.faults]
    assert not faults, "the page did this:\n" + "\n".join(faults)


@pytest.fixture(params=list(SIZES))
async def page(request: pytest.FixtureRequest, open_page: OpenPage) -> Page:
    """A page of a visitor who is not signed in, once on a phone and once on a desk."""
    return await open_page(request.param)


async def _session(person: int) -> str:
    token = new_token()
    await fetch(
        "insert into session (token_hash, person, created_at, expires_at, confirmed_at) "
        "values ($1, $2, now(), now() + interval '1 hour', now())",
        token_hash(token),
        person,
    )
    return token
