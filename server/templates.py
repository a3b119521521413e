"""The Jinja environments, one a language, so that filters and `_` are bound once and a request only renders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer

from server import formats, i18n
from server.event_details import event_details
from server.event_words import EVENT_WORDS
from server.field_messages import field_messages
from server.kind_words import KIND_WORDS
from server.state_labels import translated_states
from server.static_files import has_static

TEMPLATES_FOLDER = Path(__file__).resolve().parent.parent / "frontend_templates"

# The parts in ui.html are imported without context, so that they are made once a process; the little that they need
# of a request comes from here.
_page: ContextVar[Mapping[str, Any]] = ContextVar("page", default=MappingProxyType({}))


class _Folded(NodeTransformer):
    """Puts the translation where a template says `_("...")`: a page of a table asks for the same words 50 times."""

    def __init__(self, translate: i18n.Translate) -> None:
        self._translate = translate

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        """Replace the call when all it holds is one literal text."""
        self.generic_visit(node)
        called, args = node.node, node.args
        if (
            isinstance(called, nodes.Name)
            and called.name == "_"
            and len(args) == 1
            and isinstance(args[0], nodes.Const)
        ):
            return nodes.Const(self._translate(args[0].value), lineno=node.lineno, environment=node.environment)
        return node


class OneLanguage(Environment):
    """An environment whose templates are compiled with the words of its language in them."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _Folded(cast("i18n.Translate", self.globals["_"])).visit(tree)
        return tree


def make_environment(locale: i18n.Locale = i18n.SOURCE_LOCALE) -> Environment:
    """An environment for pages in one language: escaping on, an unknown variable is an error, templates kept compiled.

    Filters: date, datetime, clock, deadline, number, score, bytes, zone, zone_words, duration, remaining. Globals: `_`, `_n`, `locale`,
    `state_labels`, `event_words(action)`, `event_details(row, data, tz)`, `kind_words(kind)`, `field_messages(errors)`.
    """
    environment = OneLanguage(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    translate = i18n.translator(locale)
    environment.globals.update(
        _=translate,
        _n=i18n.count_translator(locale),
        locale=locale,
        state_labels=translated_states(translate),
        event_details=lambda event, data, tz: event_details(event["action"], data, event["about"], locale, tz),
        event_words=lambda action: translate(str(EVENT_WORDS.get(action, action))),
        kind_words=lambda kind: translate(str(KIND_WORDS.get(kind, kind))),
        page_csrf=lambda: _page.get().get("csrf", ""),
        page_now=lambda: _page.get().get("now") or datetime.now(UTC),
        has_static=has_static,
        field_messages=lambda errors: field_messages(errors, translate),
    )

    def moment_filter(function: Any) -> Any:
        return lambda value, tz=formats.DEFAULT_TIMEZONE: function(value, locale, tz)

    environment.filters.update(
        date=moment_filter(formats.format_date),
        datetime=moment_filter(formats.format_datetime),
        clock=formats.format_clock,
        deadline=moment_filter(formats.format_deadline),
        number=lambda value, decimals=None: formats.format_number(value, locale, decimals),
        score=lambda value, decimals=None: formats.format_number(value, locale, decimals),
        places=formats.places,
        bytes=partial(formats.format_bytes, locale=locale),
        zone=formats.format_zone,
        zone_words=moment_filter(formats.format_zone_words),
        duration=partial(formats.format_duration, locale=locale),
        remaining=partial(formats.format_remaining, locale=locale),
    )
    return environment


@cache
def environment_for(locale: i18n.Locale) -> Environment:
    """The process's environment for a language, made at first use."""
    return make_environment(locale)


@contextmanager
def page_context(context: Mapping[str, Any]) -> Iterator[None]:
    """While it lasts, the parts in ui.html take `csrf` and `now` from `context`."""
    token = _page.set(context)
    try:
        yield
    finally:
        _page.reset(token)


def render(template: str, locale: i18n.Locale, /, **context: Any) -> str:
    """The page that `template` (a path below frontend_templates) makes of `context`, in the language `locale`."""
    with page_context(context):
        return environment_for(locale).get_template(template).render(context)
