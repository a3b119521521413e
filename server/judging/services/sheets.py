"""Score sheets: marks saved by version, handed in, taken back; an acknowledged mark is never lost or overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from server.actor import Actor
from server.db import Row, fetch_one, unit_of_work
from server.errors import FieldError, InvalidForm, NotFound, StaleVersion, StepNotAllowed, VersionMissing
from server.judging.desk_queries import assignment_for_marking
from server.judging.rules.scores import Criterion, MarkProblem, read_points, sheet_total
from server.judging.states import JUDGING

MAX_COMMENT = 5000


@dataclass(frozen=True)
class SavedSheet:
    """What is stored of a sheet now: its version, when it was saved, its points by criterion, and its total.

    `total` is None while a mark is missing; `submitted_at` is None while the sheet can be edited.
    """

    version: int
    saved_at: datetime | None
    points: dict[str, Decimal | None]
    total: Decimal | None
    submitted_at: datetime | None = None


# The round's row is locked first, so that no mark arrives after the round was closed or stopped: the one who closes it
# waits for this statement, or this statement finds it closed. Every statement here locks in this order: round, sheet.
_SAVE = """
with held as materialized (
  select r.id from round r where r.state = 'judging' and r.id =
    (select re.round from assignment a join round_entry re on re.id = a.round_entry where a.id = $1)
  for share
), target as (
  update assignment set version = version + 1, comment = $3, saved_at = clock_timestamp()
  where id = $1 and version = $2 and state = 'active' and submitted_at is null and exists (select 1 from held)
  returning id, version, saved_at
), marks as (
  insert into mark (assignment, criterion, version, points, person, at)
  select t.id, m.criterion, t.version, m.points, $6, t.saved_at
  from target t cross join unnest($4::bigint[], $5::numeric[]) as m(criterion, points)
), event as (
  insert into audit_event (at, person, contest, action, subject, data)
  select t.saved_at, $6, $7, 'sheet.saved', $8, jsonb_build_object('version', t.version) from target t
)
select version, saved_at from target
"""


async def save_marks(
    actor: Actor, contest: str, round_code: str, alias: str, version: int | None, typed: Mapping[str, str], comment: str
) -> SavedSheet:
    """Save what a judge typed (criterion code -> text; "" takes a mark back) as the next version of the sheet.

    Marks, version and audit event are one SQL statement, which is a transaction of its own: this is the most
    frequent write there is, and BEGIN and COMMIT would be two more round trips. A retry of a save whose answer got
    lost (the stored values equal the typed ones) is answered like the save itself. Raises NotFound, VersionMissing,
    StaleVersion with the stored points, StepNotAllowed when the sheet is handed in or the round is not judged, and
    InvalidForm with each criterion whose points are no mark.
    """
    if version is None:
        raise VersionMissing
    row = await assignment_for_marking(actor.person, contest, round_code, alias)
    wanted, wrong = _read_typed(row, typed)
    if len(comment) > MAX_COMMENT:
        wrong.append(FieldError("comment", "too_long"))
    if wrong:
        raise InvalidForm(wrong)
    _require_editable(row)
    stored = dict(zip(row["codes"], row["points"], strict=True))
    after = {**stored, **wanted}
    if after == stored and comment == row["comment"]:
        return SavedSheet(row["version"], None, stored, _total(row, stored))
    if row["version"] != version:
        raise _stale(row)
    ids = dict(zip(row["codes"], row["criterion_ids"], strict=True))
    changed = [code for code in wanted if wanted[code] != stored[code]]
    saved = await fetch_one(
        _SAVE,
        row["assignment"],
        version,
        comment,
        [ids[code] for code in changed],
        [wanted[code] for code in changed],
        actor.person,
        contest,
        f"{contest}/{round_code}/{alias}",
    )
    if saved is None:
        return await _after_losing(actor, contest, round_code, alias, wanted, comment)
    return SavedSheet(saved["version"], saved["saved_at"], after, _total(row, after))


async def _after_losing(
    actor: Actor, contest: str, round_code: str, alias: str, wanted: Mapping[str, Decimal | None], comment: str
) -> SavedSheet:
    """The answer to a save that another one overtook: that of the other if it stored the same."""
    now = await assignment_for_marking(actor.person, contest, round_code, alias)
    _require_editable(now)
    stored = dict(zip(now["codes"], now["points"], strict=True))
    if {**stored, **wanted} == stored and comment == now["comment"]:
        return SavedSheet(now["version"], None, stored, _total(now, stored))
    raise _stale(now)


async def submit_sheet(
    actor: Actor, contest: str, round_code: str, alias: str, version: int | None, *, leave_blank: bool = False
) -> SavedSheet:
    """Hand the sheet in; `leave_blank` confirms that a criterion without a mark shall stay without one.

    A sheet without any mark cannot be handed in. A second submit of the same version answers like the first.
    """
    if version is None:
        raise VersionMissing
    async with unit_of_work(actor.person, contest) as work:
        row = await assignment_for_marking(actor.person, contest, round_code, alias)
        held = await _lock(row)
        stored = dict(zip(row["codes"], row["points"], strict=True))
        if held["submitted_at"] is not None and held["version"] in (version, version + 1):
            return SavedSheet(held["version"], held["saved_at"], stored, _total(row, stored), held["submitted_at"])
        if held["version"] != version or row["version"] != version:
            raise _stale(row)
        _require_editable({**row, **held})
        missing = [code for code, points in stored.items() if points is None]
        if missing and (not leave_blank or len(missing) == len(stored)):
            raise InvalidForm([FieldError(code, "required") for code in missing])
        saved = await fetch_one(
            "update assignment set submitted_at = clock_timestamp(), version = version + 1 where id = $1 "
            "returning version, saved_at, submitted_at",
            row["assignment"],
        )
        assert saved is not None
        work.audit("sheet.submitted", f"{contest}/{round_code}/{alias}", version=saved["version"], left_blank=missing)
    return SavedSheet(saved["version"], saved["saved_at"], stored, _total(row, stored), saved["submitted_at"])


async def reopen_sheet(actor: Actor, contest: str, round_code: str, alias: str) -> None:
    """Take a handed-in sheet back for editing, while the round is judged; it no longer counts until handed in again."""
    async with unit_of_work(actor.person, contest) as work:
        row = await assignment_for_marking(actor.person, contest, round_code, alias)
        held = await _lock(row)
        if held["round_state"] == JUDGING and held["submitted_at"] is None:
            return
        if held["round_state"] != JUDGING:
            raise StepNotAllowed("reopen_sheet", held["round_state"])
        await fetch_one(
            "update assignment set submitted_at = null, version = version + 1 where id = $1 returning version",
            row["assignment"],
        )
        work.audit("sheet.reopened", f"{contest}/{round_code}/{alias}", version=held["version"] + 1)


async def _lock(sheet: Row) -> Row:
    """Keep the round from being closed until the transaction ends, and lock the sheet; NotFound when it was given up."""
    held = await fetch_one("select state from round where id = $1 for share", sheet["round"])
    row = await fetch_one(
        "select version, saved_at, submitted_at from assignment where id = $1 and state = 'active' for update",
        sheet["assignment"],
    )
    if held is None or row is None:
        raise NotFound
    return {**row, "round_state": held["state"]}


def _read_typed(row: Row, typed: Mapping[str, str]) -> tuple[dict[str, Decimal | None], list[FieldError]]:
    wanted: dict[str, Decimal | None] = {}
    wrong: list[FieldError] = []
    for code, most in zip(row["codes"], row["maxima"], strict=True):
        text = typed.get(code)
        if text is None:
            continue
        try:
            wanted[code] = read_points(text, most, row["step"]) if text.strip() else None
        except MarkProblem as problem:
            wrong.append(FieldError(code, problem.code, problem.data))
    wrong += [FieldError(code, "invalid") for code in typed if code not in row["codes"]]
    return wanted, wrong


def _require_editable(row: Mapping[str, object]) -> None:
    if row["round_state"] != JUDGING:
        raise StepNotAllowed("save_marks", str(row["round_state"]))
    if row["submitted_at"] is not None:
        raise StepNotAllowed("save_marks", "submitted")


def _stale(row: Row) -> StaleVersion:
    current = {code: None if p is None else f"{p:f}" for code, p in zip(row["codes"], row["points"], strict=True)}
    return StaleVersion(row["version"], {**current, "comment": row["comment"]})


def _total(row: Row, points: Mapping[str, Decimal | None]) -> Decimal | None:
    criteria = [Criterion(c, m, w) for c, m, w in zip(row["codes"], row["maxima"], row["weights"], strict=True)]
    return sheet_total({code: p for code, p in points.items() if p is not None}, criteria)
