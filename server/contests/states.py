"""The states of a contest and of an entry, and the steps that lead from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DRAFT: Final = "draft"
OPEN: Final = "open"
CLOSED: Final = "closed"
JUDGING: Final = "judging"
DECIDED: Final = "decided"
PUBLISHED: Final = "published"

CONTEST_STATES: Final = (DRAFT, OPEN, CLOSED, JUDGING, DECIDED, PUBLISHED)

SUBMITTED: Final = "submitted"
RETURNED: Final = "returned"
VALID: Final = "valid"
WITHDRAWN: Final = "withdrawn"

ENTRY_STATES: Final = (DRAFT, SUBMITTED, RETURNED, VALID, WITHDRAWN)
IN_THE_CONTEST: Final = (SUBMITTED, VALID)


@dataclass(frozen=True)
class Step:
    """A step of a contest that a person takes by a button: its name, where it starts and where it leads."""

    name: str
    source: str
    target: str


STEPS: Final = {
    step.name: step
    for step in (
        Step("open", DRAFT, OPEN),
        Step("back_to_draft", OPEN, DRAFT),
        Step("close", OPEN, CLOSED),
        Step("reopen", CLOSED, OPEN),
    )
}
"""Steps taken on the dashboard; judging, deciding and publishing are taken by the rooms above."""


def steps_from(state: str) -> tuple[Step, ...]:
    """The dashboard's steps that start at `state`."""
    return tuple(step for step in STEPS.values() if step.source == state)
