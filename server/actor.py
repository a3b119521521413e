"""Who acts in a request: a person, what they may do in each contest, and how they came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

ORGANIZER = "organizer"
JUDGE = "judge"
OFFICER = "officer"


@dataclass(frozen=True, slots=True)
class RoleHeld:
    """A role in one contest on behalf of a unit (its id)."""

    kind: str
    contest: str
    unit: int


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person; `session` is None when a token of the JSON API was used, whose `scopes` then bind.

    `judging` are the contests that the actor organizes and, from the assignment of a round until it is decided, judges.
    """

    person: int
    email: str
    full_name: str
    locale: str
    roles: tuple[RoleHeld, ...]
    session: int | None
    confirmed_at: datetime | None
    csrf: str
    scopes: frozenset[str] = frozenset({"read", "write"})
    judging: frozenset[str] = frozenset()

    def has(self, kind: str, contest: str | None = None) -> bool:
        """True when the actor may act as `kind`, in `contest` if one is named; an organizer who judges it may not."""
        if kind == ORGANIZER and contest in self.judging:
            return False
        return any(role.kind == kind and contest in (None, role.contest) for role in self.roles)

    def sits_out(self, contest: str) -> bool:
        """True for an organizer who judges a round of `contest` that is not decided yet: blind to who entered."""
        return contest in self.judging

    def contests(self, kind: str) -> tuple[str, ...]:
        """The codes of the contests in which the actor holds role `kind`, sorted."""
        return tuple(sorted({role.contest for role in self.roles if role.kind == kind}))

    def units(self, contest: str) -> tuple[int, ...]:
        """The units for which the actor is an officer in `contest`."""
        return tuple(role.unit for role in self.roles if role.kind == OFFICER and role.contest == contest)
