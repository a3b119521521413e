"""An entry that is taken out of the contest, by its unit or by organizers, and who may bring it back."""

from __future__ import annotations

import asyncio

import pytest

from server.db import fetch
from tests.client import Visitor
from tests.world import World, make_world

REASON = "Bài trùng với bài của năm trước."


@pytest.fixture
async def world(database: None, visitor: Visitor) -> World:
    made = await make_world("open", entries=3)
    await visitor.sign_in(made.people["o1"])
    return made


async def state(code: str = "E01") -> str:
    return str((await fetch("select state from entry where code = $1", code))[0]["state"])


@pytest.mark.parametrize("before", ["draft", "submitted", "valid", "returned"])
async def test_what_organizers_withdrew_only_they_bring_back_as_it_was(
    visitor: Visitor, world: World, before: str
) -> None:
    await fetch("update entry set state = $1 where code = 'E01'", before)
    verdicts = f"/organize/{world.contest}/entries/E01/verdicts"
    assert (await visitor.submit(f"{verdicts}/withdraw", {"message": REASON})).status_code == 303
    officer = await visitor.as_person(world.people["officer_a"])
    own = f"/contests/{world.contest}/entries/E01"
    refused = await officer.submit(f"{own}/restore")
    assert refused.status_code == 409
    assert "chỉ Ban Tổ chức đưa bài trở lại được" in refused.text
    assert (await officer.submit(f"{own}/submit", {"version": "2"})).status_code == 409
    assert await state() == "withdrawn"
    assert "Đưa trở lại cuộc thi" in (await visitor.get(f"/organize/{world.contest}/entries/E01")).text
    both = await asyncio.gather(*(visitor.submit(f"{verdicts}/undo_withdraw") for _ in range(2)))
    assert [answer.status_code for answer in both] == [303, 303]
    assert await state() == before
    assert len(await fetch("select 1 from audit_event where action = 'entry.undo_withdraw'")) == 1


async def test_a_unit_brings_back_what_it_withdrew_itself_and_organizers_do_not(visitor: Visitor, world: World) -> None:
    verdicts = f"/organize/{world.contest}/entries/E01/verdicts"
    await visitor.submit(f"{verdicts}/withdraw", {"message": REASON})
    await visitor.submit(f"{verdicts}/undo_withdraw")
    officer = await visitor.as_person(world.people["officer_a"])
    own = f"/contests/{world.contest}/entries/E01"
    assert (await officer.submit(f"{own}/withdraw")).status_code == 303
    assert "Đưa trở lại cuộc thi" not in (await visitor.get(f"/organize/{world.contest}/entries/E01")).text
    assert (await visitor.submit(f"{verdicts}/undo_withdraw")).status_code == 409
    assert (await officer.submit(f"{own}/restore")).status_code == 303
    assert await state() == "draft"


async def test_a_place_that_was_given_away_is_not_taken_twice(visitor: Visitor, world: World) -> None:
    await fetch("update contest set per_unit_max = 1")
    await fetch("update entry set state = 'draft' where code = 'E03'")
    verdicts = f"/organize/{world.contest}/entries/E01/verdicts"
    await visitor.submit(f"{verdicts}/withdraw", {"message": REASON})
    officer = await visitor.as_person(world.people["officer_a"])
    assert (await officer.submit(f"/contests/{world.contest}/entries/E03/submit", {"version": "1"})).status_code == 303
    assert (await visitor.submit(f"{verdicts}/undo_withdraw")).status_code == 422
    assert await state() == "withdrawn"


async def test_the_unit_reads_why_and_finds_no_button(visitor: Visitor, world: World) -> None:
    await visitor.submit(f"/organize/{world.contest}/entries/E01/verdicts/withdraw", {"message": REASON})
    officer = await visitor.as_person(world.people["officer_a"])
    page = (await officer.get(f"/contests/{world.contest}/entries/E01")).text
    assert REASON in page
    assert "/restore" not in page


async def test_submits_are_counted_and_a_verdict_is_no_edit(visitor: Visitor, world: World) -> None:
    await fetch("update entry set state = 'draft', version = 7 where code = 'E01'")
    officer = await visitor.as_person(world.people["officer_a"])
    own = f"/contests/{world.contest}/entries/E01"
    first = (await officer.submit(f"{own}/submit", {"version": "7"})).headers["location"]
    for verdict in ("accept", "undo_accept"):
        await visitor.submit(f"/organize/{world.contest}/entries/E01/verdicts/{verdict}")
    assert "Bạn đã sửa bài sau lần nộp gần nhất" not in (await officer.get(own)).text
    assert "Bài đã nộp và không có gì thay đổi" in (await officer.get(own)).text
    assert "bài đã được sửa" not in (await officer.get(first)).text
    assert "<dt>Lần nộp</dt><dd>1</dd>" in (await officer.get(first)).text
    edit = {"title": "Khác", "category": "tap-the", "version": "9"}
    assert (await officer.submit(own, edit)).status_code == 303
    assert "Bạn đã sửa bài sau lần nộp gần nhất" in (await officer.get(own)).text
    assert "bài đã được sửa" in (await officer.get(first)).text
    second = (await officer.submit(f"{own}/submit", {"version": "10"})).headers["location"]
    assert "<dt>Lần nộp</dt><dd>2</dd>" in (await officer.get(second)).text
    assert "bài đã được sửa" not in (await officer.get(second)).text
    assert "lần nộp 2" in (await officer.get(own)).text
