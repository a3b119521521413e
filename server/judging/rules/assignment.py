"""Plans who judges what: entries to panels, then judges to entries, by exact min-cost flow; conflicts have no arc."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from server.errors import PlanInfeasible
from server.judging.rules.connectivity import a_efficiency, components

Pair = tuple[int, int]

CONFLICT_COST = 1_000_000
UNIT_COST = 1_000
NOISE = 200


@dataclass(frozen=True, slots=True)
class EntryToPlace:
    """An entry with its unit and category (ids)."""

    id: int
    unit: int
    category: int


@dataclass(frozen=True, slots=True)
class PanelSeats:
    """A panel with its seated judges; empty `categories` or `units` take all (`units` with those below them)."""

    panel: int
    judges: tuple[int, ...]
    categories: frozenset[int] = frozenset()
    units: frozenset[int] = frozenset()

    def takes(self, entry: EntryToPlace) -> bool:
        """Whether the panel is meant for the entry."""
        return (not self.categories or entry.category in self.categories) and (
            not self.units or entry.unit in self.units
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Who judges what. `pairs` are (entry, judge); `gaps` are (entry, judge, reason) of seats that a conflict empties.

    `loads` counts the pairs of each judge; `cost` is the flow's; `a_eff` and `components` measure how comparable the
    judges are (see connectivity).
    """

    seed: int
    panel_of: dict[int, int]
    pairs: tuple[Pair, ...]
    gaps: tuple[tuple[int, int, str], ...]
    loads: dict[int, int]
    a_eff: float
    components: int
    cost: int


def plan_assignment(
    entries: Sequence[EntryToPlace],
    panels: Sequence[PanelSeats],
    conflicts: Collection[tuple[int, int]],
    judges_per_entry: int | None,
    seed: int,
) -> Plan:
    """The plan of least cost; `conflicts` are (judge, entry), `judges_per_entry` None seats the whole panel.

    The same facts in the same order with the same seed give the same plan. Raises PlanInfeasible with (code, subject)
    pairs: "no_panel_fits" (entry), "panel_without_judges" (panel), "too_few_judges" (entry).
    """
    barred = frozenset(conflicts)
    chance = random.Random(seed)  # noqa: S311
    panel_of, cost = _place(entries, panels, barred, judges_per_entry, chance)
    pairs: list[Pair] = []
    gaps: list[tuple[int, int, str]] = []
    for panel in panels:
        placed = [entry for entry in entries if panel_of[entry.id] == panel.panel]
        if judges_per_entry is None:
            for entry in placed:
                for judge in panel.judges:
                    if (judge, entry.id) in barred:
                        gaps.append((entry.id, judge, "conflict"))
                    else:
                        pairs.append((entry.id, judge))
        elif placed:
            drawn, more = _draw(placed, panel, barred, judges_per_entry, chance)
            pairs += drawn
            cost += more
    loads = Counter(judge for _, judge in pairs)
    for panel in panels:
        for judge in panel.judges:
            loads.setdefault(judge, 0)
    return Plan(
        seed=seed,
        panel_of=panel_of,
        pairs=tuple(sorted(pairs)),
        gaps=tuple(sorted(gaps)),
        loads=dict(sorted(loads.items())),
        a_eff=a_efficiency(pairs),
        components=components(pairs),
        cost=cost,
    )


def queue_order(seed: int, judge: int, entries: Sequence[int]) -> list[int]:
    """The entries in the judge's own order: random, so that nobody is always judged first or last."""
    order = sorted(entries)
    random.Random(f"{seed}/{judge}").shuffle(order)  # noqa: S311
    return order


@dataclass
class _Flow:
    """A min-cost flow under construction; nodes are numbered as they are first named."""

    solver: SimpleMinCostFlow = field(default_factory=SimpleMinCostFlow)
    nodes: dict[object, int] = field(default_factory=dict)
    arcs: dict[int, tuple[object, object]] = field(default_factory=dict)

    def node(self, name: object) -> int:
        return self.nodes.setdefault(name, len(self.nodes))

    def arc(self, tail: object, head: object, capacity: int, cost: int) -> None:
        number = self.solver.add_arc_with_capacity_and_unit_cost(self.node(tail), self.node(head), capacity, cost)
        self.arcs[int(number)] = (tail, head)

    def supply(self, name: object, amount: int) -> None:
        self.solver.set_node_supply(self.node(name), amount)

    def solve(self) -> tuple[list[tuple[object, object]], int] | None:
        """The arcs that carry flow, and the cost; None when the supplies cannot be shipped."""
        if self.solver.solve() != self.solver.OPTIMAL:
            return None
        return [ends for number, ends in self.arcs.items() if self.solver.flow(number)], int(self.solver.optimal_cost())


