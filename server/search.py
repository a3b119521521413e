"""Search without accents: the SQL function `folded`, the same folding as Python's `fold`."""

from __future__ import annotations

import unicodedata

_LETTERS = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"


def fold(text: str) -> str:
    """Text as it is searched: lower case, without accents, đ as d."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(c for c in plain if not unicodedata.combining(c))


def like(words: str) -> str:
    """A LIKE pattern that finds the folded `words` anywhere, with LIKE's own signs taken literally; "" finds all."""
    if not words.strip():
        return ""
    plain = fold(words.strip()).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"


FOLDED_FUNCTION = f"""
create or replace function folded(value text) returns text language sql immutable parallel safe as
$$ select translate(lower(translate(value, '{_LETTERS.upper()}', '{_LETTERS}')), '{_LETTERS}', '{fold(_LETTERS)}') $$
"""
"""The embedded PostgreSQL has no ICU and may run in the C locale, where lower() leaves Đ and Ă alone."""
