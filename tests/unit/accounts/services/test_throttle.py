"""The throttle: an account's limit, an address's limit, and what a right password forgives."""

from __future__ import annotations

import pytest

from server.accounts.services.throttle import PER_ACCOUNT, PER_ADDRESS, Throttle, site_of
from server.errors import TooManyAttempts


async def test_an_account_is_slowed_down_from_whatever_address() -> None:
    throttle = Throttle()
    for number in range(PER_ACCOUNT.amount):
        await throttle.attempt("a@x.example", f"192.0.2.{number}")
    with pytest.raises(TooManyAttempts) as stopped:
        await throttle.attempt("a@x.example", "198.51.100.1")
    assert 1 <= stopped.value.retry_after <= PER_ACCOUNT.get_expiry() + 1
    await throttle.attempt("b@x.example", "192.0.2.1")


async def test_an_address_is_slowed_down_whatever_accounts_it_tries() -> None:
    throttle = Throttle()
    for number in range(PER_ADDRESS.amount):
        await throttle.attempt(f"{number}@x.example", "192.0.2.1")
    with pytest.raises(TooManyAttempts):
        await throttle.attempt("another@x.example", "192.0.2.1")
    await throttle.attempt("another@x.example", "192.0.2.2")


async def test_a_right_password_clears_the_account_but_not_the_address() -> None:
    throttle = Throttle()
    for number in range(PER_ADDRESS.amount):
        await throttle.attempt("a@x.example", "192.0.2.1")
        if number % PER_ACCOUNT.amount == PER_ACCOUNT.amount - 1:
            await throttle.forget("a@x.example")
    with pytest.raises(TooManyAttempts):
        await throttle.attempt("a@x.example", "192.0.2.1")


async def test_an_ipv6_household_is_one_address() -> None:
    throttle = Throttle()
    for number in range(PER_ADDRESS.amount):
        await throttle.attempt(f"{number}@x.example", f"2001:db8:1:2:{number:x}::{number:x}")
    with pytest.raises(TooManyAttempts):
        await throttle.attempt("another@x.example", "2001:db8:1:2:ffff::1")
    await throttle.attempt("another@x.example", "2001:db8:1:3::1")


async def test_an_address_over_its_limit_does_not_lock_the_accounts_of_others() -> None:
    throttle = Throttle()
    for number in range(PER_ADDRESS.amount):
        await throttle.attempt(f"{number}@x.example", "192.0.2.1")
    for _ in range(PER_ACCOUNT.amount * 2):
        with pytest.raises(TooManyAttempts):
            await throttle.attempt("victim@x.example", "192.0.2.1")
    await throttle.attempt("victim@x.example", "192.0.2.2")


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_what_counts_as_one_address(address: str, site: str) -> None:
    assert site_of(address) == site
