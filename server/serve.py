"""`hoithi serve`, the whole service in one process, and `hoithi web`, its pages alone; on uvicorn, until SIGTERM."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

import uvicorn
from litestar import Litestar

from server.app import create_app
from server.guarded_http import GuardedHttp, allow_many_connections
from server.production import require_production
from server.runtime import running
from server.settings import Settings


async def serve(settings: Settings, *, announce: bool = True) -> None:
    """The whole service until a signal stops it; prints the address once people can open it."""
    await _serve(settings, alone=True, announce=announce)


async def web(settings: Settings) -> None:
    """Pages and API alone, beside workers: no jobs, no migrations. Raises SettingsError, SchemaBehind."""
    require_production(settings)
    await _serve(settings, alone=False, announce=True)


async def _serve(settings: Settings, *, alone: bool, announce: bool) -> None:
    async with running(settings, with_jobs=alone, run_migrations=alone) as parts:
        allow_many_connections()
        config = configure(create_app(parts), settings)
        server = AnnouncingServer(config, settings.public_url if announce else "")
        await server.serve()


def configure(app: Litestar, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves `app`: forwarded addresses are believed from trusted proxies alone."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=GuardedHttp,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies) or None,
        timeout_graceful_shutdown=10,
    )


class AnnouncingServer(uvicorn.Server):
    """Prints the address as soon as the sockets listen, and leaves the process alive when it stops."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        """`url` is what to print; empty prints nothing."""
        super().__init__(config)
        self._url = url

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal, then let jobs and database stop too: uvicorn would send the signal once more and end us."""
        with super().capture_signals():
            try:
                yield
            finally:
                self._captured_signals.clear()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Listen, then say so."""
        await super().startup(sockets)  # type: ignore[arg-type]
        # What was loaded by now stays for good: a collection need not look through it again and again.
        gc.collect()
        gc.freeze()
        if self.started and self._url:
            print(f"Hội Thi: {self._url}", flush=True)
