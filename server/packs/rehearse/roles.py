"""What officers, organizers and judges do in a rehearsal, each by the pages that they would use."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from server.packs.model import Entry, Pack
from server.packs.rehearse.journal import Journal
from server.packs.rehearse.person import Person, StepFailed

_SUBMIT = re.compile(r'action="[^"]*/submit">.*?name="version" value="(\d+)".*?name="key" value="([^"]*)"', re.DOTALL)
_VERSION = re.compile(r'name="version" value="(\d+)"')


async def prepare_entry(officer: Person, pack: Pack, entry: Entry) -> list[tuple[int, str]]:
    """Make the entry and send its files; returns (bytes, SHA-256) of each."""
    base = f"/contests/{pack.code}/entries"
    fields = {
        "code": entry.code,
        "title": entry.title,
        "category": entry.category,
        "authors": "\n".join(entry.authors),
        "unit": entry.unit_code,
    }
    made = await officer.post(base, fields)
    if made.status_code != 303 and not (officer.retried and made.status_code == 422):
        raise officer.failed(f"creating {entry.code}", made)
    sent: list[tuple[int, str]] = []
    for file in entry.files:
        content = await asyncio.to_thread(file.path.read_bytes)
        sent.append((len(content), hashlib.sha256(content).hexdigest()))
        url = f"{base}/{entry.code}/files"
        answer = await officer.upload(url, {"kind": file.kind}, file.path.name, content)
        # After a lost answer the file may be there already: the receipt tells.
        if answer.status_code != 201 and not officer.retried:
            raise officer.failed(f"sending {file.path.name} of {entry.code}", answer)
    return sent


async def submit_entry(
    officer: Person, pack: Pack, entry: Entry, sent: list[tuple[int, str]], journal: Journal
) -> dict[str, Any]:
    """Submit the entry; returns the receipt, which must name every file as it was sent."""
    url = f"/contests/{pack.code}/entries/{entry.code}"
    found = _SUBMIT.search((await officer.get(url)).text)
    if found is None:
        raise StepFailed(f"{officer.email}: the page of {entry.code} has no button to submit")
    answer = await officer.post(f"{url}/submit", {"version": found.group(1), "key": found.group(2)})
    if answer.status_code != 303 or not answer.headers["location"].startswith("/receipts/"):
        raise officer.failed(f"submitting {entry.code}", answer)
    receipt: dict[str, Any] = (await officer.get(answer.headers["location"], json=True)).json()
    journal.note("receipt", **receipt)
    held = sorted((file["bytes"], file["sha256"]) for file in receipt["files"])
    if held != sorted(sent):
        raise StepFailed(f"{officer.email}: the receipt of {entry.code} does not name the files that were sent")
    return receipt


async def mark(
    judge: Person,
    pack: Pack,
    round_code: str,
    alias: str,
    points: Mapping[str, Decimal],
    comment: str,
    journal: Journal,
) -> None:
    """Type the points into the sheet of `alias` and hand it in; a criterion without points is left blank on purpose."""
    url = f"/judge/{pack.code}/{round_code}/{alias}"
    found = _VERSION.search((await judge.get(url)).text)
    if found is None:
        raise StepFailed(f"{judge.email}: the desk of {alias} has no sheet")
    fields = {f"mark-{code}": f"{value:f}" for code, value in points.items()}
    answer = await judge.post(f"{url}/marks", {"version": found.group(1), "comment": comment, **fields}, json=True)
    if answer.status_code != 200:
        raise judge.failed(f"marking {alias}", answer)
    saved = answer.json()
    note = {"round": round_code, "alias": alias, "judge": judge.email}
    journal.note("marks", **note, version=saved["version"], marks=saved["marks"])
    answer = await judge.post(f"{url}/submit", {"version": str(saved["version"]), "leave_blank": "1"}, json=True)
    if answer.status_code != 200:
        raise judge.failed(f"handing in {alias}", answer)
    journal.note("sheet", **note, version=answer.json()["version"])


async def assign(organizer: Person, pack: Pack, round_code: str) -> list[dict[str, str]]:
    """Look at a plan, apply it, start the round; returns who judges what."""
    url = f"/organize/{pack.code}/rounds/{round_code}"
    plan = (await organizer.get(url, json=True)).json()
    await organizer.step(f"{url}/apply", {"seed": str(plan["seed"]), "basis": plan["basis"]})
    await organizer.step(f"{url}/start")
    rows: list[dict[str, str]] = (await organizer.get(f"{url}/progress", json=True)).json()["rows"]
    return rows


async def close(organizer: Person, pack: Pack, round_code: str) -> tuple[list[dict[str, str]], dict[str, Any]]:
    """Close the round, with a reason where sheets are empty; returns the sheets and the standings."""
    url = f"/organize/{pack.code}/rounds/{round_code}"
    rows = (await organizer.get(f"{url}/progress", json=True)).json()["rows"]
    missing = sum(row["state"] != "submitted" for row in rows)
    reason = f"{missing} sheets have no marks in the pack" if missing else ""
    await organizer.step(f"{url}/close", {"reason": reason})
    return rows, (await organizer.get(f"{url}/standings", json=True)).json()


async def publish(organizers: list[Person], pack: Pack) -> bytes:
    """Prepare, have as many organizers approve as the contest asks for, publish; returns the published bytes."""
    url = f"/organize/{pack.code}/publication"
    await organizers[0].step(f"{url}/prepare")
    seen = {"digest": (await organizers[0].get(url, json=True)).json()["digest"]}
    for organizer in organizers[: pack.approvals]:
        await organizer.step(f"{url}/approve", seen)
    await organizers[0].step(f"{url}/publish", seen)
    return (await organizers[0].get(f"/results/{pack.code}/publication.json")).content
