"""Says in words whether a file is what its name says, by the same rule that an upload is held to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from server.contests.rules.media import HEAD_BYTES, check_content
from server.errors import FileRefused

ContentCheck = Callable[[Path, str], str | None]


def sniff_content(path: Path, extension: str) -> str | None:
    """None when the content fits the extension (lower case, no dot), else what is wrong. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    try:
        check_content(head, path, extension, file_name=path.name)
    except FileRefused as refused:
        return _in_words(refused, extension)
    return None


def _in_words(refused: FileRefused, extension: str) -> str:
    found, wanted = refused.data.get("found", ""), refused.data.get("wanted", "")
    if refused.code == "extension":
        return f"the service takes no '.{extension}' files; it takes: {wanted}"
    if refused.code == "macro":
        return "the content is not taken: it holds macros"
    if refused.code == "archive":
        return f"the content is not taken: the package inside is damaged or unsafe ({found})"
    if refused.code == "empty":
        return "the file is empty"
    return f"the content is not what '.{extension}' says; it looks like: {found or 'nothing that is known'}"
