"""People and their roles in a contest, and the names of units: changed by organizers with a fresh password."""

from __future__ import annotations

from server.accounts.rules.spelling import one_line, spell_address
from server.accounts.services.invitations import make_invitation, void_invitations
from server.accounts.services.sessions import require_fresh
from server.actor import JUDGE, OFFICER, ORGANIZER, Actor
from server.db import Row, fetch, fetch_one, unit_of_work
from server.errors import FieldError, Forbidden, InvalidForm, NotFound, StepNotAllowed

KINDS = (ORGANIZER, JUDGE, OFFICER)

# Of the contest $1: its host, all units below it, and those that its people act for.
_UNITS_OF_CONTEST = """
    with recursive tree as (
      select host_unit as id from contest where code = $1 union select u.id from unit u join tree t on u.parent = t.id
    ), known as (select id from tree union select r.unit from role r where r.contest = $1)
"""


async def add_person(actor: Actor, contest: str, *, email: str, full_name: str, kind: str, unit: str) -> None:
    """Give somebody a role on behalf of a unit (its code); a new address gets an account and an invitation.

    The unit is one of the contest's: the host, one below it, or one that somebody acts for already.
    """
    require_fresh(actor)
    _may_while_judging(actor, contest, {kind})
    address, full_name = spell_address(email), one_line(full_name)
    errors = [] if address else [FieldError("email", "email")]
    if not full_name:
        errors.append(FieldError("full_name", "required"))
    if kind not in KINDS:
        errors.append(FieldError("kind", "not_a_choice"))
    async with unit_of_work(actor.person, contest) as work:
        held = await fetch_one(
            f"{_UNITS_OF_CONTEST} select u.id from unit u where u.code = $2 and u.id in (select id from known)",
            contest,
            unit,
        )
        if held is None:
            errors.append(FieldError("unit", "not_a_choice"))
        if errors or held is None or address is None:
            raise InvalidForm(errors)
        person = await _person(address, full_name)
        if kind == OFFICER and await fetch_one(
            "select 1 from judging_now where person = $1 and contest = $2", person["id"], contest
        ):
            raise InvalidForm([FieldError("kind", "judges_now")])
        granted = await fetch(
            "insert into role (person, kind, contest, unit, created_at) values ($1, $2, $3, $4, clock_timestamp()) "
            "on conflict do nothing returning id",
            person["id"],
            kind,
            contest,
            held["id"],
        )
        if not granted:
            return
        work.audit("role.granted", contest, person=person["id"], kind=kind, unit=unit)
        if _may_be_mailed_a_link(person):
            # A link that somebody was shown before must not open the role given just now.
            await void_invitations(person["id"])
            work.enqueue("send_invitation", {"person": person["id"]})


async def invite_again(actor: Actor, contest: str, person: int) -> None:
    """Mail a new link, which voids the one before; StepNotAllowed for somebody whose roles count everywhere already."""
    require_fresh(actor)
    async with unit_of_work(actor.person, contest) as work:
        row = await _of_contest(contest, person)
        if not _may_be_mailed_a_link(row):
            raise StepNotAllowed("invite", "accepted")
        if await _invited_just_now(person):
            return
        work.enqueue("send_invitation", {"person": person})
        work.audit("invitation.requested", contest, person=person)


async def vouch(actor: Actor, contest: str, person: int) -> None:
    """Let the roles of this contest count for somebody whose address is not proven, on the organizer's word.

    StepNotAllowed for somebody whose address is proven. Done twice it is done once.
    """
    require_fresh(actor)
    async with unit_of_work(actor.person, contest) as work:
        row = await _of_contest(contest, person)
        if row["confined_to"] is not None and contest in row["confined_to"]:
            return
        if not await fetch(
            "update person set confined_to = confined_to || $2::varchar where id = $1 and confined_to is not null "
            "and $2 <> all(confined_to) returning id",
            person,
            contest,
        ):
            raise StepNotAllowed("vouch", "accepted")
        work.audit("person.vouched", contest, person=person)


