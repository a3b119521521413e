"""How addresses and names are written, so that one person has one account and a name is one line of what one sees."""

from __future__ import annotations

import re
import unicodedata

LONGEST_ADDRESS = 254
# ASCII alone: no two addresses look alike, and a mail server need not know of other letters (RFC 5321, 5322 dot-atom).
_ADDRESS = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")
# Controls (line ends among them), formats (bidirectional overrides among them), lone surrogates.
_HIDDEN = frozenset({"Cc", "Cf", "Cs"})


def spell_address(text: str) -> str | None:
    """An e-mail address in lower case, or None when it is none: shape only."""
    address = text.strip().lower()
    return address if text.isascii() and len(address) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(address) else None


def one_line(text: str) -> str:
    """A name in NFC on one line, without characters that nobody sees; "" when nothing is left."""
    seen = "".join(" " if c in "\r\n\t" else c for c in unicodedata.normalize("NFC", text))
    return " ".join("".join(c for c in seen if unicodedata.category(c) not in _HIDDEN).split())


def spell_password(text: str) -> str:
    """A password in NFC: keyboards write the same Vietnamese letters in two ways (RFC 8265, OpaqueString)."""
    return unicodedata.normalize("NFC", text)
