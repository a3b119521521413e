"""Where the embedded PostgreSQL of one data folder lives: cluster, socket, log, passwords and the lock of the folder."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from server.data_folder import make_data_folder
from server.embedded_account import Account, choose_account
from server.errors import HoithiError

SYSTEM_FOLDER = Path("/var/lib/hoithi")
PORT = 5432
_SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes on Linux and 104 on macOS, its closing zero included


@dataclass(eq=False)
class EmbeddedError(HoithiError):
    """The embedded PostgreSQL cannot do what is asked; `reason` says why in plain words."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class DataFolderInUse(HoithiError):
    """Another process (`pid`, None when it has not said so yet) already runs on the data folder `data`."""

    data: Path
    pid: int | None

    def __str__(self) -> str:
        holder = f"process {self.pid}" if self.pid else "another process"
        return f"The data folder {self.data} is in use by {holder}. Stop it first, or choose another folder."


class DataLock:
    """The lock of a data folder; the kernel lets go of it when the holder ends, however it ends."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._fd: int | None = None

    def acquire(self) -> None:
        """Take the lock and leave our pid in it; raises DataFolderInUse."""
        fd = os.open(self._data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(fd, 20).strip()
            os.close(fd)
            raise DataFolderInUse(self._data, int(holder) if holder.isdigit() else None) from None
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())
        self._fd = fd

    def release(self) -> None:
        """Let go; harmless when the lock is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class Layout:
    """The paths of one data folder. `home` is DATA/postgres, or, where root's unprivileged user cannot reach that,
    a folder below /var/lib/hoithi whose path is kept in DATA/postgres/location."""

    def __init__(self, data: Path) -> None:
        self.data = data.expanduser().resolve()
        self.base = self.data / "postgres"

    @property
    def home(self) -> Path:
        """The folder that holds the cluster."""
        location = self.base / "location"
        return Path(location.read_text().strip()) if location.exists() else self.base

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder; it exists only once it is complete."""
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        """PostgreSQL's log file."""
        return self.base / "log" / "postgres.log"

    @property
    def run(self) -> Path:
        """The folder of the Unix socket: home/run, or a short one kept in DATA/postgres/socket."""
        socket = self.base / "socket"
        return Path(socket.read_text().strip()) if socket.exists() else self.home / "run"

    @property
    def initialized(self) -> bool:
        """Whether a cluster was completed here once: from then on a missing one is a loss, not a first start."""
        return (self.base / "initialized").exists()

    def mark_initialized(self) -> None:
        """Remember durably that the cluster is complete."""
        write_durably(self.base / "initialized", "")

    def prepare(self) -> Account:
        """Make the folders with their modes and return the user that the server runs as.

        Raises EmbeddedError when the folders belong to somebody else or the completed cluster is gone."""
        try:
            return self._prepare()
        except PermissionError as error:
            raise EmbeddedError(
                f"{error.filename or self.data} belongs to another user. Run as that user, or choose another folder."
            ) from error

    def _prepare(self) -> Account:
        # Others may pass through, not list: root's unprivileged user has to reach its cluster inside.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        make_data_folder(self.data)
        self.base.mkdir(mode=mode, exist_ok=True)
        (self.base / "log").mkdir(mode=0o700, exist_ok=True)
        if self.initialized and not self.cluster.is_dir():
            raise EmbeddedError(f"The database of {self.data} should be in {self.cluster}, but that folder is missing.")
        account = choose_account(self.cluster)
        if not self.home.is_dir() or (not self.initialized and not self._reaches(account, self.home)):
            self._move_out_of(mode)
        if not self._reaches(account, self.home):
            raise EmbeddedError(f"The system user {account.uid}, which runs PostgreSQL, cannot reach {self.home}.")
        for leftover in self.home.glob("cluster.new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        self._prepare_socket_folder(account)
        return account

    def _reaches(self, account: Account, folder: Path) -> bool:
        run = folder / "run"
        run.mkdir(mode=0o700, exist_ok=True)
        account.own(run)
        return account.can_write_in(run)

    def _move_out_of(self, mode: int) -> None:
        SYSTEM_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        home = SYSTEM_FOLDER / f"{self.data.name}-{secrets.token_hex(4)}"
        home.mkdir(mode=mode)
        shutil.rmtree(self.base / "run", ignore_errors=True)
        write_durably(self.base / "location", f"{home}\n")

    def _prepare_socket_folder(self, account: Account) -> None:
        if len(os.fsencode(self.home / "run" / f".s.PGSQL.{PORT}.lock")) <= _SOCKET_PATH_LIMIT:
            (self.base / "socket").unlink(missing_ok=True)
            return
        if (self.base / "socket").exists() and _is_private(self.run, account):
            return
        # Not tempfile's own choice: TMPDIR may be deep as well.
        parent = Path("/tmp")  # noqa: S108
        runtime = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere"))
        if not account.switch and runtime.is_dir() and len(os.fsencode(runtime)) < 60:
            parent = runtime
        folder = Path(tempfile.mkdtemp(prefix="hoithi-", dir=parent))
        account.own(folder)
        write_durably(self.base / "socket", f"{folder}\n")

    def password(self, user: str) -> str:
        """Return the password of a database user, made and stored (mode 600) when it is asked for the first time."""
        path = self.base / f"{user}.password"
        if not path.exists():
            write_durably(path, secrets.token_urlsafe(32))
        return path.read_text()


def _is_private(folder: Path, account: Account) -> bool:
    # Anybody may make a folder of that name in /tmp: only one that is ours alone may hold the socket.
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and not found.st_mode & 0o077


def write_durably(path: Path, text: str) -> None:
    """Write a small file of mode 600 that is whole or absent after a power cut."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Make the names inside `folder` durable."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
