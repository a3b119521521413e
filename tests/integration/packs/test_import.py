"""A contest pack into the database: all of it, once, and never over what is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from server.db import fetch
from server.errors import PackRefused
from server.packs.import_pack import import_pack
from server.packs.read import read_pack

PACK = Path(__file__).parents[2] / "packs" / "soc-trang-2024"


async def counts() -> dict[str, int]:
    tables = ("unit", "person", "role", "contest", "category", "file_rule", "round", "criterion", "panel", "seat",
              "prize", "conflict_of_interest", "job", "audit_event")  # fmt: skip
    return {t: (await fetch(f"select count(*) as n from {t}"))[0]["n"] for t in tables}


async def test_the_demo_pack_is_imported_whole_and_a_second_time_changes_nothing(database: object) -> None:
    pack = read_pack(PACK)
    imported = await import_pack(pack)
    assert imported.counts["people"] == 22
    before = await counts()
    assert before["unit"] == 12
    assert before["seat"] == 9
    assert before["job"] == 22
    assert (before["round"], before["criterion"], before["panel"], before["prize"]) == (1, 4, 3, 4)
    tree = await fetch("select count(*) as n from unit u join unit p on p.id = u.parent where p.code = 'ST'")
    assert tree[0]["n"] == 11
    assert (await import_pack(pack)).unchanged
    assert await counts() == before


async def test_another_pack_for_the_same_contest_is_refused(database: object) -> None:
    pack = read_pack(PACK)
    await import_pack(pack)
    before = await counts()
    with pytest.raises(PackRefused, match="cntt-2024"):
        await import_pack(replace(pack, approvals=1))
    assert await counts() == before


async def test_people_and_units_that_are_known_keep_their_names(database: object) -> None:
    pack = read_pack(PACK)
    await import_pack(pack)
    renamed = [replace(u, name=u.name + " mới") for u in pack.units]
    imported = await import_pack(replace(pack, code="cntt-2025", units=tuple(renamed)))
    assert len(imported.kept_names) == 12
    assert (await counts())["unit"] == 12
    assert (await counts())["person"] == 22


async def test_an_import_that_fails_leaves_nothing(database: object) -> None:
    pack = read_pack(PACK)
    with pytest.raises(KeyError):
        await import_pack(replace(pack, host_unit="không có"))
    assert set((await counts()).values()) == {0}
