"""Makes the cluster of the embedded PostgreSQL, states its settings, and ends servers that outlived their supervisor."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from server.embedded_account import Account
from server.embedded_layout import PORT, EmbeddedError, Layout, fsync_folder

OWNER = "hoithi"

# One small machine: what is not used costs no process, and nothing that people typed reaches the log.
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "huge_pages": "off",
    "work_mem": "8MB",
    "maintenance_work_mem": "32MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "min_wal_size": "80MB",
    "io_method": "sync",
    "jit": "off",
    "autovacuum": "on",
    "autovacuum_max_workers": "2",
    "max_worker_processes": "0",
    "max_parallel_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "client_connection_check_interval": "10s",
    "password_encryption": "scram-sha-256",
    "TimeZone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}


def server_command(binaries: Path, layout: Layout) -> list[str]:
    """Return the command line of the postmaster; settings go here, so that an upgrade changes no file."""
    command = [str(binaries / "postgres"), "-D", str(layout.cluster), "-k", str(layout.run)]
    for name, value in SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    return command


def make_cluster(binaries: Path, layout: Layout, account: Account) -> None:
    """Run initdb under a temporary name, and give it its name only when it is complete; raises EmbeddedError."""
    folder = layout.home / f"cluster.new-{secrets.token_hex(4)}"
    password_file = layout.run / f"initdb-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(descriptor, layout.password(OWNER).encode())
        os.close(descriptor)
        account.own(password_file)
        account.own(folder)
        command = [str(binaries / "initdb"), "-D", str(folder), f"--username={OWNER}", f"--pwfile={password_file}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C"]
        command += ["--builtin-locale=C.UTF-8", "--no-instructions"]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", **account.popen_options())
    finally:
        password_file.unlink(missing_ok=True)
    if done.returncode != 0:
        raise EmbeddedError(f"PostgreSQL could not make its data folder: {done.stderr.strip()[-1000:]}")
    (folder / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    folder.rename(layout.cluster)
    fsync_folder(layout.home)


def postmaster_pid(cluster: Path) -> int | None:
    """Return the pid that postmaster.pid names, alive or not."""
    try:
        first = (cluster / "postmaster.pid").read_text().split("\n", 1)[0].strip()
    except FileNotFoundError:
        return None
    return int(first) if first.isdigit() else None


def is_ready(cluster: Path, pid: int) -> bool:
    """Whether the postmaster `pid` says in postmaster.pid (line 8, as pg_ctl reads it) that it takes connections."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def servers_of(cluster: Path) -> list[int]:
    """Return the pids of the processes that work in `cluster`: PostgreSQL makes it the working directory of each."""
    if not Path("/proc/self/cwd").exists():
        return _servers_by_ps(cluster)
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "cwd").readlink() == cluster and (entry / "exe").readlink().name.startswith("postgres"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def _servers_by_ps(cluster: Path) -> list[int]:
    pid = postmaster_pid(cluster)
    if pid is None:
        return []
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True).stdout
    return [pid] if str(cluster) in shown else []


async def end_orphans(cluster: Path) -> None:
    """End what still runs in `cluster` from a supervisor that was killed, and remove a stale postmaster.pid.

    The postmaster is asked for a fast, then an immediate shutdown; only leftovers are killed. Raises EmbeddedError."""
    postmaster = postmaster_pid(cluster)
    for number, patience in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
        alive = servers_of(cluster)
        if not alive:
            break
        # Backends without a postmaster end by themselves within moments, unless they are in the middle of a query.
        targets = [postmaster] if postmaster in alive and number != signal.SIGKILL else alive
        for pid in targets:
            if pid is not None:
                _send(pid, number)
        await wait_until(lambda: not servers_of(cluster), patience if postmaster in alive else 1.0)
    if servers_of(cluster):
        raise EmbeddedError(f"An earlier PostgreSQL of {cluster} does not stop (processes {servers_of(cluster)}).")
    if postmaster is not None and _alive(postmaster):
        # The pid now belongs to a stranger, which PostgreSQL would take for a running server.
        (cluster / "postmaster.pid").unlink(missing_ok=True)


async def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll `condition` until it holds or `seconds` have passed; returns whether it held."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not condition():
        if loop.time() > end:
            return False
        await asyncio.sleep(0.02)
    return True


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
