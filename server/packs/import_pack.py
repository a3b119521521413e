"""Writes a contest pack into the database, all of it in one transaction: the contest, its rules, its people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from server.db import UnitOfWork, fetch, fetch_one, unit_of_work
from server.errors import PackProblem, PackRefused
from server.packs.model import Pack, Round


@dataclass(frozen=True)
class Imported:
    """What an import made: how many of each, and names that the database keeps although the pack has others.

    `unchanged` when the same pack was imported before.
    """

    contest: str
    unchanged: bool
    counts: dict[str, int]
    kept_names: tuple[str, ...] = ()


async def import_pack(pack: Pack) -> Imported:
    """Make the contest of a pack with its units, people, rounds, panels, seats, prizes and conflicts.

    Units and people that exist (same code, same address) are used as they are. Entries and scores are not imported:
    people submit and mark them. The same pack a second time changes nothing; another pack for the same contest is
    refused with PackRefused, since what was promised to entrants is changed by hand, not by a file.
    """
    digest = pack_digest(pack)
    async with unit_of_work(None, pack.code) as work:
        await fetch("select pg_advisory_xact_lock(hashtext('import'), hashtext($1))", pack.code)
        if await _imported_before(pack, digest):
            return Imported(pack.code, True, {})
        kept: list[str] = []
        units = await _units(pack, kept)
        contest = await _contest(pack, units[pack.host_unit])
        people = await _people(pack, units, work, kept)
        categories = await _categories(pack, contest)
        await _rules_and_prizes(pack, contest)
        for position, round_ in enumerate(pack.rounds):
            await _round(pack, round_, position, contest, units, categories, people)
        await _conflicts(pack, contest, people, units)
        counts = {
            "units": len(pack.units),
            "people": len({person.email for person in pack.people}),
            "categories": len(pack.categories),
            "rounds": len(pack.rounds),
            "panels": sum(len(round_.panels) for round_ in pack.rounds),
            "conflicts": len(pack.conflicts),
        }
        work.audit("contest.imported", pack.code, digest=digest, **counts)
        return Imported(pack.code, False, counts, tuple(kept))


def pack_digest(pack: Pack) -> str:
    """SHA-256 over what an import reads: everything but entries, scores, lines and the folder."""

    def bare(value: Any) -> Any:
        if is_dataclass(value) and not isinstance(value, type):
            return bare({k: v for k, v in asdict(value).items() if k != "line"})
        if isinstance(value, dict):
            return {k: bare(v) for k, v in value.items() if k not in ("line", "folder", "entries", "scores")}
        if isinstance(value, (list, tuple)):
            return [bare(item) for item in value]
        return value

    return sha256(json.dumps(bare(pack), sort_keys=True, default=str, ensure_ascii=False).encode()).hexdigest()


async def _imported_before(pack: Pack, digest: str) -> bool:
    row = await fetch_one("select 1 from contest where code = $1", pack.code)
    if row is None:
        return False
    event = await fetch_one(
        "select data->>'digest' as digest from audit_event where contest = $1 and action = 'contest.imported' "
        "order by id desc limit 1",
        pack.code,
    )
    if event is None or event["digest"] != digest:
        message = (
            f'there is a contest "{pack.code}" already and this pack differs from the one it was made from; '
            "change the contest on its pages, or give the pack another code"
        )
        raise PackRefused((PackProblem("contest.toml", None, "contest.code", message),))
    return True


async def _insert(table: str, columns: Sequence[str], types: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[int]:
    """Insert rows in one statement and return their ids in the same order."""
    listed = list(rows)
    if not listed:
        return []
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(types, 1))
    made = await fetch(
        f"insert into {table} ({', '.join(columns)}) select * from unnest({arrays}) returning id",
        *(list(column) for column in zip(*listed, strict=True)),
    )
    return [row["id"] for row in made]


async def _units(pack: Pack, kept: list[str]) -> dict[str, int]:
    found = await fetch("select id, code, name from unit where code = any($1::text[])", [u.code for u in pack.units])
    ids: dict[str, int] = {row["code"]: row["id"] for row in found}
    names = {row["code"]: row["name"] for row in found}
    kept += [f"{u.code}: {names[u.code]}" for u in pack.units if u.code in names and names[u.code] != u.name]
    new = [unit for unit in pack.units if unit.code not in ids]
    made = await _insert(
        "unit",
        ("code", "name", "kind", "email", "valid_from", "valid_to"),
        ("text", "text", "text", "text", "date", "date"),
        [(u.code, u.name, u.kind, u.email or "", u.valid_from, u.valid_to) for u in new],
    )
    ids.update(zip((unit.code for unit in new), made, strict=True))
    children = [(ids[unit.code], ids[unit.parent_code]) for unit in new if unit.parent_code is not None]
    await fetch(
        "update unit u set parent = p.parent from unnest($1::bigint[], $2::bigint[]) as p(id, parent) where u.id = p.id",
        [child for child, _ in children],
        [parent for _, parent in children],
    )
    return ids


async def _contest(pack: Pack, host: int) -> int:
    row = await fetch_one(
        "insert into contest (code, title_vi, title_en, host_unit, timezone, opens_at, closes_at, approvals, "
        "  per_unit_max, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp()) returning id",
        pack.code,
        pack.title.vi,
        pack.title.en,
        host,
        pack.timezone,
        pack.opens_at,
        pack.closes_at,
        pack.approvals,
        pack.per_unit_max,
    )
    assert row is not None
    return int(row["id"])


async def _people(pack: Pack, units: dict[str, int], work: UnitOfWork, kept: list[str]) -> dict[str, int]:
    first = {person.email: person for person in reversed(pack.people)}
    found = await fetch(
        "select id, email, full_name, password_hash, confined_to from person where email = any($1::text[])", list(first)
    )
    ids: dict[str, int] = {row["email"]: row["id"] for row in found}
    kept += [f"{r['email']}: {r['full_name']}" for r in found if r["full_name"] != first[r["email"]].full_name]
    new = [person for email, person in sorted(first.items()) if email not in ids]
    made = await _insert(
        "person",
        ("email", "full_name", "locale"),
        ("text", "text", "text"),
        [(person.email, person.full_name, person.locale) for person in new],
    )
    ids.update(zip((person.email for person in new), made, strict=True))
    roles = {(ids[p.email], p.role, pack.code, units[p.unit_code or pack.host_unit]) for p in pack.people}
    await _insert("role", ("person", "kind", "contest", "unit"), ("bigint", "text", "text", "bigint"), sorted(roles))
    joined = {row["email"] for row in found if row["password_hash"] is not None and row["confined_to"] is None}
    for email, person in sorted(ids.items()):
        if email not in joined:
            work.enqueue("send_invitation", {"person": person}, unique=f"send_invitation/{pack.code}/{person}")
    return ids


async def _categories(pack: Pack, contest: int) -> dict[str, int]:
    made = await _insert(
        "category",
        ("contest", "code", "title_vi", "title_en", "position"),
        ("bigint", "text", "text", "text", "int"),
        [(contest, c.code, c.title.vi, c.title.en, position) for position, c in enumerate(pack.categories)],
    )
    return dict(zip((category.code for category in pack.categories), made, strict=True))


async def _rules_and_prizes(pack: Pack, contest: int) -> None:
    for position, rule in enumerate(pack.file_rules):
        await fetch(
            "insert into file_rule (contest, kind, extensions, max_bytes, max_count, required, position) "
            "values ($1, $2, $3, $4, $5, $6, $7)",
            contest,
            rule.kind,
            list(rule.extensions),
            rule.max_bytes,
            rule.max_count,
            rule.required,
            position,
        )
    await _insert(
        "prize",
        ("contest", "title_vi", "title_en", "quantity", "position"),
        ("bigint", "text", "text", "int", "int"),
        [(contest, p.title.vi, p.title.en, p.count, position) for position, p in enumerate(pack.prizes)],
    )


async def _round(
    pack: Pack,
    round_: Round,
    position: int,
    contest: int,
    units: dict[str, int],
    categories: dict[str, int],
    people: dict[str, int],
) -> None:
    row = await fetch_one(
        "insert into round (contest, code, position, title_vi, title_en, judges_per_entry, blind, step, decimals, "
        "  calibration, method, trim, per, max_spread, discrepancy_action, advance_top, advance_per, advance_ties, tie_break) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) returning id",
        contest,
        round_.code,
        position,
        round_.title.vi,
        round_.title.en,
        round_.judges_per_entry,
        round_.blind,
        round_.step,
        round_.decimals,
        round_.calibration,
        round_.aggregate.method,
        round_.aggregate.trim,
        round_.aggregate.per,
        round_.discrepancy.max_spread,
        round_.discrepancy.action,
        round_.advance.top,
        round_.advance.per,
        round_.advance.ties,
        list(round_.ties),
    )
    assert row is not None
    await _insert(
        "criterion",
        ("round", "code", "title_vi", "title_en", "max", "weight", "position"),
        ("bigint", "text", "text", "text", "numeric", "numeric", "int"),
        [(row["id"], c.code, c.title.vi, c.title.en, c.max, c.weight, n) for n, c in enumerate(round_.criteria)],
    )
    for number, panel in enumerate(round_.panels):
        made = await fetch_one(
            "insert into panel (round, code, title_vi, title_en, categories, units, position) "
            "values ($1, $2, $3, $4, $5, $6, $7) returning id",
            row["id"],
            panel.code,
            panel.title.vi,
            panel.title.en,
            [categories[code] for code in panel.categories],
            [units[code] for code in panel.units],
            number,
        )
        assert made is not None
        seated = {
            people[person.email]
            for person in pack.people
            if any(seat.round == round_.code and seat.panel == panel.code for seat in person.seats)
        }
        await _insert("seat", ("panel", "person"), ("bigint", "bigint"), [(made["id"], p) for p in sorted(seated)])


async def _conflicts(pack: Pack, contest: int, people: dict[str, int], units: dict[str, int]) -> None:
    await _insert(
        "conflict_of_interest",
        ("contest", "person", "entry_code", "unit", "source", "reason"),
        ("bigint", "bigint", "text", "bigint", "text", "text"),
        [
            (
                contest,
                people[c.judge_email],
                c.entry_code,
                units[c.unit_code] if c.unit_code else None,
                "pack",
                c.reason,
            )
            for c in pack.conflicts
        ],
    )


def described(imported: Imported, outbox: Path | None) -> str:
    """What an import tells the person at the keyboard."""
    if imported.unchanged:
        return f"{imported.contest}: this pack was imported before; nothing changed"
    lines = [f"{imported.contest}: imported", *(f"  {count:>6} {name}" for name, count in imported.counts.items())]
    lines += [f"  kept the name known here: {name}" for name in imported.kept_names]
    if outbox is not None:
        lines.append(f"No mail server is set (HOITHI_SMTP_URL): invitations are written to {outbox}")
    return "\n".join(lines)
