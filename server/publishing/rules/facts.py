"""What is known about a contest at the moment of publication, as plain values without personal data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class CriterionFacts:
    """A criterion: points up to `max`, counted `weight` times; `title` by language ("vi", "en")."""

    code: str
    title: Mapping[str, str]
    max: Decimal
    weight: Decimal


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """The declared rules of a round; `ladder` is what breaks ties, `top` and `per` say who advances."""

    criteria: Sequence[CriterionFacts]
    method: str
    trim: int
    per: str
    decimals: int
    ladder: Sequence[str]
    advance_top: int
    advance_per: str
    advance_ties: str
    max_spread: Decimal | None = None


@dataclass(frozen=True, slots=True)
class StandingFacts:
    """One line of a round's result, best first; `submitted_at` (aware) is stated only where the ladder reads it."""

    entry: str
    rank: int | None
    score: Decimal | None
    tied: bool
    broken_by: str | None
    advanced: bool
    panel: str | None = None
    submitted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """The marks of one judge (by drawn label, "J3") for one entry; a missing mark is an absent key."""

    entry: str
    judge: str
    marks: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """What people decided and why; `kind` "tie" settles the cut for `entries`, any other kind is on record only."""

    kind: str
    entries: Sequence[str]
    reason: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class GapFacts:
    """A sheet that was due and is missing, with the reason that the round was closed without it."""

    entry: str
    judge: str
    reason: str


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """One decided round."""

    code: str
    title: Mapping[str, str]
    rule: RuleFacts
    standings: Sequence[StandingFacts]
    sheets: Sequence[SheetFacts]
    decisions: Sequence[DecisionFacts] = ()
    gaps: Sequence[GapFacts] = ()


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """An entry as the public may see it; `authors` are commitments, `title` and `unit` None where not to be shown."""

    code: str
    title: str | None
    category: str
    unit: str | None
    authors: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CategoryFacts:
    """A category of the contest."""

    code: str
    title: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PrizeFacts:
    """A prize, how many of it there are, and the entries that it is given to."""

    title: Mapping[str, str]
    count: int
    entries: Sequence[str]


@dataclass(frozen=True, slots=True)
class PublicationFacts:
    """All that goes into one version of a contest's publication.

    `version` counts from 1, `previous` is the digest of the version before, `reason` says why a later version
    corrects it. `issued_at` is aware. With `include_sheets` off only the digest of the sheets is published.
    """

    contest: str
    title: Mapping[str, str]
    host_unit: str
    version: int
    previous: str | None
    reason: str | None
    issued_at: datetime
    categories: Sequence[CategoryFacts]
    entries: Sequence[EntryFacts]
    rounds: Sequence[RoundFacts]
    prizes: Sequence[PrizeFacts] = field(default=())
    include_sheets: bool = True
