"""Who judges what: a plan is computed and shown, and only applied as it was shown."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass

from server.actor import Actor
from server.db import Row, fetch, fetch_one, unit_of_work
from server.errors import StepNotAllowed
from server.judging import queries
from server.judging.rules.alias import draw_aliases
from server.judging.rules.assignment import EntryToPlace, PanelSeats, Plan, plan_assignment, queue_order
from server.judging.services.conflicts import conflicts_for
from server.judging.states import ASSIGNED, WAITING


@dataclass(frozen=True)
class PlannedRound:
    """A plan with the rows that it speaks of; `basis` is a digest of all that it was computed from."""

    plan: Plan
    basis: str
    entries: dict[int, Row]
    judges: dict[int, Row]
    panels: dict[int, Row]


async def plan_round(contest: str, code: str, seed: int | None = None) -> PlannedRound:
    """Compute a plan and write nothing; the same seed on the same facts gives the same plan.

    Raises PlanInfeasible with the judges, entries or panels that are in the way.
    """
    return await _plan(await queries.round_row(contest, code), seed if seed is not None else secrets.randbelow(2**31))


async def apply_plan(actor: Actor, contest: str, code: str, seed: int, basis: str) -> Plan:
    """Write the plan of `seed` exactly as it was shown: aliases, panels and assignments in each judge's own order.

    Raises StepNotAllowed when entries, judges or conflicts changed since (`basis` differs), when the contest is not
    closed, when judging has begun, or when every organizer judges this round and nobody were left to run it. A plan
    that was applied before is replaced, and its aliases with it.
    """
    async with unit_of_work(actor.person, contest) as work:
        row = await queries.round_row(contest, code, lock=True)
        if row["state"] not in (WAITING, ASSIGNED) or row["contest_state"] not in ("closed", "judging"):
            raise StepNotAllowed("apply_plan", row["state"] if row["contest_state"] != "open" else "open")
        planned = await _plan(row, seed)
        if planned.basis != basis:
            raise StepNotAllowed("apply_plan", row["state"], ["facts_changed"])
        if not await queries.somebody_can_organize(row["id"]):
            raise StepNotAllowed("apply_plan", row["state"], ["no_free_organizer"])
        aliases = await _enter(row, planned)
        await _assign(planned, aliases)
        plan = planned.plan
        measures = {"a_eff": plan.a_eff, "components": plan.components, "cost": plan.cost, "gaps": len(plan.gaps)}
        await fetch(
            "update round set state = $2, plan_seed = $3, plan = $4 where id = $1",
            row["id"],
            ASSIGNED,
            seed,
            json.dumps(measures),
        )
        work.audit("round.planned", f"{contest}/{code}", seed=seed, assignments=len(plan.pairs), **measures)
        return plan


async def _plan(row: Row, seed: int) -> PlannedRound:
    entries = await queries.entries_to_place(row)
    panels = await queries.panels_of(row["id"])
    judges = await queries.judges_of_round(row["id"])
    parents = await queries.unit_parents()
    conflicts = await conflicts_for(row, judges, entries)
    seats = [
        PanelSeats(
            panel=panel["id"],
            judges=tuple(panel["judges"] or ()),
            categories=frozenset(panel["categories"]),
            units=_with_below(panel["units"], parents),
        )
        for panel in panels
    ]
    plan = plan_assignment(
        [EntryToPlace(e["id"], unit=e["unit"], category=e["category"]) for e in entries],
        seats,
        set(conflicts),
        row["judges_per_entry"],
        seed,
    )
    facts = [
        [list(e.values()) for e in entries],
        [[s.panel, s.judges, sorted(s.categories), sorted(s.units)] for s in seats],
        sorted(conflicts),
        row["judges_per_entry"],
    ]
    basis = hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()[:16]
    return PlannedRound(
        plan,
        basis,
        {entry["id"]: entry for entry in entries},
        {judge["id"]: judge for judge in judges},
        {panel["id"]: panel for panel in panels},
    )


def _with_below(units: list[int], parents: dict[int, int | None]) -> frozenset[int]:
    wanted = set(units)
    grown = True
    while wanted and grown:
        below = {unit for unit, parent in parents.items() if parent in wanted} - wanted
        wanted |= below
        grown = bool(below)
    return frozenset(wanted)


async def _enter(row: Row, planned: PlannedRound) -> dict[int, int]:
    """Make or keep the round's entries and set their panels; returns entry id -> round_entry id.

    Every alias is drawn anew: an organizer who saw those of an earlier plan may have got a seat since.
    """
    await fetch(
        "delete from assignment a using round_entry re where re.id = a.round_entry and re.round = $1", row["id"]
    )
    entries = list(planned.entries)
    await fetch("delete from round_entry where round = $1 and not entry = any($2::bigint[])", row["id"], entries)
    known = {r["entry"]: r["id"] for r in await fetch("select id, entry from round_entry where round = $1", row["id"])}
    new = [entry for entry in entries if entry not in known]
    taken = await fetch(
        "select re.alias from round_entry re join round r on r.id = re.round where r.contest = $1", row["contest"]
    )
    drawn = draw_aliases(len(entries), {r["alias"] for r in taken})
    made = await fetch(
        "insert into round_entry (round, entry, alias) select $1, * from unnest($2::bigint[], $3::text[]) "
        "returning id, entry",
        row["id"],
        new,
        drawn[: len(new)],
    )
    await fetch(
        "update round_entry re set alias = d.alias from unnest($1::bigint[], $2::text[]) as d(id, alias) where re.id = d.id",
        list(known.values()),
        drawn[len(new) :],
    )
    known.update({r["entry"]: r["id"] for r in made})
    panel_of = planned.plan.panel_of
    await fetch(
        "update round_entry re set panel = p.panel from unnest($2::bigint[], $3::bigint[]) as p(entry, panel) "
        "where re.round = $1 and re.entry = p.entry",
        row["id"],
        list(panel_of),
        list(panel_of.values()),
    )
    return known


async def _assign(planned: PlannedRound, round_entries: dict[int, int]) -> None:
    """Each judge's queue is shuffled by a number that nobody learns: with the plan's own one, an organizer who judges
    could work out which entry comes first."""
    secret = secrets.randbits(62)
    mine: dict[int, list[int]] = {}
    for entry, judge in planned.plan.pairs:
        mine.setdefault(int(judge), []).append(int(entry))
    rows = [
        (round_entries[entry], judge, position)
        for judge, entries in sorted(mine.items())
        for position, entry in enumerate(queue_order(secret, judge, sorted(entries)), 1)
    ]
    await fetch_one(
        "insert into assignment (round_entry, person, position) select * from unnest($1::bigint[], $2::bigint[], $3::int[])",
        [r[0] for r in rows],
        [r[1] for r in rows],
        [r[2] for r in rows],
    )
