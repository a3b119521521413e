"""`hoithi verify`: checks a publication, a chain of them or a receipt, from the file alone: no server, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.contests.rules import receipts
from server.publishing.rules.document import FORMAT
from server.publishing.rules.recompute import advanced, prizes_follow, recompute_round, unfit_marks
from server.rules.canonical import MAX_BYTES, Unreadable, read_json
from server.rules.envelope import Problem, check_envelope, envelope_bytes
from server.rules.signing import fingerprint, is_same_key


@dataclass(frozen=True)
class Report:
    """What was found: `lines` in plain English, `problems` that make the file invalid, and the key that signed it.

    `key_known`: that key was named by whoever checks. The file alone cannot tell whose it is.
    """

    problems: tuple[Problem, ...]
    lines: tuple[str, ...] = ()
    digest: str = ""
    key: str = ""
    key_known: bool = False
    contest: str = ""
    version: int = 0
    receipt: str = ""
    readable: bool = True

    @property
    def ok(self) -> bool:
        """True when everything holds."""
        return not self.problems

    @property
    def exit_code(self) -> int:
        """0 valid, 1 not valid, 2 not readable."""
        return 0 if self.ok else 1 if self.readable else 2


@dataclass
class _Finding:
    problems: list[Problem] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def verify_file(path: Path, *, expect_digest: str | None = None, expect_key: str | None = None) -> Report:
    """Check the file at `path`; a digest or a key known from elsewhere finds a fork of the chain or a foreign signer."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return Report((Problem("too_large", {"limit": str(MAX_BYTES)}),), readable=False)
        content = path.read_bytes()
    except OSError as error:
        return Report((Problem("cannot_open", {"why": error.strerror or type(error).__name__}),), readable=False)
    return verify_bytes(content, expect_digest=expect_digest, expect_key=expect_key)


def verify_bytes(content: bytes, *, expect_digest: str | None = None, expect_key: str | None = None) -> Report:
    """Check a publication or a receipt (an object) or a chain of all versions (a list, the first one first)."""
    try:
        value = read_json(content)
    except Unreadable as error:
        return Report((Problem(error.code, error.data),), readable=False)
    envelopes: list[Any] = value if isinstance(value, list) else [value]
    if not envelopes:
        return Report((Problem("empty"),), readable=False)
    finding = _Finding()
    for envelope in envelopes:
        finding.problems += check_envelope(envelope)
    if finding.problems:
        return Report(tuple(finding.problems))
    if not isinstance(value, list) and envelope_bytes(envelopes[0]) != content.strip():
        finding.problems.append(Problem("not_the_exact_bytes"))
    if isinstance(value, list):
        _check_chain(envelopes, finding)
    for envelope in envelopes:
        _check_document(envelope["document"], finding)
    last = envelopes[-1]
    if expect_digest is not None and expect_digest not in [e["digest"] for e in envelopes]:
        finding.problems.append(Problem("digest_not_expected", {"expected": expect_digest}))
    if expect_key is not None and not all(is_same_key(e["public_key"], expect_key) for e in envelopes):
        finding.problems.append(Problem("key_not_expected", {"expected": expect_key}))
    document = last["document"]
    contest = document.get("contest")
    return Report(
        problems=tuple(finding.problems),
        lines=tuple(finding.lines),
        digest=last["digest"],
        key=fingerprint(last["public_key"]) or "",
        key_known=expect_key is not None,
        contest=str(contest.get("code", "")) if isinstance(contest, dict) else str(contest or ""),
        version=document["version"] if isinstance(document.get("version"), int) else 0,
        receipt=str(document.get("receipt", "")) if document.get("format") == receipts.FORMAT else "",
    )


def _check_chain(envelopes: Sequence[dict[str, Any]], finding: _Finding) -> None:
    before: str | None = None
    for number, envelope in enumerate(envelopes, 1):
        document = envelope["document"]
        if document.get("version") != number:
            finding.problems.append(Problem("chain_version", {"wanted": str(number)}))
        if document.get("previous") != before:
            finding.problems.append(Problem("chain_broken", {"version": str(number)}))
        if envelope["public_key"] != envelopes[0]["public_key"]:
            finding.problems.append(Problem("chain_key", {"version": str(number)}))
        before = envelope["digest"]
    finding.lines.append(f"chain of {len(envelopes)} versions")


def _check_document(document: dict[str, Any], finding: _Finding) -> None:
    if document.get("format") == receipts.FORMAT:
        _check_receipt(document, finding)
        return
    if document.get("format") != FORMAT:
        finding.problems.append(Problem("format", {"found": str(document.get("format"))[:80]}))
        return
    try:
        found = [_check_round(round_, finding) for round_ in document["rounds"]]
        if not prizes_follow(document["prizes"], found[-1] if found else []):
            finding.problems.append(Problem("prizes_differ"))
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, AssertionError) as error:
        finding.problems.append(Problem("form", {"detail": f"{type(error).__name__}: {error}"[:200]}))


