"""Domain errors: each carries the data that explains it; only error_words.py and error_pages.py know how they look to people."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


class HoithiError(Exception):
    """Base of every error that a person can cause or must hear about."""


class NotFound(HoithiError):
    """The object does not exist, or belongs to somebody else: the two answer alike."""


class NotSignedIn(HoithiError):
    """The request needs a session or token and has none that is valid."""


class PasswordNotFresh(HoithiError):
    """The action needs a password typed within the last minutes of this session."""


@dataclass(eq=False)
class Forbidden(HoithiError):
    """The actor is known, but the action is not theirs; `reason` is a short code such as "role" or "csrf"."""

    reason: str = "role"


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field of a form: `code` names the message, `data` fills its placeholders."""

    field: str
    code: str
    data: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclass(eq=False)
class InvalidForm(HoithiError):
    """A form with at least one wrong field."""

    errors: Sequence[FieldError]


@dataclass(eq=False)
class StepNotAllowed(HoithiError):
    """A change of state that the present state does not allow, or that something is still in the way of."""

    step: str
    state: str
    blockers: Sequence[str] = ()


@dataclass(eq=False)
class DeadlinePassed(HoithiError):
    """The contest takes no more entries since `closed_at` (None: it was closed by hand or never opened)."""

    closed_at: datetime | None = None


@dataclass(eq=False)
class FileRefused(HoithiError):
    """A file that the contest's rules do not take; `code` names the rule, `data` says what was found and wanted."""

    file_name: str
    code: str
    data: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclass(eq=False)
class UploadProblem(HoithiError):
    """An upload in parts that cannot go on as asked; `code` is a key of upload_words.UPLOAD_PROBLEMS."""

    code: str
    data: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclass(eq=False)
class FileHeld(HoithiError):
    """A file that nobody gets before the scanner has cleared it."""

    file_name: str


@dataclass(eq=False)
class TooLarge(HoithiError):
    """A body or file over its limit in bytes."""

    limit: int


class TooSlow(HoithiError):
    """A body that comes too slowly, or no longer (HTTP 408)."""


@dataclass(eq=False)
class VersionMissing(HoithiError):
    """A write that did not say which version it edits (HTTP 428)."""


@dataclass(eq=False)
class StaleVersion(HoithiError):
    """A write that edits an older version than the current one; `current` is what is stored (HTTP 412)."""

    current_version: int
    current: dict[str, str | None] = dataclasses.field(default_factory=dict)


@dataclass(eq=False)
class IdempotencyConflict(HoithiError):
    """The same idempotency key came before with another payload (HTTP 422)."""

    key: str


@dataclass(eq=False)
class UnresolvedTie(HoithiError):
    """Entries tied across the cut that people must decide on; codes in rank order."""

    entries: Sequence[str]


@dataclass(eq=False)
class PlanInfeasible(HoithiError):
    """No assignment satisfies the rules; `reasons` are (code, subject) pairs that name judge, entry or panel."""

    reasons: Sequence[tuple[str, str]]


@dataclass(eq=False)
class TooManyAttempts(HoithiError):
    """Throttled; try again after `retry_after` seconds (HTTP 429)."""

    retry_after: int


@dataclass(frozen=True)
class PackProblem:
    """One mistake in a contest pack: where (file, line from 1, column name) and what."""

    file: str
    line: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place += f", line {self.line}"
        if self.column is not None:
            place += f", column {self.column}"
        return f"{place}: {self.message}"


@dataclass(eq=False)
class PackRefused(HoithiError):
    """A contest pack with mistakes; nothing of it is imported."""

    problems: Sequence[PackProblem]

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class ServiceUnavailable(HoithiError):
    """The database or the object store does not answer at the moment (HTTP 503, try again)."""
