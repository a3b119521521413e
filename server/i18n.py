"""Vietnamese is the source language of every message; this module finds the English one and picks a person's locale."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Literal, Protocol

from babel.messages.pofile import read_po

from server.formats import format_number

Locale = Literal["vi", "en"]
LOCALES: tuple[Locale, ...] = ("vi", "en")
SOURCE_LOCALE: Locale = "vi"
LOCALES_FOLDER = Path(__file__).resolve().parent.parent / "frontend_templates" / "locales"

Translate = Callable[[str], str]


class TranslateCount(Protocol):
    """A translation that depends on a number: `_n("{n} bài dự thi", 3)`."""

    def __call__(self, message: str, n: int) -> str: ...


def N_(message: str) -> str:
    """Mark a message for translation where it stands in a table; `_()` translates it when it is shown."""
    return message


def choose_locale(cookie: str | None, account_locale: str | None, accept_language: str | None) -> Locale:
    """The language of a response: the person's switch, else the account's, else the browser's, else Vietnamese."""
    for wish in (cookie, account_locale, *_accepted(accept_language or "")):
        known = _known(wish)
        if known is not None:
            return known
    return SOURCE_LOCALE


def _known(tag: str | None) -> Locale | None:
    language = (tag or "").split("-")[0].strip().lower()
    if language == "vi":
        return "vi"
    return "en" if language == "en" else None


def _accepted(header: str) -> Iterable[str]:
    """Language tags of an Accept-Language header (RFC 9110, 12.5.4), the most wanted first, refused ones left out."""
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:500].split(",")):
        tag, _, parameter = part.partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            quality = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            continue
        if 0 < quality <= 1:
            wishes.append((-quality, place, tag.strip()))
    return [tag for _, _, tag in sorted(wishes)]


class Translator:
    """The messages of one language, read once from its PO files; Vietnamese needs none."""

    def __init__(self, locale: Locale, folder: Path = LOCALES_FOLDER) -> None:
        self.locale: Locale = locale
        self._singular: dict[str, str] = {}
        self._plural: dict[str, tuple[str, str]] = {}
        if locale == SOURCE_LOCALE:
            return
        for path in sorted((folder / locale).glob("*.po")):
            self._read(path)

    def _read(self, path: Path) -> None:
        with path.open("rb") as file:
            catalog = read_po(file, locale=self.locale, abort_invalid=True)
        for message in catalog:
            if not message.id or message.fuzzy:
                continue
            if isinstance(message.id, str):
                if isinstance(message.string, str) and message.string:
                    self._singular[message.id] = message.string
            elif isinstance(message.string, tuple) and all(message.string):
                self._plural[message.id[0]] = (message.string[0], message.string[1])

    def gettext(self, message: str) -> str:
        """The message in this language; an untranslated one stays Vietnamese."""
        return self._singular.get(message, message)

    def ngettext(self, message: str, n: int) -> str:
        """The message for `n` things, with `{n}` filled in and written the way this language writes numbers."""
        forms = self._plural.get(message)
        text = self.gettext(message) if forms is None else forms[0 if n == 1 else 1]
        return text.replace("{n}", format_number(n, self.locale))


@cache
def load(locale: Locale) -> Translator:
    """The translator of a language, read at first use and kept."""
    return Translator(locale)


def translator(locale: Locale) -> Translate:
    """The function that pages call `_`."""
    return load(locale).gettext


def count_translator(locale: Locale) -> TranslateCount:
    """The function that pages call `_n`."""
    return load(locale).ngettext
