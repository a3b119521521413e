"""The uploader on a good network: files arrive and show, several wait their turn, what is wrong is said at once."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from server import static_files
from server.db import fetch
from server.formats import format_bytes
from tests.browser.conftest import OpenPage
from tests.browser.uploading import (
    ENTRY,
    MIB,
    choose,
    digest,
    entry_world,
    in_state,
    open_entry,
    pdf,
    row_in,
    stored_digests,
)  # fmt: skip
from tests.browser.watch import assert_accessible, assert_fits

pytestmark = pytest.mark.usefixtures("worker")


async def test_a_file_arrives_and_the_page_follows(open_page: OpenPage, tmp_path: Path) -> None:
    world = await entry_world(max_count=1)
    await fetch("update file_rule set required = true")
    page = await open_entry(open_page, world)
    assert await page.get_by_role("button", name="Nộp bài").count() == 0
    path = pdf(tmp_path, 9 * MIB)
    await choose(page, path)
    await in_state(page, "done")
    assert await stored_digests() == [digest(path)]
    await page.locator("#files .rows a", has_text="bài dự thi.pdf").wait_for()
    await page.get_by_text("Đã đủ số tệp loại này.").wait_for()
    assert await page.locator(".upload-zone").is_hidden()
    # The page was not loaded anew: its version and its button follow all the same.
    await page.get_by_role("button", name="Nộp bài").click()
    await page.wait_for_url("**/receipts/*")
    assert digest(path) in await page.content()


async def test_several_files_go_one_after_the_other(open_page: OpenPage, tmp_path: Path) -> None:
    page = await open_entry(open_page, await entry_world(max_count=3), "desk")
    paths = [pdf(tmp_path, size, f"tệp {size}.pdf") for size in (100_000, 3 * MIB, 70)]
    at_once: list[int] = []
    page.on("request", lambda request: request.method == "PATCH" and at_once.append(1))
    await choose(page, *paths)
    await page.locator('.upload-row[data-state="done"]').nth(2).wait_for()
    assert sorted(await stored_digests()) == sorted(digest(path) for path in paths)
    assert len(at_once) == 3
    await page.locator("#files [data-fresh=files] li").nth(2).wait_for()


async def test_files_are_dropped_on_the_zone(open_page: OpenPage) -> None:
    page = await open_entry(open_page, await entry_world(), "desk")
    await page.evaluate(
        """() => { const data = new DataTransfer(); data.items.add(new File(["%PDF-1.7 x"], "thả.pdf"));
        for (const type of ["dragenter", "dragover", "drop"])
          document.querySelector(".upload-zone").dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true })); }"""
    )
    await in_state(page, "done")
    assert len(await stored_digests()) == 1


async def test_what_is_wrong_is_said_before_the_first_byte(open_page: OpenPage, tmp_path: Path) -> None:
    page = await open_entry(open_page, await entry_world(max_bytes=MIB, max_count=1))
    asked: list[str] = []
    page.on("request", lambda request: request.method in ("POST", "PATCH") and asked.append(request.url))
    (tmp_path / "máy.exe").write_bytes(b"MZ")
    (tmp_path / "rỗng.pdf").write_bytes(b"")
    await choose(page, tmp_path / "máy.exe", pdf(tmp_path, MIB + 1, "to.pdf"), tmp_path / "rỗng.pdf")
    said = [await row_in(page, "refused").nth(number).locator(".upload-said").inner_text() for number in range(3)]
    assert [text.replace("\xa0", " ") for text in said] == [
        "Tệp này không đúng loại. Chỉ nhận: pdf, docx, mp4.",
        "Tệp nặng 1 MB, quá mức 1 MB của cuộc thi.",
        "Tệp này rỗng (0 byte).",
    ]
    assert asked == []
    await assert_fits(page)
    await assert_accessible(page)
    for _ in range(3):
        await page.get_by_role("button", name="Ẩn dòng này").first.click()
    assert await page.locator(".upload-row").count() == 0
    await choose(page, pdf(tmp_path, 500, "một.pdf"), pdf(tmp_path, 600, "hai.pdf"))
    await in_state(page, "done")
    assert "Chỉ nhận 1 tệp loại này." in await row_in(page, "refused").inner_text()


async def test_what_the_server_refuses_is_said_in_its_words(open_page: OpenPage, tmp_path: Path) -> None:
    world = await entry_world()
    page = await open_entry(open_page, world)
    (tmp_path / "giả.pdf").write_bytes(b"<!doctype html><script>alert(1)</script>")
    await choose(page, tmp_path / "giả.pdf")
    said = await (await in_state(page, "refused")).locator(".upload-said").inner_text()
    assert "Tệp không được chấp nhận: giả.pdf" in said
    assert await stored_digests() == []
    # It is still said after the page was loaded again, until it is put away.
    await page.reload()
    row = await in_state(page, "refused")
    async with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        await row.get_by_role("button", name="Ẩn dòng này").click()
    await page.reload()
    await page.wait_for_load_state("networkidle")
    assert await page.locator(".upload-row").count() == 0


async def test_a_contest_that_has_closed_says_so_and_is_not_asked_again(open_page: OpenPage, tmp_path: Path) -> None:
    page = await open_entry(open_page, await entry_world())
    asked: list[str] = []
    page.on("request", lambda request: request.method == "POST" and asked.append(request.url))
    await fetch("update contest set state = 'closed'")
    await choose(page, pdf(tmp_path, 500))
    said = await (await in_state(page, "late")).locator(".upload-said").inner_text()
    assert said.startswith("Đã hết hạn nộp bài.")
    await page.wait_for_timeout(1500)
    assert len(asked) == 1


async def test_a_person_who_was_signed_out_is_told(open_page: OpenPage, tmp_path: Path) -> None:
    page = await open_entry(open_page, await entry_world())
    await fetch("delete from session")
    await choose(page, pdf(tmp_path, 500))
    assert "đăng nhập" in (await (await in_state(page, "refused")).locator(".upload-said").inner_text()).lower()


async def test_a_film_can_be_recorded_with_the_camera(open_page: OpenPage) -> None:
    page = await open_entry(open_page, await entry_world())
    camera = page.locator("input[capture]")
    assert await camera.get_attribute("capture") == "environment"
    assert await camera.get_attribute("accept") == "video/*"
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Quay bằng máy ảnh").click()
    film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 500
    await (await chooser.value).set_files({"name": "VID_1.mp4", "mimeType": "video/mp4", "buffer": film})
    await in_state(page, "done")
    await fetch("update file_rule set extensions = '{pdf}'")
    await page.reload()
    assert await page.locator("[data-record]").count() == 0


async def test_the_form_works_without_scripts(open_page: OpenPage, tmp_path: Path) -> None:
    page = await open_entry(open_page, await entry_world(), scripts=False)
    path = pdf(tmp_path, 2 * MIB)
    await page.set_input_files("#file-document", path)
    assert await page.locator(".upload-zone").is_hidden()
    await page.get_by_role("button", name="Gửi tệp").click()
    await page.get_by_text("Đã nhận tệp bài dự thi.pdf.").wait_for()
    assert await stored_digests() == [digest(path)]


async def test_the_form_works_where_the_script_was_not_fetched(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = {name: file for name, file in static_files._files().items() if not name.startswith("vendor/")}
    monkeypatch.setattr(static_files, "_files", lambda: present)
    world = await entry_world()
    page = await open_page("phone", person=world.people["officer_a"])
    await page.goto(ENTRY)
    path = pdf(tmp_path, 2 * MIB)
    await page.set_input_files("#file-document", path)
    await page.get_by_role("button", name="Gửi tệp").click()
    await page.locator("#files .rows a", has_text="bài dự thi.pdf").wait_for()
    assert await stored_digests() == [digest(path)]


async def test_digests_and_sizes_are_those_of_the_server(open_page: OpenPage) -> None:
    page = await open_entry(open_page, await entry_world())
    lengths = [0, 1, 55, 56, 63, 64, 65, 1000, 65536]
    found = await page.evaluate(
        """async (lengths) => { const base = document.querySelector("script[src$='upload/main.js']").src;
        const { sha256 } = await import(base.replace("main", "digest"));
        return lengths.map((length) => sha256(Uint8Array.from({ length }, (_, i) => (i * 7) % 256))); }""",
        lengths,
    )
    assert found == [hashlib.sha256(bytes(i * 7 % 256 for i in range(length))).hexdigest() for length in lengths]
    sizes = [0, 1023, 1024, 1536, 5 * MIB, 734_003_200, 3 * 1024 * MIB]
    shown = await page.evaluate(
        """async (sizes) => { const base = document.querySelector("script[src$='upload/main.js']").src;
        const { bytes } = await import(base.replace("main", "words"));
        return sizes.map((size) => bytes(size).replace("\u00a0", " ")); }""",
        sizes,
    )
    assert shown == [format_bytes(size, "vi") for size in sizes]


async def test_the_page_is_light(open_page: OpenPage) -> None:
    """At most 90 KB on the wire, 45 of them scripts."""
    world = await entry_world()
    page = await open_page("phone", person=world.people["officer_a"])
    weights: dict[str, int] = {}

    async def weigh(request: object) -> None:
        sizes = await request.sizes()  # type: ignore[attr-defined]
        weights[request.url] = sizes["responseBodySize"]  # type: ignore[attr-defined]

    page.on("requestfinished", weigh)
    await page.goto(ENTRY)
    await page.wait_for_load_state("networkidle")
    await page.wait_for_timeout(300)
    scripts = sum(size for url, size in weights.items() if url.endswith(".js"))
    print(f"\nupload page: {sum(weights.values()):,} bytes, {scripts:,} of scripts, {len(weights)} requests")
    assert any(url.endswith("tus.min.js") for url in weights)
    assert sum(weights.values()) <= 90 * 1024
    assert scripts <= 45 * 1024
