"""Delivers the ids of due jobs through Redis with arq; the job table stays the truth, a sweep re-delivers what is lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from typing import Any

from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker, func
from redis.exceptions import RedisError

from server.db import on_enqueue
from server.job_table import claim_one, due_jobs
from server.jobs import DATABASE_ERRORS, POLL_SECONDS, JobContext, perform

QUEUE = "hoithi:jobs"
SWEEP_SECONDS = 30.0
# Longer than any job may take: the job table's own lease notices a lost process long before.
_ARQ_TIMEOUT_SECONDS = 3600

_log = logging.getLogger(__name__)


def _dumps(value: Any) -> bytes:
    # arq also writes down its own errors, such as that an id expired; nobody reads them.
    return json.dumps(value, default=repr).encode()


async def _connect(url: str) -> ArqRedis:
    return await create_pool(
        RedisSettings.from_dsn(url), job_serializer=_dumps, job_deserializer=json.loads, default_queue_name=QUEUE
    )


async def _until(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def _run_job(ctx: dict[Any, Any], *args: Any, **_kwargs: Any) -> None:
    claim = await claim_one(int(args[0]))
    if claim is not None:
        await perform(ctx["context"], claim)


class Relay:
    """Hands the ids of due jobs to Redis, after each commit of this process that wrote some and once a second."""

    def __init__(self, redis_url: str, *, sweep_seconds: float = SWEEP_SECONDS) -> None:
        """`sweep_seconds`: how long a delivered job may stay due until it is delivered again."""
        self._url = redis_url
        self._sweep_seconds = sweep_seconds
        self._delivered: dict[tuple[int, int], float] = {}
        self._wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop` is set; waits out a Redis or a database that is away."""
        forget = on_enqueue(self._wake.set)
        try:
            while not stop.is_set():
                try:
                    redis = await _connect(self._url)
                    try:
                        await self._relay(redis, stop)
                    finally:
                        await redis.aclose(close_connection_pool=True)
                except (RedisError, OSError) as error:
                    _log.warning("Redis does not answer: %s", type(error).__name__)
                    await _until(stop, POLL_SECONDS)
        finally:
            forget()

    async def _relay(self, redis: ArqRedis, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._wake.clear()
            try:
                due = await due_jobs()
            except DATABASE_ERRORS as error:
                _log.warning("jobs cannot be read at the moment: %s", type(error).__name__)
                due = []
            await self._deliver(redis, due)
            waiting = [asyncio.ensure_future(self._wake.wait()), asyncio.ensure_future(stop.wait())]
            await asyncio.wait(waiting, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for one in waiting:
                one.cancel()

    async def _deliver(self, redis: ArqRedis, due: list[tuple[int, int]]) -> None:
        now = asyncio.get_running_loop().time()
        turn = int(time.time() // self._sweep_seconds)
        # Only what is still due is remembered, so that this does not grow with the table.
        self._delivered = {
            key: self._delivered[key]
            for key in due
            if key in self._delivered and now - self._delivered[key] < self._sweep_seconds
        }
        for job, attempts in due:
            if (job, attempts) not in self._delivered:
                # arq keeps an id to itself for an hour when its process was killed, before its job was claimed or
                # after. So tries and the turn of the sweep are part of it; a job delivered twice is claimed once.
                await redis.enqueue_job("run_job", job, _job_id=f"hoithi:{job}:{attempts}:{turn}")
                self._delivered[job, attempts] = now


class ArqDelivery:
    """A relay and an arq worker in one process: does the jobs whose ids Redis hands out, `width` at a time."""

    def __init__(self, context: JobContext, redis_url: str, *, width: int = 8, sweep_seconds: float = SWEEP_SECONDS):
        """`redis_url`: redis://, rediss:// or unix://."""
        self._context = context
        self._url = redis_url
        self._width = width
        self._relay = Relay(redis_url, sweep_seconds=sweep_seconds)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; running jobs are then given back."""
        relaying = asyncio.create_task(self._relay.run(stop))
        try:
            while not stop.is_set():
                try:
                    await self._work(stop)
                except (RedisError, OSError) as error:
                    _log.warning("Redis does not answer: %s", type(error).__name__)
                    await _until(stop, POLL_SECONDS)
        finally:
            relaying.cancel()
            await asyncio.gather(relaying, return_exceptions=True)

    async def _work(self, stop: asyncio.Event) -> None:
        worker = Worker(
            functions=[func(_run_job, name="run_job", keep_result=0, timeout=_ARQ_TIMEOUT_SECONDS)],
            redis_pool=await _connect(self._url),
            ctx={"context": self._context},
            queue_name=QUEUE,
            job_serializer=_dumps,
            job_deserializer=json.loads,
            max_jobs=self._width,
            poll_delay=0.1,
            keep_result=0,
            retry_jobs=False,
            handle_signals=False,
        )
        working = asyncio.create_task(worker.main())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        finally:
            stopping.cancel()
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            with contextlib.suppress(RedisError, OSError):
                await worker.close()
