"""What keeps people out of a public document: judges under drawn labels, names as salted commitments."""

from __future__ import annotations

import hashlib
import hmac
import random
import re
import unicodedata
from collections.abc import Iterable
from typing import TypeVar

Judge = TypeVar("Judge", int, str)

SALT_BYTES = 32
_LABEL = re.compile(r"J[1-9][0-9]{0,6}")


def draw_judge_labels(judges: Iterable[Judge], chance: random.Random) -> dict[Judge, str]:
    """Labels "J1" to "Jn" in an order that says nothing about who a judge is; pass `random.SystemRandom()`."""
    order = sorted(set(judges))
    chance.shuffle(order)
    return {judge: f"J{number}" for number, judge in enumerate(order, start=1)}


def is_judge_label(text: str) -> bool:
    """Whether text is a drawn label, and so no name or address."""
    return _LABEL.fullmatch(text) is not None


def commit(salt: bytes, text: str) -> str:
    """A commitment to personal text: SHA-256 of the salt and the text in NFC.

    Whoever holds the salt can prove the text; once the salt is erased, nobody can find the text again. Raises
    ValueError for a salt that is not 32 bytes long.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} random bytes")
    return "sha256:" + hashlib.sha256(salt + unicodedata.normalize("NFC", text).encode("utf-8")).hexdigest()


def opens(commitment: str, salt: bytes, text: str) -> bool:
    """Whether the commitment was made with this salt and text."""
    return hmac.compare_digest(commitment, commit(salt, text))
