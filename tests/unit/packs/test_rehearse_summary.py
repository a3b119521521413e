"""A rehearsal tells people what came out, and not only programs."""

from __future__ import annotations

from typing import Any

from server.packs.rehearse.summary import summary


def place(rank: int | None, entry: str, score: str | None, *, advanced: bool = False) -> dict[str, Any]:
    return {"rank": rank, "entry": entry, "score": score, "tied": rank == 2, "advanced": advanced}


def report(places: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    chosen = [line["entry"] for line in places if line["advanced"]]
    rounds = [{"code": "so-khao", "assignments": 24, "sheets": 23, "standings": places, "advanced": chosen}]
    return {"contest": "tranh", "units": 3, "entries": 8, "files": 8, "rounds": rounds, "seconds": 2.5, **more}


def test_the_best_are_named_with_their_titles():
    places = [
        place(1, "P4", "90.83", advanced=True), place(2, "P1", "80.00"), place(2, "P2", "80.00"), place(None, "P3", None)
    ]  # fmt: skip
    told = summary(
        report(places, publication={"version": 1, "verified": True, "digest": "sha256:ab"}), {"P4": "Phân loại rác"}
    ).splitlines()
    assert told[0] == "tranh: 3 units, 8 entries, 8 files"
    assert "so-khao: 23 of 24 sheets handed in" in told
    assert "     1    90.83  P4  Phân loại rác  (chosen)" in told
    assert [line.split()[:3] for line in told if " P1" in line or "P3" in line] == [
        ["=2", "80.00", "P1"],
        ["-", "-", "P3"],
    ]
    assert told[-2:] == ["published: version 1, verified, sha256:ab", "2.5 s"]


def test_a_long_list_is_cut_but_never_above_the_last_chosen():
    places = [place(n, f"E{n}", "50.00", advanced=n <= 12) for n in range(1, 31)]
    told = summary(report(places), {})
    assert "E12 " in told
    assert "E13" not in told
    assert "… and 18 more" in told
