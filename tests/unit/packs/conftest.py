"""A fresh copy of a good pack for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.packs.copied_pack import CopiedPack


@pytest.fixture
def pack(tmp_path: Path) -> CopiedPack:
    """The pack of two rounds, copied; it reads without a problem until a test spoils it."""
    return CopiedPack(tmp_path)
