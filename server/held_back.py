"""A form that waits until its sender has confirmed the password: what was typed travels on in hidden fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar import Request

from server.forms import form_fields

CONFIRM_TEMPLATE = "accounts/confirm.html"
OWN_FIELDS = frozenset({"_csrf", "fresh_password", "resume"})


@dataclass(frozen=True)
class HeldBack:
    """Where a form was going, percent-encoded, and its fields as (name, value) pairs."""

    address: str
    fields: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, request: Request[Any, Any, Any], path: str) -> HeldBack:
        """The form of this request, on its way to `path`; the confirmation's own fields are left out."""
        pairs = ((name, value) for name, values in form_fields(request).items() for value in values)
        return cls(quote(path, safe="/%:@"), tuple(pair for pair in pairs if pair[0] not in OWN_FIELDS))