def _check_receipt(document: dict[str, Any], finding: _Finding) -> None:
    if wrong := receipts.unfit(document):
        finding.problems.append(Problem("receipt_unfit", {"detail": wrong}))
        return
    timing = {"late": "late", "grace": "in time, by the grace of an upload"}.get(document.get("timing", ""), "in time")
    finding.lines.append(f"entry {document['entry']} of {document['contest']}, version {document['version']}")
    finding.lines.append(f"submitted {document['submitted_at']}, {timing}")
    for file in document["files"]:
        finding.lines.append(f"{file['sha256']}  {file['bytes']} bytes  {file['name'][:200]}")


def _plain(text: str) -> str:
    """One line of a terminal: what a stranger's file says neither steers it nor begins a line of its own."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _check_round(round_: dict[str, Any], finding: _Finding) -> list[tuple[int | None, str, str | None, bool]]:
    code = round_["code"]
    listed = [s["entry"] for s in round_["standings"]]
    marked = [(s["entry"], s["judge"]) for s in round_["sheets"]]
    if len(set(listed)) != len(listed) or len(set(marked)) != len(marked) or not {e for e, _ in marked} <= set(listed):
        finding.problems.append(Problem("rows_differ", {"round": code}))
    for entry, judge in unfit_marks(round_)[:1]:
        finding.problems.append(Problem("marks_unfit", {"round": code, "entry": entry, "judge": judge}))
    stated = [(s["rank"], s["entry"], s["score"], s["tied"]) for s in round_["standings"]]
    found = recompute_round(round_)
    if stated != found:
        wrong = next((f"{a[1]}" for a, b in zip(stated, found, strict=True) if a != b), "?")
        finding.problems.append(Problem("standings_differ", {"round": code, "entry": wrong}))
    best = advanced(round_, found)
    if {s["entry"] for s in round_["standings"] if s["advanced"]} != best:
        finding.problems.append(Problem("advanced_differ", {"round": code}))
    finding.lines.append(
        f"round {code}: {len(found)} entries recomputed from {len(round_['sheets'])} sheets, {len(best)} advanced"
    )
    return found


SENTENCES = {
    "too_large": "the file is larger than {limit} bytes",
    "cannot_open": "the file cannot be opened: {why}",
    "empty": "the file is empty",
    "not_utf8": "the file is no text (byte {position})",
    "not_json": "the file is no JSON (line {line}, column {column})",
    "double_key": "the file states {key} twice in one place",
    "inexact_number": "the file holds {number} where only whole numbers and texts are exact",
    "too_deep": "the file is nested too deeply",
    "not_an_envelope": "this is no signed publication or receipt",
    "not_canonical_value": "a value has no canonical form: {detail}",
    "digest_differs": "the content was changed: its digest is {found}, the file states {stated}",
    "signature_wrong": "the signature does not belong to this content and key",
    "not_the_exact_bytes": "the bytes are not the ones that were published",
    "chain_version": "version {wanted} is missing or out of order",
    "chain_broken": "version {version} does not follow the one before",
    "chain_key": "version {version} was signed with another key",
    "digest_not_expected": "the digest {expected} is not in this file: it is another publication or a fork",
    "key_not_expected": "it was not signed with the key {expected}",
    "format": "the format {found} is not known",
    "receipt_unfit": "it does not have the form of a receipt: {detail}",
    "form": "it does not have the form of a publication: {detail}",
    "rows_differ": "round {round}: an entry or a sheet is listed twice, or an entry with sheets is not listed",
    "marks_unfit": "round {round}: judge {judge} gave {entry} points that the round's rules do not know",
    "prizes_differ": "the prizes do not follow from the last round's standings",
    "standings_differ": "round {round}: the standings do not follow from the marks (first at {entry})",
    "advanced_differ": "round {round}: who advanced does not follow from the standings",
}

UNKNOWN_KEY = (
    "  whose key that is, the file cannot tell: compare it with the organizers' own, or name that one with --key"
)


def described(report: Report) -> str:
    """The report for a terminal."""
    lines = [f"  {line}" for line in report.lines]
    if report.ok:
        what = f"receipt {report.receipt}" if report.receipt else f"{report.contest} version {report.version}"
        told = [f"VALID: {what}", f"  digest {report.digest}", f"  signed with key {report.key}"]
        return "\n".join(map(_plain, told + ([] if report.key_known else [UNKNOWN_KEY]) + lines))
    problems = [
        "  " + SENTENCES.get(problem.code, problem.code + " {detail}").format_map(_Given(problem.data))
        for problem in report.problems[:20]
    ]
    return "\n".join(map(_plain, ["NOT VALID" if report.readable else "NOT READABLE", *problems]))


class _Given(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"
