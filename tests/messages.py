"""Finds every message that pages and code show, and every translation of it, so that a test can compare the two."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from babel.messages.pofile import read_po
from jinja2 import Environment, nodes
from jinja2.ext import extract_from_ast

from server.templates import TEMPLATES_FOLDER

PROJECT = TEMPLATES_FOLDER.parent
MARKS = ("_", "N_", "_n")
MAKERS_OF_TRANSLATORS = ("words", "translator", "load")
PLACE = re.compile(r"\{(\w*)[^{}]*\}")


@dataclass(frozen=True)
class Translation:
    """One entry of a PO file: its source text, its English forms (one, or two for counted things) and where it is."""

    message: str
    forms: tuple[str, ...]
    place: str


def messages_of_template(source: str) -> Iterator[tuple[int, str]]:
    """(line, message) of every `_("...")` and `_n("...", n)` in a Jinja template."""
    # A plain environment: that of the pages has put the translations in the place of the calls.
    tree: nodes.Template = Environment(autoescape=True).parse(source)
    for line, _function, message in extract_from_ast(tree, gettext_functions=MARKS):
        text = message if isinstance(message, str) else next(filter(None, message), None)
        if text:
            yield line, text


def messages_of_code(source: str) -> Iterator[tuple[int, str]]:
    """(line, message) of every `_("...")`, `N_("...")`, `_n("...", n)` and `words(request)("...")` in Python."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args or not _translates(node.func):
            continue
        argument = node.args[0]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield node.lineno, argument.value


def _translates(function: ast.expr) -> bool:
    if isinstance(function, ast.Call):
        maker = function.func
        name = maker.attr if isinstance(maker, ast.Attribute) else getattr(maker, "id", "")
        return name in MAKERS_OF_TRANSLATORS
    return isinstance(function, ast.Name) and function.id in MARKS


def used_messages() -> dict[str, str]:
    """Message -> where it is used first, over all templates and all code of the server."""
    found: dict[str, str] = {}
    for path in sorted(TEMPLATES_FOLDER.rglob("*")):
        if path.suffix in (".html", ".txt", ".xml"):
            for line, message in messages_of_template(path.read_text("utf-8")):
                found.setdefault(message, f"{path.relative_to(PROJECT)}:{line}")
    for path in sorted((PROJECT / "server").rglob("*.py")):
        for line, message in messages_of_code(path.read_text("utf-8")):
            found.setdefault(message, f"{path.relative_to(PROJECT)}:{line}")
    return found


def translations() -> list[Translation]:
    """Every entry of every English PO file, untranslated and fuzzy ones with no forms."""
    found = []
    for path in sorted((TEMPLATES_FOLDER / "locales" / "en").glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale="en", abort_invalid=True)
        for entry in catalog:
            if not entry.id:
                continue
            message = entry.id if isinstance(entry.id, str) else entry.id[0]
            forms = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
            complete = all(forms) and not entry.fuzzy
            found.append(Translation(message, forms if complete else (), f"{path.name}:{entry.lineno}"))
    return found


def places_of(text: str) -> set[str]:
    """The names in braces that a message leaves open."""
    return set(PLACE.findall(text))
