"""`hoithi serve`: the whole service in one process, on uvicorn, until SIGTERM or Ctrl+C."""

from __future__ import annotations

import gc

import uvicorn
from litestar import Litestar

from server.app import create_app
from server.guarded_http import GuardedHttp, allow_many_connections
from server.runtime import running
from server.settings import Settings


async def serve(settings: Settings, *, announce: bool = True) -> None:
    """Serve until a signal stops it; prints the address once people can open it."""
    async with running(settings) as parts:
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
    """Prints the address as soon as the sockets listen."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        """`url` is what to print; empty prints nothing."""
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Listen, then say so."""
        await super().startup(sockets)  # type: ignore[arg-type]
        # What was loaded by now stays for good: a collection need not look through it again and again.
        gc.collect()
        gc.freeze()
        if self.started and self._url:
            print(f"Hội Thi: {self._url}", flush=True)
