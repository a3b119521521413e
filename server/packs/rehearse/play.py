"""The order of a rehearsal: invite, enter, close, assign, score, decide, publish, verify; and its report."""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from server.packs.model import Pack, Round
from server.packs.rehearse import roles
from server.packs.rehearse.instance import Instance
from server.packs.rehearse.journal import Journal
from server.packs.rehearse.mailbox import Mailbox
from server.packs.rehearse.person import Person, StepFailed
from server.packs.rehearse.progress import Progress
from server.publishing.verify import described, verify_bytes

AT_ONCE = 8

Item = TypeVar("Item")


@dataclass
class Cast:
    """The people of a pack, signed in, by role; an address may have several roles."""

    everybody: dict[str, Person]
    organizers: list[Person]
    officer_of: dict[str, Person]

    async def close(self) -> None:
        """Let go of their connections."""
        for person in self.everybody.values():
            await person.close()


@dataclass
class Played:
    """What came out: the report of the rehearsal, the receipts, and the published bytes (empty after a tie)."""

    report: dict[str, Any]
    receipts: list[dict[str, Any]] = field(default_factory=list)
    publication: bytes = b""

    @property
    def tied(self) -> bool:
        """A tie on a cut stopped the rehearsal."""
        return any(round_["unresolved_tie"] for round_ in self.report["rounds"])


async def sign_everybody_in(
    pack: Pack, instance: Instance, progress: Progress, password: Callable[[], str] = lambda: secrets.token_urlsafe(12)
) -> Cast:
    """Each person of the pack accepts the invitation that lies in the instance's outbox."""
    mailbox = Mailbox(instance.data / "outbox")
    everybody = {email: Person(instance.url, email) for email in dict.fromkeys(person.email for person in pack.people)}
    progress.phase("people accept their invitations", len(everybody))

    async def join(person: Person) -> None:
        await asyncio.wait_for(person.accept(lambda: mailbox.newest_link(person.email), password()), 120)
        progress.step()

    await _at_once(everybody.values(), join, 4)
    judges = {p.email for p in pack.people if p.role == "judge"}
    # Those in front run the contest, which an organizer who judges may not do.
    in_charge = sorted((p for p in pack.people if p.role == "organizer"), key=lambda p: p.email in judges)
    organizers = [everybody[p.email] for p in in_charge]
    officer_of = {p.unit_code: everybody[p.email] for p in reversed(pack.people) if p.role == "officer" and p.unit_code}
    return Cast(everybody, list(dict.fromkeys(organizers)), officer_of)


async def play(pack: Pack, cast: Cast, journal: Journal, progress: Progress) -> Played:
    """Play an imported pack to its end, or to the first tie on a cut that people must decide."""
    organizer = cast.organizers[0]
    report: dict[str, Any] = {"contest": pack.code, "units": sum(u.code != pack.host_unit for u in pack.units)}
    receipts = await enter_everything(pack, cast, journal, progress)
    report |= {
        "entries": len(receipts),
        "files": sum(len(receipt["files"]) for receipt in receipts),
        "bytes": sum(file["bytes"] for receipt in receipts for file in receipt["files"]),
        "rounds": [],
    }
    played = Played(report, receipts)
    for number, round_ in enumerate(pack.rounds):
        standings = await play_round(pack, round_, cast, journal, progress, report)
        if standings["unresolved_tie"]:
            progress.end()
            return played
        following = pack.rounds[number + 1] if number + 1 < len(pack.rounds) else None
        go_on = following is not None and any(score.round == following.code for score in pack.scores)
        url = f"/organize/{pack.code}/rounds/{round_.code}/advance"
        await organizer.step(url, {"then": "next" if go_on else "finish"})
        if not go_on:
            break
    progress.phase("organizers approve and publish")
    played.publication = await roles.publish(cast.organizers, pack)
    verified = verify_bytes(played.publication)
    report["publication"] = {
        "version": verified.version,
        "digest": verified.digest,
        "path": f"/results/{pack.code}",
        "verified": verified.ok,
    }
    progress.end()
    if not verified.ok:
        raise StepFailed(f"the publication does not verify:\n{described(verified)}")
    return played


