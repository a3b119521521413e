"""Reads the [[rounds]] of contest.toml: how a round is judged, counted and cut."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

from server.packs.model import Advance, Aggregate, Category, Criterion, Discrepancy, Panel, Round
from server.packs.read_keys import Keys, distinct, kind_of
from server.packs.read_problems import Problems, choices, shown

METHODS = ("mean", "median", "trimmed_mean")
ONE = Decimal(1)
# What stands in for a wrong number must not make marks look wrong too.
FINEST_STEP = Decimal("0.000001")
HIGHEST = Decimal(999_999_999)


def read_round(keys: Keys, categories: Sequence[Category]) -> Round:
    """One round; categories of its panels must be among those of the contest."""
    step = keys.decimal("step")
    known = {category.code for category in categories}
    criteria = distinct(keys.tables("criteria", required=True), "code", lambda inner: _criterion(inner, step))
    round_ = Round(
        code=keys.code("code"),
        title=keys.title(),
        judges_per_entry=_judges_per_entry(keys),
        blind=keys.flag("blind", True),
        step=step or FINEST_STEP,
        decimals=keys.integer("decimals", 0, 6, default=2),
        calibration=keys.choice("calibration", ("none", "severity"), "none"),
        aggregate=_aggregate(_part(keys, "aggregate")),
        discrepancy=_discrepancy(_part(keys, "discrepancy")),
        advance=_advance(_part(keys, "advance")),
        ties=_ties(_part(keys, "ties"), {criterion.code for criterion in criteria}),
        criteria=criteria,
        panels=distinct(keys.tables("panels", required=True), "code", lambda inner: _panel(inner, known)),
        line=keys.line,
    )
    keys.finish()
    return round_


def _part(keys: Keys, key: str) -> Keys:
    empty = Keys({}, (*keys.path, key), keys.lines, Problems())
    return keys.table(key, required=False) or empty


def _judges_per_entry(keys: Keys) -> int | None:
    value = keys.take("judges_per_entry", required=False)
    if value is None or value == "panel":
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        found = shown(value) if isinstance(value, str) else kind_of(value)
        keys.problem("judges_per_entry", f'found {found}, wanted "panel" or a whole number without quotes')
        return None
    return keys.integer("judges_per_entry", 1, 1000)


def _aggregate(keys: Keys) -> Aggregate:
    method = keys.choice("method", METHODS, "mean")
    trim = keys.integer("trim", 0, 1000, default=0)
    if trim and method != "trimmed_mean":
        keys.problem("trim", f'found {trim}, but the method is "{method}"; trim goes with "trimmed_mean" only')
    if method == "trimmed_mean" and not trim:
        keys.problem("trim", 'the method "trimmed_mean" needs a trim of 1 or more')
    aggregate = Aggregate(method, trim, keys.choice("per", ("sheet", "criterion"), "sheet"))
    keys.finish()
    return aggregate


def _discrepancy(keys: Keys) -> Discrepancy:
    spread = keys.decimal("max_spread", required=False, zero=True)
    discrepancy = Discrepancy(spread, keys.choice("action", ("flag", "extra_judge"), "flag"))
    keys.finish()
    return discrepancy


def _advance(keys: Keys) -> Advance:
    advance = Advance(
        top=keys.integer("top", 0, 1_000_000, default=0),
        per=keys.choice("per", ("round", "category", "panel"), "round"),
        ties=keys.choice("ties", ("decide", "include"), "decide"),
    )
    keys.finish()
    return advance


def _ties(keys: Keys, criteria: Collection[str]) -> tuple[str, ...]:
    ladder = keys.codes("break")
    for item in ladder:
        word, _, code = item.partition(":")
        if item in ("median", "submitted_at") or (word == "criterion" and code in criteria):
            continue
        wanted = f"'median', 'submitted_at' or 'criterion:CODE' with a code of this round: {choices(set(criteria))}"
        keys.problem("break", f"{shown(item)} breaks no tie; wanted {wanted}")
    keys.finish()
    return ladder


def _criterion(keys: Keys, step: Decimal | None) -> Criterion:
    most = keys.decimal("max")
    if most is not None and step is not None and most % step:
        keys.problem("max", f"{most} is not a multiple of the round's step, {step}")
    criterion = Criterion(keys.code("code"), keys.title(), most or HIGHEST, keys.decimal("weight") or ONE, keys.line)
    keys.finish()
    return criterion


def _panel(keys: Keys, known: Collection[str]) -> Panel:
    categories = keys.codes("categories")
    for code in categories:
        if code not in known:
            keys.problem("categories", f"unknown category {shown(code)}; known: {choices(set(known))}")
    panel = Panel(keys.code("code"), keys.title(), categories, keys.codes("units"), keys.line)
    keys.finish()
    return panel
