"""Every page on a phone and on a desk, in both languages: it fits, it is accessible, it asks no other host."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from server.db import fetch
from server.secrets_at_rest import token_hash
from tests.browser.conftest import OpenPage
from tests.browser.watch import assert_accessible, assert_fits
from tests.client import Visitor
from tests.world import World, assign_all, make_world, organizer_who_judges

LINK = "loi-moi-cua-ban"
LONG_NAME = "Nguyễn Phước Tôn Nữ Thị Hoàng Anh Thư (Hội LHPN huyện Mỹ Xuyên)"
LONG_TITLE = (
    "Mô hình “Chi hội phụ nữ số”: ứng dụng Zalo, biểu mẫu trực tuyến và mã QR trong điểm danh, lấy ý kiến, tuyên truyền "
    "Luật Phòng, chống bạo lực gia đình, hướng dẫn dịch vụ công trực tuyến và kết nối tiêu thụ hành tím, nhãn, bưởi cho "
    "hội viên vùng ven biển, cù lao và đồng bào Khmer"
)

PAGES = {
    "front": ("judged", None, "/"),
    "login": ("judged", None, "/login"),
    "forgotten": ("judged", None, "/forgotten"),
    "invitation": ("people", None, f"/invitations/{LINK}"),
    "home": ("people", "o1", "/home"),
    "account": ("people", "o1", "/account"),
    "confirm": ("people", "o1", "/account/confirm"),
    "people": ("people", "o1", "/organize/thu-nghiem/people"),
    "units": ("people", "o1", "/organize/thu-nghiem/units"),
    "organizer-contests": ("judged", "o1", "/organize"),
    "dashboard": ("judged", "o1", "/organize/thu-nghiem"),
    "dashboard-open": ("open", "o1", "/organize/thu-nghiem"),
    "entries": ("judged", "o1", "/organize/thu-nghiem/entries"),
    "entry-review": ("judged", "o1", "/organize/thu-nghiem/entries/E01"),
    "files": ("judged", "o1", "/organize/thu-nghiem/files"),
    "plan": ("closed", "o1", "/organize/thu-nghiem/rounds/so-khao"),
    "progress": ("judged", "o1", "/organize/thu-nghiem/rounds/so-khao/progress"),
    "standings": ("judged", "o1", "/organize/thu-nghiem/rounds/so-khao/standings"),
    "conflicts": ("judged", "o1", "/organize/thu-nghiem/conflicts"),
    "publication-early": ("judged", "o1", "/organize/thu-nghiem/publication"),
    "publication-prepared": ("prepared", "o1", "/organize/thu-nghiem/publication"),
    "publication-preview": ("prepared", "o1", "/organize/thu-nghiem/publication/preview"),
    "publication-published": ("published", "o1", "/organize/thu-nghiem/publication"),
    "audit": ("judged", "o1", "/organize/thu-nghiem/audit"),
    "jobs": ("judged", "o1", "/organize/thu-nghiem/jobs"),
    "officer-home": ("open", "officer_a", "/entries"),
    "officer-list": ("open", "officer_a", "/contests/thu-nghiem/entries"),
    "officer-entry": ("open", "officer_a", "/contests/thu-nghiem/entries/E01"),
    "officer-entry-closed": ("judged", "officer_a", "/contests/thu-nghiem/entries/E01"),
    "receipt": ("open", "officer_a", "/receipts/{receipt}"),
    "receipt-check": ("open", None, "/receipts/{receipt}/check"),
    "dates": ("late", "o1", "/organize/thu-nghiem/dates"),
    "dashboard-late": ("late", "o1", "/organize/thu-nghiem"),
    "entry-late": ("late", "o1", "/organize/thu-nghiem/entries/E02"),
    "officer-entry-late": ("late", "officer_b", "/contests/thu-nghiem/entries/E02"),
    "officer-list-late": ("late", "officer_b", "/contests/thu-nghiem/entries"),
    "receipt-late": ("late", "officer_b", "/receipts/{receipt}"),
    "judge-rounds": ("judged", "j1", "/judge"),
    "queue": ("judged", "j1", "/judge/thu-nghiem/so-khao"),
    "desk": ("judged", "j1", "/judge/thu-nghiem/so-khao/T001"),
    "results": ("published", None, "/results/thu-nghiem"),
    "versions": ("published", None, "/results/thu-nghiem/versions"),
    "api": ("judged", None, "/api/docs"),
}

ERRORS = {
    "not-found": (None, "/khong-co-trang-nay", 404),
    "not-allowed": ("j1", "/organize/thu-nghiem", 403),
    "judges-now": ("oj", "/organize/thu-nghiem/rounds/so-khao/standings", 403),
}


async def judged_world(visitor: Visitor, *, wide: bool = True) -> World:
    """Eight entries on one panel, one with a very long title; some marked, one (when `wide`) with a wide spread."""
    world = await make_world(state="closed", entries=8)
    await fetch("update entry set title = $1 where code = 'E02'", LONG_TITLE)
    await assign_all(world)
    await fetch(
        """
        insert into mark (assignment, criterion, version, points, person)
        select a.id, c.id, 1, c.max - (re.entry % 7) - (a.person % 3) * 4
               - case when $1 and re.alias = 'T003' then (a.person % 3) * 12 else 0 end, a.person
        from assignment a join round_entry re on re.id = a.round_entry join criterion c on c.round = re.round
        where not $1 or re.alias <> 'T001'
        """,
        wide,
    )
    await fetch(
        "update assignment a set version = 2, submitted_at = now(), saved_at = now() from round_entry re "
        "where re.id = a.round_entry and (not $1 or re.alias not in ('T001', 'T002'))",
        wide,
    )
    await fetch(
        "update assignment a set version = 1 from round_entry re "
        "where $1 and re.id = a.round_entry and re.alias = 'T002'",
        wide,
    )
    return world


async def closed_world(visitor: Visitor) -> World:
    """Entries are in, nobody is assigned yet."""
    return await make_world(state="closed", entries=8)


async def open_world(visitor: Visitor) -> World:
    """The contest takes entries for five more days; officer_a has submitted E01, whose title is very long."""
    world = await make_world(state="open", entries=3)
    await fetch("update contest set closes_at = now() + interval '5 days 3 hours'")
    await fetch("update entry set title = $1 where code = 'E01'", LONG_TITLE)
    officer = await visitor.as_person(world.people["officer_a"])
    url = f"/contests/{world.contest}/entries/E01/submit"
    assert (await officer.submit(url, {"version": "1", "key": "E01-1"})).status_code == 303
    return world


async def late_world(visitor: Visitor) -> World:
    """The deadline passed an hour ago; unit A has more time, for a long reason, and officer_b has submitted E02 late."""
    world = await make_world(state="open", entries=3)
    await fetch("update contest set closes_at = now() - interval '1 hour'")
    await fetch(
        "insert into deadline_extension (contest, unit, closes_at, reason, person, taken_back_at) values "
        "($1, $2, now() + interval '1 day', $3, $4, now()), ($1, $2, now() + interval '2 days', $3, $4, null)",
        world.contest_id, world.units["A"], LONG_TITLE, world.people["o1"],
    )  # fmt: skip
    await fetch("update entry set state = 'draft' where code = 'E02'")
    officer = await visitor.as_person(world.people["officer_b"])
    assert (await officer.submit(f"/contests/{world.contest}/entries/E02/submit", {"version": "1"})).status_code == 303
    return world


async def people_world(visitor: Visitor) -> World:
    """o1 holds all three roles; one person has a very long name and an invitation that is still open."""
    world = await closed_world(visitor)
    for kind in ("judge", "officer"):
        await fetch(
            "insert into role (person, kind, contest, unit) values ($1, $2, $3, $4)",
            world.people["o1"], kind, world.contest, world.units["H"],
        )  # fmt: skip
    await fetch("update person set full_name = $1 where id = $2", LONG_NAME, world.people["officer_a"])
    await fetch("update person set password_hash = 'x' where id = $1", world.people["j1"])
    await fetch("update unit set name = $1, valid_to = '2025-06-30' where code = 'A'", LONG_NAME)
    await fetch(
        "insert into invitation (token_hash, person, created_at, expires_at) "
        "values ($1, $2, now(), now() + interval '7 days')",
        token_hash(LINK),
        world.people["officer_a"],
    )
    await fetch(
        "insert into api_token (token_hash, person, name, scopes, created_at) "
        "values ('\\x00', $1, 'Bảng tính của văn phòng', '{read}', now())",
        world.people["o1"],
    )
    return world


async def prepared_world(visitor: Visitor) -> World:
    """Results are decided and a publication is prepared, which one of two organizers has approved."""
    world = await judged_world(visitor, wide=False)
    await fetch(
        "insert into prize (contest, title_vi, title_en, quantity, position) values ($1, 'Giải Nhất', 'First', 1, 0), "
        "($1, 'Giải Nhì', 'Second', 2, 1), ($1, 'Giải Ba', 'Third', 2, 2)",
        world.contest_id,
    )
    organizer = await visitor.as_person(world.people["o1"])
    base = f"/organize/{world.contest}"
    for step in ("rounds/so-khao/close", "rounds/so-khao/advance", "publication/prepare"):
        assert (await organizer.submit(f"{base}/{step}", {"then": "finish"})).status_code == 303, step
    await _approve(await visitor.as_person(world.people["o2"]), world)
    return world


async def published_world(visitor: Visitor) -> World:
    """The results are published."""
    world = await prepared_world(visitor)
    organizer = await visitor.as_person(world.people["o1"])
    seen = await _approve(organizer, world)
    answer = await organizer.submit(f"/organize/{world.contest}/publication/publish", {"digest": seen})
    assert answer.status_code == 303
    return world


async def _approve(organizer: Visitor, world: World) -> str:
    url = f"/organize/{world.contest}/publication"
    seen = str((await organizer.get(url, headers={"accept": "application/json"})).json()["digest"])
    assert (await organizer.submit(f"{url}/approve", {"digest": seen})).status_code == 303
    return seen


WORLDS: dict[str, Callable[[Visitor], Awaitable[World]]] = {
    "judged": judged_world,
    "closed": closed_world,
    "open": open_world,
    "late": late_world,
    "people": people_world,
    "prepared": prepared_world,
    "published": published_world,
}


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize("name", list(PAGES))
async def test_a_page(visitor: Visitor, open_page: OpenPage, name: str, size: str, locale: str) -> None:
    kind, who, path = PAGES[name]
    world = await WORLDS[kind](visitor)
    if "{receipt}" in path:
        path = path.format(receipt=(await fetch("select code from receipt"))[0]["code"])
    page = await open_page(size, person=world.people[who] if who else None, locale=locale)
    answer = await page.goto(path)
    assert answer is not None
    assert answer.status == 200
    await assert_fits(page)
    await assert_accessible(page)


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize("name", list(ERRORS))
async def test_an_error_page(open_page: OpenPage, name: str, size: str, locale: str) -> None:
    world = await make_world(entries=1)
    await organizer_who_judges(world)
    await assign_all(world)
    who, path, status = ERRORS[name]
    page = await open_page(size, person=world.people[who] if who else None, locale=locale)
    answer = await page.goto(path)
    assert answer is not None
    assert answer.status == status
    await assert_fits(page)
    await assert_accessible(page)
