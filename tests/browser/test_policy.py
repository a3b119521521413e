"""The pages' policy in a real browser: markup that got into a page all the same would not run."""

from __future__ import annotations

import contextlib

from playwright.async_api import Browser, Error

INTO_THE_PAGE = """markup => {
  const box = document.createElement("div");
  box.innerHTML = markup;
  document.body.append(box);
  const script = document.createElement("script");
  script.textContent = "window.ran = 1";
  document.body.append(script);
}"""


async def test_no_inline_script_handler_frame_or_foreign_source_works(browser: Browser, live: str):
    page = await browser.new_page()
    failed: dict[str, str | None] = {}
    page.on("requestfailed", lambda request: failed.update({request.url: request.failure}))
    await page.goto(f"{live}/login")
    await page.evaluate(
        INTO_THE_PAGE,
        "<img src=/nothing onerror='window.ran = 1'><iframe src='http://127.0.0.2:9/'></iframe>"
        "<object data='http://127.0.0.2:9/'></object><img src='http://127.0.0.2:9/pixel'>"
        "<form id=away method=post action='http://127.0.0.2:9/'></form><base href='http://127.0.0.2:9/'>",
    )
    with contextlib.suppress(Error):
        await page.add_script_tag(url="http://127.0.0.2:9/evil.js")
    await page.evaluate("document.getElementById('away').submit()")
    await page.wait_for_timeout(500)
    assert await page.evaluate("window.ran") is None
    assert page.url == f"{live}/login"
    assert len(failed) >= 2
    assert set(failed.values()) == {"csp"}, failed
    await page.close()
