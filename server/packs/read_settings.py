"""Reads contest.toml into Settings; what refers to the spreadsheets is checked later."""

from __future__ import annotations

import zoneinfo

from server.packs.model import Category, FileRule, Prize, Settings, Title
from server.packs.read_fields import CONTEST_CODE, CONTEST_CODE_WANTED, EXTENSION
from server.packs.read_keys import SETTINGS, Keys, distinct
from server.packs.read_problems import Problems, shown
from server.packs.read_rounds import read_round
from server.packs.read_toml import BadToml, parse_toml

PACK_VERSION = 1
EMPTY = Settings("", Title("", ""), "", "Asia/Ho_Chi_Minh", None, None, 1, 0, (), (), (), (), {(): 1})


def read_settings(text: str, problems: Problems) -> Settings:
    """The settings in the text of contest.toml; mistakes go to `problems`, and stand-ins take their place."""
    try:
        data, lines = parse_toml(text)
    except BadToml as error:
        problems.stop(SETTINGS, error.line, str(error.column), f"this is no TOML: {error.message}")
        return EMPTY
    top = Keys(data, (), lines, problems)
    version = top.take("pack_version")
    if version is not None and (isinstance(version, bool) or version != PACK_VERSION):
        top.problem("pack_version", f"found {shown(version)}, wanted {PACK_VERSION}: this program reads no other")
    contest = top.table("contest") or Keys({}, (), lines, Problems())
    opens, closes = contest.moment("opens_at"), contest.moment("closes_at")
    if opens and closes and opens >= closes:
        contest.problem("closes_at", f"{closes.isoformat()} is not after opens_at, {opens.isoformat()}")
    categories = distinct(top.tables("categories", required=True), "code", _category)
    settings = Settings(
        code=contest.code("code", CONTEST_CODE, CONTEST_CODE_WANTED),
        title=contest.title(),
        host_unit=contest.code("host_unit"),
        timezone=_timezone(contest),
        opens_at=opens,
        closes_at=closes,
        approvals=contest.integer("approvals", 1, 100, default=1),
        per_unit_max=contest.integer("per_unit_max", 0, 1_000_000, default=0),
        categories=categories,
        file_rules=distinct(top.tables("file_rules"), "kind", _file_rule),
        rounds=distinct(top.tables("rounds", required=True), "code", lambda keys: read_round(keys, categories)),
        prizes=tuple(_prize(keys) for keys in top.tables("prizes")),
        lines=lines,
    )
    contest.finish()
    top.finish()
    return settings


def _timezone(contest: Keys) -> str:
    name = contest.text("timezone", default="Asia/Ho_Chi_Minh", limit=60)
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        contest.problem("timezone", f"{shown(name)} is no time zone; wanted a name such as Asia/Ho_Chi_Minh")
    return name


def _category(keys: Keys) -> Category:
    category = Category(keys.code("code"), keys.title(), keys.line)
    keys.finish()
    return category


def _file_rule(keys: Keys) -> FileRule:
    extensions = keys.codes("extensions")
    if not extensions:
        keys.problem("extensions", 'there are no extensions; wanted a list such as ["mp4", "mov"]')
    for extension in extensions:
        if not EXTENSION.fullmatch(extension):
            keys.problem("extensions", f"{shown(extension)} is no extension; wanted 1 to 10 of a-z and 0-9, no dot")
    rule = FileRule(
        kind=keys.code("kind"),
        extensions=extensions,
        max_bytes=keys.integer("max_bytes", 1, 2**43, stand_in=2**43),
        max_count=keys.integer("max_count", 1, 1000, default=1, stand_in=1000),
        required=keys.flag("required", False),
        line=keys.line,
    )
    keys.finish()
    return rule


def _prize(keys: Keys) -> Prize:
    prize = Prize(keys.title(), keys.integer("count", 1, 100_000, default=1), keys.line)
    keys.finish()
    return prize
