"""Ed25519 signatures (RFC 8032): the key of an installation, and the check that needs only its public half."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

_PREFIX = "ed25519:"


class KeyUnusable(ValueError):
    """A file that holds no Ed25519 private key; the message says which file and why."""


class SigningKey:
    """The private key that signs publications and receipts; made once in the data folder, never shipped."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> SigningKey:
        """A new random key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """The key of an unencrypted PKCS#8 PEM file. Raises FileNotFoundError, KeyUnusable."""
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise KeyUnusable(f"{path} is not a readable private key") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyUnusable(f"{path} holds a key of another kind than Ed25519")
        return cls(key)

    @classmethod
    def load_or_generate(cls, path: Path) -> SigningKey:
        """The key at `path`, made there at the first call; of two processes at once, one makes it."""
        try:
            return cls.load(path)
        except FileNotFoundError:
            with contextlib.suppress(FileExistsError):
                cls.generate().save(path)
            return cls.load(path)

    def save(self, path: Path) -> None:
        """Writes a PEM file of mode 0600, whole or not at all. Raises FileExistsError: a key is never replaced."""
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
            os.link(part, path)
        finally:
            part.unlink()
        _sync_folder(path.parent)

    @property
    def public_key(self) -> str:
        """The public half as text: "ed25519:" and 32 bytes in base64."""
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return _PREFIX + base64.b64encode(raw).decode("ascii")

    def sign(self, content: bytes) -> str:
        """The signature of bytes in base64 (64 bytes before encoding)."""
        return base64.b64encode(self._key.sign(content)).decode("ascii")


def verify(public_key: str, content: bytes, signature: str) -> bool:
    """Whether `signature` (base64) is the one of `content` under `public_key`; malformed text is simply false."""
    raw_key, raw_signature = _raw_key(public_key), _decode(signature, 64)
    if raw_key is None or raw_signature is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(raw_key).verify(raw_signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public_key: str) -> str | None:
    """What people compare by eye or telephone: the first 128 bits of SHA-256 of the key, 8 groups of 4 digits.

    None when the text is no public key.
    """
    raw = _raw_key(public_key)
    if raw is None:
        return None
    hexadecimal = hashlib.sha256(raw).hexdigest()[:32]
    return " ".join(hexadecimal[start : start + 4] for start in range(0, 32, 4))


def is_same_key(public_key: str, expected: str) -> bool:
    """Whether `expected`, a public key or a fingerprint in any spacing and case, means `public_key`."""
    known = fingerprint(public_key)
    if known is None:
        return False
    if expected.strip().startswith(_PREFIX):
        return expected.strip() == public_key
    plain = "".join(sign for sign in expected.lower() if sign not in " :-\t\n")
    return plain == known.replace(" ", "")


def _raw_key(public_key: str) -> bytes | None:
    if not public_key.startswith(_PREFIX):
        return None
    return _decode(public_key.removeprefix(_PREFIX), 32)


def _decode(text: str, length: int) -> bytes | None:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    # Base64 has spare bits at its end: only the one spelling that we write counts.
    if len(raw) != length or base64.b64encode(raw).decode("ascii") != text:
        return None
    return raw


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
