"""Links that set a password: 256 random bits, stored hashed, used once; mailed ones prove the address."""

from __future__ import annotations

from datetime import timedelta

from server.accounts.services.passwords import hash_password
from server.accounts.services.sessions import end_access, open_session
from server.db import Row, fetch, fetch_one, unit_of_work
from server.errors import NotFound
from server.secrets_at_rest import new_token, token_hash

INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(hours=1)


async def make_invitation(person: int, *, shown_in: str | None = None, lasts: timedelta = INVITATION_LASTS) -> str:
    """Inside the caller's transaction: a new link's token; links made before for the person no longer work.

    `shown_in` is the contest whose organizer gets to see the link; None says that it is mailed to the person alone.
    """
    await void_invitations(person)
    return await _make(person, shown_in, lasts)


async def make_reset(person: int) -> str:
    """Inside the caller's transaction: the token of a link to mail to somebody who forgot the password.

    Anybody may ask for one in another's name, so it voids no invitation, only the resets before it.
    """
    await fetch(
        "update invitation set used_at = clock_timestamp() where person = $1 and used_at is null and mailed "
        "and expires_at <= created_at + $2",
        person,
        RESET_LASTS,
    )
    return await _make(person, None, RESET_LASTS)


async def _make(person: int, shown_in: str | None, lasts: timedelta) -> str:
    token = new_token()
    await fetch(
        "insert into invitation (token_hash, person, mailed, confined_to, created_at, expires_at) "
        "select $1, $2, $3, $4, now, now + $5 from clock_timestamp() as now",
        token_hash(token),
        person,
        shown_in is None,
        None if shown_in is None else [shown_in],
        lasts,
    )
    return token


async def void_invitations(person: int) -> None:
    """Inside the caller's transaction: no link made so far for the person works any longer."""
    await fetch("update invitation set used_at = clock_timestamp() where person = $1 and used_at is null", person)


async def invited_person(token: str) -> Row:
    """Whom a link is for; looking does not use it up. Raises NotFound for a used, old or unknown one."""
    row = await fetch_one(
        "select p.id, p.email, p.full_name, p.locale from invitation i join person p on p.id = i.person "
        "where i.token_hash = $1 and i.used_at is null and i.expires_at > now() and not p.disabled",
        token_hash(token),
    )
    if row is None:
        raise NotFound
    return row


async def was_used(token: str) -> bool:
    """Whether a link works no longer because it, or a newer one, was used."""
    return (
        await fetch_one("select 1 from invitation where token_hash = $1 and used_at is not null", token_hash(token))
        is not None
    )


async def accept_invitation(token: str, password: str, user_agent: str) -> str:
    """Use the link up, set the password and sign in; returns the session's token. The password was checked before.

    A mailed link proves the address. After one that was shown, only the roles of the contest count in which it was
    shown: whoever saw it may be the one who sets the password.
    """
    hashed = await hash_password(password)
    async with unit_of_work() as work:
        used = await fetch_one(
            "update invitation i set used_at = clock_timestamp() from person p where p.id = i.person "
            "and i.token_hash = $1 and i.used_at is null and i.expires_at > now() and not p.disabled "
            "returning i.person, i.mailed, i.confined_to",
            token_hash(token),
        )
        if used is None:
            raise NotFound
        work.person = used["person"]
        await fetch(
            "update person set password_hash = $2, proven_at = case when $3 then clock_timestamp() end, confined_to = $4 "
            "where id = $1",
            used["person"],
            hashed,
            used["mailed"],
            used["confined_to"],
        )
        await void_invitations(used["person"])
        await end_access(used["person"])
        session = await open_session(used["person"], user_agent)
        work.audit("invitation.accepted", mailed=used["mailed"])
    return session
