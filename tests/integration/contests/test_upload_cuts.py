"""Uploads over real sockets: cut at random bytes, taken over by another connection, two clients at once, silent ones."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from server import slow_bodies
from server.app import Parts
from server.db import DB, fetch
from tests.client import Visitor
from tests.integration.contests.uploads import MIB, Sender, do_jobs, files, objects, pdf_of, sender_of
from tests.integration.raw_http import serving
from tests.world import make_world


@pytest.fixture
async def port(database: dict[str, Any], parts: Parts) -> AsyncIterator[int]:
    async with serving(parts) as port:
        yield port


@pytest.fixture
async def sender(visitor: Visitor) -> Sender:
    world = await make_world()
    await fetch("update file_rule set max_bytes = 300000000")
    return await sender_of(visitor, world)


class Line:
    """One connection that sends a PATCH at its own pace."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port: int, sender: Sender, location: str, offset: int, length: int) -> Line:
        line = cls(*await asyncio.open_connection("127.0.0.1", port))
        headers = {
            **sender.headers, "host": "testserver", "content-type": "application/offset+octet-stream",
            "upload-offset": str(offset), "content-length": str(length),
            "cookie": f"hoithi_session={sender.visitor.cookies['hoithi_session']}",
        }  # fmt: skip
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        line.writer.write(f"PATCH {location} HTTP/1.1\r\n{head}\r\n".encode())
        await line.writer.drain()
        return line

    async def send(self, body: bytes) -> None:
        self.writer.write(body)
        await self.writer.drain()

    async def status(self) -> int:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)
        return int(head[9:12])

    def cut(self) -> None:
        self.writer.transport.abort()


async def offset_of(sender: Sender, location: str) -> int:
    return int((await sender.head(location)).headers["upload-offset"])


async def stored(location: str) -> int:
    """How far the rows say that the upload has come, without asking the server."""
    code = location.rsplit("/", 1)[1]
    rows = await fetch(
        "select coalesce(sum(p.size), 0)::bigint as n from upload u left join upload_part p on p.upload = u.id "
        "where u.code = $1", code
    )  # fmt: skip
    return int(rows[0]["n"])


async def until(condition: Any) -> None:
    for _ in range(300):
        if await condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen in time")


async def test_cut_at_random_bytes(port: int, visitor: Visitor, sender: Sender) -> None:
    chance = random.Random("cuts")
    body = pdf_of(40 * MIB)
    location = (await sender.create(len(body))).headers["location"]
    offset = sent = cuts = highest = 0
    while offset < len(body):
        length = len(body) - offset if cuts < 12 else min(8 * MIB, len(body) - offset)
        line = await Line.open(port, sender, location, offset, length)
        size = chance.randrange(1, 6 * MIB) if cuts < 12 else length
        with contextlib.suppress(ConnectionError):
            await line.send(body[offset : offset + size])
        if cuts < 12:
            cuts += 1
            if chance.random() < 0.5:
                await asyncio.sleep(chance.random() * 0.05)
            line.cut()
        else:
            # What was sent over a line that is cut may still arrive: then it is the offset that has moved on.
            assert await line.status() in (204, 409, 423)
            line.cut()
        sent += size
        highest = max(highest, offset + size)
        now = await offset_of(sender, location)
        assert offset <= now <= highest
        offset = now
    await do_jobs(visitor)
    assert [file["sha256"] for file in await files()] == [hashlib.sha256(body).hexdigest()]
    assert len(objects(visitor)) == 1
    print(f"\n{cuts} cuts in {len(body) // MIB} MiB: {(sent - len(body)) / MIB:.1f} MiB sent again")


async def test_a_phone_that_comes_back_takes_over_from_its_own_dead_connection(
    port: int, visitor: Visitor, sender: Sender
) -> None:
    body = pdf_of(10 * MIB)
    location = (await sender.create(len(body))).headers["location"]
    dead = await Line.open(port, sender, location, 0, len(body))
    await dead.send(body[: 3 * MIB])
    await asyncio.sleep(0.2)
    # The line to `dead` is still open as far as the server knows; what came over it is not lost.
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", cookies=visitor.cookies) as client:
        head = await client.head(location, headers=sender.headers)
        assert head.headers["upload-offset"] == str(3 * MIB)
        headers = {**sender.headers, "content-type": "application/offset+octet-stream", "upload-offset": str(3 * MIB)}
        assert (await client.patch(location, content=body[3 * MIB :], headers=headers)).status_code == 204
    assert await dead.status() == 423
    dead.cut()
    await do_jobs(visitor)
    assert [file["sha256"] for file in await files()] == [hashlib.sha256(body).hexdigest()]


