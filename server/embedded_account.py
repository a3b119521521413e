"""The system user that the embedded PostgreSQL runs as: ourselves, or an unprivileged one when we are root."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_PREFERRED_USERS = ("postgres", "nobody")
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    """Ask Linux for a SIGINT (PostgreSQL's fast shutdown) when the thread that started this process ends."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


@dataclass(frozen=True)
class Account:
    """A system user; `switch` is true when a child must change to it because we are root."""

    uid: int
    gid: int
    switch: bool

    def popen_options(self) -> dict[str, Any]:
        """Keyword arguments for subprocess that start a child as this user, apart from our terminal and environment."""
        options: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "cwd": "/",
            "env": {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            "start_new_session": True,
            "preexec_fn": _end_with_parent,
        }
        if self.switch:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def own(self, path: Path) -> None:
        """Give `path` (one file or folder) to this user; nothing to do when it is ourselves."""
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def can_write_in(self, folder: Path) -> bool:
        """Whether this user reaches and writes `folder`, tried for real, since parents and ACLs decide too."""
        command = ["/bin/sh", "-c", 'cd "$1" && test -w .', "sh", str(folder)]
        return subprocess.run(command, capture_output=True, **self.popen_options()).returncode == 0


def choose_account(cluster: Path) -> Account:
    """Return the user to run `cluster` as: ourselves, or as root its present owner, else postgres, else nobody."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    if cluster.is_dir() and cluster.stat().st_uid != 0:
        return Account(cluster.stat().st_uid, cluster.stat().st_gid, switch=True)
    for name in _PREFERRED_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, switch=True)
    return Account(65534, 65534, switch=True)
