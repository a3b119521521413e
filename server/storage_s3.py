"""The S3 store: one bucket, small objects by one PUT, larger ones by a multipart upload in parts of 8 MiB."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from minio.commonconfig import ComposeSource
from minio.datatypes import Object
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from server.errors import NotFound, ServiceUnavailable, TooLarge
from server.storage import LINK_SECONDS, ObjectInfo, Stored, check_key, check_prefix, check_range
from server.storage_s3_upload import MultipartUpload, put_whole
from storage_config.buckets import MIN_PART_BYTES, PART_BYTES, READ_BYTES
from storage_config.client import CONNECTIONS, S3Client

T = TypeVar("T")

MISSING = frozenset({"NoSuchKey", "NotFound", "ResourceNotFound"})
LIST_BATCH = 500

log = logging.getLogger(__name__)


class S3Storage:
    """An ObjectStorage in `client.bucket`, which must exist; see storage_config.bootstrap."""

    def __init__(self, client: S3Client) -> None:
        self._client = client
        self._minio = client.minio
        self._bucket = client.bucket
        self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="storage")

    async def put(
        self, key: str, chunks: AsyncIterator[bytes], limit: int | None = None, *, hashed: bool = True
    ) -> Stored:
        """See ObjectStorage.put. One part is sent while the next is gathered: two parts in memory at most."""
        check_key(key)
        digest = hashlib.sha256() if hashed else None
        total = 0
        part = bytearray()
        upload: MultipartUpload | None = None
        step: asyncio.Task[Any] | None = None
        try:
            async for chunk in chunks:
                total += len(chunk)
                if limit is not None and total > limit:
                    raise TooLarge(limit)
                part += chunk
                while len(part) > PART_BYTES:
                    if upload is None:
                        step = asyncio.create_task(self._run(MultipartUpload, self._client, key))
                        upload = await asyncio.shield(step)
                    elif step is not None:
                        await asyncio.shield(step)
                    full = bytes(memoryview(part)[:PART_BYTES])
                    del part[:PART_BYTES]
                    step = asyncio.create_task(self._run(_send, upload, full, digest))
            if step is not None:
                await asyncio.shield(step)
            step = asyncio.create_task(self._run(self._finish, key, upload, part, total, digest))
            return await asyncio.shield(step)
        except BaseException:
            await asyncio.shield(self._undo(key, upload, step))
            raise

    def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """See ObjectStorage.open."""
        check_range(start, end)
        return self._pieces(check_key(key), start, end)

    def link(self, key: str, media_type: str, disposition: str) -> str | None:
        """See ObjectStorage.link. Signed here, without a request."""
        if self._client.public is None:
            return None
        return self._client.public.presigned_get_object(
            bucket_name=self._bucket,
            object_name=check_key(key),
            expires=timedelta(seconds=LINK_SECONDS),
            response_headers={"response-content-type": media_type, "response-content-disposition": disposition},
        )

    async def stat(self, key: str) -> ObjectInfo | None:
        """See ObjectStorage.stat."""
        check_key(key)
        try:
            found = await self._run(lambda: self._minio.stat_object(bucket_name=self._bucket, object_name=key))
        except NotFound:
            return None
        return _info(found)

    async def digest(self, key: str) -> Stored:
        """See ObjectStorage.digest."""
        return await self._run(self._digest, check_key(key))

    async def compose(self, keys: Sequence[str], target: str) -> None:
        """See ObjectStorage.compose. The server copies what it may: a small object amid others is read and sent again."""
        check_key(target)
        infos = await asyncio.gather(*(self.stat(key) for key in keys))
        found = [info for info in infos if info is not None]
        if len(found) < len(keys):
            raise NotFound
        if any(info.size < MIN_PART_BYTES for info in found[:-1]):
            await self.put(target, self._all_pieces(keys))
            return
        copying = asyncio.create_task(self._run(self._copy, found, target))
        try:
            await asyncio.shield(copying)
        except asyncio.CancelledError:
            await asyncio.wait([copying])
            await asyncio.shield(self.delete(target))
            raise

    async def delete(self, key: str) -> None:
        """See ObjectStorage.delete."""
        check_key(key)
        try:
            await self._run(lambda: self._minio.remove_object(bucket_name=self._bucket, object_name=key))
        except NotFound:
            return

    async def list(self, prefix: str) -> AsyncGenerator[ObjectInfo, None]:
        """See ObjectStorage.list. The SDK's iterator sends requests as it goes, so it is advanced in a thread."""
        check_prefix(prefix)
        found = self._minio.list_objects(bucket_name=self._bucket, prefix=prefix, recursive=True)
        while batch := await self._run(_take, found):
            for item in batch:
                if not item.is_dir:
                    yield _info(item)

    async def check(self) -> None:
        """See ObjectStorage.check."""
        if not await self._run(lambda: self._minio.bucket_exists(bucket_name=self._bucket)):
            raise ServiceUnavailable("object store: the bucket does not exist")

    async def close(self) -> None:
        """See ObjectStorage.close."""
        self._pool.shutdown(wait=False)
        self._client.http.clear()

    async def _pieces(self, key: str, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
        info = await self.stat(key)
        if info is None:
            raise NotFound
        stop = info.size if end is None else min(end, info.size)
        if start >= stop:
            return
        response = await self._run(self._get, key, start, stop - start)
        try:
            left = stop - start
            while left > 0:
                piece = await self._run(response.read, min(READ_BYTES, left))
                if not piece:
                    raise ServiceUnavailable("object store: the answer ended early")
                left -= len(piece)
                yield piece
        finally:
            response.close()
            response.release_conn()

    async def _all_pieces(self, keys: Sequence[str]) -> AsyncGenerator[bytes, None]:
        for key in keys:
            async with aclosing(self.open(key)) as pieces:
                async for piece in pieces:
                    yield piece

    def _copy(self, found: Sequence[ObjectInfo], target: str) -> None:
        sources = [ComposeSource(bucket_name=self._bucket, object_name=info.key) for info in found]
        self._minio.compose_object(bucket_name=self._bucket, object_name=target, sources=sources)

    def _get(self, key: str, start: int, length: int) -> Any:
        return self._minio.get_object(bucket_name=self._bucket, object_name=key, offset=start, length=length)

    def _digest(self, key: str) -> Stored:
        response = self._get(key, 0, 0)
        hashed = hashlib.sha256()
        size = 0
        try:
            while piece := response.read(READ_BYTES):
                hashed.update(piece)
                size += len(piece)
        finally:
            response.close()
            response.release_conn()
        return Stored(size, hashed.hexdigest())

    def _finish(self, key: str, upload: MultipartUpload | None, last: bytearray, total: int, digest: Any) -> Stored:
        if upload is not None:
            _send(upload, last, digest)
            upload.complete(total)
        else:
            _take_in(digest, last)
            put_whole(self._client, key, last)
        return Stored(total, "" if digest is None else digest.hexdigest())

    async def _undo(self, key: str, upload: MultipartUpload | None, step: asyncio.Task[Any] | None) -> None:
        """After a failure or a cancellation: wait for what a thread still does, then leave nothing behind."""
        result = None
        if step is not None:
            await asyncio.wait([step])
            result = step.result() if not step.cancelled() and step.exception() is None else None
        try:
            if isinstance(result, Stored):
                await self.delete(key)
                return
            if isinstance(result, MultipartUpload):
                upload = result
            if upload is not None:
                await self._run(upload.abort)
        except ServiceUnavailable:
            log.warning("an upload could not be undone; the bucket's lifecycle rule has to remove its parts")

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        """Run blocking work in the store's own threads; the SDK's and the network's errors become ours."""
        loop = asyncio.get_running_loop()
        with _own_errors():
            return await loop.run_in_executor(self._pool, work, *arguments)


@contextmanager
def _own_errors() -> Iterator[None]:
    try:
        yield
    except S3Error as error:
        if error.code in MISSING:
            raise NotFound from error
        raise ServiceUnavailable(f"object store: {error.code}") from error
    except (MinioException, HTTPError, OSError) as error:
        raise ServiceUnavailable(f"object store: {type(error).__name__}") from error


def _send(upload: MultipartUpload, body: bytes | bytearray, digest: Any) -> None:
    _take_in(digest, body)
    upload.send(body)


def _take_in(digest: Any, body: bytes | bytearray) -> None:
    if digest is not None:
        digest.update(body)


def _info(item: Object) -> ObjectInfo:
    if item.object_name is None or item.size is None or item.last_modified is None:
        raise ServiceUnavailable("object store: an answer without name, size or time")
    return ObjectInfo(item.object_name, item.size, item.last_modified)


def _take(found: Iterator[Object]) -> tuple[Object, ...]:
    return tuple(itertools.islice(found, LIST_BATCH))
