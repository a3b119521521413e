"""Slows down guessing: so many attempts for one account and for one address, then a wait."""

from __future__ import annotations

import time
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from server.errors import TooManyAttempts

PER_ACCOUNT = RateLimitItemPerMinute(10, 15)
PER_ADDRESS = RateLimitItemPerMinute(200, 15)
IPV6_SITE_BITS = 64


class Throttle:
    """Counts attempts in this process; whole units share one address, so the account's limit is the tight one."""

    def __init__(self) -> None:
        """Starts with nothing counted."""
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)

    async def attempt(
        self,
        account: str,
        address: str,
        *,
        what: str = "password",
        per_account: RateLimitItem = PER_ACCOUNT,
        per_address: RateLimitItem = PER_ADDRESS,
    ) -> None:
        """Count one attempt at `what`; raises TooManyAttempts with the seconds to wait.

        The address comes first: one that is over its limit must not use up the attempts of every account.
        """
        for limit, names in (
            (per_address, (what, "address", site_of(address))),
            (per_account, (what, "account", account)),
        ):
            if not await self._limiter.hit(limit, *names):
                stats = await self._limiter.get_window_stats(limit, *names)
                raise TooManyAttempts(max(1, int(stats.reset_time - time.time()) + 1))

    async def forget(self, account: str) -> None:
        """A right password clears the account's count."""
        await self._limiter.clear(PER_ACCOUNT, "password", "account", account)


def site_of(address: str) -> str:
    """What counts as one address: of IPv6 the /64, since a household or server has all of it; IPv4 as it is."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Address(int(found) >> IPV6_SITE_BITS << IPV6_SITE_BITS))
