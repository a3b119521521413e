"""Uploads in parts through the S3 store, as a share of the SDK's own multipart upload to the same server."""

from __future__ import annotations

import asyncio
import io
import os
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import parts, processes
from benchmarks.table import Figure
from benchmarks.world import write_world
from server.embedded import EmbeddedPostgres
from storage_config.bootstrap import ensure_bucket
from storage_config.client import S3Client, make_client
from tests.s3_server import s3_server

PART = 8 * parts.MIB


async def through_s3(folder: Path, rounds: int, blocks: int) -> list[Figure]:
    """`blocks` MiB by tus through a service whose store is a real S3 server, in alternation with the SDK alone."""
    data = folder / "data-s3"
    port = processes.free_port()
    with s3_server(folder / "s3") as settings:
        client = make_client(settings)
        ensure_bucket(client)
        environment = {
            "HOITHI_STORAGE": "s3",
            "HOITHI_S3_ENDPOINT": settings.endpoint,
            "HOITHI_S3_ACCESS_KEY": settings.access_key,
            "HOITHI_S3_SECRET_KEY": settings.secret_key,
            "HOITHI_S3_BUCKET": settings.bucket,
            "HOITHI_S3_SECURE": "0",
        }
        with processes.service(data, port, environment) as (process, _):
            dsn: dict[str, Any] = {**EmbeddedPostgres(data).dsn("hoithi")}
            world = await write_world(dsn)
            body = b"%PDF-1.7\n" + os.urandom(parts.MIB - 9)
            ratios, speeds = [], []
            for number in range(rounds):
                sdk = await asyncio.to_thread(_by_sdk, client, f"bench-{number}", body * blocks)
                begun = time.perf_counter()
                await asyncio.to_thread(parts.Sender(port, world).send, body, blocks, blocks)
                ours = time.perf_counter() - begun
                ratios.append(sdk / ours)
                speeds.append((ours, sdk))
                await parts.quiet(dsn)
            with processes.memory_watch(process.pid) as rise:
                await asyncio.to_thread(parts.all_at_once, port, world, body, 16)
            await parts.quiet(dsn)
    ours, sdk = (median(values) for values in zip(*speeds, strict=True))
    return [
        Figure(
            f"upload of {blocks} MiB by one PATCH through S3, of the SDK's own multipart upload",
            median(ratios), "", 0.7, True, f"{ours:.1f} s, {sdk:.1f} s",
        ),
        Figure("memory rise, ten uploads in parts at once through S3", rise[0], " MiB"),
    ]  # fmt: skip


def _by_sdk(client: S3Client, name: str, body: bytes) -> float:
    begun = time.perf_counter()
    client.minio.put_object(
        bucket_name=client.bucket, object_name=name, data=io.BytesIO(body), length=len(body), part_size=PART
    )
    return time.perf_counter() - begun
