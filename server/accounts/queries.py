"""Every read of the accounts room."""

from __future__ import annotations

from server.accounts.tables import Person
from server.actor import Actor, RoleHeld
from server.db import Row, fetch_one
from server.secrets_at_rest import csrf_token, token_hash

_PERSON_WITH_ROLES = """
    p.id as person, p.email, p.full_name, p.locale,
    (select array_agg(r.kind order by r.id) from role r where r.person = p.id) as kinds,
    (select array_agg(r.contest order by r.id) from role r where r.person = p.id) as contests,
    (select array_agg(r.unit order by r.id) from role r where r.person = p.id) as units
"""


async def actor_of_session(token: str) -> Actor | None:
    """The person behind a session cookie, with today's roles; None when it is unknown, expired or revoked."""
    row = await fetch_one(
        f"select s.id as session, s.confirmed_at, {_PERSON_WITH_ROLES} from session s join person p on p.id = s.person "
        "where s.token_hash = $1 and s.expires_at > now() and not p.disabled",
        token_hash(token),
    )
    return _actor(row, csrf=csrf_token(token)) if row else None


async def actor_of_api_token(token: str) -> Actor | None:
    """The person behind a bearer token, bound to the token's scopes; None when it is unknown or revoked."""
    row = await fetch_one(
        f"select null::bigint as session, null::timestamptz as confirmed_at, t.scopes, {_PERSON_WITH_ROLES} "
        "from api_token t join person p on p.id = t.person "
        "where t.token_hash = $1 and t.revoked_at is null and not p.disabled",
        token_hash(token),
    )
    return _actor(row, csrf="", scopes=frozenset(row["scopes"])) if row else None


async def person_for_login(email: str) -> Row | None:
    """id, password_hash and locale of an account that may sign in, by its address in lower case."""
    found = await Person.select(Person.id, Person.password_hash, Person.locale).where(
        (Person.email == email) & Person.disabled.eq(False)
    )
    return found[0] if found else None


def _actor(row: Row, csrf: str, scopes: frozenset[str] = frozenset({"read", "write"})) -> Actor:
    held = zip(row["kinds"] or (), row["contests"] or (), row["units"] or (), strict=True)
    return Actor(
        person=row["person"],
        email=row["email"],
        full_name=row["full_name"],
        locale=row["locale"],
        roles=tuple(RoleHeld(*role) for role in held),
        session=row["session"],
        confirmed_at=row["confirmed_at"],
        csrf=csrf,
        scopes=scopes,
    )
