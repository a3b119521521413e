"""From decided standings to results that anyone can check: approvals by several people, exact bytes, a chain of versions."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from server.db import fetch
from server.engine import queries_run
from server.publishing.verify import described, verify_bytes, verify_file
from tests.client import Visitor
from tests.world import World, assign_all, make_world


@pytest.fixture
async def world(visitor: Visitor) -> World:
    """A decided contest: six entries on one panel, marked by three judges, two advanced."""
    world = await make_world(state="closed", entries=6)
    await assign_all(world)
    await fetch(
        "insert into mark (assignment, criterion, version, points, person) select a.id, c.id, 1, c.max - re.entry * 2 - "
        "(a.person % 3) * 0.5, a.person from assignment a join round_entry re on re.id = a.round_entry "
        "join criterion c on c.round = re.round"
    )
    await fetch("update assignment set version = 2, submitted_at = now()")
    await fetch(
        "insert into prize (contest, title_vi, title_en, quantity, position) values ($1, 'Giải Nhất', 'First', 1, 0), "
        "($1, 'Giải Nhì', 'Second', 2, 1)",
        world.contest_id,
    )
    await visitor.sign_in(world.people["o1"])
    url = f"/organize/{world.contest}/rounds/so-khao"
    assert (await visitor.submit(f"{url}/close")).status_code == 303
    assert (await visitor.submit(f"{url}/advance", {"then": "finish"})).status_code == 303
    return world


def url(world: World, step: str = "") -> str:
    return f"/organize/{world.contest}/publication{step}"


async def digest(visitor: Visitor, world: World) -> str:
    return str((await visitor.get(url(world), headers={"accept": "application/json"})).json()["digest"])


async def publish(visitor: Visitor, world: World, reason: str = "") -> str:
    assert (await visitor.submit(url(world, "/prepare"), {"reason": reason})).status_code == 303
    seen = {"digest": await digest(visitor, world)}
    second = await visitor.as_person(world.people["o2"])
    for organizer in (visitor, second):
        assert (await organizer.submit(url(world, "/approve"), seen)).status_code == 303
    assert (await visitor.submit(url(world, "/publish"), seen)).status_code == 303
    return seen["digest"]


async def test_results_go_out_after_enough_approvals_and_verify_offline(
    visitor: Visitor, world: World, tmp_path: Path
) -> None:
    public = Visitor(visitor.app)
    assert (await public.get(f"/results/{world.contest}")).status_code == 404
    given = await publish(visitor, world)
    page = await public.get(f"/results/{world.contest}")
    assert page.status_code == 200
    assert "Giải Nhất" in page.text
    assert "Tác giả" not in page.text
    body = (await public.get(f"/results/{world.contest}/publication.json")).content
    file = tmp_path / "publication.json"
    file.write_bytes(body)
    report = verify_file(file, expect_digest=given)
    assert report.ok, described(report)
    document = json.loads(body)["document"]
    assert [s["entry"] for s in document["rounds"][0]["standings"] if s["advanced"]] == ["E01", "E02"]
    assert [p["entries"] for p in document["prizes"]] == [["E01"], ["E02", "E03"]]
    assert len(document["rounds"][0]["sheets"]) == 18
    for secret in ("example.org", "Người", "Tác giả"):
        assert secret not in body.decode()


async def test_one_approval_is_not_two(visitor: Visitor, world: World) -> None:
    await visitor.submit(url(world, "/prepare"))
    seen = {"digest": await digest(visitor, world)}
    for _ in range(2):
        await visitor.submit(url(world, "/approve"), seen)
    assert (await visitor.submit(url(world, "/publish"), seen)).status_code == 409
    second = await visitor.as_person(world.people["o2"])
    await second.submit(url(world, "/approve"), seen)
    await second.submit(url(world, "/withdraw"), seen)
    assert (await visitor.submit(url(world, "/publish"), seen)).status_code == 409


async def test_the_yes_of_somebody_who_is_no_organizer_any_more_does_not_count(visitor: Visitor, world: World) -> None:
    await visitor.submit(url(world, "/prepare"))
    seen = {"digest": await digest(visitor, world)}
    second = await visitor.as_person(world.people["o2"])
    for organizer in (visitor, second):
        await organizer.submit(url(world, "/approve"), seen)
    await fetch("update person set disabled = true where id = $1", world.people["o2"])
    assert (await visitor.submit(url(world, "/publish"), seen)).status_code == 409
    await fetch("update person set disabled = false where id = $1", world.people["o2"])
    await fetch("delete from role where person = $1", world.people["o2"])
    assert (await visitor.submit(url(world, "/publish"), seen)).status_code == 409
    assert (await Visitor(visitor.app).get(f"/results/{world.contest}")).status_code == 404


async def test_publications_pressed_at_once_are_one_chain(visitor: Visitor, world: World) -> None:
    people = [visitor, await visitor.as_person(world.people["o2"])] * 4
    await asyncio.gather(*(person.submit(url(world, "/prepare"), {"reason": "x"}) for person in people))
    assert len(await fetch("select 1 from publication")) == 1
    seen = {"digest": await digest(visitor, world)}
    for step in ("/approve", "/publish"):
        answers = await asyncio.gather(*(person.submit(url(world, step), seen) for person in people))
        assert {answer.status_code for answer in answers} == {303}
    assert len(await fetch("select 1 from approval")) == 2
    assert len(await fetch("select 1 from release")) == 1
    assert len(await fetch("select 1 from audit_event where action = 'publication.published'")) == 1


async def test_what_is_approved_is_what_was_seen(visitor: Visitor, world: World) -> None:
    await visitor.submit(url(world, "/prepare"))
    second = await visitor.as_person(world.people["o2"])
    assert (await second.submit(url(world, "/prepare"))).status_code == 409
    assert (await visitor.submit(url(world, "/approve"), {"digest": "sha256:x"})).status_code == 409
    assert (await visitor.get(url(world, "/preview"))).status_code == 200
    await visitor.submit(url(world, "/discard"), {"digest": await digest(visitor, world)})
    assert (await visitor.get(url(world, "/preview"))).status_code == 404
    assert (await visitor.submit(url(world, "/prepare"))).status_code == 303


async def test_standings_that_changed_after_preparing_do_not_go_out(visitor: Visitor, world: World) -> None:
    await visitor.submit(url(world, "/prepare"))
    seen = {"digest": await digest(visitor, world)}
    second = await visitor.as_person(world.people["o2"])
    for organizer in (visitor, second):
        await organizer.submit(url(world, "/approve"), seen)
    await fetch("update standing set score = score + 1 where position = 0")
    assert (await visitor.submit(url(world, "/publish"), seen)).status_code == 409


async def test_a_correction_is_a_new_version_in_the_chain(visitor: Visitor, world: World) -> None:
    first = await publish(visitor, world)
    assert (await visitor.submit(url(world, "/prepare"))).status_code == 422
    second = await publish(visitor, world, reason="Sửa tên đơn vị")
    public = Visitor(visitor.app)
    assert "Sửa tên đơn vị" in (await public.get(f"/results/{world.contest}")).text
    versions_page = (await public.get(f"/results/{world.contest}/versions")).text
    for shown in (first, second, "Sửa tên đơn vị", "Bản thứ 2", f"/results/{world.contest}/chain.json"):
        assert shown in versions_page, shown
    for number, wanted in ((1, first), (2, second)):
        one = await public.get(f"/results/{world.contest}/publication.json?version={number}")
        assert one.json()["digest"] == wanted
    assert (await public.get(f"/results/{world.contest}/publication.json?version=3")).status_code == 404
    chain = (await public.get(f"/results/{world.contest}/chain.json")).content
    report = verify_bytes(chain, expect_digest=first)
    assert report.ok, described(report)
    assert report.digest == second
    versions = json.loads(chain)
    for broken in (versions[1:], versions[::-1], [versions[0], versions[0]]):
        assert not verify_bytes(json.dumps(broken).encode()).ok


async def test_publications_cannot_be_edited_by_the_application(visitor: Visitor, world: World) -> None:
    await publish(visitor, world)
    for table in ("publication", "approval", "release"):
        with pytest.raises(Exception, match="permission denied"):
            await fetch(f"update {table} set id = id")


async def test_the_public_page_is_cached_and_cheap(visitor: Visitor, world: World) -> None:
    await publish(visitor, world)
    public = Visitor(visitor.app)
    seen: list[str] = []
    queries_run.set(seen)
    page = await public.get(f"/results/{world.contest}")
    assert len(seen) <= 2
    assert "Công bố lúc" in page.text
    assert page.headers["cache-control"] == "public, max-age=60"
    again = await public.get(f"/results/{world.contest}", headers={"if-none-match": page.headers["etag"]})
    assert again.status_code == 304
    assert "no-store" in (await visitor.get(f"/results/{world.contest}")).headers["cache-control"]


async def test_only_organizers_prepare_and_everybody_finds_the_front(visitor: Visitor, world: World) -> None:
    judge = await visitor.as_person(world.people["j1"])
    assert (await judge.get(url(world))).status_code == 403
    assert (await judge.submit(url(world, "/prepare"))).status_code == 403
    assert "Hội thi thử nghiệm" in (await Visitor(visitor.app).get("/")).text
    assert (await visitor.submit(url(world, "/nonsense"), {"digest": "x"})).status_code == 404
