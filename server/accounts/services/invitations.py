"""Invitation links: 256 random bits, stored hashed, used once, within seven days."""

from __future__ import annotations

from server.accounts.services.passwords import hash_password
from server.accounts.services.sessions import open_session
from server.db import Row, fetch, fetch_one, unit_of_work
from server.errors import NotFound
from server.secrets_at_rest import new_token, token_hash

DAYS = 7


async def make_invitation(person: int) -> str:
    """Inside the caller's transaction: a new link's token; links made before for the person no longer work."""
    token = new_token()
    await void_invitations(person)
    await fetch(
        "insert into invitation (token_hash, person, created_at, expires_at) "
        "values ($1, $2, clock_timestamp(), clock_timestamp() + $3 * interval '1 day')",
        token_hash(token),
        person,
        DAYS,
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


async def accept_invitation(token: str, password: str, user_agent: str) -> str:
    """Use the link up, set the password and sign in; returns the session's token. The password was checked before."""
    hashed = await hash_password(password)
    async with unit_of_work() as work:
        used = await fetch_one(
            "update invitation i set used_at = clock_timestamp() from person p where p.id = i.person "
            "and i.token_hash = $1 and i.used_at is null and i.expires_at > now() and not p.disabled returning i.person",
            token_hash(token),
        )
        if used is None:
            raise NotFound
        work.person = used["person"]
        await fetch("update person set password_hash = $2 where id = $1", used["person"], hashed)
        await fetch("delete from session where person = $1", used["person"])
        session = await open_session(used["person"], user_agent)
        work.audit("invitation.accepted")
    return session
