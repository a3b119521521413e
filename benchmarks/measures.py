"""The measurements: each returns figures, as multiples of the floor measured in alternation with it."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import httpx

from benchmarks import processes
from benchmarks.client import Connection, cookie, upload
from benchmarks.table import Figure
from benchmarks.world import ROUND, World
from server.app import Parts, create_app
from server.engine import queries_run
from server.secrets_at_rest import csrf_token
from server.settings import Settings
from server.storage import make_storage

CONNECTIONS = 8
BLOCK = 1 << 20
DESK_SMALL, DESK_LARGE = f"/judge/nho/{ROUND}/T0030", f"/judge/lon/{ROUND}/T0500"
QUEUE, STANDINGS = f"/judge/lon/{ROUND}", f"/organize/lon/rounds/{ROUND}/standings"
ALTER = """
with changed as (update assignment set version = version + 1 where id = (
    select a.id from assignment a join round_entry re on re.id = a.round_entry join round r on r.id = re.round
    join contest c on c.id = r.contest where c.code = 'lon' and a.submitted_at is not null
    order by a.id offset $1 limit 1) returning id, version, person)
insert into mark (assignment, criterion, version, points, person, at)
select x.id, m.criterion, x.version, m.max_points, x.person, now()
from changed x cross join lateral (
  select mk.criterion, c.max - 0.5 - mod(x.version, 2) * 0.5 as max_points from mark mk
  join criterion c on c.id = mk.criterion where mk.assignment = x.id limit 1) m
"""


async def cpu_of(pid: int, ask: Callable[[], Awaitable[Any]], times: int) -> float:
    """CPU seconds of the process a request, over `times` requests one after the other."""
    before = processes.cpu_seconds(pid)
    for _ in range(times):
        await ask()
    return (processes.cpu_seconds(pid) - before) / times


async def cpu_ratios(
    served: tuple[int, int], bare: tuple[int, int], world: World, dsn: dict[str, Any], rounds: int, times: int
) -> list[Figure]:
    """CPU a request in multiples of hello world; `served` and `bare` are (pid, port)."""
    judge, organizer = Connection(served[1], cookie(world.judge)), Connection(served[1], cookie(world.organizer))
    hello = Connection(bare[1])
    owner = await asyncpg.connect(**dsn)
    counter = itertools.count()

    async def altered_standings() -> None:
        await owner.execute(ALTER, next(counter) * 7 % 2000)
        await organizer.get(STANDINGS)

    pages: dict[str, tuple[Callable[[], Awaitable[Any]], int]] = {
        "small": (lambda: judge.get(DESK_SMALL), times),
        "large": (lambda: judge.get(DESK_LARGE), times),
        "queue": (lambda: judge.get(QUEUE), times),
        "cold": (altered_standings, max(3, times // 20)),
        "warm": (lambda: organizer.get(STANDINGS), max(3, times // 20)),
    }
    for ask, _ in pages.values():
        await cpu_of(served[0], ask, 20)
    await cpu_of(bare[0], lambda: hello.get("/hello"), 500)
    floors: list[float] = []
    spent: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(rounds):
        for name, (ask, count) in pages.items():
            bottom = await cpu_of(bare[0], lambda: hello.get("/hello"), times * 5)
            floors.append(bottom)
            spent[name].append(await cpu_of(served[0], ask, count) / bottom)
    await owner.close()
    for connection in (judge, organizer, hello):
        await connection.close()
    ratio = {name: median(values) for name, values in spent.items()}
    return [
        Figure("CPU of a bare hello world", median(floors) * 1e6, " µs"),
        Figure("CPU, judge's desk, 64 entries", ratio["small"], " ×", 35),
        Figure("CPU, judge's desk, 1,000 entries", ratio["large"], " ×", 35),
        Figure("CPU, desk at 1,000 over desk at 64 entries", ratio["large"] / ratio["small"], "", 1.15),
        Figure("CPU, queue of 1,000 entries, a page", ratio["queue"], " ×", 50),
        Figure("CPU, standings of 1,000 entries, a mark altered before each", ratio["cold"], " ×", 350),
        Figure("CPU, standings of 1,000 entries, nothing altered", ratio["warm"], " ×", 350),
    ]


async def saving(served_port: int, bare_port: int, world: World, rounds: int, seconds: float) -> Figure:
    """Saves of a mark a second over the bare endpoint's, both over CONNECTIONS keep-alive connections."""
    csrf = f"x-csrftoken: {csrf_token(world.judge)}\r\n"
    ours = [Connection(served_port, cookie(world.judge) + csrf) for _ in range(CONNECTIONS)]
    theirs = [Connection(bare_port) for _ in range(CONNECTIONS)]
    shares = [world.sheets[i::CONNECTIONS] for i in range(CONNECTIONS)]
    versions = {alias: 1 for _, alias in world.sheets}

    async def save(connection: Connection, sheet: tuple[int, str]) -> None:
        version = versions[sheet[1]]
        points = 3 + version % 7
        await connection.post(
            f"/judge/lon/{ROUND}/{sheet[1]}/marks", f"version={version}&mark-noi-dung={points}&comment="
        )
        versions[sheet[1]] += 1

    async def bare(connection: Connection, sheet: tuple[int, str]) -> None:
        await connection.post(f"/mark/{sheet[0]}", "version=1&mark-noi-dung=7&comment=")

    async def rate(action: Callable[[Connection, tuple[int, str]], Awaitable[None]], lines: list[Connection]) -> float:
        done, begun = 0, time.perf_counter()

        async def keep_on(connection: Connection, share: list[tuple[int, str]]) -> None:
            nonlocal done
            for sheet in itertools.cycle(share):
                if time.perf_counter() - begun > seconds:
                    return
                await action(connection, sheet)
                done += 1

        await asyncio.gather(*(keep_on(line, share) for line, share in zip(lines, shares, strict=True)))
        return done / (time.perf_counter() - begun)

    pairs = [(await rate(save, ours), await rate(bare, theirs)) for _ in range(rounds + 2)][2:]
    for connection in (*ours, *theirs):
        await connection.close()
    rate_ours, rate_bare = (median(values) for values in zip(*pairs, strict=True))
    return Figure(
        "saving a mark over HTTP, of a bare SELECT + INSERT",
        median(a / b for a, b in pairs), "", 0.5, True, f"{rate_ours:.0f} of {rate_bare:.0f} a second",
    )  # fmt: skip


