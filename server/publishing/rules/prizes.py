"""Which entries the prizes go to: down the standings, without splitting a tie."""

from __future__ import annotations

from collections.abc import Sequence


def give_prizes(ranks: Sequence[tuple[int | None, str]], counts: Sequence[int]) -> list[list[str]]:
    """Entries for each prize, best prize first, from (rank, entry) in order of the standings.

    Entries of one rank get the same prize: the better one, and the places that it takes beyond its count are taken
    from the next, so that no more entries are rewarded than prizes were announced unless a tie at the end asks for
    it. Entries without a rank get none.
    """
    given: list[list[str]] = [[] for _ in counts]
    ends = [sum(counts[: number + 1]) for number in range(len(counts))]
    for rank, entry in ranks:
        if rank is None:
            continue
        prize = next((number for number, end in enumerate(ends) if rank <= end), None)
        if prize is not None:
            given[prize].append(entry)
    return given
