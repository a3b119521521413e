"""Sessions: a new token at each login, stored hashed, ended on the server; and the confirmation of a fresh password."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from server.accounts.queries import person_for_login
from server.accounts.services.passwords import hash_password, needs_rehash, password_is_right
from server.accounts.services.throttle import Throttle
from server.actor import Actor
from server.db import fetch, fetch_one, unit_of_work
from server.errors import FieldError, InvalidForm, PasswordNotFresh
from server.secrets_at_rest import new_token, token_hash

SESSION_HOURS = 12
FRESH_MINUTES = 15


async def sign_in(email: str, password: str, *, address: str, user_agent: str, throttle: Throttle) -> str:
    """The token of a new session; raises InvalidForm, the same for a wrong password as for an unknown address."""
    account = email.lower()
    await throttle.attempt(account, address)
    person = await person_for_login(account)
    stored = person["password_hash"] if person else None
    if not await password_is_right(password, stored) or person is None:
        raise InvalidForm([FieldError("password", "login")])
    await throttle.forget(account)
    if stored is not None and needs_rehash(stored):
        await fetch("update person set password_hash = $2 where id = $1", person["id"], await hash_password(password))
    async with unit_of_work(person["id"]) as work:
        await fetch("delete from session where person = $1 and expires_at < now()", person["id"])
        token = await open_session(person["id"], user_agent)
        work.audit("session.opened")
    return token


async def open_session(person: int, user_agent: str) -> str:
    """Inside the caller's transaction: a new session; returns its token, which is kept nowhere."""
    token = new_token()
    await fetch(
        "insert into session (token_hash, person, created_at, expires_at, confirmed_at, user_agent) "
        "values ($1, $2, clock_timestamp(), clock_timestamp() + $3 * interval '1 hour', clock_timestamp(), $4)",
        token_hash(token),
        person,
        SESSION_HOURS,
        user_agent[:300],
    )
    return token


async def sign_out(actor: Actor) -> None:
    """End this session."""
    async with unit_of_work(actor.person) as work:
        await fetch("delete from session where id = $1", actor.session)
        work.audit("session.closed")


async def end_access(person: int) -> tuple[int, int]:
    """Inside the caller's transaction: end every session and API token; returns how many there were of each."""
    sessions = await fetch("delete from session where person = $1 returning id", person)
    tokens = await fetch(
        "update api_token set revoked_at = clock_timestamp() where person = $1 and revoked_at is null returning id",
        person,
    )
    return len(sessions), len(tokens)


async def sign_out_everywhere(actor: Actor) -> int:
    """End every session and API token of the person; returns how many sessions there were."""
    async with unit_of_work(actor.person) as work:
        sessions, tokens = await end_access(actor.person)
        work.audit("session.closed_everywhere", sessions=sessions, tokens=tokens)
        return sessions


async def confirm_password(actor: Actor, password: str, *, address: str, throttle: Throttle) -> None:
    """Note that the password was typed again just now; raises InvalidForm when it is wrong."""
    await throttle.attempt(actor.email, address)
    row = await fetch_one("select password_hash from person where id = $1", actor.person)
    if not await password_is_right(password, row["password_hash"] if row else None):
        raise InvalidForm([FieldError("fresh_password", "wrong_password")])
    await throttle.forget(actor.email)
    async with unit_of_work(actor.person) as work:
        await fetch("update session set confirmed_at = clock_timestamp() where id = $1", actor.session)
        work.audit("session.confirmed")


def require_fresh(actor: Actor) -> None:
    """Raise PasswordNotFresh unless the password was typed within the last 15 minutes of this session."""
    if actor.confirmed_at is None or datetime.now(UTC) - actor.confirmed_at > timedelta(minutes=FRESH_MINUTES):
        raise PasswordNotFresh


async def change_password(
    actor: Actor, old: str, new: str, *, address: str, user_agent: str, throttle: Throttle
) -> str:
    """Set a new password that was checked before, end every session and API token, open a new session; its token.

    Raises InvalidForm when the old one is wrong, and TooManyAttempts: an open browser is no place to guess either.
    """
    await throttle.attempt(actor.email, address)
    row = await fetch_one("select password_hash from person where id = $1", actor.person)
    if not await password_is_right(old, row["password_hash"] if row else None):
        raise InvalidForm([FieldError("old_password", "wrong_password")])
    await throttle.forget(actor.email)
    new_hash = await hash_password(new)
    async with unit_of_work(actor.person) as work:
        await fetch("update person set password_hash = $2 where id = $1", actor.person, new_hash)
        await end_access(actor.person)
        token = await open_session(actor.person, user_agent)
        work.audit("password.changed")
    return token
