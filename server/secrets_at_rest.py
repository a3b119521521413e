"""Random tokens that people hold, and the hash under which we keep them."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_token() -> str:
    """256 random bits as URL-safe text."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored of a token: it is random, so one SHA-256 is enough."""
    return hashlib.sha256(token.encode()).digest()


def csrf_token(session_token: str) -> str:
    """The CSRF token of a session, derived so that it needs no column."""
    return hmac.new(session_token.encode(), b"hoithi-csrf", hashlib.sha256).hexdigest()[:32]
