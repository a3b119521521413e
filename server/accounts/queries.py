"""Every read of the accounts room."""

from __future__ import annotations

from collections.abc import Sequence

from server.accounts.tables import Person
from server.actor import JUDGE, OFFICER, ORGANIZER, Actor, RoleHeld
from server.db import Row, fetch, fetch_one
from server.rules.name_order import name_key
from server.search import like
from server.secrets_at_rest import csrf_token, token_hash

_KINDS = (ORGANIZER, JUDGE, OFFICER)
_COUNTS = "(p.confined_to is null or r.contest = any(p.confined_to))"
_PERSON_WITH_ROLES = f"""
    p.id as person, p.email, p.full_name, p.locale,
    (select array_agg(r.kind order by r.id) from role r where r.person = p.id and {_COUNTS}) as kinds,
    (select array_agg(r.contest order by r.id) from role r where r.person = p.id and {_COUNTS}) as contests,
    (select array_agg(r.unit order by r.id) from role r where r.person = p.id and {_COUNTS}) as units
"""
# The contests that the person organizes and judges at this moment. Most people organize nothing: nothing is looked up.
_JUDGES_NOW = """
    case when exists (select 1 from role r where r.person = p.id and r.kind = 'organizer') then
      (select array_agg(distinct r.contest) from role r join judging_now n on n.person = r.person
         and n.contest = r.contest where r.person = p.id and r.kind = 'organizer')
    end as judging
"""


async def actor_of_session(token: str) -> Actor | None:
    """The person behind a session cookie, with today's roles; None when it is unknown, expired or revoked."""
    row = await fetch_one(
        f"select s.id as session, s.confirmed_at, {_PERSON_WITH_ROLES}, {_JUDGES_NOW} from session s join person p on p.id = s.person "
        "where s.token_hash = $1 and s.expires_at > now() and not p.disabled",
        token_hash(token),
    )
    return _actor(row, csrf=csrf_token(token)) if row else None


async def actor_of_api_token(token: str) -> Actor | None:
    """The person behind a bearer token, bound to the token's scopes; None when it is unknown or revoked."""
    row = await fetch_one(
        f"select null::bigint as session, null::timestamptz as confirmed_at, t.scopes, {_PERSON_WITH_ROLES}, {_JUDGES_NOW} "
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
        judging=frozenset(row["judging"] or ()),
    )


async def sessions_of(person: int) -> list[Row]:
    """The open sessions of a person, the newest first."""
    return await fetch(
        "select id, created_at, expires_at, user_agent from session where person = $1 and expires_at > now() order by id desc",
        person,
    )


async def tokens_of(person: int) -> list[Row]:
    """The tokens of a person that work."""
    return await fetch(
        "select id, name, scopes, created_at from api_token where person = $1 and revoked_at is null order by id desc",
        person,
    )


async def people_of(contest: str, managed: Sequence[str] = (), words: str = "") -> list[Row]:
    """The roles of a contest with their people and units, organizers first; `joined` once a password was set.

    `words` are part of a name, address or unit, accents or not. Names stand in the order of the Vietnamese alphabet.
    `elsewhere` is true for people who also have a role in a contest outside `managed`, `waits` for those whose role
    here does not count until they have proven their address.
    """
    rows = await fetch(
        "select r.id as role, r.kind, p.id as person, p.email, p.full_name, p.password_hash is not null as joined, "
        f"  not {_COUNTS} as waits, "
        "  u.name as unit_name, u.code as unit_code, "
        "  (select max(i.created_at) from invitation i where i.person = p.id) as invited_at, "
        "  exists (select 1 from role o where o.person = p.id and o.contest <> all($2::text[])) as elsewhere "
        "from role r join person p on p.id = r.person join unit u on u.id = r.unit where r.contest = $1 "
        "and ($3 = '' or folded(p.full_name || ' ' || p.email || ' ' || u.name) like $3) order by r.id",
        contest,
        list(managed),
        like(words),
    )
    return sorted(rows, key=lambda row: (_KINDS.index(row["kind"]), name_key(row["full_name"])))


async def roles_of_person(person: int) -> list[Row]:
    """What a person is, contest by contest with the newest first: `kinds`, and the units that an officer submits for."""
    return await fetch(
        "select c.title_vi, c.title_en, array_agg(distinct r.kind::text) as kinds, "
        "  array_agg(distinct u.name::text) filter (where r.kind = 'officer') as units "
        "from role r join contest c on c.code = r.contest join unit u on u.id = r.unit "
        "where r.person = $1 group by c.id order by c.id desc",
        person,
    )


async def contest_titles(contest: str) -> Row | None:
    """A contest's code with its titles, for the frame around its pages."""
    return await fetch_one("select code, title_vi, title_en from contest where code = $1", contest)


async def units_of(contest: str) -> list[Row]:
    """The units that a contest speaks of, with their depth below the root: the host's tree and every role's unit."""
    return await fetch(
        """
        with recursive tree as (
          select u.id, u.parent, u.code, u.name, u.kind, u.valid_from, u.valid_to, 0 as depth, array[u.code::text] as path
          from unit u where u.id = (select host_unit from contest where code = $1)
          union all
          select u.id, u.parent, u.code, u.name, u.kind, u.valid_from, u.valid_to, t.depth + 1, t.path || u.code::text
          from unit u join tree t on u.parent = t.id where t.depth < 20
        )
        select *, (select count(*) from role r where r.unit = tree.id and r.contest = $1) as people from tree order by path
        """,
        contest,
    )
