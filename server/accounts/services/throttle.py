"""Slows down guessing: so many attempts for one account and for one address, then a wait."""

from __future__ import annotations

import contextlib
import logging
import time
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from server.errors import TooManyAttempts

PER_ACCOUNT = RateLimitItemPerMinute(10, 15)
PER_ADDRESS = RateLimitItemPerMinute(200, 15)
IPV6_SITE_BITS = 64

_log = logging.getLogger(__name__)


class Throttle:
    """Counts attempts; whole units share one address, so the account's limit is the tight one.

    Processes that share a Redis count together; while it does not answer, each counts for itself.
    """

    def __init__(self, redis_url: str | None = None) -> None:
        """Without a Redis (redis://, rediss:// or unix://) the counts are this process's own, and start at nothing."""
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._shared = MovingWindowRateLimiter(_redis_storage(redis_url)) if redis_url else None

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
            wait = await self._hit(limit, *names)
            if wait:
                raise TooManyAttempts(wait)

    async def forget(self, account: str) -> None:
        """A right password clears the account's count."""
        await self._own.clear(PER_ACCOUNT, "password", "account", account)
        if self._shared is not None:
            with contextlib.suppress(StorageError):
                await self._shared.clear(PER_ACCOUNT, "password", "account", account)

    async def _hit(self, limit: RateLimitItem, *names: str) -> int:
        """Count one; the seconds to wait when it is over the limit, else 0."""
        if self._shared is not None:
            try:
                return await _hit(self._shared, limit, names)
            except StorageError as error:
                _log.warning("Redis does not answer, attempts are counted here: %s", type(error).__name__)
        return await _hit(self._own, limit, names)


async def _hit(limiter: MovingWindowRateLimiter, limit: RateLimitItem, names: tuple[str, ...]) -> int:
    if await limiter.hit(limit, *names):
        return 0
    stats = await limiter.get_window_stats(limit, *names)
    return max(1, int(stats.reset_time - time.time()) + 1)


def _redis_storage(url: str) -> RedisStorage:
    scheme, _, rest = url.partition("://")
    known = "redis+unix" if scheme == "unix" else scheme
    return RedisStorage(
        f"async+{known}://{rest}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="hoithi:attempts",
        socket_timeout=2.0,
        socket_connect_timeout=2.0,
    )


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
