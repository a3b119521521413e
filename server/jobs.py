"""Jobs: what may be done after commit, how one is run under its lease, and the drain that does them in process."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import asyncpg

from server import job_table
from server.db import on_enqueue
from server.errors import HoithiError
from server.job_rules import describe_error, retry_delay
from server.job_table import LEASE_SECONDS, Claim, retry_job

if TYPE_CHECKING:
    from server.mail import MailTransport
    from server.settings import Settings
    from server.storage import ObjectStorage

__all__ = ["Delivery", "Drain", "GiveUp", "JobContext", "Postpone", "UnknownJob", "job", "perform", "retry_job"]

POLL_SECONDS = 1.0
RENEW_SECONDS = LEASE_SECONDS / 4
STOP_SECONDS = 8.0
# InternalClientError: what asyncpg says when the server dies while a connection is just being taken up.
DATABASE_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError)
DATABASE_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)

_log = logging.getLogger(__name__)


class GiveUp(HoithiError):
    """Raised by a handler when another try cannot help: the job is dead at once."""


@dataclass(eq=False)
class Postpone(HoithiError):
    """Raised by a handler whose time has not come, as when a service that it asks is away: later, at no cost of a try."""

    seconds: float


class UnknownJob(HoithiError):
    """A job whose name no handler of this program has."""


@dataclass(frozen=True)
class JobContext:
    """What handlers work with; `job` is the id of the one being done, for use in unique keys."""

    settings: Settings
    storage: ObjectStorage
    mail: MailTransport
    job: int = 0


Handler = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class _Registered:
    handler: Handler
    max_attempts: int
    timeout: float


_registry: dict[str, _Registered] = {}


def job(name: str, *, max_attempts: int = 8, timeout: float = 600.0) -> Callable[[Handler], Handler]:
    """Register `async def handler(context: JobContext, *, ...)`, whose keywords are the job's args.

    A handler may run again after it succeeded, so that it records its effects under a unique key; it opens its own
    unit_of_work(). After `max_attempts` failures the job is dead; one try lasts `timeout` seconds at most."""

    def register(handler: Handler) -> Handler:
        known = _registry.get(name)
        if known is not None and known.handler.__module__ != handler.__module__:
            raise ValueError(f"two handlers for job {name}")
        _registry[name] = _Registered(handler, max_attempts, timeout)
        return handler

    return register


class Delivery(Protocol):
    """Something that gets due jobs done until `stop` is set."""

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set, then let running jobs end or give them back."""


async def perform(context: JobContext, claim: Claim) -> None:
    """Do one claimed job and record how it went; raises only CancelledError, after giving the job back."""
    registered = _registry.get(claim.name) or _Registered(_unknown(claim.name), 8, 60.0)
    # A process that dies with the job counts as a try: else a job that kills its process would do so for ever.
    if claim.attempt > registered.max_attempts:
        await _record(job_table.fail(claim, "ProcessLost: the process ended while it did this job", None))
        return
    doing = asyncio.create_task(_call(registered.handler, dataclasses.replace(context, job=claim.id), claim.args))
    renewing = asyncio.create_task(_keep_lease(claim, doing))
    try:
        async with asyncio.timeout(registered.timeout):
            await doing
    except asyncio.CancelledError as error:
        doing.cancel()
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            await _record(job_table.give_back(claim))
            raise
        if renewing.done():
            _log.warning("job %s (%s) was taken over by another process", claim.id, claim.name)
        else:
            await _fail(claim, registered, error)
    except Postpone as later:
        await _record(job_table.postpone(claim, later.seconds))
    except DATABASE_AWAY as error:
        _log.warning("job %s (%s) lost the database: %s", claim.id, claim.name, type(error).__name__)
        await _give_back_when_possible(claim)
    except Exception as error:
        await _fail(claim, registered, error)
    else:
        await _record(job_table.finish(claim))
    finally:
        renewing.cancel()


async def _fail(claim: Claim, registered: _Registered, error: BaseException) -> None:
    last = isinstance(error, GiveUp) or claim.attempt >= registered.max_attempts
    said = describe_error(error)
    _log.warning("job %s (%s) failed, try %s: %s", claim.id, claim.name, claim.attempt, said)
    delay = None if last else retry_delay(claim.attempt, random.random())  # noqa: S311
    await _record(job_table.fail(claim, said, delay))


async def _give_back_when_possible(claim: Claim) -> None:
    """A database that goes away is not the job's fault and costs it no try; the lease bounds the wait."""
    for _ in range(int(LEASE_SECONDS)):
        await asyncio.sleep(1.0)
        try:
            await job_table.give_back(claim)
        except DATABASE_ERRORS:
            continue
        return


def _unknown(name: str) -> Handler:
    async def refuse(_context: JobContext, **_args: Any) -> None:
        raise UnknownJob(name)

    return refuse


async def _call(handler: Handler, context: JobContext, args: dict[str, Any]) -> None:
    # Called inside the task, so that wrong arguments fail the job like any other error.
    await handler(context, **args)


async def _keep_lease(claim: Claim, doing: asyncio.Task[None]) -> None:
    """Renew the lease while the job runs; ends, and cancels the job, when another process has taken it."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        try:
            if not await job_table.renew(claim):
                break
        except DATABASE_ERRORS as error:
            _log.warning("the lease of job %s could not be renewed: %s", claim.id, type(error).__name__)
    doing.cancel()


async def _record(statement: Awaitable[bool]) -> None:
    # When the database is gone the lease runs out, and the job is done again: at least once, never lost.
    try:
        await statement
    except DATABASE_ERRORS as error:
        _log.warning("the end of a job could not be recorded: %s", type(error).__name__)


class Drain:
    """Does due jobs in this process, `width` at a time; woken by commits of this process and once a second."""

    def __init__(self, context: JobContext, *, width: int = 4, sole: bool = False) -> None:
        """`sole`: nobody else works on this database, so that leases found at the start belong to the dead."""
        self._context = context
        self._width = width
        self._sole = sole
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Drain until `stop` is set; jobs that don't end soon after are given back."""
        forget = on_enqueue(self._wake.set)
        stopping = asyncio.create_task(self._wake_at(stop))
        try:
            while not stop.is_set():
                self._wake.clear()
                await self._claim_what_is_due(stop)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
        finally:
            forget()
            stopping.cancel()
            await self._end_running()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _claim_what_is_due(self, stop: asyncio.Event) -> None:
        try:
            if self._sole:
                await job_table.end_leases()
                self._sole = False
            while len(self._running) < self._width and not stop.is_set():
                claim = await job_table.claim_next()
                if claim is None:
                    return
                task = asyncio.create_task(perform(self._context, claim))
                self._running.add(task)
                task.add_done_callback(self._ended)
        except DATABASE_ERRORS as error:
            _log.warning("jobs cannot be read at the moment: %s", type(error).__name__)
        except Exception:
            # Whatever it is, a service whose jobs have silently stopped would be worse.
            _log.exception("jobs cannot be read")

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a job could not be recorded", exc_info=error)

    async def _end_running(self) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_SECONDS)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
