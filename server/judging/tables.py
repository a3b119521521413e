"""Rounds with their criteria, panels and seats; who judges what, score sheets and marks; the cut and its decisions."""

from __future__ import annotations

from piccolo.columns import JSONB, Array, BigInt, BigSerial, Boolean, Integer, Numeric, Text, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from server.accounts.tables import Person, Unit
from server.columns import belongs_to, moment, primary_key
from server.contests.tables import Contest, Entry


class Round(Table, tablename="round"):
    """One round; `state` is waiting, assigned, judging, closed or decided.

    `judges_per_entry` null means every judge of the entry's panel. `plan_seed` and `plan` keep the applied plan.
    """

    id: BigSerial = primary_key()
    contest = belongs_to(Contest)
    code = Varchar(length=40)
    position = Integer()
    title_vi = Varchar(length=300)
    title_en = Varchar(length=300)
    judges_per_entry = Integer(null=True, default=None)
    blind = Boolean(default=True)
    step = Numeric(default=None)
    decimals = Integer()
    calibration = Varchar(length=12, default="none")
    method = Varchar(length=14)
    trim = Integer(default=0)
    per = Varchar(length=10)
    max_spread = Numeric(null=True, default=None)
    discrepancy_action = Varchar(length=12, default="flag")
    advance_top = Integer(default=0)
    advance_per = Varchar(length=10, default="round")
    advance_ties = Varchar(length=8, default="decide")
    tie_break = Array(base_column=Varchar(length=60))
    state = Varchar(length=10, default="waiting")
    plan_seed = BigInt(null=True, default=None)
    plan = JSONB(null=True, default=None)
    closed_at = moment(null=True)
    gap_reason = Text(null=True, default=None)
    round_one_code_per_contest = Unique([contest, code])


class Criterion(Table, tablename="criterion"):
    """What is marked, up to `max` points, times `weight`."""

    id: BigSerial = primary_key()
    round = belongs_to(Round)
    code = Varchar(length=40)
    title_vi = Varchar(length=300)
    title_en = Varchar(length=300)
    max = Numeric(default=None)
    weight = Numeric(default=None)
    position = Integer()
    criterion_one_code_per_round = Unique([round, code])


class Panel(Table, tablename="panel"):
    """A preliminary judging panel; empty `categories` or `units` (ids) mean all."""

    id: BigSerial = primary_key()
    round = belongs_to(Round)
    code = Varchar(length=40)
    title_vi = Varchar(length=300)
    title_en = Varchar(length=300)
    categories = Array(base_column=BigInt())
    units = Array(base_column=BigInt())
    position = Integer()
    panel_one_code_per_round = Unique([round, code])


class Seat(Table, tablename="seat"):
    """A judge on a panel; `left_at` is set when the judge gives the seat up."""

    id: BigSerial = primary_key()
    panel = belongs_to(Panel)
    person = belongs_to(Person)
    left_at = moment(null=True)
    seat_one_seat_per_panel = Unique([panel, person])


class ConflictOfInterest(Table, tablename="conflict_of_interest"):
    """A judge may not judge an entry, or a unit with all below it; `source` is pack, declared or organizer.

    The entry is named by its code, for a pack knows of conflicts before the entry exists.
    """

    id: BigSerial = primary_key()
    contest = belongs_to(Contest)
    person = belongs_to(Person)
    entry_code = Varchar(length=40, null=True, default=None)
    unit = belongs_to(Unit, null=True)
    source = Varchar(length=12)
    reason = Text(default="")
    created_by = belongs_to(Person, null=True)
    created_at = moment()
    removed_at = moment(null=True)


class RoundEntry(Table, tablename="round_entry"):
    """An entry that plays in a round, under the alias that judges see, on a panel once assigned."""

    id: BigSerial = primary_key()
    round = belongs_to(Round)
    entry = belongs_to(Entry)
    alias = Varchar(length=12)
    panel = belongs_to(Panel, null=True)
    round_entry_one_row_per_entry = Unique([round, entry])
    round_entry_one_alias_per_round = Unique([round, alias])


class Assignment(Table, tablename="assignment"):
    """A judge judges an entry; `state` is active, recused or cancelled. Its score sheet is versioned here.

    `position` is the place in the judge's own random queue; `version` rises with each save; `submitted_at` locks.
    """

    id: BigSerial = primary_key()
    round_entry = belongs_to(RoundEntry)
    person = belongs_to(Person)
    position = Integer()
    state = Varchar(length=10, default="active")
    reason = Text(default="")
    version = Integer(default=0)
    comment = Text(default="")
    saved_at = moment(null=True)
    submitted_at = moment(null=True)
    created_at = moment()
    assignment_one_judge_per_entry = Unique([round_entry, person])


class Mark(Table, tablename="mark"):
    """The points of one judge for one criterion of one entry; append-only.

    The current mark is the row with the highest `version`; null points mean that the mark was taken back.
    """

    id: BigSerial = primary_key()
    assignment = belongs_to(Assignment)
    criterion = belongs_to(Criterion)
    version = Integer()
    points = Numeric(null=True, default=None)
    person = belongs_to(Person, index=False)
    at = moment()
    mark_one_mark_per_version = Unique([assignment, criterion, version])


class CutDecision(Table, tablename="cut_decision"):
    """Organizers settled a tie on the cut: which tied entries advance, and why; append-only."""

    id: BigSerial = primary_key()
    round = belongs_to(Round)
    entries = Array(base_column=BigInt())
    reason = Text()
    person = belongs_to(Person)
    at = moment()


class Standing(Table, tablename="standing"):
    """An entry's place as it stood when the round was decided; `score` is null without any mark."""

    id: BigSerial = primary_key()
    round = belongs_to(Round)
    entry = belongs_to(Entry)
    position = Integer()
    rank = Integer(null=True, default=None)
    score = Numeric(null=True, default=None)
    tied = Boolean(default=False)
    broken_by = Varchar(length=60, null=True, default=None)
    advanced = Boolean(default=False)
    standing_one_place_per_entry = Unique([round, entry])
