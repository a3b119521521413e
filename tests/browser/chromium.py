"""Finds the Chromium that browser tests drive: one that is named, the system's, or the one from the npm package."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
MODULES = FOLDER / "node_modules"
UNPACKED = MODULES / ".hoithi-chromium"
AXE = MODULES / "axe-core" / "axe.min.js"
SYSTEM_NAMES = ("chromium", "chromium-browser")

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--font-render-hinting=none",
)
"""The sandbox is off because root cannot have it, and the only pages are our own; the rest keeps it off the network."""


class NoChromium(RuntimeError):
    """No browser was found; the message says how to get one."""


@dataclass(frozen=True)
class Chromium:
    """A browser to start: its program and what its environment must add."""

    program: Path
    environment: dict[str, str] = field(default_factory=dict)


def system_chromium() -> Path | None:
    """The Chromium that HOITHI_CHROMIUM names, else the one on the PATH, else None."""
    named = os.environ.get("HOITHI_CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise NoChromium(f"HOITHI_CHROMIUM names {named}, which cannot be run")
        return Path(named)
    found = next(filter(None, map(shutil.which, SYSTEM_NAMES)), None)
    return Path(found) if found else None


def find_chromium() -> Chromium:
    """The browser to use; NoChromium when set-up has not fetched one."""
    program = system_chromium()
    if program is not None:
        return Chromium(program)
    program = UNPACKED / "chromium"
    if not program.is_file():
        raise NoChromium("no Chromium here: run `make setup-dev`, or set HOITHI_CHROMIUM to one")
    return Chromium(
        program,
        {"LD_LIBRARY_PATH": str(UNPACKED / "lib"), "FONTCONFIG_FILE": str(UNPACKED / "fonts.conf")},
    )
