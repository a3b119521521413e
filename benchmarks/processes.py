"""Starts the processes under test and reads from /proc what they use."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import psutil

START_SECONDS = 60.0


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def service(
    data: Path, port: int, environment: dict[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """`hoithi serve` on the folder `data`; yields the process and the seconds to its first answered /health."""
    with _running([str(Path(sys.executable).with_name("hoithi")), "serve", "--data", str(data), "--port", str(port)],
                  f"http://127.0.0.1:{port}/health", environment) as started:  # fmt: skip
        yield started


@contextmanager
def floor(folder: Path, port: int, dsn: dict[str, Any]) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """The floor's server, with its files in `folder`; yields the process and the seconds until it answered."""
    with _running([sys.executable, "-m", "benchmarks.floor", str(port), str(folder), json.dumps(dsn)],
                  f"http://127.0.0.1:{port}/hello") as started:  # fmt: skip
        yield started


@contextmanager
def _running(
    command: list[str], url: str, environment: dict[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
    try:
        while not _answers(url):
            if process.poll() is not None or time.perf_counter() - begun > START_SECONDS:
                raise RuntimeError(f"{command[0]} did not start")
            time.sleep(0.01)
        yield process, time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process so far, user and system, to the nanosecond (/proc schedstat)."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def pss_mib(pid: int) -> float:
    """Proportional memory of a process and all its children, MiB."""
    root = psutil.Process(pid)
    total = 0
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def rss_mib(pid: int) -> float:
    """Resident memory of one process, MiB."""
    return float(psutil.Process(pid).memory_info().rss) / 1048576


@contextmanager
def memory_watch(pid: int) -> Iterator[list[float]]:
    """Yields a list whose only item is, after the block, how far RSS rose above where it began, MiB."""
    before, rise, done = rss_mib(pid), [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            rise[0] = max(rise[0], rss_mib(pid) - before)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield rise
    finally:
        done.set()
        thread.join()
