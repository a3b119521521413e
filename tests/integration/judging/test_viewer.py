"""What the desk shows of files: players, pages and pictures by Range under the alias, and nobody else's."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from server.app import Parts, create_app
from server.db import fetch, fetch_one
from server.storage import new_key
from storage_config.settings import S3Settings, StorageSettings
from tests.client import Visitor
from tests.world import World, assign_all, make_world

DESK = "/judge/thu-nghiem/so-khao/T001"
BODY = bytes(range(200))


@pytest.fixture
async def world(visitor: Visitor) -> World:
    world = await make_world(state="closed", entries=2)
    await assign_all(world)
    await visitor.sign_in(world.people["j1"])
    return world


async def put(parts: Parts) -> str:
    key = new_key("copies")

    async def pieces() -> AsyncIterator[bytes]:
        yield BODY

    await parts.storage.put(key, pieces())
    return key


async def add_copy(parts: Parts, world: World, media_type: str, state: str = "ready", **previews: int) -> int:
    """A file of E01 whose copy is BODY, with so many previews of each kind; its id."""
    row = await fetch_one(
        "insert into entry_file (entry, kind, file_name, media_type, size, sha256, storage_key, uploaded_by, uploaded_at, "
        "  derived_state, derived_key, derived_type, derived_size, derived_seconds, derived_pages) "
        "values ($1, 'document', 'Trạm Y tế.bin', $2, 200, repeat('a', 64), $3, $4, now(), $5, $6, $2, 200, $7, $8) "
        "returning id",
        world.entries["E01"], media_type, new_key("entries"), world.people["officer_a"], state, await put(parts),
        75 if media_type.startswith(("video", "audio")) else None, previews.get("page"),
    )  # fmt: skip
    assert row is not None
    for kind, number in previews.items():
        for place in range(1, number + 1):
            await fetch(
                "insert into file_preview (file, kind, number, storage_key, media_type, size, width, height) "
                "values ($1, $2, $3, $4, $5, 200, 1240, 1754)",
                row["id"], kind, place, await put(parts), "application/pdf" if kind == "pdf" else "image/webp",
            )  # fmt: skip
    return int(row["id"])


async def test_every_kind_has_its_look(visitor: Visitor, world: World, parts: Parts) -> None:
    docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    await add_copy(parts, world, docx)
    await add_copy(parts, world, docx, page=2, pdf=1)
    await add_copy(parts, world, "application/pdf", page=3)
    await add_copy(parts, world, "image/jpeg", page=1)
    await add_copy(parts, world, "audio/mpeg")
    await add_copy(parts, world, "video/mp4", poster=1)
    await add_copy(parts, world, "application/pdf", state="failed")
    await add_copy(parts, world, "application/pdf", state="waiting")
    text = (await visitor.get(DESK)).text
    # What plays comes first, however it was handed in.
    assert text.index("<video") < text.index("<audio") < text.index("desk-pages")
    assert f'src="{DESK}/files/6" poster="{DESK}/files/6/poster-1"' in text
    assert "1:15" in text
    assert re.findall(r'src="[^"]+/files/3/page-(\d)"', text) == ["1", "2", "3"]
    assert text.count('loading="lazy"') == 6
    assert f'href="{DESK}/files/2/pdf-1"' in text
    assert "Word, PowerPoint hoặc Excel" in text
    assert "không xem trước được" in text
    assert "đang được chuẩn bị" in text
    assert "Trạm Y tế" not in text
    for address in re.findall(rf'(?:src|href|poster)="({DESK}/files/[^"]+)"', text):
        answer = await visitor.get(address, headers={"range": "bytes=10-19"})
        assert (answer.status_code, answer.content) == (206, BODY[10:20]), address
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["cache-control"] == "private, no-store"
        assert re.fullmatch(
            r'(?:inline|attachment); filename="(T001-[\w.-]+)"; filename\*=UTF-8\'\'\1',
            answer.headers["content-disposition"],
        )


@pytest.mark.parametrize("name", ["page-3", "page-0", "page-01", "poster-1", "pdf-1", "page", "page-99999", "..%2f1"])
async def test_what_is_not_there(visitor: Visitor, world: World, parts: Parts, name: str) -> None:
    await add_copy(parts, world, "application/pdf", page=2)
    assert (await visitor.get(f"{DESK}/files/1/page-2")).status_code == 200
    assert (await visitor.get(f"{DESK}/files/1/{name}")).status_code == 404


async def test_a_preview_is_asked_for_at_each_request(visitor: Visitor, world: World, parts: Parts) -> None:
    file = await add_copy(parts, world, "application/pdf", page=1)
    page = f"{DESK}/files/1/page-1"
    other = await visitor.as_person(world.people["j4"])
    assert (await other.get(page)).status_code == 404
    await other.aclose()
    assert (await visitor.get(page)).status_code == 200
    await fetch("update entry_file set removed_at = now() where id = $1", file)
    assert (await visitor.get(page)).status_code == 404
    await fetch("update entry_file set removed_at = null where id = $1", file)
    await fetch("update assignment set state = 'recused' where person = $1", world.people["j1"])
    assert (await visitor.get(page)).status_code == 404


async def test_the_page_may_show_what_comes_from_the_store_itself(visitor: Visitor, world: World, parts: Parts) -> None:
    plain = (await visitor.get(DESK)).headers["content-security-policy"]
    assert "media-src" not in plain
    s3 = S3Settings("s3:9000", "a", "b", "hoithi", public_url="https://media.example.org")
    there = Parts(replace(parts.settings, storage=StorageSettings("s3", s3)), parts.storage)
    judge = await Visitor(create_app(there)).sign_in(world.people["j1"])
    policy = (await judge.get(DESK)).headers["content-security-policy"]
    assert policy.startswith(plain.split(";")[0])
    assert "media-src 'self' https://media.example.org" in policy
    assert "img-src 'self' data: https://media.example.org" in policy
    await judge.aclose()


async def test_the_desk_weighs_little_before_media(visitor: Visitor, world: World, parts: Parts) -> None:
    await add_copy(parts, world, "video/mp4", poster=1)
    await add_copy(parts, world, "application/pdf", page=150)
    answer = await visitor.get(DESK)
    packed = len(gzip.compress(answer.content, 6))
    for address in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text)):
        packed += len(gzip.compress((await visitor.get(address)).content, 6))
    print(f"judge's desk with a film and 150 pages: {packed / 1024:.1f} KB packed")
    assert packed < 120 * 1024
