"""Names of files as people gave them, made harmless for a page, a header and a folder, and still recognisable."""

from __future__ import annotations

import unicodedata

MAX_BYTES = 255
# Control, format (bidirectional overrides among them), surrogate, private use and unassigned characters.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def clean_file_name(given: str) -> str:
    """The base name in NFC without hidden characters, at most 255 bytes with its extension kept; "tep" if empty."""
    base = given.replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(c for c in unicodedata.normalize("NFC", base) if unicodedata.category(c) not in _HIDDEN)
    text = text.strip(" .")
    if not text:
        return "tep"
    stem, dot, extension = text.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        stem, extension = text, ""
    else:
        extension = dot + extension
    room = MAX_BYTES - len(extension.encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .") + extension


def extension_of(name: str) -> str:
    """The extension in lower case without its dot; "" without one."""
    _, dot, extension = name.rpartition(".")
    return extension.lower() if dot else ""
