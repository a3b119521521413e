"""Who advances: the best of each group, and what happens to a tie that lies across the cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from server.errors import HoithiError
from server.judging.rules.standings import Standing

WHOLE_ROUND = ""


@dataclass(frozen=True, slots=True)
class GroupCut:
    """The cut of one group: entries in rank order; `places` is how many of `unresolved` may still advance."""

    group: str
    advanced: tuple[str, ...]
    unresolved: tuple[str, ...]
    places: int


@dataclass(frozen=True, slots=True)
class Cut:
    """Who advances (entry codes, best first), which tied entries people must decide on, and each group's part."""

    advanced: tuple[str, ...]
    unresolved: tuple[str, ...]
    groups: tuple[GroupCut, ...]


@dataclass(eq=False)
class DecisionMismatch(HoithiError):
    """A decision that does not settle the tie of `group`: it must name `places` of `tied`, and named `named`."""

    group: str
    tied: Sequence[str]
    places: int
    named: Sequence[str]


def draw_cut(
    standings: Sequence[Standing],
    top: int,
    per: Literal["round", "category", "panel"] = "round",
    groups: Mapping[str, str] | None = None,
    ties: Literal["decide", "include"] = "decide",
    decision: Sequence[str] | None = None,
) -> Cut:
    """The best `top` of the round, or of each category or panel (`groups`: entry -> code of its group).

    Entries of one rank are tied: the ladder was tried before. "include" lets a whole tie on the cut advance.
    "decide" holds it back until `decision` names as many of the tied entries as places are left; groups that the
    decision does not touch stay unresolved. Entries without a score never advance. Raises DecisionMismatch.
    """
    members: dict[str, list[Standing]] = {}
    for line in standings:
        group = WHOLE_ROUND if per == "round" else (groups or {})[line.entry]
        members.setdefault(group, []).append(line)
    cuts = [_cut_group(group, members[group], top, ties) for group in sorted(members)]
    if decision:
        cuts = settle(cuts, decision)
    order = [line.entry for line in _ranked(standings)]
    return Cut(
        advanced=_in_order(order, (entry for cut in cuts for entry in cut.advanced)),
        unresolved=_in_order(order, (entry for cut in cuts for entry in cut.unresolved)),
        groups=tuple(
            GroupCut(cut.group, _in_order(order, cut.advanced), _in_order(order, cut.unresolved), cut.places)
            for cut in cuts
        ),
    )


def _ranked(standings: Iterable[Standing]) -> list[Standing]:
    return sorted((line for line in standings if line.rank is not None), key=lambda line: (line.rank, line.entry))


def _cut_group(group: str, standings: Sequence[Standing], top: int, ties: str) -> GroupCut:
    ranked = _ranked(standings)
    if top <= 0 or len(ranked) <= top:
        return GroupCut(group, tuple(line.entry for line in ranked[: max(top, 0)]), (), 0)
    last_in, first_out = ranked[top - 1], ranked[top]
    if last_in.rank != first_out.rank:
        return GroupCut(group, tuple(line.entry for line in ranked[:top]), (), 0)
    clear = tuple(line.entry for line in ranked[:top] if line.rank != last_in.rank)
    tied = tuple(line.entry for line in ranked if line.rank == last_in.rank)
    if ties == "include":
        return GroupCut(group, clear + tied, (), 0)
    return GroupCut(group, clear, tied, top - len(clear))


def settle(cuts: Sequence[GroupCut], decision: Sequence[str]) -> list[GroupCut]:
    """The cuts after `decision`; groups that it does not touch stay unresolved. Raises DecisionMismatch."""
    tied_anywhere = {entry for cut in cuts for entry in cut.unresolved}
    strangers = [entry for entry in decision if entry not in tied_anywhere]
    if strangers:
        raise DecisionMismatch(WHOLE_ROUND, sorted(tied_anywhere), sum(cut.places for cut in cuts), strangers)
    settled = []
    for cut in cuts:
        named = [entry for entry in decision if entry in cut.unresolved]
        if not named:
            settled.append(cut)
        elif len(named) == len(set(named)) == cut.places:
            settled.append(GroupCut(cut.group, cut.advanced + tuple(named), (), 0))
        else:
            raise DecisionMismatch(cut.group, cut.unresolved, cut.places, named)
    return settled


def _in_order(order: Sequence[str], entries: Iterable[str]) -> tuple[str, ...]:
    chosen = set(entries)
    return tuple(entry for entry in order if entry in chosen)
