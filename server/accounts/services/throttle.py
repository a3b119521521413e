"""Slows down guessing: so many attempts for one account and for one address, then a wait."""

from __future__ import annotations

import time

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from server.errors import TooManyAttempts

PER_ACCOUNT = RateLimitItemPerMinute(10, 15)
PER_ADDRESS = RateLimitItemPerMinute(200, 15)


class Throttle:
    """Counts attempts in this process; whole units share one address, so the account's limit is the tight one."""

    def __init__(self) -> None:
        """Starts with nothing counted."""
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)

    async def attempt(self, account: str, address: str) -> None:
        """Count one attempt; raises TooManyAttempts with the seconds to wait."""
        for limit, names in ((PER_ACCOUNT, ("account", account)), (PER_ADDRESS, ("address", address))):
            if not await self._limiter.hit(limit, *names):
                stats = await self._limiter.get_window_stats(limit, *names)
                raise TooManyAttempts(max(1, int(stats.reset_time - time.time()) + 1))

    async def forget(self, account: str) -> None:
        """A right password clears the account's count."""
        await self._limiter.clear(PER_ACCOUNT, "account", account)
