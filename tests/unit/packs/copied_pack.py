"""A good pack copied to a folder of its own, to be spoilt in one place and read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from server.errors import PackProblem, PackRefused
from server.packs.read import read_pack

PACKS = Path(__file__).parents[2] / "packs"


class CopiedPack:
    """The pack of two rounds in a temporary folder."""

    def __init__(self, folder: Path, name: str = "two-rounds") -> None:
        self.folder = folder / "pack"
        shutil.copytree(PACKS / name, self.folder)

    def text(self, file: str) -> str:
        return (self.folder / file).read_bytes().decode()

    def write(self, file: str, content: str | bytes) -> None:
        (self.folder / file).write_bytes(content.encode() if isinstance(content, str) else content)

    def edit(self, file: str, old: str, new: str) -> int:
        """Replace the first `old`; gives the line (from 1) on which the new text ends."""
        text = self.text(file)
        assert old in text, f"{old!r} is not in {file}"
        start = text.index(old)
        self.write(file, text.replace(old, new, 1))
        return text.count("\n", 0, start) + new.rstrip("\n").count("\n") + 1

    def problems(self) -> list[PackProblem]:
        with pytest.raises(PackRefused) as caught:
            read_pack(self.folder)
        return list(caught.value.problems)

    def only_problem(self) -> PackProblem:
        """The one problem of a pack that has one mistake."""
        found = self.problems()
        assert len(found) == 1, "\n".join(str(problem) for problem in found)
        return found[0]
