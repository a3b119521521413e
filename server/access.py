"""Deny by default: each route declares one rule, in `opt["access"]`, of who may use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.actor import JUDGE as JUDGE_ROLE
from server.actor import OFFICER as OFFICER_ROLE
from server.actor import ORGANIZER as ORGANIZER_ROLE
from server.actor import Actor
from server.errors import Forbidden, NotFound, NotSignedIn


@dataclass(frozen=True)
class Access:
    """A rule with its name; `kinds` are the roles that pass, in the contest that the path names if it names one.

    `while_judging` lets organizers pass who judge the contest: only for what shows neither an entry nor a mark.
    """

    name: str
    signed_in: bool = True
    kinds: tuple[str, ...] = ()
    while_judging: bool = False

    def check(self, actor: Actor | None, path_params: Mapping[str, Any]) -> None:
        """Raise NotSignedIn, NotFound for a contest in which the actor has no role (it must not show), or Forbidden.

        An organizer who judges the contest is told so ("judging"): this is the only place that has to know.
        """
        if not self.signed_in:
            return
        if actor is None:
            raise NotSignedIn
        if not self.kinds:
            return
        contest = path_params.get("contest")
        if any(actor.has(kind, contest) for kind in self.kinds):
            return
        if contest is not None and ORGANIZER_ROLE in self.kinds and actor.sits_out(contest):
            if self.while_judging:
                return
            raise Forbidden("judging")
        if contest is not None and not any(role.contest == contest for role in actor.roles):
            raise NotFound
        raise Forbidden("role")


PUBLIC = Access("public", signed_in=False)
SIGNED_IN = Access("signed in")
OFFICER = Access("officer", kinds=(OFFICER_ROLE,))
JUDGE = Access("judge", kinds=(JUDGE_ROLE,))
ORGANIZER = Access("organizer", kinds=(ORGANIZER_ROLE,))
ORGANIZER_ALSO_JUDGING = Access("organizer, also while judging", kinds=(ORGANIZER_ROLE,), while_judging=True)
OFFICER_OR_ORGANIZER = Access("officer or organizer", kinds=(OFFICER_ROLE, ORGANIZER_ROLE))
