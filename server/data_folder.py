"""The folder that holds everything a service keeps: nobody else may list it, and what is made in it is private."""

from __future__ import annotations

import os
import stat
from pathlib import Path

WORLD_READS_OR_WRITES = stat.S_IROTH | stat.S_IWOTH


def make_data_folder(data: Path) -> None:
    """Make `data` where it is missing, and close one that the world may list; a mode chosen by hand is left alone.

    As root others may pass through (0711), since PostgreSQL runs as an unprivileged user below it; else 0700.
    """
    mode = 0o711 if os.geteuid() == 0 else 0o700
    data.mkdir(mode=mode, parents=True, exist_ok=True)
    found = data.stat()
    if found.st_uid == os.geteuid() and found.st_mode & WORLD_READS_OR_WRITES and not found.st_mode & stat.S_ISVTX:
        data.chmod(mode)


def private(path: str, flags: int) -> int:
    """An opener for `open()`: a file that it makes is for its owner alone (0600)."""
    return os.open(path, flags, 0o600)
