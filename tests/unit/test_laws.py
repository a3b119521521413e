"""The laws of the house (docs/architecture.md), read off the code itself: imports run one way, rules are pure, and so on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SERVER = PROJECT / "server"
DOMAINS = ("accounts", "contests", "judging", "publishing", "packs", "api")
ORDER = ("states", "rules", "tables", "queries", "services", "upper")
SKIPPED = {"piccolo_migrations"}

# Modules on the ground floor that stand above the rooms: they wire, migrate, or show what rooms raise.
ABOVE = {"app", "cli", "routes", "runtime", "serve", "migrate", "worker", "error_pages", "error_words"}

# What rules may import beside the standard library, numbers, states and errors, each with its reason.
RULES_MAY = {
    "server/contests/rules/media.py": {"puremagic", "storage_config"},  # names what a stranger's bytes look like
    "server/contests/rules/archives.py": {"storage_config"},  # the kinds that may be packed
    "server/rules/canonical.py": {"rfc8785"},  # the standard's own algorithm
    "server/rules/signing.py": {"cryptography"},  # Ed25519 is not in the standard library
    "server/judging/rules/assignment.py": {"ortools"},  # the solver
    "server/judging/rules/connectivity.py": {"numpy"},
}
STANDARD = {
    "__future__", "array", "ast", "base64", "binascii", "bisect", "collections", "contextlib", "dataclasses", "datetime", "decimal",
    "enum", "fractions", "functools", "hashlib", "heapq", "hmac", "io", "itertools", "json", "math", "os", "pathlib",
    "random", "re", "secrets", "statistics", "string", "typing", "unicodedata", "xml", "zipfile", "zlib",
}  # fmt: skip


def modules() -> list[Path]:
    """Every Python file of the service."""
    found = [*SERVER.rglob("*.py"), *(PROJECT / "storage_config").rglob("*.py")]
    return sorted(p for p in found if not SKIPPED & set(p.parts))


def name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a file imports, `from a.b import c` as a.b.c."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def domain(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if parts[0] == "server" and len(parts) > 1 and parts[1] in DOMAINS else None


def floor(dotted: str) -> int:
    """Where a module of a room stands: states, rules, tables, queries, services, or above these."""
    part = dotted.split(".")[2] if dotted.count(".") > 1 else ""
    for number, kind in enumerate(ORDER[:-1]):
        if part == kind or part.endswith(kind) or part.startswith(f"{kind}_"):
            return number
    return 0 if part == "model" else len(ORDER) - 1


@pytest.mark.parametrize("path", modules(), ids=name)
def test_imports_run_one_way(path: Path) -> None:
    own = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
    room = domain(own)
    for imported in imports(path):
        other = domain(imported)
        if room is None:
            if other is not None and own.startswith("server."):
                assert own.split(".")[1] in ABOVE, f"{own} is below the rooms and imports {imported}"
            continue
        if other is None:
            part = imported.split(".")[1] if imported.startswith("server.") and "." in imported else ""
            assert part not in ABOVE - {"error_pages", "error_words", "runtime"} or room in ("packs", "api"), (
                f"{own} imports {imported}"
            )
            continue
        assert DOMAINS.index(other) <= DOMAINS.index(room), f"{own} imports {imported}, which stands above it"
        if other == room and room not in ("packs", "api"):
            assert floor(imported) <= floor(own), f"{own} imports {imported}, which stands above it in its room"


@pytest.mark.parametrize("path", [p for p in modules() if "rules" in p.parts], ids=name)
def test_rules_are_pure(path: Path) -> None:
    allowed = STANDARD | RULES_MAY.get(name(path), set())
    for imported in imports(path):
        if imported.startswith("server."):
            parts = imported.split(".")
            assert parts[1] == "errors" or "rules" in parts or "states" in parts, f"{name(path)} imports {imported}"
        else:
            assert imported.split(".")[0] in allowed, f"{name(path)} imports {imported}"


def test_no_float_decides_who_wins() -> None:
    for path in modules():
        if "judging" in path.parts and "rules" in path.parts and path.name not in ("connectivity.py", "assignment.py"):
            tree = ast.parse(path.read_text("utf-8"))
            for node in ast.walk(tree):
                assert not (isinstance(node, ast.Name) and node.id == "float"), name(path)
                assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), name(path)


@pytest.mark.parametrize(
    ("library", "places"),
    [
        ("minio", r"storage_config/|server/storage_s3"),
        ("arq", r"server/worker\.py|server/arq_delivery\.py"),
        ("litestar", r"server/(app|access|error_pages|error_words|forms|held_back|middleware|pages|ranges|routes|serve|slow_bodies|static_files|system_routes)\.py"
                     r"|server/[a-z]+/controllers|server/api/"),
        ("uvicorn", r"server/(serve|guarded_http)\.py"),
    ],
)  # fmt: skip
def test_a_library_is_known_in_one_place(library: str, places: str) -> None:
    for path in modules():
        if any(imported.split(".")[0] == library for imported in imports(path)):
            assert re.match(places, name(path)), f"{name(path)} imports {library}"


def test_public_names_are_explained() -> None:
    missing = []
    for path in modules():
        tree = ast.parse(path.read_text("utf-8"))
        if (path.name != "__init__.py" or tree.body) and ast.get_docstring(tree) is None:
            missing.append(name(path))
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_"
            if public and ast.get_docstring(node) is None:
                missing.append(f"{name(path)}: {node.name}")
    assert missing == []


FLOORS = {
    "litestar": (2, 25), "multipart": (1, 3, 1), "python-multipart": (0, 0, 31), "piccolo": (1, 38), "pillow": (13,),
    "redis": (4, 5, 4), "jinja2": (3, 1, 6), "h11": (0, 16),
}  # fmt: skip


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_have_hashes_and_no_addresses_and_hold_the_floors(lock: str) -> None:
    text = (PROJECT / lock).read_text("utf-8")
    assert "://" not in text
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
    versions: dict[str, tuple[int, ...]] = {}
    for block in blocks:
        assert "--hash=sha256:" in block, block[:60]
        found = re.match(r"([a-z0-9._-]+)(?:\[[^]]*\])?==([0-9.]+)", block)
        assert found, block[:60]
        versions[found.group(1)] = tuple(int(part) for part in found.group(2).strip(".").split("."))
    for package, floor_ in FLOORS.items():
        assert versions[package] >= floor_, package
