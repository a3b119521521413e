"""What only the S3 store can meet: a server that does not answer, refuses, or has no bucket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from server.errors import ServiceUnavailable, TooLarge
from server.storage import ObjectStorage, make_storage, new_key
from server.storage_s3_upload import MultipartUpload, UploadRefused
from storage_config.bootstrap import ensure_bucket
from storage_config.client import make_client
from storage_config.settings import S3Settings, StorageSettings
from tests.s3_server import s3_server

pytestmark = pytest.mark.xdist_group("s3")


async def pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 65536):
        yield b"x" * 65536


def store(settings: S3Settings, folder: Path) -> ObjectStorage:
    return make_storage(StorageSettings("s3", settings), folder)


async def refuses(storage: ObjectStorage) -> None:
    key = new_key("entries")
    for size in (65536, 10 * 2**20):
        with pytest.raises(ServiceUnavailable):
            await storage.put(key, pieces(size))
    with pytest.raises(ServiceUnavailable):
        await storage.digest(key)
    with pytest.raises(ServiceUnavailable):
        await storage.check()
    with pytest.raises(ServiceUnavailable):
        [info async for info in storage.list("")]


async def test_nobody_answers(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        endpoint = f"127.0.0.1:{probe.getsockname()[1]}"
        storage = store(S3Settings(endpoint, "a", "b", "hoithi", secure=False), tmp_path)
        await refuses(storage)
        with pytest.raises(ServiceUnavailable):
            [piece async for piece in storage.open(new_key("entries"))]


async def test_wrong_key_missing_bucket_and_an_aborted_upload(tmp_path: Path) -> None:
    with s3_server(tmp_path / "s3") as s3:
        await refuses(store(replace(s3, secret_key="wrong"), tmp_path))
        await refuses(store(replace(s3, bucket="missing"), tmp_path))
        client = make_client(s3)
        ensure_bucket(client)
        storage = store(s3, tmp_path)
        before = parts_held(tmp_path)
        with pytest.raises(TooLarge):
            await storage.put(new_key("entries"), pieces(30 * 2**20), 25 * 2**20)
        assert await eventually(lambda: parts_held(tmp_path) == before)
        upload = MultipartUpload(client, new_key("entries"))
        upload.send(b"x" * 2**20)
        assert parts_held(tmp_path) != before
        upload.abort()
        with pytest.raises(UploadRefused):
            upload.complete(2**20)
        upload.abort()


def parts_held(folder: Path) -> int:
    """Bytes of the server's own blocks on disk."""
    return sum(path.stat().st_size for path in (folder / "s3" / "blocks").rglob("*") if path.is_file())


async def eventually(condition: Callable[[], bool]) -> bool:
    """The server deletes blocks a moment after it has answered."""
    for _ in range(100):
        if condition():
            return True
        await asyncio.sleep(0.1)
    return False
