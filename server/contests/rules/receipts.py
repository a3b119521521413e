"""What a receipt says, and the code by which people find it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any


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


def payload_hash(entry: str, version: int) -> str:
    """What a submit asked for, as one SHA-256: the same key with another payload is a mistake of the sender."""
    return hashlib.sha256(json.dumps([entry, version]).encode()).hexdigest()
