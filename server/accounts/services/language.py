"""The language in which a person reads pages and gets mails."""

from __future__ import annotations

from server.actor import Actor
from server.db import fetch, unit_of_work
from server.i18n import Locale


async def choose_language(actor: Actor, locale: Locale) -> None:
    """Keep the person's choice; it binds the next request and mail."""
    async with unit_of_work(actor.person) as work:
        if not await fetch(
            "update person set locale = $2 where id = $1 and locale <> $2 returning id", actor.person, locale
        ):
            return
        work.audit("account.language", locale)
