"""Runs code that parses strangers' files in a process of its own, which may use only so much and knows no secret."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CPU_SECONDS = 300
MEMORY_BYTES = 3 * 2**30
ROOM_BYTES = 64 * 2**20
OPEN_FILES = 64
PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass(frozen=True)
class Answer:
    """How the child ended: its exit code (None: its time was over) and what it printed."""

    code: int | None
    said: str


async def run_child(module: str, arguments: tuple[str, ...], folder: Path, seconds: float) -> Answer:
    """Run `python -m module ARGUMENTS`; at the end, or when cancelled, it and what it started are gone.

    `folder` is its home and holds its temporary files. No database address and no key of the store reach it.
    """
    environment = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(folder),
        "HOME": str(folder),
    }
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    try:
        answer, _ = await asyncio.wait_for(child.communicate(), seconds)
    except TimeoutError:
        return Answer(None, "")
    finally:
        # The whole group: an office program leaves helpers behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await asyncio.shield(child.wait())
    return Answer(child.returncode, answer.decode("utf-8", "replace").strip())


def limit(source_bytes: int, *, cpu_seconds: int = CPU_SECONDS, open_files: int = OPEN_FILES) -> None:
    """Bind this process and what it starts: CPU time, memory, bytes a file written, open files; no core dump.

    It ends with the process that started it, however that ends: its job is begun anew elsewhere.
    """
    _end_with_parent()
    os.umask(0o077)
    os.nice(10)
    for what, most in (
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 4 * source_bytes + ROOM_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, open_files),
    ):
        _, hard = resource.getrlimit(what)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
