"""Reads a posted form into a msgspec struct and names every field that is wrong, not only the first."""

from __future__ import annotations

from typing import Any, TypeVar, get_type_hints
from urllib.parse import parse_qsl

import msgspec
from litestar import Request

from server.errors import FieldError, InvalidForm

MAX_FORM_BYTES = 1_000_000
FORM_KEY = "hoithi_form"

FormType = TypeVar("FormType", bound=msgspec.Struct)


def parse_form(body: bytes) -> dict[str, list[str]]:
    """The fields of an urlencoded body; raises InvalidForm when it is no text or has too many fields."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=5000, errors="strict")
    except ValueError as error:
        raise InvalidForm([FieldError("", "unreadable")]) from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        if "\x00" in name or "\x00" in value:
            raise InvalidForm([FieldError(name.replace("\x00", ""), "unreadable")])
        fields.setdefault(name, []).append(value.strip())
    return fields


def form_fields(request: Request[Any, Any, Any]) -> dict[str, list[str]]:
    """The fields that the middleware has read; empty for a request without a form."""
    fields: dict[str, list[str]] = request.scope.get(FORM_KEY) or {}  # type: ignore[assignment]
    return fields


def read_form(request: Request[Any, Any, Any], form: type[FormType]) -> FormType:
    """Make a `form` of the posted fields; raises InvalidForm with every field that does not fit its type."""
    return convert_form(form_fields(request), form)


def convert_form(fields: dict[str, list[str]], form: type[FormType]) -> FormType:
    """Convert posted text to the types of `form`: blank text of an optional field is its default."""
    hints = get_type_hints(form, include_extras=True)
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for field in msgspec.structs.fields(form):
        hint = hints[field.name]
        many = _is_many(hint)
        given: Any = fields.get(field.encode_name, [])
        if not many:
            given = given[-1] if given else ""
            if given == "" and not field.required:
                continue
            if given == "":
                errors.append(FieldError(field.encode_name, "required"))
                continue
        try:
            values[field.name] = msgspec.convert(given, hint, strict=False)
        except msgspec.ValidationError as error:
            errors.append(FieldError(field.encode_name, _code(str(error)), {"detail": str(error)}))
    if errors:
        raise InvalidForm(errors)
    return form(**values)


def _is_many(hint: Any) -> bool:
    return getattr(hint, "__origin__", None) in (list, tuple)


def _code(message: str) -> str:
    for part, code in (
        ("length <=", "too_long"),
        ("length >=", "too_short"),
        ("Expected `int`", "not_a_number"),
        ("Expected `decimal`", "not_a_number"),
        ("Invalid decimal", "not_a_number"),
        ("Invalid enum", "not_a_choice"),
        ("Expected `datetime`", "not_a_date"),
        ("RFC3339", "not_a_date"),
    ):
        if part in message:
            return code
    return "invalid"
