"""The rules of jobs: how long to wait before another try, and what of an error may be kept."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[^\s<>@'\"(),:;]+@[^\s<>@'\"(),:;]+")
_FIRST_WAIT = 2.0
_LONGEST_WAIT = 3600.0
_TEXT_LIMIT = 500


def retry_delay(attempts: int, chance: float) -> float:
    """Return the seconds to wait after `attempts` failed tries: 2, 6, 18 ... at most an hour.

    `chance` (0 to 1) takes up to half off, so that jobs that failed together don't return together."""
    full = min(_FIRST_WAIT * 3.0 ** min(attempts - 1, 20), _LONGEST_WAIT)
    return full * (1.0 - chance / 2.0)


def describe_error(error: BaseException) -> str:
    """Return the error's type and message for the people who run the service, without mail addresses."""
    message = _ADDRESS.sub("[address]", " ".join(str(error).replace("\0", "").split()))
    return f"{type(error).__name__}: {message}"[:_TEXT_LIMIT] if message else type(error).__name__
