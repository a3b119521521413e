"""Passwords: argon2 in a thread, and the same work for an address that nobody has."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.accounts.rules.spelling import spell_password
from server.errors import FieldError, InvalidForm

SHORTEST = 10
LONGEST = 200

_hasher = PasswordHasher()
# Each hash takes 64 MiB and a core: a flood of passwords waits here, and nothing else waits for it.
_pool = ThreadPoolExecutor(2, thread_name_prefix="password")


def check_new_password(password: str) -> None:
    """Raise InvalidForm unless it has 10 to 200 characters; length is what counts, any character may be used."""
    if len(password) < SHORTEST:
        raise InvalidForm([FieldError("password", "password_short", {"min": str(SHORTEST)})])
    if len(password) > LONGEST:
        raise InvalidForm([FieldError("password", "too_long")])


async def hash_password(password: str) -> str:
    """The argon2id hash that is stored."""
    return await asyncio.get_running_loop().run_in_executor(_pool, _hasher.hash, spell_password(password))


async def password_is_right(password: str, stored: str | None) -> bool:
    """Whether the password belongs to the stored hash; without one it takes as long and is wrong."""
    right = await asyncio.get_running_loop().run_in_executor(_pool, _verify, password[: LONGEST + 1], stored)
    return right and stored is not None


def needs_rehash(stored: str) -> bool:
    """True when the hash was made with older parameters."""
    return _hasher.check_needs_rehash(stored)


def _verify(password: str, stored: str | None) -> bool:
    # As it came, too: a hash may be older than the spelling.
    return any(_fits(spelling, stored) for spelling in dict.fromkeys((spell_password(password), password)))


def _fits(password: str, stored: str | None) -> bool:
    try:
        return _hasher.verify(stored or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("a password that nobody has")
