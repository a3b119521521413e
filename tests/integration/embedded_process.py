"""A process of its own that supervises an embedded PostgreSQL: start, say so on stdout, watch, stop on SIGTERM.

Usage: python embedded_process.py DATA [UID]; with UID, root becomes that user after the imports."""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import os
import signal
import sys
from pathlib import Path

from server.embedded import EmbeddedPostgres


async def supervise(data: Path) -> None:
    postgres = EmbeddedPostgres(data)
    await postgres.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    watching = asyncio.create_task(postgres.watch())
    print(f"started {postgres.pid}", flush=True)
    await stop.wait()
    await postgres.stop()
    await watching
    print("stopped", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        user = int(sys.argv[2])
        # The user may not be able to read Python's own folder: what is loaded lazily has to be loaded before.
        concurrent.futures.thread.ThreadPoolExecutor(1).submit(os.getpid).result()
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    asyncio.run(supervise(Path(sys.argv[1])))
