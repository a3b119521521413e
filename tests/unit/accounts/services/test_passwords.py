"""Passwords: how long they may be, that the right one alone opens, and that nobody's costs as much as somebody's."""

from __future__ import annotations

import asyncio
import threading
import time
import unicodedata

import argon2
import pytest

from server.accounts.services.passwords import (
    LONGEST,
    SHORTEST,
    check_new_password,
    hash_password,
    needs_rehash,
    password_is_right,
)
from server.errors import InvalidForm


@pytest.mark.parametrize(
    "password", ["x" * SHORTEST, "x" * LONGEST, "mật khẩu dài", "😀" * SHORTEST, "\u202e" + "a" * 10]
)
def test_length_alone_counts(password: str) -> None:
    check_new_password(password)


@pytest.mark.parametrize(
    ("password", "code"),
    [("x" * (SHORTEST - 1), "password_short"), ("x" * (LONGEST + 1), "too_long"), ("x" * 10_000, "too_long")],
)
def test_a_password_of_the_wrong_length_is_a_field_error(password: str, code: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        check_new_password(password)
    assert [(e.field, e.code) for e in refused.value.errors] == [("password", code)]


async def test_only_the_right_password_is_right() -> None:
    stored = await hash_password("một mật khẩu dài")
    assert stored.startswith("$argon2id$")
    assert await password_is_right("một mật khẩu dài", stored)
    assert not await password_is_right("Một mật khẩu dài", stored)
    assert not await password_is_right("", stored)
    assert not await password_is_right("x" * 10_000, stored)
    assert not await password_is_right("một mật khẩu dài", "no hash at all")


async def test_a_missing_hash_is_never_right_not_even_for_the_password_it_is_compared_with() -> None:
    assert not await password_is_right("a password that nobody has", None)


async def test_an_unknown_account_costs_the_same_work() -> None:
    stored = await hash_password("một mật khẩu dài")
    await password_is_right("sai", None)

    async def fastest(against: str | None) -> float:
        times = []
        for _ in range(3):
            started = time.perf_counter()
            await password_is_right("sai", against)
            times.append(time.perf_counter() - started)
        return min(times)

    known, unknown = await fastest(stored), await fastest(None)
    assert unknown > known / 4


async def test_a_hash_of_older_parameters_is_made_anew() -> None:
    assert not needs_rehash(await hash_password("một mật khẩu dài"))
    assert needs_rehash(argon2.PasswordHasher(time_cost=1, memory_cost=8_192).hash("một mật khẩu dài"))


async def test_a_password_fits_from_a_keyboard_that_writes_accents_apart() -> None:
    stored = await hash_password(unicodedata.normalize("NFD", "một mật khẩu dài"))
    assert await password_is_right("một mật khẩu dài", stored)
    assert await password_is_right(unicodedata.normalize("NFD", "một mật khẩu dài"), stored)


async def test_a_hash_older_than_the_spelling_still_opens() -> None:
    apart = unicodedata.normalize("NFD", "một mật khẩu dài")
    assert await password_is_right(apart, argon2.PasswordHasher().hash(apart))


async def test_a_flood_of_passwords_takes_two_threads_and_leaves_the_others_free() -> None:
    flood = [asyncio.create_task(password_is_right(f"sai {number}", None)) for number in range(12)]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(asyncio.to_thread(lambda: 7), 2) == 7
    names = {thread.name for thread in threading.enumerate() if thread.name.startswith("password")}
    assert len(names) <= 2
    assert not any(await asyncio.gather(*flood))
