"""What the framework cannot read off a controller's types: who may call it, its headers, its problems, a body of bytes.

A controller says so beside its path: `if_match` (names the version that it edits), `gives_etag` (answers with one), `key` (takes
an Idempotency-Key), `raw_body` (a file as it is).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.access import Access

PROBLEMS = {
    "400": "The request cannot be read: no JSON, or a value of the wrong type.",
    "401": "No token or session, or one that does not work any more.",
    "403": "Known, but not allowed: another role is needed, or the token may only read.",
    "404": "There is nothing here, or nothing that is yours.",
    "409": "The present state does not allow it; `blockers` says what is in the way.",
    "412": "Another version is stored now; `version` and `current` say which.",
    "413": "The body is too large.",
    "422": "At least one value is wrong; `errors` lists field and code.",
    "428": "The header If-Match is missing.",
    "429": "Too many attempts; see Retry-After.",
    "503": "The database or the store does not answer just now; see Retry-After.",
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is for programs; `title` and `detail` are in the person's language.",
    "required": ["type", "title", "detail", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
    },
    "additionalProperties": True,
}
SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "ht_…, made on the account page."},
    "session": {"type": "apiKey", "in": "cookie", "name": "hoithi_session", "description": "By https: __Host-hoithi."},
    "csrf": {"type": "apiKey", "in": "header", "name": "x-csrftoken", "description": "Writes by session need it."},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": 'The version that is edited, as its ETag: "3".',
    "schema": {"type": "string", "pattern": '^"?[0-9]{1,9}"?$'},
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same content is answered like the first time.",
    "schema": {"type": "string", "maxLength": 100},
}
ETAG = {"description": "The version of what is answered.", "schema": {"type": "string"}}


def add_shared_parts(document: dict[str, Any]) -> None:
    """Add to an OpenAPI document what its operations refer to."""
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = SCHEMES
    components["responses"] = {
        f"Problem{status}": {
            "description": text,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, text in PROBLEMS.items()
    }


def describe_operation(operation: dict[str, Any], method: str, path: str, opt: Mapping[str, Any]) -> None:
    """Add to one operation, in place, what `opt` of its controller says."""
    access: Access = opt["access"]
    writes = method != "get"
    operation["security"] = (
        [{"token": []}, {"session": [], **({"csrf": []} if writes else {})}] if access.signed_in else []
    )
    if opt.get("raw_body"):
        content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        operation["requestBody"] = {"required": True, "content": content}
    headers = [header for name, header in (("if_match", IF_MATCH), ("key", KEY)) if opt.get(name)]
    if headers:
        operation["parameters"] = [*operation.get("parameters", []), *headers]
    answers = operation["responses"]
    for status, answer in answers.items():
        if status.startswith("2") and opt.get("gives_etag"):
            answer.setdefault("headers", {})["ETag"] = ETAG
    for status in _problems(operation, access, path, writes=writes, versioned=bool(opt.get("if_match"))):
        answers[status] = {"$ref": f"#/components/responses/Problem{status}"}


def _problems(operation: Mapping[str, Any], access: Access, path: str, *, writes: bool, versioned: bool) -> list[str]:
    found = ["400", "503"]
    if access.signed_in:
        found.append("401")
    if access.kinds or writes:
        found.append("403")
    if "{" in path:
        found.append("404")
    if writes:
        found += ["409", "422"]
    if "requestBody" in operation:
        found.append("413")
    if path.endswith("/plan"):
        found.append("409")
    if versioned:
        found += ["412", "428"]
    return sorted(set(found))
