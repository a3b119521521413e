"""The shapes of single values in a pack: codes, numbers, dates, addresses. Each says in words what it wants."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal

from server.accounts.rules.spelling import spell_address

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
CODE_WANTED = "1 to 40 ASCII letters, digits, '-', '_' or '.', beginning with a letter or digit"
CONTEST_CODE = re.compile(r"[a-z0-9-]{1,40}")
CONTEST_CODE_WANTED = "1 to 40 of a-z, 0-9 and '-'"
EXTENSION = re.compile(r"[a-z0-9]{1,10}")
DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
DECIMAL_WANTED = "a plain number such as 8 or 8.5, with a point, no sign and at most 6 decimals"
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ROLES = ("organizer", "judge", "officer")
LOCALES = ("vi", "en")
CELL_LIMIT = 10_000
NAME_LIMIT = 300
PERSON_LIMIT = 200
KIND_LIMIT = 60


def clean(text: str) -> str:
    """Text as the pack means it: NFC, line ends as \\n, no white space around."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip()


def bad_character(text: str) -> str | None:
    """The first character that no text may hold (control characters, lone surrogates), as "U+0000"; else None."""
    if text.isprintable():
        return None
    for letter in text:
        if letter in "\n\t\r":
            continue
        if unicodedata.category(letter) in ("Cc", "Cs"):
            return f"U+{ord(letter):04X}"
    return None


def read_decimal(text: str) -> Decimal | None:
    """An exact number from 0 to 999,999,999 with up to 6 decimals, or None."""
    return Decimal(text) if DECIMAL.fullmatch(text) else None


def read_date(text: str) -> date | None:
    """A calendar day written YYYY-MM-DD, or None."""
    if not DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_email(text: str) -> str | None:
    """An e-mail address in lower case, or None; shape only, ASCII, at most 254 characters."""
    return spell_address(text)


def split_list(text: str) -> tuple[str, ...]:
    """The parts of a cell between ';', trimmed, without empty ones."""
    return tuple(part.strip() for part in text.split(";") if part.strip())
