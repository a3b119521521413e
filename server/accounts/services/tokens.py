"""Tokens for the JSON API: shown once, stored hashed, bound to scopes, revocable."""

from __future__ import annotations

from server.actor import Actor
from server.db import fetch, fetch_one, unit_of_work
from server.errors import FieldError, InvalidForm, NotFound
from server.secrets_at_rest import new_token, token_hash

SCOPES = ("read", "write")
PREFIX = "ht_"


async def make_token(actor: Actor, name: str, *, may_write: bool, key: str = "") -> str:
    """A new token of the person; what it may do is at most what the person may do at each request.

    It is shown once, so a second press of the same form (`key`) replaces the token of the first.
    """
    if not name:
        raise InvalidForm([FieldError("name", "required")])
    token = PREFIX + new_token()
    async with unit_of_work(actor.person) as work:
        await fetch("select 1 from person where id = $1 for no key update", actor.person)
        await fetch(
            "update api_token set revoked_at = clock_timestamp() where person = $1 and name = $2 and revoked_at is null "
            "and id in (select (data ->> 'token')::bigint from audit_event where person = $1 and action = 'token.made' "
            "  and data ->> 'key' = nullif($3, ''))",
            actor.person,
            name,
            key,
        )
        made = await fetch_one(
            "insert into api_token (token_hash, person, name, scopes, created_at) "
            "values ($1, $2, $3, $4, clock_timestamp()) returning id",
            token_hash(token),
            actor.person,
            name,
            list(SCOPES if may_write else SCOPES[:1]),
        )
        assert made is not None
        work.audit("token.made", name, token=made["id"], key=key)
    return token


async def revoke_token(actor: Actor, token: int) -> None:
    """End a token, once; it binds the next request."""
    async with unit_of_work(actor.person) as work:
        row = await fetch_one(
            "select name, revoked_at from api_token where id = $1 and person = $2 for update", token, actor.person
        )
        if row is None:
            raise NotFound
        if row["revoked_at"] is not None:
            return
        await fetch("update api_token set revoked_at = clock_timestamp() where id = $1", token)
        work.audit("token.revoked", row["name"])