def _place(
    entries: Sequence[EntryToPlace],
    panels: Sequence[PanelSeats],
    barred: frozenset[tuple[int, int]],
    wanted: int | None,
    chance: random.Random,
) -> tuple[dict[int, int], int]:
    """Entries to panels that fit: evenly, away from conflicted judges first, then units spread over the panels.

    Entries that the same panels fit are spread evenly over these: sizes that differ by one at most, where conflicts
    and other restrictions leave the choice.
    """
    fitting = {entry.id: [panel for panel in panels if panel.takes(entry)] for entry in entries}
    reasons = [("no_panel_fits", str(entry.id)) for entry in entries if not fitting[entry.id]]
    empty = {p.panel for fits in fitting.values() for p in fits if len(p.judges) == 0}
    reasons += [("panel_without_judges", str(panel)) for panel in sorted(empty)]
    if wanted is not None:
        for entry in entries:
            fitting[entry.id] = [
                panel for panel in fitting[entry.id] if sum((j, entry.id) not in barred for j in panel.judges) >= wanted
            ]
            if not fitting[entry.id] and not reasons:
                reasons.append(("too_few_judges", str(entry.id)))
    if reasons:
        raise PlanInfeasible(reasons)
    flow = _Flow()
    for entry in entries:
        flow.supply(("entry", entry.id), 1)
        for panel in fitting[entry.id]:
            met = sum((judge, entry.id) in barred for judge in panel.judges)
            cost = met * CONFLICT_COST + chance.randrange(NOISE)
            flow.arc(("entry", entry.id), ("unit", entry.unit, panel.panel), 1, cost)
    # The n-th entry of a panel, and of a unit on a panel, costs more than the one before: even loads are cheapest.
    for unit in dict.fromkeys(entry.unit for entry in entries):
        number = sum(entry.unit == unit for entry in entries)
        for panel in panels:
            for nth in range(number):
                flow.arc(("unit", unit, panel.panel), ("panel", panel.panel), 1, nth * UNIT_COST)
    for panel in panels:
        for nth in range(len(entries)):
            flow.arc(("panel", panel.panel), "sink", 1, nth * UNIT_COST * 20)
    flow.supply("sink", -len(entries))
    solved = flow.solve()
    if solved is None:
        raise PlanInfeasible([("no_panel_fits", "")])
    panel_of = {
        tail[1]: head[2]
        for tail, head in solved[0]
        if isinstance(tail, tuple) and isinstance(head, tuple) and tail[0] == "entry"
    }
    return panel_of, solved[1]


def _draw(
    entries: Sequence[EntryToPlace],
    panel: PanelSeats,
    barred: frozenset[tuple[int, int]],
    wanted: int,
    chance: random.Random,
) -> tuple[list[Pair], int]:
    """`wanted` judges of the panel for each entry: even loads first, then each judge's entries from many units."""
    flow = _Flow()
    for entry in entries:
        free = [judge for judge in panel.judges if (judge, entry.id) not in barred]
        if len(free) < wanted:
            raise PlanInfeasible([("too_few_judges", str(entry.id))])
        flow.supply(("entry", entry.id), wanted)
        for judge in free:
            flow.arc(("entry", entry.id), ("unit", entry.unit, judge), 1, chance.randrange(NOISE))
    of_unit = Counter(entry.unit for entry in entries)
    for unit, number in of_unit.items():
        for judge in panel.judges:
            for nth in range(number):
                flow.arc(("unit", unit, judge), ("judge", judge), 1, nth * UNIT_COST)
    for judge in panel.judges:
        for nth in range(len(entries)):
            flow.arc(("judge", judge), "sink", 1, nth * UNIT_COST * 20)
    flow.supply("sink", -wanted * len(entries))
    solved = flow.solve()
    if solved is None:
        raise PlanInfeasible([("too_few_judges", str(entry.id)) for entry in entries[:1]])
    pairs = [
        (tail[1], head[2])
        for tail, head in solved[0]
        if isinstance(tail, tuple) and isinstance(head, tuple) and tail[0] == "entry"
    ]
    return pairs, solved[1]
