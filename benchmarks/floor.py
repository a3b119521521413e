"""The floor of every ratio: the least that Litestar on uvicorn can do. `python -m benchmarks.floor PORT FOLDER DSN`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from litestar import Litestar, Request, get, post
from litestar.datastructures import State
from litestar.response import File

from benchmarks.world import BenchMark
from server.engine import DB
from server.judging.tables import Assignment


@get("/hello", sync_to_thread=False)
def hello() -> str:
    """A bare hello world."""
    return "hello, world"


@post("/mark/{assignment:int}", status_code=200)
async def mark(request: Request[Any, Any, State], assignment: int) -> dict[str, int]:
    """One indexed SELECT and one INSERT through Piccolo, with no check at all."""
    await request.body()
    found = await Assignment.select(Assignment.id, Assignment.version).where(Assignment.id == assignment).first()
    assert found is not None
    await BenchMark.insert(BenchMark(assignment=assignment, version=found["version"], points=7))
    return {"version": found["version"]}


@post("/plain", status_code=200, request_max_body_size=None)
async def plain(request: Request[Any, Any, State]) -> dict[str, int]:
    """The body written to a file as it arrives, and synced at its end."""
    target: Path = request.app.state.folder / "plain"
    size = 0
    with target.open("wb") as file:
        async for chunk in request.stream():
            file.write(chunk)
            size += len(chunk)
        file.flush()
        os.fsync(file.fileno())
    os.unlink(target)
    return {"size": size}


@get("/file/{size:int}")
async def file(request: Request[Any, Any, State], size: int) -> File:
    """A file of this size as the framework itself sends it."""
    target: Path = request.app.state.folder / f"file{size}"
    await asyncio.to_thread(_fill, target, size)
    return File(target)


def _fill(target: Path, size: int) -> None:
    if target.exists():
        return
    block = os.urandom(1 << 20)
    with target.open("wb") as out:
        for left in range(size, 0, -len(block)):
            out.write(block[:left])


async def serve(port: int, folder: Path, dsn: dict[str, Any]) -> None:
    """Serve with uvicorn's settings of `hoithi serve` and the database pool of the service."""
    await DB.open(dsn, None, 12)
    app = Litestar([hello, mark, plain, file], state=State({"folder": folder}), openapi_config=None)
    config = uvicorn.Config(
        app,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=64 * 1024,
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])))
