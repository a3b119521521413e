"""The states of a round and of an assignment."""

from __future__ import annotations

from typing import Final

WAITING: Final = "waiting"
ASSIGNED: Final = "assigned"
JUDGING: Final = "judging"
CLOSED: Final = "closed"
DECIDED: Final = "decided"

ROUND_STATES: Final = (WAITING, ASSIGNED, JUDGING, CLOSED, DECIDED)

ACTIVE: Final = "active"
RECUSED: Final = "recused"
CANCELLED: Final = "cancelled"
