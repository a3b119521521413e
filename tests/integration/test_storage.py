"""One contract for every object store: files on disk, and a real S3 server."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.errors import NotFound, TooLarge
from server.storage import ObjectStorage, Stored, make_storage, new_key
from storage_config.bootstrap import check_bucket, ensure_bucket
from storage_config.client import S3Client, make_client
from storage_config.settings import S3Settings, StorageSettings
from tests.s3_server import s3_server

pytestmark = pytest.mark.xdist_group("s3")

MIB = 2**20
BAD_KEYS = [
    "",
    "/etc/passwd",
    "../x",
    "entries/../../x",
    "entries/ab/../" + "a" * 32,
    "entries/ab/" + "c" * 32,
    "entries/ab/ab" + "c" * 29,
    "entries/ab/ab" + "c" * 29 + "\0",
    "entries/ab/ab" + "c" * 30 + "\n",
    "entries/ab/ab" + "c" * 30 + "/x",
    "entries/AB/AB" + "c" * 30,
    "entries//ab" + "c" * 30,
    "entries\\ab\\ab" + "c" * 30,
    ".unfinished/ab/ab" + "c" * 30,
    "bài/ab/ab" + "c" * 30,
    "entries/ab/ab" + "c" * 29 + "١",
]


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Settings]:
    with s3_server(tmp_path_factory.mktemp("s3")) as settings:
        ensure_bucket(make_client(settings))
        yield settings


@pytest.fixture(params=["files", "s3"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStorage]:
    settings = StorageSettings()
    if request.param == "s3":
        settings = StorageSettings("s3", request.getfixturevalue("s3"))
    made = make_storage(settings, tmp_path)
    yield made
    await made.close()


def some_bytes(size: int, seed: int = 7) -> bytes:
    return random.Random(seed).randbytes(size)


async def pieces(body: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def read(storage: ObjectStorage, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in storage.open(key, start, end)])


async def keys(storage: ObjectStorage, prefix: str) -> list[str]:
    return [info.key async for info in storage.list(prefix)]


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def stored(body: bytes) -> Stored:
    return Stored(len(body), hashlib.sha256(body).hexdigest())


@pytest.mark.parametrize("size", [0, 1, 8 * MIB, 8 * MIB + 1, 16 * MIB, 20 * MIB])
async def test_round_trip(storage: ObjectStorage, size: int) -> None:
    body, key = some_bytes(size), new_key("entries")
    assert await storage.put(key, pieces(body)) == stored(body)
    assert await read(storage, key) == body
    assert await storage.digest(key) == stored(body)
    info = await storage.stat(key)
    assert info is not None
    assert (info.key, info.size) == (key, size)
    assert abs(info.modified_at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_one_large_chunk_and_many_empty_ones(storage: ObjectStorage) -> None:
    body, key = some_bytes(20 * MIB), new_key("entries")

    async def odd() -> AsyncIterator[bytes]:
        yield b""
        yield body
        yield b""

    assert await storage.put(key, odd()) == stored(body)
    assert await storage.digest(key) == stored(body)


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, None), (0, 1), (5, 6), (7, 7), (MIB - 1, 2 * MIB + 1), (3 * MIB - 1, None), (10, 99 * MIB), (99 * MIB, None)],
)
async def test_ranges(storage: ObjectStorage, start: int, end: int | None) -> None:
    body, key = some_bytes(3 * MIB), new_key("entries")
    await storage.put(key, pieces(body))
    found = [piece async for piece in storage.open(key, start, end)]
    assert b"".join(found) == body[start:end]
    assert all(0 < len(piece) <= MIB for piece in found)


@pytest.mark.parametrize(("start", "end"), [(-1, None), (0, -1), (5, 4)])
async def test_ranges_that_make_no_sense(storage: ObjectStorage, start: int, end: int | None) -> None:
    with pytest.raises(ValueError):
        storage.open(new_key("entries"), start, end)


async def test_a_reader_may_stop_early(storage: ObjectStorage) -> None:
    body, key = some_bytes(3 * MIB), new_key("entries")
    await storage.put(key, pieces(body))
    for _ in range(40):
        async with aclosing(storage.open(key)) as stream:
            assert (await anext(stream))[:10] == body[:10]
    assert await read(storage, key) == body


@pytest.mark.parametrize(("size", "limit"), [(11, 10), (20 * MIB, 17 * MIB), (1, 0)])
async def test_over_the_limit_leaves_nothing(storage: ObjectStorage, size: int, limit: int) -> None:
    key = new_key("limits")
    with pytest.raises(TooLarge) as caught:
        await storage.put(key, pieces(some_bytes(size)), limit)
    assert caught.value.limit == limit
    assert await storage.stat(key) is None
    assert await keys(storage, "limits/") == []


async def test_exactly_the_limit_is_taken(storage: ObjectStorage) -> None:
    body, key = some_bytes(9 * MIB), new_key("entries")
    assert await storage.put(key, pieces(body), len(body)) == stored(body)


@pytest.mark.parametrize("size", [100, 20 * MIB])
async def test_a_body_that_breaks_off_leaves_nothing(storage: ObjectStorage, size: int, tmp_path: Path) -> None:
    key = new_key("broken")

    async def breaks() -> AsyncIterator[bytes]:
        async for piece in pieces(some_bytes(size)):
            yield piece
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await storage.put(key, breaks())
    assert await storage.stat(key) is None
    assert await keys(storage, "broken/") == []
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("after", [0.0, 0.002, 0.01, 0.03, 0.06])
async def test_a_cancelled_put_leaves_nothing(storage: ObjectStorage, after: float, tmp_path: Path) -> None:
    key = new_key("cancelled")
    body = some_bytes(20 * MIB)

    async def slow_end() -> AsyncIterator[bytes]:
        async for piece in pieces(body):
            yield piece
        await asyncio.sleep(30)

    putting = asyncio.create_task(storage.put(key, slow_end()))
    await asyncio.sleep(after)
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert await storage.stat(key) is None
    assert files_below(tmp_path) == []


async def test_a_put_cancelled_at_its_very_end_is_whole_or_nothing(storage: ObjectStorage, tmp_path: Path) -> None:
    body = some_bytes(100_000)
    for turn in range(30):
        key = new_key("ends")
        putting = asyncio.create_task(storage.put(key, pieces(body)))
        await asyncio.sleep(turn * 0.0004)
        putting.cancel()
        try:
            await putting
        except asyncio.CancelledError:
            assert await storage.stat(key) is None
        else:
            assert await storage.digest(key) == stored(body)
    assert files_below(tmp_path / "objects" / ".unfinished") == []


async def test_what_is_not_there(storage: ObjectStorage) -> None:
    key = new_key("entries")
    assert await storage.stat(key) is None
    with pytest.raises(NotFound):
        await storage.digest(key)
    with pytest.raises(NotFound):
        await read(storage, key)
    with pytest.raises(NotFound):
        await read(storage, key, 5, 5)
    await storage.delete(key)


@pytest.mark.parametrize(
    "sizes", [(1,), (9 * MIB,), (8 * MIB, 8 * MIB, 1), (8 * MIB, 5 * MIB), (8 * MIB, 3, 8 * MIB, 100_000, 7), (1, 2, 3)]
)
async def test_objects_are_joined(storage: ObjectStorage, sizes: tuple[int, ...]) -> None:
    bodies = [some_bytes(size, seed) for seed, size in enumerate(sizes)]
    parts = [new_key("staging") for _ in bodies]
    for key, body in zip(parts, bodies, strict=True):
        await storage.put(key, pieces(body))
    target = new_key("entries")
    await storage.compose(parts, target)
    assert await storage.digest(target) == stored(b"".join(bodies))
    for key in parts:
        await storage.delete(key)
    assert await storage.digest(target) == stored(b"".join(bodies))


@pytest.mark.parametrize("missing", [0, 1, 2])
async def test_nothing_is_joined_when_one_is_missing(storage: ObjectStorage, missing: int, tmp_path: Path) -> None:
    parts = [new_key("staging") for _ in range(3)]
    for number, key in enumerate(parts):
        if number != missing:
            await storage.put(key, pieces(some_bytes(6 * MIB, number)))
    target = new_key("joined")
    with pytest.raises(NotFound):
        await storage.compose(parts, target)
    with pytest.raises(NotFound):
        await storage.compose(parts[missing : missing + 1], target)
    assert await storage.stat(target) is None
    assert files_below(tmp_path / "objects" / ".unfinished") == []


@pytest.mark.parametrize("after", [0.0, 0.003, 0.02, 0.1])
async def test_a_cancelled_joining_leaves_nothing(storage: ObjectStorage, after: float, tmp_path: Path) -> None:
    part = new_key("staging")
    await storage.put(part, pieces(some_bytes(8 * MIB)))
    target = new_key("joined")
    joining = asyncio.create_task(storage.compose([part] * 12, target))
    await asyncio.sleep(after)
    if joining.done():
        return
    joining.cancel()
    with pytest.raises(asyncio.CancelledError):
        await joining
    assert await storage.stat(target) is None
    assert files_below(tmp_path / "objects" / ".unfinished") == []


async def test_delete(storage: ObjectStorage) -> None:
    key, other = new_key("gone"), new_key("gone")
    for one in (key, other):
        await storage.put(one, pieces(b"x"))
    await storage.delete(key)
    assert await storage.stat(key) is None
    assert await keys(storage, "gone/") == [other]
    await storage.delete(key)


async def test_list_by_prefix_in_order(storage: ObjectStorage) -> None:
    made = sorted([new_key("lists") for _ in range(20)])
    for key in made:
        await storage.put(key, pieces(key.encode()))
    await storage.put(new_key("listsx"), pieces(b"x"))
    found = [info async for info in storage.list("lists/")]
    assert [info.key for info in found] == made
    assert {info.size for info in found} == {len(made[0])}
    assert set(made) < set(await keys(storage, ""))
    for length in (9, 12, 43):
        prefix = made[3][:length]
        assert await keys(storage, prefix) == [key for key in made if key.startswith(prefix)]
    assert await keys(storage, "nothing/") == []


@pytest.mark.parametrize("key", BAD_KEYS)
async def test_bad_keys_reach_no_store(storage: ObjectStorage, key: str, tmp_path: Path) -> None:
    before = files_below(tmp_path)
    with pytest.raises(ValueError):
        await storage.put(key, pieces(b"x"))
    with pytest.raises(ValueError):
        storage.open(key)
    with pytest.raises(ValueError):
        await storage.stat(key)
    with pytest.raises(ValueError):
        await storage.digest(key)
    with pytest.raises(ValueError):
        await storage.compose([key], new_key("entries"))
    with pytest.raises(ValueError):
        await storage.compose([new_key("entries")], key)
    with pytest.raises(ValueError):
        await storage.delete(key)
    assert files_below(tmp_path) == before


@pytest.mark.parametrize("prefix", ["/", "../", "entries/..", "entries//", "a*", "Entries/"])
async def test_bad_prefixes(storage: ObjectStorage, prefix: str) -> None:
    with pytest.raises(ValueError):
        await keys(storage, prefix)


async def test_many_puts_at_once(storage: ObjectStorage) -> None:
    bodies = {new_key("many"): some_bytes(200_000 + 37 * n, n) for n in range(24)}
    bodies[new_key("many")] = some_bytes(18 * MIB, 99)
    results = await asyncio.gather(*(storage.put(key, pieces(body)) for key, body in bodies.items()))
    assert results == [stored(body) for body in bodies.values()]
    assert await asyncio.gather(*(storage.digest(key) for key in bodies)) == results
    assert await keys(storage, "many/") == sorted(bodies)


async def test_ready(storage: ObjectStorage) -> None:
    await storage.check()


@pytest.fixture
def s3_client(s3: S3Settings) -> S3Client:
    return make_client(s3)


def test_the_bucket_is_made_once(s3_client: S3Client) -> None:
    assert ensure_bucket(s3_client) is False


def test_a_good_bucket_passes_every_step(s3_client: S3Client) -> None:
    steps = check_bucket(s3_client)
    assert [step.name for step in steps] == ["bucket", "write", "read", "list", "delete"]
    assert all(step.ok for step in steps)


def test_a_wrong_secret_is_reported_without_showing_it(s3: S3Settings) -> None:
    wrong = S3Settings(s3.endpoint, s3.access_key, "not-the-secret", s3.bucket, secure=False)
    steps = check_bucket(make_client(wrong))
    assert [step.ok for step in steps] == [False]
    assert "not-the-secret" not in steps[0].problem + repr(wrong)
