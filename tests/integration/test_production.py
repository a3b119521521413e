"""`hoithi migrate`, two `hoithi web` and a `hoithi worker` as processes of their own, on one PostgreSQL and one Redis."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import pytest

from server import db
from server.db import fetch, fetch_one
from server.embedded import EmbeddedPostgres
from server.rules.signing import SigningKey
from server.secrets_at_rest import csrf_token, new_token, token_hash
from tests.integration.redis_process import redis_server
from tests.world import World, make_world

HOITHI = (sys.executable, "-c", "from server.cli import main; main()")
ROOT = str(Path(__file__).parents[2])


@pytest.fixture
async def environment(postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """An empty database, a Redis and a signing key, as the variables that processes read."""
    name = f"p_{uuid.uuid4().hex}"
    maintenance = await asyncpg.connect(**postgres.dsn())
    await maintenance.execute(f'create database "{name}"')
    dsn = postgres.dsn(name)
    SigningKey.generate().save(tmp_path / "signing.pem")
    async with redis_server() as redis:
        yield {
            **{key: value for key, value in os.environ.items() if not key.startswith("HOITHI_")},
            "PYTHONPATH": ROOT,
            "HOITHI_DATA": str(tmp_path / "data"),
            "HOITHI_DATABASE_URL": f"postgresql://{dsn['user']}:{dsn['password']}@/{name}?host={quote(str(dsn['host']))}",
            "HOITHI_REDIS_URL": redis,
            "HOITHI_SIGNING_KEY": str(tmp_path / "signing.pem"),
            "DATABASE_NAME": name,
        }
    await maintenance.execute(f'drop database "{name}" with (force)')
    await maintenance.close()


async def command(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Run a command to its end; its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *HOITHI, *arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, said.decode()


@asynccontextmanager
async def process(environment: dict[str, str], *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that must end cleanly on SIGTERM."""
    started = await asyncio.create_subprocess_exec(*HOITHI, *arguments, env=environment)
    try:
        yield started
        started.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(started.wait(), 20) == 0
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


@asynccontextmanager
async def web(environment: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """A `hoithi web` that answers, as a client with no cookies."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    async with (
        process(environment, "web", "--port", port),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        for _ in range(300):
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/health")).status_code == 200:
                    break
            await asyncio.sleep(0.1)
        yield client


async def sign_in(client: httpx.AsyncClient, token: str) -> None:
    client.cookies.set("hoithi_session", token)
    client.headers["x-csrftoken"] = csrf_token(token)


async def session(person: int) -> str:
    token = new_token()
    await fetch(
        "insert into session (token_hash, person, created_at, expires_at, confirmed_at) "
        "values ($1, $2, now(), now() + interval '1 hour', now())",
        token_hash(token),
        person,
    )
    return token


@pytest.mark.parametrize(
    ("without", "named"),
    [
        ("HOITHI_DATABASE_URL", "HOITHI_DATABASE_URL must be set"),
        ("HOITHI_REDIS_URL", "HOITHI_REDIS_URL must be set"),
        ("HOITHI_SIGNING_KEY", "there is no signing key at"),
    ],
)
async def test_what_is_missing_is_named(environment: dict[str, str], without: str, named: str) -> None:
    left = {key: value for key, value in environment.items() if key != without}
    for arguments in (("web", "--port", "0"), ("worker",)):
        code, said = await command(left, *arguments)
        assert (code, named in said) == (2, True), said


async def test_an_older_database_is_not_served(environment: dict[str, str]) -> None:
    for arguments in (("web", "--port", "0"), ("worker",)):
        code, said = await command(environment, *arguments)
        assert (code, "hoithi migrate" in said) == (2, True), said
    for _ in range(2):
        assert await command(environment, "migrate") == (0, "The database is up to date.\n")


async def test_web_processes_and_a_worker_are_one_service(
    environment: dict[str, str], postgres: EmbeddedPostgres
) -> None:
    assert (await command(environment, "migrate"))[0] == 0
    dsn: dict[str, Any] = {**postgres.dsn(environment["DATABASE_NAME"])}
    await db.connect(dsn, size=2)
    try:
        world = await make_world()
        async with web(environment) as first, web(environment) as second, process(environment, "worker"):
            await play(first, second, world, Path(environment["HOITHI_DATA"]))
            await guess(first, second)
    finally:
        await db.disconnect()


async def play(first: httpx.AsyncClient, second: httpx.AsyncClient, world: World, data: Path) -> None:
    """One officer uses both processes by turns; the worker mails the receipt, and both sign it alike."""
    token = await session(world.people["officer_a"])
    for client in (first, second):
        await sign_in(client, token)
    made = await first.post(f"/contests/{world.contest}/entries", data={"title": "Bài", "category": "tap-the"})
    sent = await second.post(f"{made.headers['location']}/submit", data={"version": "1"})
    assert sent.status_code == 303, sent.text
    files = [await client.get(f"{sent.headers['location']}/receipt.json") for client in (first, second)]
    assert files[0].status_code == 200
    assert files[0].content == files[1].content
    for _ in range(400):
        row = await fetch_one("select state from job where name = 'send_mail'")
        if row is not None and row["state"] == "done":
            break
        await asyncio.sleep(0.05)
    assert len(list((data / "outbox").glob("*.eml"))) == 1


async def guess(first: httpx.AsyncClient, second: httpx.AsyncClient) -> None:
    """Wrong passwords are counted over both processes: the eleventh is refused, wherever it comes."""
    statuses = []
    for number in range(12):
        client = (first, second)[number % 2]
        form = {"email": "ai.do@example.org", "password": "sai hoàn toàn rồi"}
        statuses.append((await client.post("/login", data=form)).status_code)
    assert statuses == [422] * 10 + [429] * 2
