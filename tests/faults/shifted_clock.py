"""A Python whose clock is wrong by HOITHI_TEST_SHIFT seconds: copied as sitecustomize.py into a folder on PYTHONPATH."""

from __future__ import annotations

import datetime as module
import os
import time

SHIFT = float(os.environ.get("HOITHI_TEST_SHIFT", "0"))
_real = module.datetime
_time, _time_ns = time.time, time.time_ns


class _LooksReal(type):
    def __instancecheck__(cls, thing: object) -> bool:
        return isinstance(thing, _real)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, _real)


class _Shifted(_real, metaclass=_LooksReal):
    """Makes plain datetimes, from the shifted clock where it is asked for the time."""

    def __new__(cls, *args, **kwargs):  # type: ignore[no-untyped-def]
        return _real(*args, **kwargs)

    @classmethod
    def now(cls, tz=None):  # type: ignore[no-untyped-def]
        return _real.now(tz) + module.timedelta(seconds=SHIFT)

    @classmethod
    def utcnow(cls):  # type: ignore[no-untyped-def]
        return _real.now(module.UTC).replace(tzinfo=None) + module.timedelta(seconds=SHIFT)

    @classmethod
    def today(cls):  # type: ignore[no-untyped-def]
        return cls.now()


if SHIFT:
    time.time = lambda: _time() + SHIFT
    time.time_ns = lambda: _time_ns() + int(SHIFT * 1e9)
    module.datetime = _Shifted  # type: ignore[misc]
