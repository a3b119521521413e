"""Rows to what the officer's templates show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from server.contests.rules.deadline import deadline_of
from server.contests.states import DRAFT, IN_THE_CONTEST, OPEN, RETURNED, SUBMITTED
from server.db import Row
from storage_config.buckets import ACCEPTED_MEDIA


class CategoryView(msgspec.Struct):
    """A category's code and its titles."""

    code: str
    vi: str
    en: str


class FileRuleView(msgspec.Struct):
    """A rule for one kind of file with how many the entry has; sizes in bytes."""

    kind: str
    extensions: list[str]
    max_bytes: int
    max_count: int
    required: bool
    present: int = 0

    @property
    def accept(self) -> str:
        """What a file field accepts."""
        return ",".join(f".{extension}" for extension in self.extensions)

    @property
    def camera(self) -> str:
        """What a phone's camera could add here: "video", "image" or nothing."""
        kinds = {ACCEPTED_MEDIA[e].media_type.partition("/")[0] for e in self.extensions if e in ACCEPTED_MEDIA}
        return next((kind for kind in ("video", "image") if kind in kinds), "")


@dataclass(frozen=True)
class ContestView:
    """What officers see of a contest; `closes_at` is their units' deadline, later than the contest's if `extended`.

    It takes entries while the organizers have it open; what comes after the deadline (`overdue`) is marked late, but
    for uploads that end `in_grace`.
    """

    code: str
    title_vi: str
    title_en: str
    state: str
    opens_at: datetime | None
    closes_at: datetime | None
    timezone: str
    per_unit_max: int
    grace_minutes: int
    takes_entries: bool
    overdue: bool
    in_grace: bool
    extended: bool
    categories: tuple[CategoryView, ...]


def contest_view(row: Row) -> ContestView:
    """Of a row of `contest_row` or `contests_of`."""
    closes_at = deadline_of(row["closes_at"], row["extended_to"])
    categories = row.get("categories")
    over = row["now"] - closes_at if row["state"] == OPEN and closes_at is not None else timedelta(0)
    return ContestView(
        code=row["code"],
        title_vi=row["title_vi"],
        title_en=row["title_en"],
        state=row["state"],
        opens_at=row["opens_at"],
        closes_at=closes_at,
        timezone=row["timezone"],
        per_unit_max=row["per_unit_max"],
        grace_minutes=row["grace_minutes"],
        takes_entries=row["state"] == OPEN,
        overdue=over > timedelta(0),
        in_grace=timedelta(0) < over <= timedelta(minutes=row["grace_minutes"]),
        extended=closes_at != row["closes_at"],
        categories=tuple(msgspec.json.decode(categories, type=list[CategoryView])) if categories else (),
    )


def is_editable(view: ContestView, entry: Row, files: Sequence[Row]) -> bool:
    """Whether the unit can still change the entry: the contest takes entries, and it was not submitted in time before.

    One that was can still end an upload within the grace and be submitted anew with it.
    """
    if not view.takes_entries or entry["state"] not in (DRAFT, SUBMITTED, RETURNED):
        return False
    sealed = view.overdue and entry["state"] in IN_THE_CONTEST and not entry["late"]
    return not sealed or (view.in_grace and waits_for_upload(view, entry, files))


def waits_for_upload(view: ContestView, entry: Row, files: Sequence[Row]) -> bool:
    """Whether an upload is on its way, or one of the files came after the deadline."""
    after = [f for f in files if view.closes_at is not None and f["uploaded_at"] > view.closes_at]
    return bool(after) or entry["sending"]


def file_rules(contest_row: Row, files: Sequence[Row]) -> list[FileRuleView]:
    """The contest's rules, each with how many files of its kind are there."""
    rules = msgspec.json.decode(contest_row["file_rules"], type=list[FileRuleView])
    for rule in rules:
        rule.present = sum(file["kind"] == rule.kind for file in files)
    return rules


def missing_kinds(rules: Sequence[FileRuleView]) -> list[str]:
    """The kinds that are required and not there."""
    return [rule.kind for rule in rules if rule.required and not rule.present]
