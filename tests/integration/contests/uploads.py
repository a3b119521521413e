"""What tests of uploads share: a sender of the tus protocol over a Visitor, and the jobs done by hand."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import httpx

from server.contests.services.upload_finish import drop_leftovers, finish_upload
from server.db import fetch
from tests.client import Visitor
from tests.integration.contests.test_officer import new_entry
from tests.world import World

MIB = 2**20
BODY = "application/offset+octet-stream"


def pdf_of(size: int) -> bytes:
    """A body of `size` bytes that passes for a PDF and repeats nowhere."""
    head = b"%PDF-1.4\n"
    return head + hashlib.shake_256(str(size).encode()).digest(size - len(head))


def metadata(**fields: str) -> str:
    """The Upload-Metadata header."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in fields.items())


class Sender:
    """Speaks tus for one officer about one entry at `url`."""

    def __init__(self, visitor: Visitor, entry: str) -> None:
        self.visitor = visitor
        self.url = f"{entry}/uploads"

    @property
    def headers(self) -> dict[str, str]:
        return {"tus-resumable": "1.0.0", "x-csrftoken": self.visitor.csrf}

    async def create(
        self, length: int | None, body: Any = None, name: str = "bài.pdf", **fields: str
    ) -> httpx.Response:
        """POST; a header given as `fields` with upper-case first letter goes as it is."""
        said = {"filename": name, "kind": "document", **{k: v for k, v in fields.items() if k.islower()}}
        headers = {**self.headers, "upload-metadata": metadata(**said)}
        headers |= {"upload-defer-length": "1"} if length is None else {"upload-length": str(length)}
        headers |= {key.replace("_", "-").lower(): value for key, value in fields.items() if not key.islower()}
        if body is not None:
            headers["content-type"] = BODY
        return await self.visitor.post(self.url, content=body, headers=headers)

    async def patch(self, location: str, offset: int, body: Any, **headers: str) -> httpx.Response:
        said = {**self.headers, "content-type": BODY, "upload-offset": str(offset)}
        said |= {key.replace("_", "-"): value for key, value in headers.items()}
        return await self.visitor.patch(location, content=body, headers=said)

    async def head(self, location: str) -> httpx.Response:
        return await self.visitor.head(location, headers=self.headers)

    async def delete(self, location: str) -> httpx.Response:
        return await self.visitor.delete(location, headers=self.headers)

    async def listed(self) -> list[dict[str, Any]]:
        answer = await self.visitor.get(self.url)
        assert answer.status_code == 200, answer.text
        return list(answer.json())


async def sender_of(visitor: Visitor, world: World, person: str = "officer_a") -> Sender:
    """An officer with a fresh entry."""
    await visitor.sign_in(world.people[person])
    return Sender(visitor, await new_entry(visitor, world))


async def do_jobs(visitor: Visitor) -> None:
    """Do what is due about uploads, as the service's jobs would."""
    storage = visitor.app.state.storage
    for row in await fetch(
        "select name, args->>'upload' as upload from job where name in ('finish_upload', 'drop_upload')"
    ):
        await {"finish_upload": finish_upload, "drop_upload": drop_leftovers}[row["name"]](int(row["upload"]), storage)
    await fetch("delete from job where name in ('finish_upload', 'drop_upload')")


def objects(visitor: Visitor, area: str = "") -> list[Path]:
    """The files of the store, of one area or all."""
    root = visitor.app.state.settings.data_dir / "objects" / area
    return [path for path in root.rglob("*") if path.is_file()]


async def files() -> list[Any]:
    """The present files."""
    return await fetch("select * from entry_file where removed_at is null order by id")
