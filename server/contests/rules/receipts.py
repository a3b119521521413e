"""What a receipt says, and the code by which people find it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

FORMAT: Final = "hoithi-receipt/1"
TIMINGS: Final = ("on_time", "grace", "late")


def new_receipt_code() -> str:
    """A code such as "HT-7Q2M-K3PA-...": 120 random bits in groups that can be read aloud."""
    text = base64.b32encode(secrets.token_bytes(15)).decode()
    return "HT-" + "-".join(text[i : i + 4] for i in range(0, len(text), 4))


def receipt_document(
    *,
    code: str,
    contest: str,
    entry: Mapping[str, Any],
    unit_name: str,
    files: Sequence[Mapping[str, Any]],
    submitted_at: str,
    deadline: str | None,
    timing: str,
) -> dict[str, Any]:
    """The content of a receipt: who submitted what and when, and the SHA-256 and size in bytes of each stored file.

    `timing` is on_time, grace (an upload begun before the deadline ended within the grace) or late.
    """
    return {
        "receipt": code,
        "contest": contest,
        "entry": entry["code"],
        "version": entry["version"],
        "title": entry["title"],
        "unit": unit_name,
        "submitted_at": submitted_at,
        "deadline": deadline,
        "timing": timing,
        "files": [
            {"kind": f["kind"], "name": f["file_name"], "bytes": f["size"], "sha256": f["sha256"]} for f in files
        ],
    }


def with_format(document: Mapping[str, Any]) -> dict[str, Any]:
    """A stored receipt as it is signed: with the name of its format, also for those from before it had one."""
    return {"format": FORMAT, **document}


def unfit(document: Mapping[str, Any]) -> str | None:
    """What keeps a signed document from being a receipt, in a few words, or None: form alone, never whose it is."""
    texts = ("receipt", "contest", "entry", "title", "unit", "submitted_at")
    wrong = [name for name in texts if not isinstance(document.get(name), str)]
    version = document.get("version")
    if wrong or not _is_count(version) or version == 0 or not document["receipt"]:
        return f"{wrong[0] if wrong else 'version or receipt'} is missing or of another kind"
    try:
        submitted_at = datetime.fromisoformat(document["submitted_at"])
        deadline = datetime.fromisoformat(document["deadline"]) if document.get("deadline") else None
        if submitted_at.tzinfo is None or (deadline is not None and deadline.tzinfo is None):
            return "a time has no zone"
    except (ValueError, TypeError):
        return "a time is not readable"
    timing = document.get("timing", TIMINGS[0])
    if timing not in TIMINGS or (timing == TIMINGS[0]) != (deadline is None or submitted_at <= deadline):
        return "the times do not say what the receipt says of them"
    return None if _fit_files(document.get("files")) else "the list of files is not readable"


def _fit_files(files: object) -> bool:
    return isinstance(files, list) and all(
        isinstance(f, dict)
        and all(isinstance(f.get(name), str) for name in ("kind", "name", "sha256"))
        and re.fullmatch("[0-9a-f]{64}", f["sha256"]) is not None
        and _is_count(f.get("bytes"))
        for f in files
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def payload_hash(entry: str, version: int) -> str:
    """What a submit asked for, as one SHA-256: the same key with another payload is a mistake of the sender."""
    return hashlib.sha256(json.dumps([entry, version]).encode()).hexdigest()
