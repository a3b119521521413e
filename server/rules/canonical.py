"""Canonical JSON (RFC 8785) of a document, its digest, and the strict reading of such bytes."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Never

import rfc8785

MAX_BYTES = 64 * 1024 * 1024
"""The largest file that is read: a contest of 100,000 entries stays below it."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LARGEST_INTEGER = 2**53 - 1
_DEEPEST = 32


class NotCanonical(ValueError):
    """A value that a signed document cannot hold; the message says where and why."""


class Unreadable(ValueError):
    """Bytes that are not strict JSON; `code` is one of the sentences' codes, `data` fills it."""

    def __init__(self, code: str, **data: str) -> None:
        super().__init__(code)
        self.code = code
        self.data = data


def canonical_bytes(document: object) -> bytes:
    """The one byte sequence of a document by RFC 8785: sorted keys, no spaces, UTF-8.

    Exact figures are strings such as "38.5". Raises NotCanonical for a float, an integer beyond 2^53 - 1, a key
    that is no text, a lone surrogate or any other type.
    """
    _refuse_inexact(document, "$", 0)
    try:
        return rfc8785.dumps(document)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise NotCanonical(str(error)) from error


def digest(content: bytes) -> str:
    """SHA-256 of bytes as "sha256:" and 64 lower-case hexadecimal digits."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def is_digest(text: str) -> bool:
    """Whether text has the form that `digest` gives."""
    return _DIGEST.fullmatch(text) is not None


def read_json(content: bytes, max_bytes: int = MAX_BYTES) -> object:
    """The value of strict JSON: UTF-8, no key twice, whole numbers only, no NaN, no extreme nesting.

    Raises Unreadable, whatever the bytes are.
    """
    if len(content) > max_bytes:
        raise Unreadable("too_large", bytes=str(len(content)), limit=str(max_bytes))
    if not content.strip():
        raise Unreadable("empty")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("not_utf8", position=str(error.start)) from error
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            parse_int=_read_integer,
        )
    except json.JSONDecodeError as error:
        raise Unreadable("not_json", line=str(error.lineno), column=str(error.colno)) from error
    except (RecursionError, MemoryError) as error:
        raise Unreadable("too_deep") from error


def _unique_keys(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        double = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise Unreadable("double_key", key=double[:40])
    return found


def _refuse_number(text: str) -> Never:
    raise Unreadable("inexact_number", number=text[:40])


def _read_integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > _LARGEST_INTEGER or text == "-0":
        raise Unreadable("inexact_number", number=text[:40])
    return int(text)


def _refuse_inexact(value: object, place: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise NotCanonical(f"{place[:80]}: nested deeper than {_DEEPEST} levels")
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if abs(value) > _LARGEST_INTEGER:
            raise NotCanonical(f"{place}: an integer beyond 2^53 - 1 must be a string")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"{place}: the key {key!r} is no text")
            _refuse_inexact(item, f"{place}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            _refuse_inexact(item, f"{place}[{number}]", depth + 1)
    else:
        raise NotCanonical(f"{place}: {type(value).__name__} cannot be signed exactly, write it as a string")
