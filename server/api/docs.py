"""The description of the API: OpenAPI 3.1, and a page of our own that shows it without a script from elsewhere."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from litestar import Litestar, Response, get
from litestar.openapi.config import OpenAPIConfig

from server.access import PUBLIC
from server.api import entering, organizing, people, publications, scoring
from server.api.description import add_shared_parts, describe_operation
from server.api.shared import AnyRequest
from server.pages import page

_TYPED = re.compile(r"\{(\w+):\w+\}")
DESCRIBED = [*entering.ROUTES, *scoring.ROUTES, *organizing.ROUTES, *people.ROUTES, *publications.ROUTES]


@cache
def schema() -> dict[str, Any]:
    """The OpenAPI document of the API's routes; what their types do not say is in description.py."""
    config = OpenAPIConfig(
        title="Hội Thi",
        version="1",
        description="Bearer tokens are made on the account page. Errors are application/problem+json (RFC 9457).",
    )
    document = Litestar(route_handlers=DESCRIBED, openapi_config=config).openapi_schema.to_schema()
    add_shared_parts(document)
    for handler in DESCRIBED:
        for path in handler.paths:
            plain = _TYPED.sub(r"{\1}", path)
            for method in handler.http_methods - {"HEAD", "OPTIONS"}:
                describe_operation(document["paths"][plain][method.lower()], method.lower(), plain, handler.opt)
    return document


@get("/api/openapi.json", access=PUBLIC, include_in_schema=False)
async def openapi_json() -> Response[dict[str, Any]]:
    """The document itself."""
    return Response(schema(), headers={"cache-control": "public, max-age=300"})


@get("/api/docs", access=PUBLIC, include_in_schema=False)
async def docs(request: AnyRequest) -> Response[str]:
    """The document as a page."""
    document = schema()
    operations: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            operations.setdefault(operation["tags"][0], []).append(
                {
                    "method": method.upper(),
                    "path": path,
                    "summary": operation.get("summary", ""),
                    "description": operation.get("description", ""),
                    "fields": _fields(document, body),
                    "headers": [p["name"] for p in operation.get("parameters", []) if p["in"] == "header"],
                    "answers": sorted(operation["responses"]),
                }
            )
    return page(request, "api/docs.html", operations=operations)


def _fields(document: dict[str, Any], body: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """(name, type, required) of a body's fields."""
    name = body.get("$ref", "").rsplit("/", 1)[-1]
    found = document.get("components", {}).get("schemas", {}).get(name, {})
    required = set(found.get("required", []))
    return [
        (field, str(about.get("type") or "object"), field in required)
        for field, about in found.get("properties", {}).items()
    ]


ROUTES = [*DESCRIBED, openapi_json, docs]