async def test_two_clients_at_once(port: int, visitor: Visitor, sender: Sender) -> None:
    body = pdf_of(9 * MIB)
    location = (await sender.create(len(body))).headers["location"]
    lines = [await Line.open(port, sender, location, 0, len(body)) for _ in range(6)]
    await asyncio.gather(*(line.send(body) for line in lines), return_exceptions=True)
    statuses = sorted(await asyncio.gather(*(line.status() for line in lines)))
    assert set(statuses) <= {204, 403, 409, 423}
    assert statuses.count(204) <= 1
    for line in lines:
        line.cut()
    offset = await offset_of(sender, location)
    if offset < len(body):
        assert (await sender.patch(location, offset, body[offset:])).status_code == 204
    await do_jobs(visitor)
    assert [file["sha256"] for file in await files()] == [hashlib.sha256(body).hexdigest()]
    assert len(objects(visitor)) == 1


async def test_another_process_takes_over(port: int, visitor: Visitor, sender: Sender) -> None:
    body = pdf_of(20 * MIB)
    location = (await sender.create(len(body))).headers["location"]
    older = await Line.open(port, sender, location, 0, len(body))
    await older.send(body[: 9 * MIB])

    async def one_part() -> bool:
        return await stored(location) == 8 * MIB

    await until(one_part)
    # As a request of another process would: it knows nothing of the turns of this one.
    await fetch("update upload set holder = 'another process'")
    await older.send(body[9 * MIB :])
    assert await older.status() == 423
    assert await offset_of(sender, location) == 8 * MIB
    assert len(objects(visitor)) == 1


async def test_slow_senders_hold_no_database_connection(port: int, sender: Sender) -> None:
    locations = [(await sender.create(MIB)).headers["location"] for _ in range(15)]
    lines = [await Line.open(port, sender, location, 0, MIB) for location in locations]
    for line in lines:
        await line.send(b"%PDF-")
    await asyncio.sleep(0.3)
    assert DB.pool is not None
    assert DB.pool.get_size() - DB.pool.get_idle_size() == 0
    for line, location in zip(lines, locations, strict=True):
        line.cut()
        await until(lambda location=location: _is(location, 5))


async def _is(location: str, size: int) -> bool:
    return await stored(location) == size


async def test_who_falls_silent_keeps_what_came(port: int, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_bodies, "PAUSE_SECONDS", 0.3)
    location = (await sender.create(MIB)).headers["location"]
    line = await Line.open(port, sender, location, 0, MIB)
    await line.send(b"%PDF-" * 1000)
    assert await line.status() == 204
    assert await stored(location) == 5000
    line.cut()


async def test_a_cut_under_a_checksum_leaves_nothing(port: int, visitor: Visitor, sender: Sender) -> None:
    location = (await sender.create(20 * MIB)).headers["location"]
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    headers = {
        **sender.headers, "host": "testserver", "content-type": "application/offset+octet-stream", "upload-offset": "0",
        "content-length": str(20 * MIB), "upload-checksum": "crc32 AAAAAA==",
        "cookie": f"hoithi_session={visitor.cookies['hoithi_session']}",
    }  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"PATCH {location} HTTP/1.1\r\n{head}\r\n".encode() + b"x" * 9 * MIB)
    await writer.drain()

    async def one_object() -> bool:
        return len(objects(visitor, "staging")) == 1

    await until(one_object)
    writer.transport.abort()
    assert await offset_of(sender, location) == 0

    async def no_object() -> bool:
        return objects(visitor) == []

    await until(no_object)


async def test_creation_with_upload_that_is_cut(port: int, sender: Sender) -> None:
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    headers = {
        **sender.headers, "host": "testserver", "content-type": "application/offset+octet-stream",
        "content-length": str(MIB), "upload-length": str(MIB),
        "upload-metadata": "filename YS5wZGY=,kind ZG9jdW1lbnQ=",
        "cookie": f"hoithi_session={sender.visitor.cookies['hoithi_session']}",
    }  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST {sender.url} HTTP/1.1\r\n{head}\r\n".encode() + b"%PDF-" * 100)
    await writer.drain()
    await asyncio.sleep(0.2)
    writer.transport.abort()

    async def kept() -> bool:
        return [upload["offset"] for upload in await sender.listed()] == [500]

    await until(kept)
