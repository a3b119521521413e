"""kill -9 of each process while a contest is played: what was acknowledged is there afterwards, and the end is the same.

Two kills of each kind run always; HOITHI_KILLS=10 asks for ten. The counts are printed with `pytest -s`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import random
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from server.embedded import EmbeddedPostgres
from server.packs.read import read_pack
from server.packs.rehearse.instance import Instance, running_instance
from server.packs.rehearse.journal import Journal
from server.packs.rehearse.play import Played, play, sign_everybody_in
from server.packs.rehearse.progress import Progress
from server.runtime import DATABASE
from tests.recompute import recompute

PACK = Path(__file__).parents[1] / "packs" / "soc-trang-2024"
KILLS = int(os.environ.get("HOITHI_KILLS", "2"))

pytestmark = pytest.mark.faults


def victim(instance: Instance, kind: str) -> int | None:
    """The process id of the service, of its postmaster, or of one database connection's backend."""
    if instance.pid is None:
        return None
    with contextlib.suppress(psutil.Error):
        if kind == "serve":
            return instance.pid
        postmasters = [p for p in psutil.Process(instance.pid).children() if p.name() == "postgres"]
        if not postmasters:
            return None
        if kind == "postmaster":
            return postmasters[0].pid
        backends = [p for p in postmasters[0].children() if "hoithi" in " ".join(p.cmdline())]
        return random.choice(backends).pid if backends else None
    return None


async def kill_at_random(instance: Instance, kind: str, left: int) -> int:
    """Kill `left` times, each once the service answers again; returns how many kills hit."""
    hit = 0
    while hit < left:
        await asyncio.sleep(0.2 + random.random() * 1.2)
        pid = victim(instance, kind)
        if pid is None:
            continue
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            hit += 1
            await instance.ready()
    return hit


async def play_under_fire(data: Path, kind: str, kills: int) -> tuple[int, Journal, Played, dict[str, Any]]:
    """One rehearsal with up to `kills` kills; what the database holds at its end is read beside the service."""
    pack = read_pack(PACK)
    journal = Journal(data / "journal.jsonl")
    async with running_instance(data) as instance:
        await instance.command("import", str(PACK))
        cast = await sign_everybody_in(pack, instance, Progress(quiet=True))
        killer = asyncio.create_task(kill_at_random(instance, kind, kills))
        counted = 0
        try:
            played = await play(pack, cast, journal, Progress(quiet=True))
        finally:
            await cast.close()
            if killer.done():
                counted = killer.result()
            killer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                counted = await killer
        await instance.ready()
        held = await everything(data)
    journal.close()
    return counted, journal, played, held


def stored_hashes(folder: Path) -> set[str]:
    """The SHA-256 of every object that the store holds."""
    return {hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.rglob("*") if file.is_file()}


async def everything(data: Path) -> dict[str, Any]:
    """Receipts, current marks by (alias, judge), and jobs by state, once no job is waiting or none ends for a minute."""
    connection = await asyncpg.connect(**EmbeddedPostgres(data).dsn(DATABASE))
    try:
        before, patience = -1, 600
        while patience:
            waiting = await connection.fetchval("select count(*) from job where state in ('ready', 'running')")
            if not waiting:
                break
            before, patience = waiting, patience - 1 if waiting == before else 600
            await asyncio.sleep(0.1)
        receipts = await connection.fetch("select code, document from receipt")
        marks = await connection.fetch(
            "select distinct on (m.assignment, m.criterion) re.alias, p.email, c.code, trim_scale(m.points)::text as points "
            "from mark m join assignment a on a.id = m.assignment join round_entry re on re.id = a.round_entry "
            "join person p on p.id = a.person join criterion c on c.id = m.criterion "
            "order by m.assignment, m.criterion, m.version desc"
        )
        jobs = await connection.fetch("select state, count(*) as n from job group by state")
        copies = await connection.fetch("select derived_state, count(*) as n from entry_file group by 1")
        doubles = await connection.fetchval(
            "select count(*) from (select 1 from receipt group by entry having count(*) > 1) d"
        )
    finally:
        await connection.close()
    return {
        "receipts": {row["code"]: json.loads(row["document"]) for row in receipts},
        "marks": {(row["alias"], row["email"], row["code"]): row["points"] for row in marks},
        "jobs": {row["state"]: row["n"] for row in jobs},
        "copies": {row["derived_state"]: row["n"] for row in copies},
        "doubles": doubles,
        "stored": await asyncio.to_thread(stored_hashes, data / "objects" / "entries"),
    }


@pytest.mark.parametrize("kind", ["serve", "postmaster", "backend"])
async def test_nothing_acknowledged_is_lost(kind: str, tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o711)
    seen = Counter[str]()
    for number in range(KILLS * 3):
        data = tmp_path / str(number)
        data.mkdir()
        hit, journal, played, held = await play_under_fire(data, kind, KILLS - seen["kills"])
        seen["kills"] += hit
        for line in journal.lines:
            seen[line["kind"]] += 1
            if line["kind"] == "receipt":
                stored = held["receipts"].get(line["receipt"])
                assert stored == {k: v for k, v in line.items() if k != "kind"}
                assert {file["sha256"] for file in line["files"]} <= held["stored"]
            if line["kind"] == "marks":
                for code, points in line["marks"].items():
                    assert held["marks"].get((line["alias"], line["judge"], code)) == points
        assert held["doubles"] == 0
        assert set(held["jobs"]) == {"done"}, held["jobs"]
        assert held["copies"] == {"ready": 128}
        seen["jobs"] += held["jobs"]["done"]
        assert played.report["rounds"][0]["standings"] == recompute(PACK)[0]["standings"]
        assert played.report["publication"]["verified"] is True
        if seen["kills"] >= KILLS:
            break
    assert seen["kills"] >= KILLS
    print(f"\n{kind}: {dict(seen)}, lost: 0")
