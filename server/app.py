"""create_app(): the only place that wires things together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from server.access import Access
from server.accounts.identify import Identify
from server.error_pages import HANDLERS
from server.middleware import Gate
from server.routes import ROUTES
from server.settings import Settings
from server.storage import ObjectStorage


class UndeclaredRoute(Exception):
    """A route that does not say who may use it; the application refuses to start."""


@dataclass(frozen=True)
class Parts:
    """What the application is built on: settings and the object store."""

    settings: Settings
    storage: ObjectStorage


def create_app(parts: Parts, handlers: Iterable[Any] = ROUTES) -> Litestar:
    """The ASGI application; raises UndeclaredRoute for a route without `access=`."""
    app = Litestar(
        route_handlers=list(handlers),
        middleware=[Gate(Identify(parts.settings.secure), parts.settings.secure)],
        exception_handlers=HANDLERS,
        state=State({"settings": parts.settings, "storage": parts.storage}),
        openapi_config=None,
        request_max_body_size=1_100_000,
        debug=False,
    )
    _refuse_undeclared(app)
    return app


def http_handlers(app: Litestar) -> list[HTTPRouteHandler]:
    """Every HTTP handler of the application, each once."""
    found: dict[int, HTTPRouteHandler] = {}
    for route in app.routes:
        handlers: Iterable[BaseRouteHandler] = getattr(route, "route_handlers", ())
        for handler in handlers:
            # Litestar adds an OPTIONS handler to each path, which only names the methods; the gate knows it.
            if isinstance(handler, HTTPRouteHandler) and handler.http_methods != {"OPTIONS"}:
                found[id(handler)] = handler
    return list(found.values())


def _refuse_undeclared(app: Litestar) -> None:
    missing = [str(h) for h in http_handlers(app) if not isinstance(h.opt.get("access"), Access)]
    if missing:
        raise UndeclaredRoute(", ".join(sorted(missing)))


__all__ = ["Parts", "UndeclaredRoute", "create_app", "http_handlers"]
