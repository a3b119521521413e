"""A draft that saves itself: within two seconds, never over what somebody else wrote, never lost when another form goes."""

from __future__ import annotations

from playwright.async_api import Page

from server.db import fetch
from tests.browser.conftest import OpenPage
from tests.browser.uploading import ENTRY, entry_world
from tests.world import World


async def entry_row() -> tuple[str, list[str], int]:
    row = (await fetch("select title, authors, version from entry"))[0]
    return row["title"], list(row["authors"]), row["version"]


async def opened(open_page: OpenPage, world: World) -> Page:
    page = await open_page("phone", person=world.people["officer_a"])
    await page.goto(ENTRY)
    return page


async def test_what_is_typed_is_saved_within_two_seconds(open_page: OpenPage) -> None:
    page = await opened(open_page, await entry_world())
    await page.locator("#title").fill("Chi hội phụ nữ số")
    await page.evaluate("addEventListener('input', () => { window.typed = performance.now(); }, true)")
    await page.locator("#authors").press("Control+End")
    await page.locator("#authors").press_sequentially("\nThạch Thị A")
    state = page.locator(".save-state[data-state=saved]")
    for _ in range(100):
        if (await entry_row())[1] == ["Tác giả 1", "Thạch Thị A"]:
            break
        await page.wait_for_timeout(100)
    assert (await entry_row())[:2] == ("Chi hội phụ nữ số", ["Tác giả 1", "Thạch Thị A"])
    await state.wait_for()
    waited = await page.evaluate(
        "performance.getEntriesByType('resource').filter((e) => e.initiatorType === 'fetch').map((e) => e.startTime - typed)"
        ".filter((wait) => wait > 0)[0]"
    )
    assert waited < 2000
    clock = (await fetch("select to_char(now() at time zone 'Asia/Ho_Chi_Minh', 'HH24:MI') as clock"))[0]["clock"]
    assert await state.inner_text() == f"Đã lưu {clock}"
    # What was saved is not asked about, and the entry is submitted in the version that was just saved.
    await page.locator("#title").fill("Chi hội phụ nữ số 2")
    await page.get_by_role("button", name="Nộp bài").click()
    await page.wait_for_url("**/receipts/*")
    row = (await fetch("select e.title, r.version, e.version as now from receipt r join entry e on e.id = r.entry"))[0]
    assert (row["title"], row["version"]) == ("Chi hội phụ nữ số 2", row["now"])


async def test_the_cursor_stays_where_it_is_when_another_field_is_saved(open_page: OpenPage) -> None:
    page = await opened(open_page, await entry_world())
    await page.locator("#title").fill("Tên mới")
    await page.locator("#authors").press("Control+End")
    await page.locator(".save-state[data-state=saved]").wait_for()
    await page.wait_for_load_state("networkidle")
    assert await page.locator("#authors").evaluate("(field) => field.selectionStart") == len("Tác giả 1")


async def test_a_wrong_field_is_told_and_nothing_is_lost(open_page: OpenPage) -> None:
    page = await opened(open_page, await entry_world())
    await page.locator("#title").fill("")
    await page.locator(".save-state[data-state=failed]").wait_for(timeout=10_000)
    assert await page.locator(".save-state").inner_text() == "Hãy điền ô này."
    assert await page.locator("#title").get_attribute("aria-invalid") == "true"
    await page.locator("#title").fill("Đã có tên")
    await page.locator(".save-state[data-state=saved]").wait_for(timeout=10_000)
    assert await page.locator("#title").get_attribute("aria-invalid") is None
    assert (await entry_row())[0] == "Đã có tên"


async def test_what_somebody_else_wrote_is_not_overwritten(open_page: OpenPage) -> None:
    page = await opened(open_page, await entry_world())
    await fetch("update entry set title = 'Tên của người khác', version = version + 1")
    await page.locator("#title").fill("Tên của tôi")
    await page.locator(".save-state[data-state=failed]").wait_for(timeout=10_000)
    assert "sửa ở nơi khác" in await page.locator(".save-state").inner_text()
    assert (await entry_row())[0] == "Tên của người khác"
    # By the button both are shown.
    await page.get_by_role("button", name="Lưu thông tin").click()
    await page.get_by_text("Tên của người khác").first.wait_for()
    assert await page.locator("#title").input_value() == "Tên của tôi"


async def test_a_file_that_arrives_does_not_hide_what_somebody_else_wrote(open_page: OpenPage) -> None:
    """The page takes over the new version with the file, but not when the text was changed elsewhere."""
    page = await opened(open_page, await entry_world())
    await fetch("update entry set version = version + 1")
    refresh = "async () => (await import(document.querySelector('script[type=module]').src.replace('main', 'refresh'))).refresh()"
    await page.evaluate(refresh)
    assert await page.locator("form[data-text] [name=version]").input_value() == "2"
    await fetch("update entry set title = 'Tên của người khác', version = version + 1")
    await page.evaluate(refresh)
    assert await page.locator("form[data-text] [name=version]").input_value() == "2"
    assert await page.locator("#entry [name=version]").input_value() == "3"


async def test_no_network_is_told_and_saved_later(open_page: OpenPage) -> None:
    page = await opened(open_page, await entry_world())
    await page.context.set_offline(True)
    await page.locator("#title").fill("Viết khi mất mạng")
    await page.locator(".save-state[data-state=retry]").wait_for(timeout=10_000)
    assert (await entry_row())[2] == 1
    await page.context.set_offline(False)
    await page.locator(".save-state[data-state=saved]").wait_for(timeout=10_000)
    assert (await entry_row())[0] == "Viết khi mất mạng"


async def test_switching_the_language_takes_along_what_was_typed(open_page: OpenPage) -> None:
    page = await opened(open_page, await entry_world())
    await page.locator("#title").fill("Gõ rồi đổi ngôn ngữ")
    await page.locator("button[name=locale]").click()
    await page.get_by_role("button", name="Choose files").wait_for()
    assert (await entry_row())[0] == "Gõ rồi đổi ngôn ngữ"


async def test_a_submitted_entry_changes_by_the_button_alone(open_page: OpenPage) -> None:
    world = await entry_world()
    await fetch("update entry set state = 'submitted', submitted_at = now()")
    page = await opened(open_page, world)
    assert await page.locator(".save-state").count() == 0
    await page.locator("#title").fill("Chưa muốn lưu")
    await page.wait_for_timeout(1500)
    assert (await entry_row())[2] == 1
