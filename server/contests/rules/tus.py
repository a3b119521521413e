"""What the headers of the tus protocol say (https://tus.io/protocols/resumable-upload, version 1.0.0), read strictly."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import zlib
from dataclasses import dataclass
from typing import Protocol

from server.errors import UploadProblem

VERSION = "1.0.0"
EXTENSIONS = (
    "creation",
    "creation-with-upload",
    "creation-defer-length",
    "expiration",
    "checksum",
    "termination",
)
ALGORITHMS = ("sha256", "sha1", "crc32", "md5")
MAX_METADATA = 8192  # characters; a name of 255 bytes takes 340
HASH_LENGTH = 64


class Hasher(Protocol):
    """What hashlib's objects offer, and Crc32 too."""

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""

    def digest(self) -> bytes:
        """The checksum of all bytes so far."""


class Crc32:
    """CRC-32 of IEEE 802.3, four bytes with the highest first."""

    def __init__(self) -> None:
        """No bytes yet."""
        self._value = 0

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        """The checksum of all bytes so far."""
        return self._value.to_bytes(4, "big")


@dataclass(frozen=True)
class Checksum:
    """What the sender says the body of one request hashes to."""

    algorithm: str
    expected: bytes

    def hasher(self) -> Hasher:
        """A fresh one of this algorithm."""
        return Crc32() if self.algorithm == "crc32" else hashlib.new(self.algorithm, usedforsecurity=False)

    def holds(self, hasher: Hasher) -> bool:
        """Whether the bytes that `hasher` took are the ones that were sent."""
        return hmac.compare_digest(hasher.digest(), self.expected)


@dataclass(frozen=True)
class Metadata:
    """What the sender says about a file; `first` is the SHA-256 of its first 64 KiB in hexadecimal digits, or ""."""

    kind: str
    file_name: str
    first: str = ""
    replaces: int | None = None


def read_number(header: str, text: str | None) -> int:
    """A count of bytes, 0 to 2**63 - 1; raises UploadProblem("header")."""
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 20) or int(text) >= 2**63:
        raise UploadProblem("header", {"header": header})
    return int(text)


def read_length(length: str | None, deferred: str | None) -> int | None:
    """The length of a new upload, None when it is said later; exactly one of the two headers must be there."""
    if deferred is not None:
        if deferred != "1" or length is not None:
            raise UploadProblem("header", {"header": "Upload-Defer-Length"})
        return None
    return read_number("Upload-Length", length)


def read_metadata(text: str | None) -> Metadata:
    """The pairs of Upload-Metadata that we know; raises UploadProblem("header") when they cannot be read."""
    pairs = _pairs(text or "")
    first, replaces = pairs.get("first", "").lower(), pairs.get("replace", "")
    if first and (len(first) != HASH_LENGTH or set(first) - set("0123456789abcdef")):
        raise _wrong_metadata()
    if replaces and not (replaces.isascii() and replaces.isdigit() and len(replaces) < 19):
        raise _wrong_metadata()
    if "\x00" in pairs.get("kind", ""):
        raise _wrong_metadata()
    return Metadata(
        kind=pairs.get("kind", ""),
        file_name=pairs.get("filename", pairs.get("name", "")),
        first=first,
        replaces=int(replaces) if replaces else None,
    )


def read_checksum(text: str | None) -> Checksum | None:
    """The algorithm and checksum of Upload-Checksum, None without one; raises UploadProblem("header")."""
    if text is None:
        return None
    algorithm, _, encoded = text.strip().partition(" ")
    if algorithm.lower() not in ALGORITHMS:
        raise UploadProblem("header", {"header": "Upload-Checksum"})
    checksum = Checksum(algorithm.lower(), _decoded(encoded.strip(), "Upload-Checksum"))
    if len(checksum.expected) != len(checksum.hasher().digest()):
        raise UploadProblem("header", {"header": "Upload-Checksum"})
    return checksum


def write_metadata(metadata: Metadata) -> str:
    """The header that says the same again."""
    pairs = {"filename": metadata.file_name, "kind": metadata.kind, "first": metadata.first}
    if metadata.replaces is not None:
        pairs["replace"] = str(metadata.replaces)
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items() if value)


def _pairs(text: str) -> dict[str, str]:
    if len(text) > MAX_METADATA:
        raise _wrong_metadata()
    found: dict[str, str] = {}
    for pair in text.split(",") if text.strip() else ():
        key, _, encoded = pair.strip().partition(" ")
        if not key or not key.isascii() or key in found:
            raise _wrong_metadata()
        try:
            found[key] = _decoded(encoded.strip(), "Upload-Metadata").decode("utf-8")
        except UnicodeDecodeError as error:
            raise _wrong_metadata() from error
    return found


def _decoded(text: str, header: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UploadProblem("header", {"header": header}) from error


def _wrong_metadata() -> UploadProblem:
    return UploadProblem("header", {"header": "Upload-Metadata"})