async def queries_a_page(data: Path, world: World) -> list[Figure]:
    """Statements that the desk and the queue run, counted in process; the pools must be connected."""
    settings = Settings(data_dir=data, public_url="http://testserver")
    app = create_app(Parts(settings, make_storage(settings.storage, data / "counted")))
    logging.getLogger("httpx").setLevel(logging.WARNING)
    figures = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://testserver") as client:
        client.cookies.set("hoithi_session", world.judge)
        for what, path, goal in (("judge's desk", DESK_LARGE, 6), ("judge's queue", QUEUE, 4)):
            seen: list[str] = []
            token = queries_run.set(seen)
            answer = await client.get(path)
            queries_run.reset(token)
            answer.raise_for_status()
            figures.append(Figure(f"queries, {what}", len(seen), "", goal))
    return figures


async def uploads(
    served: tuple[int, int], bare_port: int, world: World, dsn: dict[str, Any], rounds: int, blocks: int
) -> list[Figure]:
    """A form upload of `blocks` MiB against a plain stream to disk, in alternation, and how far memory rose."""
    block = os.urandom(BLOCK)
    boundary = "----hoithibenchmark"
    fields = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("_csrf", csrf_token(world.officer)), ("kind", "document"))
    )
    prefix = (
        f'{fields}--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="lon.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n%PDF-1.7\n"
    ).encode()
    form = f"content-type: multipart/form-data; boundary={boundary}\r\naccept: application/json\r\n"
    owner = await asyncpg.connect(**dsn)
    ratios, rises, speeds = [], [], []
    for _ in range(rounds):
        begun = time.perf_counter()
        await asyncio.to_thread(
            upload, bare_port, "/plain", "content-type: application/octet-stream\r\n", b"", block, blocks, b""
        )
        plain = time.perf_counter() - begun
        begun = time.perf_counter()
        with processes.memory_watch(served[0]) as rise:
            await asyncio.to_thread(
                upload, served[1], "/contests/nop/entries/E01/files", form + cookie(world.officer), prefix, block, blocks,
                f"\r\n--{boundary}--\r\n".encode(),
            )  # fmt: skip
        ours = time.perf_counter() - begun
        ratios.append(plain / ours)
        rises.append(rise[0])
        speeds.append((ours, plain))
        for _ in range(100):  # the copy for the judges must not run into the next round
            if not await owner.fetchval("select count(*) from job where state in ('ready', 'running')"):
                break
            await asyncio.sleep(0.2)
    await owner.close()
    ours, plain = (median(values) for values in zip(*speeds, strict=True))
    return [
        Figure(
            f"form upload of {blocks} MiB, of a plain stream to disk",
            median(ratios),
            "",
            0.5,
            True,
            f"{ours:.1f} s, {plain:.1f} s",
        ),
        Figure("memory rise during the upload", max(rises), " MiB", 64),
    ]
