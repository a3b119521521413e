"""A receipt as a signed file: what it says, in canonical form, with the installation's signature."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from server.contests.rules.receipts import with_format
from server.db import Row
from server.rules.envelope import envelope_bytes, seal
from server.rules.signing import SigningKey


async def receipt_file(receipt: Row, key_file: Path) -> bytes:
    """The file of a receipt's row (`document`): the same bytes each time, as long as the key is the same.

    Ed25519 draws nothing at random, so that a receipt is signed when it is asked for and never stored twice. Raises
    KeyUnusable.
    """
    key = await asyncio.to_thread(SigningKey.load_or_generate, key_file)
    document = msgspec.json.decode(receipt["document"], type=dict)
    return envelope_bytes(seal(with_format(document), key))


def file_name(code: str) -> str:
    """What the file of a receipt is called."""
    return f"{code}.json"
