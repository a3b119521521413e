"""`python -m benchmarks [--quick]`: measure everything in one run and print one table; exit 1 if a goal is missed."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import measures, parts, processes
from benchmarks.s3 import through_s3
from benchmarks.table import Figure, printed
from benchmarks.world import World, write_world
from server import db
from server.embedded import EmbeddedPostgres

SETTLE_SECONDS = 3.0


async def with_service(data: Path, quick: bool) -> list[Figure]:
    """Everything that needs the service: cold start, memory, pages, saves, uploads, reading."""
    rounds, times = (3, 60) if quick else (7, 150)
    port, bare_port = processes.free_port(), processes.free_port()
    with processes.service(data, port):
        dsn: dict[str, Any] = {**EmbeddedPostgres(data).dsn("hoithi")}
        world: World = await write_world(dsn)
    starts = []
    for _ in range(1 if quick else 3):
        with processes.service(data, port) as (_, seconds):
            starts.append(seconds)
    figures = [Figure("cold start of `serve`, existing data, to the first /health", median(starts), " s", 5)]
    with processes.service(data, port) as (process, _):
        await asyncio.sleep(SETTLE_SECONDS)
        figures.append(Figure("memory when idle, PSS with PostgreSQL", processes.pss_mib(process.pid), " MiB", 250))
        with processes.floor(data, bare_port, dsn) as (bare, _):
            served, floor = (process.pid, port), (bare.pid, bare_port)
            figures.append(await measures.saving(port, bare_port, world, rounds * 4, 0.5))
            figures += await measures.cpu_ratios(served, floor, world, dsn, rounds, times)
            await db.connect(dsn, size=2)
            figures += await measures.queries_a_page(data, world)
            await db.disconnect()
            figures += await measures.uploads(served, bare_port, world, dsn, 1 if quick else 3, 1024)
            figures += await parts.tus(served, bare_port, world, dsn, 1 if quick else 3, 1024)
            figures.append(await parts.reading(port, bare_port, world, 1 if quick else 3))
    figures += await through_s3(data.parent, 1 if quick else 3, 256)
    return figures


def main() -> int:
    """Run in a folder of its own, which is removed; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, noisier figures")
    arguments = parser.parse_args()
    begun = time.perf_counter()
    folder = Path(tempfile.mkdtemp(prefix="hoithi-bench-"))
    folder.chmod(0o711)  # the unprivileged user that root starts PostgreSQL as has to get in
    try:
        figures = asyncio.run(with_service(folder / "data", arguments.quick))
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
    print(printed(figures))
    print(f"\n{time.perf_counter() - begun:.0f} s in all.")
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
