"""Which object store holds the bytes, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import urlsplit

KINDS = ("files", "s3")
TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


class StorageSettingsError(ValueError):
    """A storage variable that is missing or makes no sense; the text names it."""


@dataclass(frozen=True)
class S3Settings:
    """How to reach one bucket of one S3 server; `endpoint` is HOST or HOST:PORT without a scheme.

    `public_url`, such as https://s3.example.org, is where browsers reach the same server: files are then read there
    by links good for a minute. Empty: every byte is read through this service.
    """

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    bucket: str
    region: str = "us-east-1"
    secure: bool = True
    public_url: str = ""


@dataclass(frozen=True)
class StorageSettings:
    """The kind of store; `s3` is set exactly when `kind` is "s3"."""

    kind: Literal["files", "s3"] = "files"
    s3: S3Settings | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> StorageSettings:
        """Read HOITHI_STORAGE and, for "s3", the HOITHI_S3_ variables; raise StorageSettingsError naming what is wrong."""
        kind = environment.get("HOITHI_STORAGE", "").strip().lower() or "files"
        if kind not in KINDS:
            raise StorageSettingsError(f'HOITHI_STORAGE must be "files" or "s3", not "{kind}"')
        if kind == "files":
            return cls()
        names = ["HOITHI_S3_ENDPOINT", "HOITHI_S3_ACCESS_KEY", "HOITHI_S3_SECRET_KEY", "HOITHI_S3_BUCKET"]
        found = {name: environment.get(name, "").strip() for name in names}
        missing = [name for name in names if not found[name]]
        if missing:
            raise StorageSettingsError(f"HOITHI_STORAGE=s3 also needs {', '.join(missing)}")
        endpoint, scheme_secure = _endpoint(found["HOITHI_S3_ENDPOINT"])
        secure = _flag(environment, "HOITHI_S3_SECURE")
        if secure is None:
            secure = True if scheme_secure is None else scheme_secure
        s3 = S3Settings(
            endpoint=endpoint,
            access_key=found["HOITHI_S3_ACCESS_KEY"],
            secret_key=found["HOITHI_S3_SECRET_KEY"],
            bucket=found["HOITHI_S3_BUCKET"],
            region=environment.get("HOITHI_S3_REGION", "").strip() or "us-east-1",
            secure=secure,
            public_url=_public_url(environment.get("HOITHI_S3_PUBLIC_URL", "").strip()),
        )
        return cls(kind=cast(Literal["files", "s3"], kind), s3=s3)


def _endpoint(text: str) -> tuple[str, bool | None]:
    """Split off an http:// or https:// that people paste; the second value is None where none was given."""
    parts = urlsplit(text if "://" in text else f"//{text}")
    try:
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        port_is_valid = False
    plain = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in ("", "http", "https") or not parts.hostname or not port_is_valid or not plain:
        raise StorageSettingsError("HOITHI_S3_ENDPOINT must be HOST or HOST:PORT, without a path")
    return parts.netloc, {"": None, "http": False, "https": True}[parts.scheme]


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    plain = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username or parts.password)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or not plain):
        raise StorageSettingsError("HOITHI_S3_PUBLIC_URL must be http[s]://HOST[:PORT], without a path")
    return text.rstrip("/")


def _flag(environment: Mapping[str, str], name: str) -> bool | None:
    value = environment.get(name, "").strip().lower()
    if not value:
        return None
    if value not in TRUE | FALSE:
        raise StorageSettingsError(f'{name} must be "true" or "false", not "{value}"')
    return value in TRUE
