"""A forgotten password: a link is mailed to the address, and nobody learns whether anybody has it."""

from __future__ import annotations

from limits import RateLimitItemPerHour, RateLimitItemPerMinute

from server.accounts.services.throttle import Throttle
from server.db import unit_of_work

PER_ACCOUNT = RateLimitItemPerHour(3)
PER_ADDRESS = RateLimitItemPerMinute(30, 15)


async def ask_for_reset(email: str, *, address: str, throttle: Throttle) -> None:
    """Have a link mailed; raises TooManyAttempts. What is done here is the same for known and unknown addresses."""
    account = email.lower()
    await throttle.attempt(account, address, what="reset", per_account=PER_ACCOUNT, per_address=PER_ADDRESS)
    async with unit_of_work() as work:
        work.enqueue("send_reset", {"email": account})
