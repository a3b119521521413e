"""Whatever is changed in a published file is found, and nothing that is no publication breaks the verifier."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.publishing.rules.document import PublicationFacts, RoundFacts, build_document
from server.publishing.verify import verify_bytes
from server.rules.envelope import envelope_bytes, seal
from server.rules.signing import SigningKey

KEY = SigningKey.generate()


def document(**changes: Any) -> dict[str, Any]:
    """Two entries, two judges, one criterion of weight 1."""
    row = {
        "code": "r1", "title_vi": "Vòng một", "title_en": "Round one", "method": "mean", "trim": 0, "per": "sheet",
        "decimals": 2, "step": Decimal("0.5"), "tie_break": ["criterion:c", "median", "submitted_at"], "advance_top": 1,
        "advance_per": "round", "advance_ties": "decide", "gap_reason": None,
    }  # fmt: skip
    line = {"title": "T", "unit_name": "U", "category": "k", "panel": "1", "broken_by": None, "submitted_at": None}
    facts = PublicationFacts(
        contest={"code": "c-1", "title_vi": "Cuộc thi", "title_en": "Contest", "host_name": "Hội", "timezone": "UTC"},
        rounds=[
            RoundFacts(
                round=row,
                criteria=[{"code": "c", "title_vi": "C", "title_en": "C", "max": Decimal(10), "weight": Decimal(1)}],
                standings=[
                    {**line, "entry": "A", "rank": 1, "score": Decimal("8.25"), "tied": False, "advanced": True},
                    {**line, "entry": "B", "rank": 2, "score": Decimal("7.00"), "tied": False, "advanced": False},
                ],
                sheets=[
                    {"entry": "A", "judge": "J1", "marks": {"c": "8"}},
                    {"entry": "A", "judge": "J2", "marks": {"c": "8.5"}},
                    {"entry": "B", "judge": "J1", "marks": {"c": "7"}},
                    {"entry": "B", "judge": "J2", "marks": {"c": "7"}},
                ],
                decisions=[],
                missing_sheets=0,
            )
        ],
        prizes=[],
        issued_at="2026-01-01T00:00:00+00:00",
        version=1,
        previous=None,
        reason="",
    )
    return {**build_document(facts), **changes}


ENVELOPE = seal(document(), KEY)
BODY = envelope_bytes(ENVELOPE)


def test_the_file_itself_is_valid() -> None:
    report = verify_bytes(BODY)
    assert report.ok
    assert (report.contest, report.version) == ("c-1", 1)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(BODY) - 1), st.integers(0, 255))
def test_any_changed_byte_is_found(position: int, byte: int) -> None:
    changed = bytearray(BODY)
    if changed[position] == byte:
        return
    changed[position] = byte
    assert not verify_bytes(bytes(changed)).ok


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(BODY) - 1), st.integers(1, 50))
def test_any_cut_is_found(position: int, length: int) -> None:
    assert not verify_bytes(BODY[:position] + BODY[position + length :]).ok


def resigned(change: Any) -> bytes:
    """The document changed and signed again with the right key: a liar inside."""
    changed = copy.deepcopy(ENVELOPE["document"])
    change(changed["rounds"][0])
    return envelope_bytes(seal(changed, KEY))


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["standings"].reverse(),
        lambda r: r["standings"].pop(),
        lambda r: r["sheets"].pop(0),
        lambda r: r["sheets"][0]["marks"].update(c="9"),
        lambda r: r["standings"][0].update(score="8.26"),
        lambda r: r["standings"][0].update(advanced=False),
        lambda r: r["standings"][1].update(advanced=True),
        lambda r: r["standings"][1].update(rank=1, tied=True),
        lambda r: r["rules"].update(method="median", decimals=1),
        lambda r: r["rules"]["advance"].update(top=2),
        lambda r: r.update(sheets="x"),
        lambda r: r["rules"].update(decimals="x"),
        lambda r: r["standings"][0].pop("entry"),
        lambda r: r["sheets"][0]["marks"].update(c="1e99999999"),
        lambda r: r["rules"].update(decimals=10**9),
        lambda r: [s["marks"].update(c="999") for s in r["sheets"]] and r["standings"][0].update(score="999.00"),
    ],
)
def test_a_lie_that_is_signed_does_not_follow_from_the_marks(change: Any) -> None:
    assert not verify_bytes(resigned(change)).ok


def test_a_prize_follows_from_the_standings() -> None:
    changed = copy.deepcopy(ENVELOPE["document"])
    changed["prizes"] = [{"title": {"vi": "Nhất", "en": "First"}, "entries": ["B"]}]
    assert not verify_bytes(envelope_bytes(seal(changed, KEY))).ok


def test_a_tie_is_broken_as_the_ladder_says() -> None:
    def tie(round_: dict[str, Any]) -> None:
        round_["sheets"] = [{"entry": e, "judge": j, "marks": {"c": "7"}} for e in ("A", "B") for j in ("J1", "J2")]
        for line, when in zip(
            round_["standings"], ("2026-01-01T00:00:01+00:00", "2026-01-01T00:00:02+00:00"), strict=True
        ):
            line.update(score="7.00", submitted_at=when)

    assert verify_bytes(resigned(tie)).ok


def test_a_digest_known_from_elsewhere_finds_a_fork() -> None:
    assert not verify_bytes(BODY, expect_digest="sha256:" + "0" * 64).ok
    assert not verify_bytes(BODY, expect_key="0" * 32).ok
    other = envelope_bytes(seal(document(), SigningKey.generate()))
    assert not verify_bytes(other, expect_key=ENVELOPE["public_key"]).ok


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"[1]", b'{"document":1}', b"\xff", b"[" * 100_000, b'{"a":1,"a":2}', b"1e999", b"NaN"],
)
def test_what_is_no_publication_gets_a_sentence(content: bytes) -> None:
    report = verify_bytes(content)
    assert not report.ok
    assert report.problems


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
        lambda c: st.lists(c) | st.dictionaries(st.text(), c),
        max_leaves=20,
    )
)
def test_any_signed_value_gets_an_answer(value: Any) -> None:
    signed = seal({"format": "hoithi-publication/1", "rounds": value}, KEY)
    try:
        body = json.dumps(signed).encode()
    except ValueError:
        return
    verify_bytes(body)
