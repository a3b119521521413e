"""Every route of the service, room by room."""

from __future__ import annotations

from typing import Any

from server.accounts.controllers import account, entrance, forgotten, people
from server.api import docs as api
from server.contests.controllers import (
    files,
    officer,
    organizer,
    organizer_dates,
    organizer_entries,
    organizer_files,
    receipts,
    uploads,
)
from server.judging.controllers import judge, planning, viewer
from server.judging.controllers import organizer as round_organizer
from server.publishing import controllers as publishing
from server.static_files import static_file
from server.system_routes import health, home, switch_locale

ROUTES: list[Any] = [
    static_file,
    health,
    switch_locale,
    home,
    *entrance.ROUTES,
    *forgotten.ROUTES,
    *account.ROUTES,
    *people.ROUTES,
    *officer.ROUTES,
    *files.ROUTES,
    *uploads.ROUTES,
    *receipts.ROUTES,
    *organizer.ROUTES,
    *organizer_dates.ROUTES,
    *organizer_entries.ROUTES,
    *organizer_files.ROUTES,
    *judge.ROUTES,
    *viewer.ROUTES,
    *planning.ROUTES,
    *round_organizer.ROUTES,
    *publishing.ROUTES,
    *api.ROUTES,
]
