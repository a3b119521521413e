"""What a service keeps is for its owner alone, also in a folder that stood open to everybody before."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from server.data_folder import make_data_folder, private
from server.mail import FolderTransport
from server.rules.signing import SigningKey
from server.runtime import running
from server.settings import Settings
from server.storage import new_key

FOLDER_MODE = 0o711 if os.geteuid() == 0 else 0o700


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


async def pieces() -> AsyncIterator[bytes]:
    yield b"%PDF-1.7"


async def test_nobody_else_reads_the_files_of_a_service(settings: Settings) -> None:
    data = settings.data_dir
    data.mkdir(mode=0o755)
    old = os.umask(0)
    try:
        async with running(settings) as parts:
            await parts.storage.put(new_key("entries"), pieces())
            await FolderTransport(data / "outbox").send(EmailMessage())
            SigningKey.load_or_generate(data / "keys" / "signing.pem")
            kept = sorted(data.rglob("*"))
            seen = {path.relative_to(data).as_posix(): mode(path) for path in kept if not path.is_symlink()}
    finally:
        os.umask(old)
    assert mode(data) == FOLDER_MODE
    for name in ("postgres/hoithi.password", "postgres/log/postgres.log", "lock", "keys/signing.pem"):
        assert seen[name] == 0o600, name
    assert sum(name.startswith(("objects/entries/", "outbox/")) for name in seen) >= 3
    for name, found in seen.items():
        # PostgreSQL's own folder is closed as a whole.
        if "/cluster/" not in name:
            allowed = FOLDER_MODE if (data / name).is_dir() else 0o600
            assert found & ~allowed & 0o077 == 0, f"{name} {found:o}"
    assert seen.get("postgres/cluster", 0o700) == 0o700


@pytest.mark.parametrize(
    ("before", "after"), [(0o755, FOLDER_MODE), (0o777, FOLDER_MODE), (0o750, 0o750), (0o700, 0o700)]
)
def test_a_folder_is_closed_to_the_world_and_a_chosen_mode_stays(tmp_path: Path, before: int, after: int) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(before)
    make_data_folder(folder)
    assert mode(folder) == after


def test_a_log_is_private_from_its_first_byte(tmp_path: Path) -> None:
    with open(tmp_path / "serve.log", "ab", opener=private):
        assert mode(tmp_path / "serve.log") == 0o600
