"""Reads a contest pack from a folder: all of it is right, or it is refused with every mistake named."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from server.errors import PackProblem, PackRefused
from server.packs.check import check_rows
from server.packs.check_content import ContentCheck, sniff_content
from server.packs.model import Pack, Rows, Settings
from server.packs.read_bytes import read_text
from server.packs.read_keys import SETTINGS
from server.packs.read_problems import Problems
from server.packs.read_records import read_conflicts, read_entries, read_people, read_scores, read_units
from server.packs.read_settings import read_settings
from server.packs.read_tables import read_tables


def read_pack(path: Path, content_check: ContentCheck = sniff_content) -> Pack:
    """The pack in folder `path`. `content_check(file, extension)` says in words what a file's content is not.

    Raises PackRefused with up to 100 mistakes, each with file, line (from 1) and column.
    """
    folder = _folder(path)
    problems = Problems()
    text = read_text(folder / SETTINGS, problems)
    settings = read_settings(text, problems) if text is not None else None
    tables = read_tables(folder, problems)
    rows = Rows(
        files={name: table.file for name, table in tables.items()},
        units=read_units(tables["units"], problems),
        people=read_people(tables["people"], problems),
        entries=read_entries(tables["entries"], problems),
        scores=read_scores(tables["scores"], problems),
        conflicts=read_conflicts(tables["conflicts"], problems),
    )
    if settings is not None and not problems.broken:
        rows = check_rows(settings, rows, folder, content_check, problems)
    problems.refuse_if_any()
    if settings is None:
        raise AssertionError("settings that cannot be read are a problem")
    return _pack(settings, rows, folder)


def _folder(path: Path) -> Path:
    try:
        if path.is_dir():
            if (path / SETTINGS).exists():
                return path.resolve()
            message = "the file is missing; a contest pack is a folder with contest.toml and its spreadsheets"
            raise PackRefused((PackProblem(SETTINGS, None, None, message),))
        if path.suffix.lower() == ".xlsx":
            message = (
                "a workbook alone has no settings; put it into a folder as pack.xlsx with a contest.toml beside it, "
                "and give the folder"
            )
        elif path.exists():
            message = "this is a file; a contest pack is a folder with contest.toml and its spreadsheets"
        else:
            message = "there is no such folder"
    except (OSError, ValueError) as error:
        message = f"the folder cannot be read ({error})"
    raise PackRefused((PackProblem(path.name or str(path), None, None, message),))


def _pack(settings: Settings, rows: Rows, folder: Path) -> Pack:
    shared = {field.name: getattr(settings, field.name) for field in fields(settings) if field.name != "lines"}
    return Pack(
        **shared,
        units=rows.units,
        people=rows.people,
        entries=rows.entries,
        scores=rows.scores,
        conflicts=rows.conflicts,
        folder=folder,
    )
