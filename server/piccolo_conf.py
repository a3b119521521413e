"""What Piccolo's command line and table classes look for: the engine and the apps."""

from __future__ import annotations

from piccolo.conf.apps import AppRegistry

from server.engine import DB

__all__ = ["APP_REGISTRY", "DB"]

APP_REGISTRY = AppRegistry(
    apps=[
        "server.piccolo_app",
        "server.accounts.piccolo_app",
        "server.contests.piccolo_app",
        "server.judging.piccolo_app",
        "server.publishing.piccolo_app",
    ]
)
