"""Uploads in parts and reading by Range, as shares of the plainest that the same kind of server can do."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any
from urllib.request import Request, urlopen

import asyncpg

from benchmarks import processes
from benchmarks.client import BadAnswer, cookie, upload
from benchmarks.table import Figure
from benchmarks.world import World
from server.secrets_at_rest import csrf_token

MIB = 1 << 20
PATCH_BLOCKS = 8
AT_ONCE = 10
ENTRY = "/contests/nop/entries/E01"


class Sender:
    """One keep-alive connection that speaks tus for the world's officer; blocking."""

    def __init__(self, port: int, world: World) -> None:
        """Connects."""
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._headers = (
            f"host: x\r\ntus-resumable: 1.0.0\r\nx-csrftoken: {csrf_token(world.officer)}\r\n{cookie(world.officer)}"
        )

    def send(self, block: bytes, blocks: int, patch_blocks: int = PATCH_BLOCKS) -> None:
        """Announce a file and send `block` so many times, `patch_blocks` of them in a PATCH."""
        size = len(block) * blocks
        said = ",".join(
            f"{k} {base64.b64encode(v).decode()}" for k, v in (("filename", b"lon.pdf"), ("kind", b"document"))
        )
        location = self._ask(
            "POST", f"{ENTRY}/uploads", f"upload-length: {size}\r\nupload-metadata: {said}\r\n", block, 0
        )
        offset = 0
        while offset < size:
            count = min(patch_blocks, blocks - offset // len(block))
            self._ask(
                "PATCH", location,
                f"content-type: application/offset+octet-stream\r\nupload-offset: {offset}\r\n", block, count,
            )  # fmt: skip
            offset += count * len(block)
        self.connection.close()

    def _ask(self, method: str, path: str, headers: str, block: bytes, count: int) -> str:
        head = f"{method} {path} HTTP/1.1\r\n{self._headers}{headers}content-length: {len(block) * count}\r\n\r\n"
        self.connection.sendall(head.encode())
        for _ in range(count):
            self.connection.sendall(block)
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = self.connection.recv(65536)
            if not piece:
                raise BadAnswer("the server hung up")
            answer += piece
        if answer[9:10] != b"2":
            raise BadAnswer(answer[:600].decode("utf-8", "replace"))
        lowered = answer.decode("latin-1")
        return lowered.partition("location: ")[2].partition("\r\n")[0]


async def tus(
    served: tuple[int, int], bare_port: int, world: World, dsn: dict[str, Any], rounds: int, blocks: int
) -> list[Figure]:
    """`blocks` MiB by tus against a plain stream to disk, in alternation; then ten uploads at once."""
    block = b"%PDF-1.7\n" + os.urandom(MIB - 9)
    ratios, speeds = [], []
    for _ in range(rounds):
        plain = await _seconds(
            lambda: upload(bare_port, "/plain", "content-type: application/octet-stream\r\n", b"", block, blocks, b"")
        )
        ours = await _seconds(lambda: Sender(served[1], world).send(block, blocks))
        await quiet(dsn)
        ratios.append(plain / ours)
        speeds.append((ours, plain))
    with processes.memory_watch(served[0]) as rise:
        await asyncio.to_thread(all_at_once, served[1], world, block, max(8, blocks // AT_ONCE))
    await quiet(dsn)
    ours, plain = (median(values) for values in zip(*speeds, strict=True))
    return [
        Figure(
            f"upload in parts of {blocks} MiB, of a plain stream to disk",
            median(ratios), "", 0.6, True, f"{ours:.1f} s, {plain:.1f} s",
        ),
        Figure("memory rise, ten uploads in parts at once", rise[0], " MiB", 100),
    ]  # fmt: skip


async def reading(served_port: int, bare_port: int, world: World, rounds: int) -> Figure:
    """The newest large file of the entry by Range against the same bytes from a plain file response."""
    ratios = []
    path, size = await asyncio.to_thread(_newest_file, served_port, world)
    for _ in range(rounds):
        ours = await _seconds(lambda: fetch(served_port, path, f"{cookie(world.officer)}range: bytes=0-{size - 1}\r\n"))
        plain = await _seconds(lambda: fetch(bare_port, f"/file/{size}", ""))
        ratios.append(plain / ours)
    return Figure(f"reading {size // MIB} MiB by Range, of a plain file response", median(ratios), "", 0.8, True)


def fetch(port: int, path: str, headers: str) -> int:
    """GET and count the body's bytes; BadAnswer unless it is a success."""
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n".encode())
        buffer = bytearray(MIB)
        first = connection.recv(65536)
        if first[9:10] != b"2":
            raise BadAnswer(first[:600].decode("utf-8", "replace"))
        total = len(first)
        while got := connection.recv_into(buffer):
            total += got
    return total


async def quiet(dsn: dict[str, Any]) -> None:
    """Wait until no job is due: joining and copying must not run into the next measurement."""
    owner = await asyncpg.connect(**dsn)
    try:
        for _ in range(600):
            if not await owner.fetchval("select count(*) from job where state in ('ready', 'running')"):
                return
            await asyncio.sleep(0.2)
    finally:
        await owner.close()


async def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    await asyncio.to_thread(work)
    return time.perf_counter() - begun


def all_at_once(port: int, world: World, block: bytes, blocks: int) -> None:
    """Ten uploads of so many blocks, begun at the same moment."""
    start = threading.Barrier(AT_ONCE)

    def one(_: int) -> None:
        sender = Sender(port, world)
        start.wait()
        sender.send(block, blocks)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, range(AT_ONCE)))


def _newest_file(port: int, world: World) -> tuple[str, int]:
    asked = Request(
        f"http://127.0.0.1:{port}/api/v1/contests/nop/entries/E01",
        headers={"cookie": f"hoithi_session={world.officer}"},
    )
    with urlopen(asked) as answer:
        files = json.load(answer)["files"]
    file = max(files, key=lambda one: one["size"])
    return f"{ENTRY}/files/{file['id']}", file["size"]
