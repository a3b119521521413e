"""Finds the files of entries inside the pack and holds them against the contest's file rules."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from server.packs.check_content import ContentCheck
from server.packs.model import Entry, FileRule, PackFile
from server.packs.read_problems import Problems, choices, shown

COLUMN = "files"


class FileChecker:
    """Checks entry after entry; remembers folders that it listed."""

    def __init__(
        self, rules: Sequence[FileRule], folder: Path, content_check: ContentCheck, table: str, problems: Problems
    ) -> None:
        self.rules = {rule.kind: rule for rule in rules}
        self.folder, self.content_check, self.table, self.problems = folder, content_check, table, problems
        self._names: dict[Path, dict[str, str]] = {}

    def check(self, entry: Entry) -> Entry:
        """The entry with its files found on disk; what is wrong with them is noted."""
        counts = Counter(file.kind for file in entry.files)
        for kind, count in counts.items():
            if kind in self.rules and count > self.rules[kind].max_count:
                self._problem(entry, f"{count} files of kind '{kind}', wanted at most {self.rules[kind].max_count}")
        for kind, rule in self.rules.items():
            if rule.required and not counts[kind]:
                self._problem(entry, f"there is no file of kind '{kind}', wanted at least one")
        seen: set[str] = set()
        for file in entry.files:
            if file.name in seen:
                self._problem(entry, f"the file {shown(file.name, 120)} is there twice")
            seen.add(file.name)
        return replace(entry, files=tuple(self._check_file(entry, file) for file in entry.files))

    def _problem(self, entry: Entry, message: str) -> None:
        self.problems.add(self.table, entry.line, COLUMN, message)

    def _check_file(self, entry: Entry, file: PackFile) -> PackFile:
        rule = self.rules.get(file.kind)
        name = shown(file.name, 120)
        if rule is None:
            self._problem(entry, f"unknown kind {shown(file.kind)} of file {name}; known: {choices(list(self.rules))}")
            return file
        extension = PurePosixPath(file.name).suffix.lstrip(".").lower()
        if extension not in rule.extensions:
            self._problem(entry, f"the file {name} ends in {shown(extension)}, wanted: {choices(rule.extensions)}")
        try:
            path, wrong = self._find(file.name)
            if path is None or wrong:
                self._problem(entry, f"the file {name} {wrong}")
                return file
            size = path.stat().st_size
        except (OSError, RuntimeError, ValueError) as error:
            self._problem(entry, f"the file {name} cannot be read ({type(error).__name__})")
            return file
        if size == 0:
            self._problem(entry, f"the file {name} is empty")
        elif size > rule.max_bytes:
            self._problem(entry, f"the file {name} has {size} bytes, wanted at most {rule.max_bytes}")
        elif extension in rule.extensions:
            complaint = self.content_check(path, extension)
            if complaint:
                self._problem(entry, f"the file {name}: {complaint}")
        return replace(file, path=path)

    def _find(self, name: str) -> tuple[Path | None, str]:
        """The real file below the pack's folder, or what is wrong. Raises OSError, RuntimeError (a loop of links)."""
        parts = name.split("/")
        if "\\" in name or name.startswith("/") or ":" in parts[0]:
            return None, "must be a path inside the pack, with '/' between folders"
        if ".." in parts:
            return None, "leaves the pack; a path may not hold '..'"
        path = self.folder
        for part in parts:
            real = part if (path / part).exists() else self._listing(path).get(part)
            if real is None:
                return None, "is missing"
            path = path / real
        resolved = path.resolve(strict=True)
        if not resolved.is_relative_to(self.folder.resolve()):
            return None, "is a link that leaves the pack"
        if not resolved.is_file():
            return None, "is not a regular file"
        return resolved, ""

    def _listing(self, folder: Path) -> dict[str, str]:
        """File names by their NFC form: some systems keep accents apart from their letters."""
        if folder not in self._names:
            listed = os.listdir(folder) if folder.is_dir() else []
            self._names[folder] = {unicodedata.normalize("NFC", name): name for name in listed}
        return self._names[folder]
