"""The private outbox: where each person's newest invitation link is found."""

from __future__ import annotations

import email
import re
from email import policy
from pathlib import Path

_LINK = re.compile(r"/invitations/[A-Za-z0-9_-]+")


class Mailbox:
    """Reads the .eml files of a data folder, each once."""

    def __init__(self, folder: Path) -> None:
        """`folder` may not be there yet."""
        self._folder = folder
        self._read: set[str] = set()
        self._links: dict[str, tuple[float, str]] = {}

    def newest_link(self, address: str) -> str | None:
        """The path of the newest invitation of `address`, None while there is none."""
        for path in self._folder.glob("*.eml") if self._folder.is_dir() else ():
            if path.name in self._read:
                continue
            self._read.add(path.name)
            written = path.stat().st_mtime
            message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
            body = message.get_body()
            found = _LINK.search(body.get_content()) if body is not None else None
            recipient = str(message["To"])
            if found and written >= self._links.get(recipient, (0.0, ""))[0]:
                self._links[recipient] = (written, found.group())
        return self._links.get(address, (0.0, None))[1]
