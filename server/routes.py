"""Every route of the service, room by room."""

from __future__ import annotations

from typing import Any

from server.contests.controllers import organizer, organizer_entries
from server.judging.controllers import judge
from server.static_files import static_file
from server.system_routes import health, switch_locale

ROUTES: list[Any] = [
    static_file,
    health,
    switch_locale,
    *organizer.ROUTES,
    *organizer_entries.ROUTES,
    *judge.ROUTES,
]
