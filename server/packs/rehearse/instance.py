"""A private service as a child process on a throw-away data folder; when it dies it is started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from server.data_folder import private

HOITHI = (sys.executable, "-c", "from server.cli import main; main()")
MAX_STARTS = 50
READY_SECONDS = 60.0


class InstanceFailed(Exception):
    """The service did not start; the text is what it said."""


class Instance:
    """`hoithi serve` on `data`, at `url`; `pid` is the process that serves now."""

    def __init__(self, data: Path, port: int | None = None) -> None:
        """Nothing is started yet; without a `port` a free one is taken."""
        self.data = data
        self.port = port or _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.starts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """The process id of the service, while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def run(self) -> None:
        """Keep the service running until `stop`; raises InstanceFailed after too many deaths."""
        while not self._stopping:
            self.starts += 1
            if self.starts > MAX_STARTS:
                raise InstanceFailed(f"the service died {MAX_STARTS} times; see {self.data / 'serve.log'}")
            log = await asyncio.to_thread(open, self.data / "serve.log", "ab", opener=private)
            with log:
                self._process = await asyncio.create_subprocess_exec(
                    *HOITHI, "serve", "--data", str(self.data), "--port", str(self.port),
                    stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment(),
                )  # fmt: skip
            await self._process.wait()

    async def ready(self) -> None:
        """Wait until it answers; raises InstanceFailed with the end of its log."""
        async with httpx.AsyncClient(base_url=self.url, timeout=5) as client:
            for _ in range(int(READY_SECONDS / 0.1)):
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get("/health")).status_code == 200:
                        return
                await asyncio.sleep(0.1)
        log = await asyncio.to_thread((self.data / "serve.log").read_text, "utf-8", "replace")
        raise InstanceFailed(f"the service did not start within {READY_SECONDS:.0f} s:\n{log[-2000:]}")

    async def command(self, *arguments: str) -> str:
        """Run another `hoithi` command on the same data folder; returns what it printed, raises InstanceFailed."""
        process = await asyncio.create_subprocess_exec(
            *HOITHI, *arguments, "--data", str(self.data),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env=self.environment(),
        )  # fmt: skip
        said, _ = await process.communicate()
        if process.returncode != 0:
            raise InstanceFailed(said.decode("utf-8", "replace").strip())
        return said.decode("utf-8", "replace")

    async def stop(self) -> None:
        """End the service and wait until it is gone."""
        self._stopping = True
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 20)
            except TimeoutError:
                process.kill()
                await process.wait()

    def environment(self) -> dict[str, str]:
        """The environment without any HOITHI_ variable: a private instance is embedded through and through."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOITHI_")}
        return {**kept, "HOITHI_PUBLIC_URL": self.url}


@asynccontextmanager
async def running_instance(data: Path, port: int | None = None) -> AsyncIterator[Instance]:
    """An instance that answers; it is ended when the block is left."""
    instance = Instance(data, port)
    keeper = asyncio.create_task(instance.run())
    try:
        ready = asyncio.create_task(instance.ready())
        await asyncio.wait({keeper, ready}, return_when=asyncio.FIRST_COMPLETED)
        if keeper.done():
            ready.cancel()
            keeper.result()
        await ready
        yield instance
    finally:
        await instance.stop()
        with contextlib.suppress(InstanceFailed):
            await keeper


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
