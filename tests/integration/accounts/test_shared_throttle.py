"""Attempts to sign in, counted over processes by Redis, and by each process alone while Redis is away."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.accounts.services.throttle import PER_ACCOUNT, Throttle
from server.errors import TooManyAttempts
from tests.integration.redis_process import redis_server


async def refused_after(throttles: list[Throttle]) -> int:
    """How many attempts for one account pass, made with these throttles by turns."""
    passed = []

    async def attempt_many() -> None:
        for number in range(50):
            await throttles[number % len(throttles)].attempt("hoa@x.example", "192.0.2.7")
            passed.append(number)

    with pytest.raises(TooManyAttempts) as refused:
        await attempt_many()
    assert 0 < refused.value.retry_after <= 15 * 60 + 1
    return len(passed)


async def test_two_processes_count_together() -> None:
    async with redis_server() as url:
        both = [Throttle(url), Throttle(url)]
        assert await refused_after(both) == PER_ACCOUNT.amount
        await both[0].forget("hoa@x.example")
        await both[1].attempt("hoa@x.example", "192.0.2.7")


async def test_what_redis_keeps_names_nobody_for_ever() -> None:
    async with redis_server() as url, Redis.from_url(url) as redis:
        await Throttle(url).attempt("hoa@x.example", "192.0.2.7")
        keys = await redis.keys("*")
        assert keys
        assert all([0 < await redis.ttl(key) <= 16 * 60 for key in keys])


@pytest.mark.parametrize("away", ["unix:///nowhere/redis.sock", "redis://127.0.0.1:1"])
async def test_without_redis_each_counts_for_itself(away: str, tmp_path: Path) -> None:
    assert await refused_after([Throttle(away)]) == PER_ACCOUNT.amount
