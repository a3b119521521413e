"""Addresses that people are sent on to: only paths of this service."""

from __future__ import annotations


def local_path(url: str) -> str:
    """`url` when it is a path of this service, else "/": a link must not lead people elsewhere."""
    safe = url.startswith("/") and not url.startswith(("//", "/\\")) and not any(c < " " or c == "\x7f" for c in url)
    return url if safe else "/"
