"""Prepares a publication: gathers what was decided, builds the document, signs it, keeps the exact bytes."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import msgspec

from server.actor import Actor
from server.contests.services.steps import lock_contest
from server.contests.states import DECIDED, PUBLISHED
from server.db import fetch, unit_of_work
from server.errors import FieldError, InvalidForm, StepNotAllowed
from server.judging.queries import criteria_of, decisions_of
from server.publishing import queries
from server.publishing.rules.anonymity import draw_judge_labels
from server.publishing.rules.document import PublicationFacts, RoundFacts, build_document
from server.rules.envelope import envelope_bytes, seal
from server.rules.signing import SigningKey


async def prepare(actor: Actor, contest: str, reason: str, key_file: Path) -> str:
    """Make the next version from the decided standings; returns its digest. A correction needs a `reason`.

    Raises StepNotAllowed unless the contest is decided, or while another version waits for approval.
    """
    key = await asyncio.to_thread(SigningKey.load_or_generate, key_file)
    async with unit_of_work(actor.person, contest) as work:
        held = await lock_contest(contest)
        if held["state"] not in (DECIDED, PUBLISHED):
            raise StepNotAllowed("prepare", held["state"])
        facts = await queries.contest_facts(contest)
        basis = await queries.standings_basis(facts["id"])
        waiting = await queries.pending(contest)
        if waiting is not None:
            # The second press of a button gets what the first one made.
            if (waiting["prepared_by"], waiting["reason"], waiting["basis"]) == (actor.person, reason, basis):
                return str(waiting["digest"])
            raise StepNotAllowed("prepare", "prepared")
        before = await queries.published(contest)
        if before and not reason:
            raise InvalidForm([FieldError("reason", "required")])
        issued_at = await work.clock()
        document = build_document(
            PublicationFacts(
                contest=facts,
                rounds=[await _round(row) for row in await queries.decided_rounds(facts["id"])],
                prizes=await queries.prizes_of(facts["id"]),
                issued_at=issued_at.isoformat(),
                version=len(before) + 1,
                previous=before[-1]["digest"] if before else None,
                reason=reason,
            )
        )
        envelope = seal(document, key)
        await fetch(
            "insert into publication (contest, version, envelope, digest, previous_digest, reason, basis, prepared_by, "
            "  prepared_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            facts["id"],
            document["version"],
            envelope_bytes(envelope).decode(),
            envelope["digest"],
            document["previous"],
            reason,
            basis,
            actor.person,
            issued_at,
        )
        work.audit("publication.prepared", contest, version=document["version"], digest=envelope["digest"])
        return str(envelope["digest"])


async def _round(row: Any) -> RoundFacts:
    sheets = await queries.sheets_of(row["id"])
    labels = draw_judge_labels((sheet["judge"] for sheet in sheets), random.SystemRandom())
    return RoundFacts(
        round=row,
        criteria=await criteria_of(row["id"]),
        standings=await queries.standings_of(row["id"]),
        sheets=[
            {"entry": s["entry"], "judge": labels[s["judge"]], "marks": msgspec.json.decode(s["marks"])} for s in sheets
        ],
        # Decisions made before the round was reopened no longer count.
        decisions=[d for d in await decisions_of(row["id"]) if d["at"] >= row["closed_at"]],
        missing_sheets=await queries.gaps_of(row["id"]),
    )