async def invitation_link(actor: Actor, contest: str, person: int) -> str:
    """The token of a new link to pass on by other means than mail; it is shown once and kept nowhere.

    Who holds a link becomes the person, so it opens this contest alone until a mailed link was used, and it is shown
    only for somebody without a password whose roles are all in contests of the actor; for others StepNotAllowed is
    raised, and the link goes by mail.
    """
    require_fresh(actor)
    async with unit_of_work(actor.person, contest) as work:
        row = await _of_contest(contest, person)
        held = await fetch("select kind from role where contest = $1 and person = $2", contest, person)
        _may_while_judging(actor, contest, {role["kind"] for role in held})
        if row["password_hash"] is not None:
            raise StepNotAllowed("invite", "accepted")
        if await fetch_one(
            "select 1 from role where person = $1 and contest <> all($2::text[])", person, actor.contests(ORGANIZER)
        ):
            raise StepNotAllowed("invite", "elsewhere")
        token = await make_invitation(person, shown_in=contest)
        work.audit("invitation.shown", contest, person=person)
    return token


async def remove_role(actor: Actor, contest: str, role: int) -> None:
    """Take a role away: it binds the next request. The last organizer of a contest stays.

    A role that was taken away before is answered like the first time.
    """
    require_fresh(actor)
    async with unit_of_work(actor.person, contest) as work:
        rows = await fetch("select id, kind, person from role where contest = $1 order by id for update", contest)
        row = next((r for r in rows if r["id"] == role), None)
        if row is None:
            await _require_removed_before(contest, role)
            return
        organizers = {r["person"] for r in rows if r["kind"] == ORGANIZER and r["id"] != role}
        if row["kind"] == ORGANIZER and not organizers:
            raise StepNotAllowed("remove_role", "last_organizer")
        await fetch("delete from role where id = $1", role)
        work.audit("role.removed", contest, role=role, person=row["person"], kind=row["kind"])


async def _require_removed_before(contest: str, role: int) -> None:
    """Raise NotFound unless the contest's log tells that this role was taken away."""
    told = "select 1 from audit_event where contest = $1 and action = 'role.removed' and data ->> 'role' = $2"
    if await fetch_one(told, contest, str(role)) is None:
        raise NotFound


async def rename_unit(actor: Actor, contest: str, unit: int, name: str) -> None:
    """Give a unit its new name; what was published keeps the old one.

    Found are the units that the contest's page lists (the host and all below it) and those its people act for.
    """
    require_fresh(actor)
    name = one_line(name)
    if not name:
        raise InvalidForm([FieldError("name", "required")])
    async with unit_of_work(actor.person, contest) as work:
        row = await fetch_one(
            f"{_UNITS_OF_CONTEST} select u.id, u.name from unit u where u.id = $2 and u.id in (select id from known) "
            "for update of u",
            contest,
            unit,
        )
        if row is None:
            raise NotFound
        if row["name"] == name:
            return
        await fetch("update unit set name = $2 where id = $1", unit, name)
        work.audit("unit.renamed", str(unit), before=row["name"], after=name)


def _may_while_judging(actor: Actor, contest: str, kinds: set[str]) -> None:
    """An organizer who judges may look for another organizer, and for nobody who sees entries on another's behalf."""
    if actor.sits_out(contest) and kinds != {ORGANIZER}:
        raise Forbidden("judging")


async def _person(email: str, full_name: str) -> Row:
    made = await fetch_one(
        "insert into person (email, full_name, created_at) values ($1, $2, clock_timestamp()) "
        "on conflict (email) do nothing returning id, password_hash, confined_to",
        email,
        full_name,
    )
    found = made or await fetch_one("select id, password_hash, confined_to from person where email = $1", email)
    assert found is not None
    return found


def _may_be_mailed_a_link(person: Row) -> bool:
    return person["password_hash"] is None or person["confined_to"] is not None


async def _invited_just_now(person: int) -> bool:
    """Whether a link is on its way already, as from the first of two presses; the person's row is locked."""
    return (
        await fetch_one(
            "select 1 from job where name = 'send_invitation' and (args ->> 'person')::bigint = $1 "
            "and created_at > clock_timestamp() - interval '10 seconds'",
            person,
        )
        is not None
    )


async def _of_contest(contest: str, person: int) -> Row:
    row = await fetch_one(
        "select p.id, p.password_hash, p.confined_to from person p where p.id = $2 and exists "
        "(select 1 from role r where r.person = p.id and r.contest = $1) for no key update of p",
        contest,
        person,
    )
    if row is None:
        raise NotFound
    return row
