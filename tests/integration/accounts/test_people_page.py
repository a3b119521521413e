"""The organizer's pages of people and units stay readable with thousands: pages, words without accents, names in order."""

from __future__ import annotations

import re

from server.db import fetch
from tests.client import Visitor
from tests.world import make_world


async def test_people_are_paged_found_by_words_and_stand_in_order(visitor: Visitor) -> None:
    world = await make_world()
    await fetch(
        "with made as (insert into person (email, full_name, locale) "
        "select 'x' || n || '@xa.example', case n when 1 then 'Đặng Ngọc Hân' when 2 then 'Ngô Thị Ấn' else 'Võ ' || n end, "
        "'vi' from generate_series(1, 70) n returning id) "
        "insert into role (person, kind, contest, unit) select id, 'officer', $1, $2 from made",
        world.contest,
        world.units["A"],
    )
    await visitor.sign_in(world.people["o1"])
    url = f"/organize/{world.contest}/people"
    seen: list[str] = []
    for number in (1, 2):
        found = re.findall(r"[\w.]+@[\w.]+(?=</span></th>)", (await visitor.get(f"{url}?page={number}")).text)
        assert len(found) <= 50
        seen += found
    assert len(seen) == len(set(seen)) == 78
    assert seen.index("x1@xa.example") < seen.index("x2@xa.example") < seen.index("x3@xa.example")
    one = (await visitor.get(url, params={"q": "ngo thi an"})).text
    assert "x2@xa.example" in one
    assert "x1@xa.example" not in one
    assert "Không có gì khớp" in (await visitor.get(url, params={"q": "khong-ai-ca"})).text
    assert "Không có gì khớp" in (await visitor.get(f"{url}?page=9")).text


async def test_units_are_paged(visitor: Visitor) -> None:
    world = await make_world()
    await fetch(
        "insert into unit (code, name, kind, parent, email) "
        "select 'X' || n, 'Xã ' || n, 'xã', $1, '' from generate_series(1, 60) n",
        world.units["H"],
    )
    await visitor.sign_in(world.people["o1"])
    url = f"/organize/{world.contest}/units"
    pages = [(await visitor.get(f"{url}?page={number}")).text for number in (1, 2)]
    offered = [set(re.findall(rf'action="{url}/(\d+)"', text)) for text in pages]
    assert [len(found) for found in offered] == [50, 14]
    assert not offered[0] & offered[1]
    assert 'rel="next"' in pages[0]
    assert 'rel="next"' not in pages[1]
