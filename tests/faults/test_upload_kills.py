"""kill -9 of the service while files arrive in parts: no acknowledged byte is lost, on disk and in S3.

Two kills a store run always; HOITHI_KILLS=10 asks for ten. The counts are printed with `pytest -s`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import random
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from server import db
from server.embedded import EmbeddedPostgres
from server.packs.rehearse.instance import Instance
from server.runtime import DATABASE
from server.secrets_at_rest import csrf_token, new_token, token_hash
from storage_config.settings import S3Settings
from tests.s3_server import s3_server
from tests.world import make_world

KILLS = int(os.environ.get("HOITHI_KILLS", "2"))
MIB = 2**20
SENDERS = 2
BODY = "application/offset+octet-stream"
RETRIED = (httpx.TransportError, httpx.RemoteProtocolError)

pytestmark = pytest.mark.faults


class StoredInstance(Instance):
    """A private service on a store of its own."""

    s3: S3Settings | None = None

    def environment(self) -> dict[str, str]:
        if self.s3 is None:
            return super().environment()
        return {
            **super().environment(),
            "HOITHI_STORAGE": "s3",
            "HOITHI_S3_ENDPOINT": self.s3.endpoint,
            "HOITHI_S3_ACCESS_KEY": self.s3.access_key,
            "HOITHI_S3_SECRET_KEY": self.s3.secret_key,
            "HOITHI_S3_BUCKET": self.s3.bucket,
            "HOITHI_S3_SECURE": "0",
        }


@pytest.fixture(params=["files", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[S3Settings | None]:
    with ExitStack() as stack:
        yield stack.enter_context(s3_server(tmp_path / "s3")) if request.param == "s3" else None


@asynccontextmanager
async def running(data: Path, s3: S3Settings | None) -> AsyncIterator[StoredInstance]:
    instance = StoredInstance(data)
    instance.s3 = s3
    keeper = asyncio.create_task(instance.run())
    try:
        await instance.ready()
        yield instance
    finally:
        await instance.stop()
        await keeper


async def prepare(data: Path) -> str:
    """A contest with a draft E01 that takes many files, and the token of a session of its officer."""
    await db.connect({**EmbeddedPostgres(data).dsn(DATABASE)}, size=1)
    try:
        world = await make_world(entries=1)
        await db.fetch("update entry set state = 'draft', submitted_at = null")
        await db.fetch("update file_rule set max_count = 1000, max_bytes = 100000000")
        token = new_token()
        await db.fetch(
            "insert into session (token_hash, person, created_at, expires_at, confirmed_at) "
            "values ($1, $2, now(), now() + interval '1 hour', now())",
            token_hash(token),
            world.people["officer_a"],
        )
    finally:
        await db.disconnect()
    return token


class Officer:
    """Sends files one after the other, and remembers what was acknowledged."""

    def __init__(self, url: str, token: str, seed: int) -> None:
        self.client = httpx.AsyncClient(base_url=url, timeout=30, cookies={"hoithi_session": token})
        self.headers = {"tus-resumable": "1.0.0", "x-csrftoken": csrf_token(token)}
        self.chance = random.Random(seed)
        self.sent: list[str] = []
        self.acknowledged = self.cuts = 0

    async def send(self) -> None:
        """One file of 10 to 24 MiB, whatever happens on the way."""
        body = b"%PDF-1.4\n" + self.chance.randbytes(self.chance.randrange(10 * MIB, 24 * MIB))
        location = await self.create(len(body))
        offset = 0
        while offset < len(body):
            length = self.chance.choice([len(body) - offset, 8 * MIB, MIB])
            try:
                answer = await self.client.patch(
                    location,
                    content=self.pieces(body[offset : offset + length]),
                    headers={**self.headers, "content-type": BODY, "upload-offset": str(offset)},
                )
            except RETRIED:
                self.cuts += 1
                offset = await self.offset(location, offset)
                continue
            if answer.status_code != 204:
                # What died with the service may still be counted as sending for a moment.
                assert answer.status_code in (409, 423, 503), answer.text
                offset = await self.offset(location, offset)
                continue
            now = int(answer.headers["upload-offset"])
            assert now > offset
            self.acknowledged += now - offset
            offset = now
        self.sent.append(hashlib.sha256(body).hexdigest())

    async def create(self, length: int) -> str:
        said = ",".join(
            f"{k} {base64.b64encode(v).decode()}" for k, v in {"filename": b"a.pdf", "kind": b"document"}.items()
        )
        headers = {**self.headers, "upload-length": str(length), "upload-metadata": said}
        while True:
            with contextlib.suppress(*RETRIED):
                answer = await self.client.post("/contests/thu-nghiem/entries/E01/uploads", headers=headers)
                if answer.status_code == 201:
                    return answer.headers["location"]
                assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.1)

    async def offset(self, location: str, acknowledged: int) -> int:
        """What the service holds after it came back: never less than it had acknowledged."""
        while True:
            with contextlib.suppress(*RETRIED):
                answer = await self.client.head(location, headers=self.headers)
                if answer.status_code == 200:
                    now = int(answer.headers["upload-offset"])
                    assert now >= acknowledged, f"{acknowledged - now} acknowledged bytes are lost"
                    return now
                assert answer.status_code == 503, answer.status_code
            await asyncio.sleep(0.1)

    async def pieces(self, body: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(body), MIB // 4):
            yield body[start : start + MIB // 4]
            await asyncio.sleep(0.004)


async def test_no_acknowledged_byte_is_lost(store: S3Settings | None, tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o711)
    data = tmp_path / "data"
    data.mkdir()
    async with running(data, store) as instance:
        token = await prepare(data)
        officers = [Officer(instance.url, token, seed) for seed in range(SENDERS)]
        over = asyncio.Event()

        async def keep_sending(officer: Officer) -> None:
            while not over.is_set():
                await officer.send()

        sending = [asyncio.create_task(keep_sending(officer)) for officer in officers]
        for _ in range(KILLS):
            await asyncio.sleep(0.3 + random.random() * 1.5)
            pid = instance.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.05)
            await instance.ready()
        over.set()
        await asyncio.gather(*sending)
        files = await finished(officers[0])
        sent = sorted(digest for officer in officers for digest in officer.sent)
        assert sorted(file["sha256"] for file in files) == sent
        for file in files:
            hashed = hashlib.sha256()
            async with officers[0].client.stream(
                "GET", f"/contests/thu-nghiem/entries/E01/files/{file['id']}"
            ) as answer:
                async for piece in answer.aiter_bytes():
                    hashed.update(piece)
            assert hashed.hexdigest() == file["sha256"]
        for officer in officers:
            await officer.client.aclose()
    cuts, acknowledged = sum(o.cuts for o in officers), sum(o.acknowledged for o in officers)
    print(
        f"\n{'S3' if store else 'files'}: {KILLS} kills, {cuts} requests cut, {len(sent)} files, "
        f"{acknowledged // MIB} MiB acknowledged, 0 lost"
    )


async def finished(officer: Officer) -> list[dict[str, str]]:
    """The entry's files once no upload is being checked any more."""
    for _ in range(600):
        uploads = (await officer.client.get("/contests/thu-nghiem/entries/E01/uploads")).json()
        assert not [upload for upload in uploads if upload["state"] == "refused"], uploads
        if not [upload for upload in uploads if upload["state"] == "checking"]:
            entry = await officer.client.get("/api/v1/contests/thu-nghiem/entries/E01")
            return list(entry.json()["files"])
        await asyncio.sleep(0.2)
    raise AssertionError("uploads are still being checked")