async def enter_everything(pack: Pack, cast: Cast, journal: Journal, progress: Progress) -> list[dict[str, Any]]:
    """Officers enter the whole pack and submit in the order of its rows; returns the receipts. The contest is closed."""
    organizer = cast.organizers[0]
    if pack.opens_at is not None or pack.closes_at is not None:
        # A rehearsal plays a contest of any year today, so it goes by the organizers' hand alone.
        await organizer.step(f"/organize/{pack.code}/dates", {"reason": "rehearsal: opened and closed by hand"})
    await organizer.step(f"/organize/{pack.code}/steps/open", {"state": "draft"})
    progress.phase("officers make entries and send files", len(pack.entries))
    sent: dict[str, list[tuple[int, str]]] = {}
    by_unit: dict[str, list[Any]] = defaultdict(list)
    for entry in pack.entries:
        by_unit[entry.unit_code].append(entry)

    async def prepare(unit: str) -> None:
        for entry in by_unit[unit]:
            sent[entry.code] = await roles.prepare_entry(cast.officer_of[unit], pack, entry)
            progress.step()

    await _at_once(by_unit, prepare)
    progress.phase("officers submit", len(pack.entries))
    receipts = []
    for entry in pack.entries:
        officer = cast.officer_of[entry.unit_code]
        receipts.append(await roles.submit_entry(officer, pack, entry, sent[entry.code], journal))
        progress.step()
    await organizer.step(f"/organize/{pack.code}/steps/close", {"state": "open"})
    return receipts


async def play_round(
    pack: Pack, round_: Round, cast: Cast, journal: Journal, progress: Progress, report: dict[str, Any]
) -> dict[str, Any]:
    """Assign, score and close one round; adds it to the report and returns its standings."""
    organizer = cast.organizers[0]
    assigned = await roles.assign(organizer, pack, round_.code)
    await score_round(pack, round_, assigned, cast, journal, progress)
    rows, standings = await roles.close(organizer, pack, round_.code)
    line: dict[str, Any] = {
        "code": round_.code,
        "panels": len(round_.panels),
        "assignments": len(rows),
        "sheets": sum(row["state"] == "submitted" for row in rows),
        "standings": [
            {name: place[name] for name in ("rank", "entry", "score", "tied", "advanced")}
            for place in standings["standings"]
        ],
        "advanced": standings["advanced"],
        "unresolved_tie": standings["unresolved_tie"],
    }
    if round_.calibration == "severity":
        line["calibration"] = {"refused": "this version computes no severity correction; the plain mean stands"}
    report["rounds"].append(line)
    return standings


async def score_round(
    pack: Pack,
    round_: Round,
    assigned: list[dict[str, str]],
    cast: Cast,
    journal: Journal,
    progress: Progress,
    share: float = 1.0,
) -> None:
    """Judges type their marks from scores.csv, each sheet by sheet; `share` below 1 leaves the rest of each queue."""
    points: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
    comments: dict[tuple[str, str], str] = {}
    for score in pack.scores:
        if score.round == round_.code:
            points[score.entry_code, score.judge_email][score.criterion_code] = score.points
            if score.comment:
                comments.setdefault((score.entry_code, score.judge_email), score.comment)
    queues: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in assigned:
        if (row["entry"], row["judge"]) in points:
            queues[row["judge"]].append(row)
    progress.phase(f"judges score {round_.code}", sum(map(len, queues.values())))

    async def judge(email: str) -> None:
        queue = queues[email]
        for row in queue[: round(len(queue) * share)]:
            key = (row["entry"], email)
            marks, comment = points[key], comments.get(key, "")
            await roles.mark(cast.everybody[email], pack, round_.code, row["alias"], marks, comment, journal)
            progress.step()

    await _at_once(queues, judge)


def keep(played: Played, folder: Path) -> None:
    """Write what came out into `folder`: publication.json, receipts/."""
    import json

    (folder / "receipts").mkdir(parents=True, exist_ok=True)
    for receipt in played.receipts:
        text = json.dumps(receipt, ensure_ascii=False, indent=1)
        (folder / "receipts" / f"{receipt['entry']}.json").write_text(text + "\n", encoding="utf-8")
    if played.publication:
        (folder / "publication.json").write_bytes(played.publication)


async def _at_once(items: Iterable[Item], work: Callable[[Item], Awaitable[None]], number: int = AT_ONCE) -> None:
    """Do `work` for every item, `number` at once; the first failure ends the others."""
    gate = asyncio.Semaphore(number)

    async def one(item: Item) -> None:
        async with gate:
            await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            for item in items:
                group.create_task(one(item))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
