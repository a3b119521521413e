"""Every main page on a phone and on a desk, in both languages: it fits, it is accessible, it asks no other host."""

from __future__ import annotations

import pytest

from server.db import fetch
from tests.browser.conftest import OpenPage
from tests.browser.watch import assert_accessible, assert_fits
from tests.world import World, assign_all, make_world

PAGES = {
    "dashboard": ("o1", "/organize/thu-nghiem"),
    "entries": ("o1", "/organize/thu-nghiem/entries"),
    "entry-review": ("o1", "/organize/thu-nghiem/entries/E01"),
    "progress": ("o1", "/organize/thu-nghiem/rounds/so-khao/progress"),
    "standings": ("o1", "/organize/thu-nghiem/rounds/so-khao/standings"),
    "conflicts": ("o1", "/organize/thu-nghiem/conflicts"),
    "audit": ("o1", "/organize/thu-nghiem/audit"),
    "jobs": ("o1", "/organize/thu-nghiem/jobs"),
    "officer-home": ("officer_a", "/entries"),
    "officer-list": ("officer_a", "/contests/thu-nghiem/entries"),
    "officer-entry": ("officer_a", "/contests/thu-nghiem/entries/E01"),
    "judge-rounds": ("j1", "/judge"),
    "queue": ("j1", "/judge/thu-nghiem/so-khao"),
    "desk": ("j1", "/judge/thu-nghiem/so-khao/T001"),
}


async def judged_world() -> World:
    """Eight entries on one panel, some of them marked, one with a wide spread."""
    world = await make_world(state="closed", entries=8)
    await assign_all(world)
    await fetch(
        """
        insert into mark (assignment, criterion, version, points, person)
        select a.id, c.id, 1, c.max - (re.entry % 7) - (a.person % 3) * 4 - case when re.alias = 'T003' then (a.person % 3) * 12 else 0 end, a.person
        from assignment a join round_entry re on re.id = a.round_entry join criterion c on c.round = re.round
        where re.alias <> 'T001'
        """
    )
    await fetch(
        "update assignment a set version = 2, submitted_at = now(), saved_at = now() from round_entry re "
        "where re.id = a.round_entry and re.alias not in ('T001', 'T002')"
    )
    await fetch(
        "update assignment a set version = 1 from round_entry re where re.id = a.round_entry and re.alias = 'T002'"
    )
    return world


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize("name", list(PAGES))
async def test_a_main_page(open_page: OpenPage, name: str, size: str, locale: str) -> None:
    world = await judged_world()
    who, path = PAGES[name]
    page = await open_page(size, person=world.people[who], locale=locale)
    answer = await page.goto(path)
    assert answer is not None
    assert answer.status == 200
    await assert_fits(page)
    await assert_accessible(page)
