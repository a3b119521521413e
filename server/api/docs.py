"""The description of the API: OpenAPI 3.1, and a page of our own that shows it without a script from elsewhere."""

from __future__ import annotations

from functools import cache
from typing import Any

from litestar import Litestar, Response, get
from litestar.openapi.config import OpenAPIConfig

from server.access import PUBLIC
from server.api import entering, organizing, scoring
from server.api.shared import AnyRequest
from server.pages import page

DESCRIBED = [*entering.ROUTES, *scoring.ROUTES, *organizing.ROUTES]


@cache
def schema() -> dict[str, Any]:
    """The OpenAPI document of the API's routes."""
    config = OpenAPIConfig(
        title="Hội Thi",
        version="1",
        description="Bearer tokens are made on the account page. Errors are application/problem+json (RFC 9457).",
    )
    return Litestar(route_handlers=DESCRIBED, openapi_config=config).openapi_schema.to_schema()


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
