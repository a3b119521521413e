"""Who takes over when a judge leaves an entry: the least loaded judge of the panel who may."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping


def choose_replacement(loads: Mapping[int, int], barred: Collection[int], seed: int) -> int | None:
    """A judge with the smallest load among those not `barred` (in conflict, or on the entry already); None if nobody.

    `loads` gives each seated judge's number of assignments; equal loads are drawn by `seed`.
    """
    free = {judge: load for judge, load in loads.items() if judge not in barred}
    if not free:
        return None
    least = min(free.values())
    return random.Random(seed).choice(sorted(judge for judge, load in free.items() if load == least))  # noqa: S311
