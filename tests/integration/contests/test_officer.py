"""The officer's way over HTTP: draft, files that arrive whole, submit, receipt; and everything that is refused."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest

from server.db import fetch
from tests.client import Visitor
from tests.world import World, make_world

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
JSON = {"accept": "application/json"}


@pytest.fixture
async def world(visitor: Visitor) -> World:
    world = await make_world()
    await visitor.sign_in(world.people["officer_a"])
    return world


def list_url(world: World) -> str:
    return f"/contests/{world.contest}/entries"


async def new_entry(visitor: Visitor, world: World, **fields: str) -> str:
    form = {"title": "Chi hội số", "category": "tap-the", "authors": "Thạch Thị A\nLý Thị B", **fields}
    answer = await visitor.submit(list_url(world), form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def upload(visitor: Visitor, url: str, body: bytes = PDF, name: str = "bài.pdf", **fields: str) -> Any:
    form = {"_csrf": visitor.csrf, "kind": "document", **fields}
    return await visitor.post(f"{url}/files", data=form, files={"file": (name, body)}, headers=JSON)


def objects(visitor: Visitor) -> list[Path]:
    root = visitor.app.state.settings.data_dir
    return [p for p in root.rglob("*") if p.is_file() and "entries" in p.parts]


async def test_an_entry_from_draft_to_receipt(visitor: Visitor, world: World) -> None:
    url = await new_entry(visitor, world)
    assert url.endswith("/E001")
    stored = await upload(visitor, url)
    assert stored.status_code == 201, stored.text
    assert stored.json()["sha256"] == hashlib.sha256(PDF).hexdigest()
    page = await visitor.get(url)
    assert "bài.pdf" in page.text
    answer = await visitor.submit(f"{url}/submit", {"version": "2", "key": "k1"})
    assert answer.status_code == 303, answer.text
    receipt = await visitor.get(answer.headers["location"])
    assert hashlib.sha256(PDF).hexdigest() in receipt.text
    document = (await visitor.get(answer.headers["location"], headers=JSON)).json()
    assert document["files"][0]["bytes"] == len(PDF)
    jobs = await fetch("select name from job order by name")
    assert [j["name"] for j in jobs] == ["derive_copy", "mail_receipt"]


async def test_the_file_comes_back_whole_and_by_range(visitor: Visitor, world: World) -> None:
    url = await new_entry(visitor, world)
    file = (await upload(visitor, url)).json()["id"]
    whole = await visitor.get(f"{url}/files/{file}")
    assert whole.content == PDF
    assert "sandbox" in whole.headers["content-security-policy"]
    part = await visitor.get(f"{url}/files/{file}", headers={"range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, PDF[5:10])
    again = await visitor.get(f"{url}/files/{file}", headers={"if-none-match": whole.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("bài.exe", PDF, "file_extension"),
        ("bài.pdf", b"<html><script>alert(1)</script>", "file_content"),
        ("bài.pdf", b"", "file_empty"),
        ("bài.docx", b"PK\x03\x04 not a zip", "file_archive"),
        ("bài.pdf", b"%PDF-1.4\n" + b"x" * 5_000_001, "file_too_large"),
    ],
)
async def test_files_that_break_a_rule_leave_no_row_and_no_object(
    visitor: Visitor, world: World, name: str, body: bytes, code: str
) -> None:
    url = await new_entry(visitor, world)
    answer = await upload(visitor, url, body, name)
    assert answer.status_code in (413, 422)
    assert answer.json()["code"] == code
    assert await fetch("select 1 from entry_file") == []
    assert objects(visitor) == []


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd.pdf", "a\x00b.pdf", "\u202efdp.exe.pdf", "😀" * 1000 + ".pdf", "C:\\x\\y.pdf", "a\r\nb.pdf"],
)
async def test_awkward_names_stay_names(visitor: Visitor, world: World, name: str) -> None:
    url = await new_entry(visitor, world)
    answer = await upload(visitor, url, name=name)
    assert answer.status_code == 201, answer.text
    given = answer.json()["file_name"]
    assert given.endswith(".pdf")
    assert len(given.encode()) <= 255
    assert not set(given) & set("/\\\x00\u202e\r\n")
    assert (await visitor.get(f"{url}/files/{answer.json()['id']}")).status_code == 200


async def test_a_cut_body_leaves_nothing(visitor: Visitor, world: World) -> None:
    url = await new_entry(visitor, world)
    boundary = "b"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\n{visitor.csrf}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="kind"\r\n\r\ndocument\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    ).encode()
    answer = await visitor.post(
        f"{url}/files",
        content=head + PDF,
        headers={"content-type": f"multipart/form-data; boundary={boundary}", **JSON},
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "cut"
    assert objects(visitor) == []


async def test_a_form_without_the_token_is_refused_before_its_file(visitor: Visitor, world: World) -> None:
    url = await new_entry(visitor, world)
    answer = await visitor.post(f"{url}/files", data={"kind": "document"}, files={"file": ("a.pdf", PDF)}, headers=JSON)
    assert answer.status_code == 403
    assert objects(visitor) == []


async def test_count_and_replace(visitor: Visitor, world: World) -> None:
    url = await new_entry(visitor, world)
    first = (await upload(visitor, url)).json()["id"]
    await upload(visitor, url, PDF + b"2")
    assert (await upload(visitor, url, PDF + b"3")).json()["code"] == "file_count"
    replaced = await upload(visitor, url, PDF + b"3", replace=str(first))
    assert replaced.status_code == 201
    assert (await visitor.get(f"{url}/files/{first}")).status_code == 404


async def test_another_unit_finds_nothing(visitor: Visitor, world: World) -> None:
    url = await new_entry(visitor, world)
    file = (await upload(visitor, url)).json()["id"]
    receipt = (await visitor.submit(f"{url}/submit", {"version": "2"})).headers["location"]
    other = await visitor.as_person(world.people["officer_b"])
    for path in (url, f"{url}/files/{file}", receipt):
        assert (await other.get(path)).status_code == 404
    for path in (url, f"{url}/submit", f"{url}/withdraw", f"{url}/files/{file}/remove"):
        answer = await other.submit(path, {"version": "2", "title": "x", "category": "tap-the"})
        assert answer.status_code == 404
    assert (await upload(other, url)).status_code == 404


async def test_twenty_submits_at_once_give_one_receipt(visitor: Visitor, world: World) -> None:
    url = await new_entry(visitor, world)
    answers = await asyncio.gather(
        *(visitor.submit(f"{url}/submit", {"version": "1", "key": "same"}) for _ in range(20))
    )
    assert {answer.headers.get("location") for answer in answers} == {answers[0].headers["location"]}
    assert len(await fetch("select 1 from receipt")) == 1


async def test_a_key_with_another_payload_is_refused(visitor: Visitor, world: World) -> None:
    url = await new_entry(visitor, world)
    await visitor.submit(f"{url}/submit", {"version": "1", "key": "k"})
    answer = await visitor.submit(f"{url}/submit", {"version": "7", "key": "k"}, headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_conflict"


async def test_the_database_clock_decides_the_deadline(visitor: Visitor, world: World) -> None:
    url = await new_entry(visitor, world)
    await fetch("update contest set closes_at = clock_timestamp() + interval '1 hour'")
    assert (await visitor.submit(f"{url}/submit", {"version": "1"})).status_code == 303
    await fetch("update contest set closes_at = clock_timestamp() - interval '1 millisecond'")
    second = await visitor.submit(url, {"title": "Muộn", "category": "tap-the", "version": "1"}, headers=JSON)
    assert (second.status_code, second.json()["code"]) == (409, "deadline_passed")
    assert "Muộn" not in (await visitor.get(url)).text


async def test_places_of_a_unit_are_not_overrun_by_a_race(visitor: Visitor, world: World) -> None:
    await fetch("update contest set per_unit_max = 2")
    urls = [await new_entry(visitor, world) for _ in range(5)]
    answers = await asyncio.gather(*(visitor.submit(f"{url}/submit", {"version": "1"}) for url in urls))
    assert sorted(answer.status_code for answer in answers) == [303, 303, 422, 422, 422]


async def test_a_stale_form_keeps_both_texts(visitor: Visitor, world: World) -> None:
    url = await new_entry(visitor, world)
    form = {"title": "Tên hai", "category": "tap-the", "authors": "A", "version": "1"}
    assert (await visitor.submit(url, form)).status_code == 303
    stale = await visitor.submit(url, {**form, "title": "Tên ba"})
    assert stale.status_code == 412
    assert "Tên hai" in stale.text
    assert 'value="Tên ba"' in stale.text


async def test_withdraw_and_bring_back(visitor: Visitor, world: World) -> None:
    url = await new_entry(visitor, world)
    assert (await visitor.submit(f"{url}/withdraw")).status_code == 303
    assert (await visitor.submit(f"{url}/submit", {"version": "2"})).status_code == 409
    assert (await visitor.submit(f"{url}/restore")).status_code == 303
    assert (await visitor.submit(f"{url}/submit", {"version": "3"})).status_code == 303


async def test_required_files_and_taken_codes_are_named(visitor: Visitor, world: World) -> None:
    await fetch("update file_rule set required = true")
    url = await new_entry(visitor, world, code="X-1")
    answer = await visitor.submit(f"{url}/submit", {"version": "1"})
    assert answer.status_code == 422
    assert "Tài liệu" in answer.text
    taken = await visitor.submit(list_url(world), {"title": "T", "category": "tap-the", "code": "X-1"})
    assert taken.status_code == 422
    assert "Mã này đã có rồi" in taken.text


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "", "category": "tap-the"},
        {"title": "x" * 301, "category": "tap-the"},
        {"title": "T", "category": "khong-co"},
        {"title": "T", "category": "tap-the", "code": "a b"},
        {"title": "T", "category": "tap-the", "authors": "x" * 201},
        {"title": "T\x00", "category": "tap-the"},
    ],
)
async def test_bad_forms_are_422(visitor: Visitor, world: World, fields: dict[str, str]) -> None:
    assert (await visitor.submit(list_url(world), fields)).status_code == 422
    assert await fetch("select 1 from entry") == []


async def test_home_and_list_show_the_units_own_entries(visitor: Visitor, world: World) -> None:
    await new_entry(visitor, world)
    for path in ("/entries", list_url(world)):
        assert "Chi hội số" in (await visitor.get(path)).text
    other = await visitor.as_person(world.people["officer_b"])
    assert "Chi hội số" not in (await other.get("/entries")).text
