"""Supervises the PostgreSQL that comes with the program: makes it, starts it, restarts it when it dies, stops it."""

from __future__ import annotations

import asyncio
import logging
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TypedDict

from server.data_folder import make_data_folder, private
from server.embedded_account import Account
from server.embedded_binaries import find_binaries
from server.embedded_cluster import OWNER, end_orphans, is_ready, make_cluster, server_command, wait_until
from server.embedded_layout import PORT, DataFolderInUse, DataLock, EmbeddedError, Layout

__all__ = ["OWNER", "DataFolderInUse", "EmbeddedError", "EmbeddedPostgres"]

RETRY_SECONDS = 0.2
LONGEST_RETRY_SECONDS = 5.0
RECOVERY_SECONDS = 600.0
STOP_SECONDS = 30.0
LOG_LIMIT = 4 * 1024 * 1024
_BLOCK_IN_USE = "pre-existing shared memory block"

_log = logging.getLogger(__name__)


class DsnParts(TypedDict):
    """Keyword arguments of asyncpg.connect()."""

    host: str
    port: int
    user: str
    password: str
    database: str


class EmbeddedPostgres:
    """One PostgreSQL server on one data folder, reached by a Unix socket alone."""

    def __init__(self, data_dir: Path) -> None:
        self._layout = Layout(data_dir)
        self._lock = DataLock(self._layout.data)
        self._changing = asyncio.Lock()
        self._account: Account | None = None
        self._binaries: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._running = False

    @property
    def pid(self) -> int | None:
        """The postmaster's pid, None while there is none."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def binaries(self) -> Path | None:
        """The folder of psql, pg_dump and the other programs, once started."""
        return self._binaries

    def dsn(self, database: str = "postgres", user: str = OWNER) -> DsnParts:
        """Return how to connect as `user`, with a password that is made and kept on first use.

        Also answers in a process that did not start the server. It creates neither the role nor the database."""
        password = self._layout.password(user)
        host = str(self._layout.run)
        return DsnParts(host=host, port=PORT, user=user, password=password, database=database)

    async def start(self) -> None:
        """Start the server and return when it takes connections; makes the cluster at the first start.

        Raises DataFolderInUse when another process runs on the folder, and EmbeddedError with the reason otherwise."""
        account = await asyncio.to_thread(self._take_folder)
        try:
            self._account = account
            self._binaries = await asyncio.to_thread(find_binaries, account, self._layout.home)
            if not self._layout.cluster.is_dir():
                await asyncio.to_thread(make_cluster, self._binaries, self._layout, account)
            if not self._layout.initialized:
                self._layout.mark_initialized()
            async with self._changing:
                await self._launch()
                self._running = True
        except BaseException:
            await self._end()
            self._lock.release()
            raise

    async def stop(self) -> None:
        """Shut the server down cleanly (open transactions are rolled back) and let go of the data folder."""
        async with self._changing:
            self._running = False
            await self._end()
            self._lock.release()

    async def watch(self) -> None:
        """Restart the server whenever it dies and keep its log small; runs until stop() or cancellation."""
        pause = RETRY_SECONDS
        while self._running:
            await asyncio.sleep(pause)
            self._keep_log_small()
            async with self._changing:
                if not self._running or self.pid is not None:
                    pause = RETRY_SECONDS
                    continue
                _log.warning("PostgreSQL ended by itself; starting it again")
                try:
                    await self._launch()
                except (EmbeddedError, OSError) as error:
                    pause = min(pause * 2, LONGEST_RETRY_SECONDS)
                    _log.error("PostgreSQL does not start: %s", error)

    def _take_folder(self) -> Account:
        try:
            make_data_folder(self._layout.data)
            self._lock.acquire()
        except OSError as error:
            raise EmbeddedError(f"The data folder {self._layout.data} cannot be used: {error.strerror}.") from error
        try:
            return self._layout.prepare()
        except BaseException:
            self._lock.release()
            raise

    async def _launch(self) -> None:
        """Start the postmaster, again every 0.2 s while a killed one's shared memory is still being let go."""
        deadline = asyncio.get_running_loop().time() + RECOVERY_SECONDS
        while True:
            await end_orphans(self._layout.cluster)
            start_of_log = self._spawn()
            if await self._becomes_ready():
                return
            complaint = self._log_since(start_of_log)
            if _BLOCK_IN_USE not in complaint or asyncio.get_running_loop().time() > deadline:
                raise EmbeddedError(f"PostgreSQL does not start. The end of {self._layout.log}: {complaint[-1000:]}")
            await asyncio.sleep(RETRY_SECONDS)

    def _spawn(self) -> int:
        if self._account is None or self._binaries is None:
            raise EmbeddedError("The embedded PostgreSQL was not prepared.")
        with open(self._layout.log, "ab", opener=private) as log:
            position = log.tell()
            self._process = subprocess.Popen(
                server_command(self._binaries, self._layout), stdout=log, stderr=log, **self._account.popen_options()
            )
        return position

    async def _becomes_ready(self) -> bool:
        process = self._process
        if process is None:
            return False
        cluster = self._layout.cluster
        await wait_until(lambda: process.poll() is not None or is_ready(cluster, process.pid), RECOVERY_SECONDS)
        return process.poll() is None and is_ready(cluster, process.pid)

    def _log_since(self, position: int) -> str:
        with self._layout.log.open("rb") as log:
            log.seek(position)
            return log.read(64 * 1024).decode(errors="replace").strip()

    async def _end(self) -> None:
        process = self._process
        if process is None:
            return
        # Fast, then immediate, then by force: the log on disk makes each of them safe for what was committed.
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if process.poll() is None:
                process.send_signal(number)
                await wait_until(lambda: process.poll() is not None, STOP_SECONDS)
        self._process = None

    def _keep_log_small(self) -> None:
        try:
            if self._layout.log.stat().st_size > LOG_LIMIT:
                # The server appends to this very file, so that it is copied and emptied, not renamed.
                shutil.copyfile(self._layout.log, self._layout.log.with_suffix(".old"))
                with self._layout.log.open("r+b") as log:
                    log.truncate(0)
        except OSError as error:
            _log.warning("PostgreSQL's log cannot be shortened: %s", error)
