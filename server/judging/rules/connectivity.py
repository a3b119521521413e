"""How well a judge-entry graph lets judges be compared: one figure that organizers can read."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence

import numpy as np


def components(pairs: Collection[tuple[Hashable, Hashable]]) -> int:
    """In how many parts (entry, judge) pairs fall that share neither judge nor entry; 0 without pairs."""
    parent: dict[tuple[str, Hashable], tuple[str, Hashable]] = {}

    def root(node: tuple[str, Hashable]) -> tuple[str, Hashable]:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for entry, judge in pairs:
        parent[root(("entry", entry))] = root(("judge", judge))
    return sum(root(node) == node for node in list(parent))


def a_efficiency(pairs: Sequence[tuple[Hashable, Hashable]]) -> float:
    """A_eff of (entry, judge) pairs: 1 when judges are compared as well as a balanced design would, 0 when they fall apart.

    The harmonic mean of the non-zero eigenvalues of C = diag(load) - B'D^-1 B (B: entries x judges, D: judges an
    entry), over its bound, the mean of the eigenvalues of a balanced design with the same pairs: trace(C) / (judges - 1).
    Source: John and Williams, Cyclic and Computer Generated Designs, 2nd ed., chapter 2.
    """
    judges = {judge: number for number, judge in enumerate(dict.fromkeys(judge for _, judge in pairs))}
    of_entry: dict[Hashable, list[int]] = {}
    for entry, judge in pairs:
        of_entry.setdefault(entry, []).append(judges[judge])
    if len(judges) < 2 or components(pairs) != 1:
        return 0.0
    information = np.zeros((len(judges), len(judges)))
    for seated in of_entry.values():
        share = 1 / len(seated)
        for judge in seated:
            information[judge, judge] += 1
            information[judge, seated] -= share
    eigenvalues = np.linalg.eigvalsh(information)[1:]
    if eigenvalues[0] < 1e-9:
        return 0.0
    harmonic = len(eigenvalues) / float(np.sum(1 / eigenvalues))
    bound = float(np.trace(information)) / (len(judges) - 1)
    return min(1.0, harmonic / bound)
