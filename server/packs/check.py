"""Holds the parts of a pack against each other: every code that is used must be there, every rule must be kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from server.packs.check_content import ContentCheck
from server.packs.check_entries import check_entries
from server.packs.check_files import FileChecker
from server.packs.check_people import check_people
from server.packs.check_scores import ScoreChecker, check_conflicts
from server.packs.check_units import check_units
from server.packs.model import Rows, Settings
from server.packs.read_problems import Problems


def check_rows(settings: Settings, rows: Rows, folder: Path, content_check: ContentCheck, problems: Problems) -> Rows:
    """Notes every disagreement; gives the rows back with the entries' files found on disk."""
    files = rows.files
    tree = check_units(settings, rows.units, files["units"], problems)
    check_people(settings, rows.people, tree, files["people"], problems)
    check_entries(settings, rows.entries, rows.people, tree, files["entries"], problems)
    checker = FileChecker(settings.file_rules, folder, content_check, files["entries"], problems)
    entries = tuple(checker.check(entry) for entry in rows.entries)
    check_conflicts(rows.conflicts, rows.people, entries, tree, files["conflicts"], problems)
    scores = ScoreChecker(settings, rows, tree, problems)
    for score in rows.scores:
        scores.check(score)
    return replace(rows, entries=entries)
