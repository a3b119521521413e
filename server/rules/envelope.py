"""The signed envelope around a document: what is downloaded as publication.json or as a receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.rules.canonical import NotCanonical, canonical_bytes, digest
from server.rules.signing import SigningKey, verify

FIELDS = ("digest", "document", "public_key", "signature")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold in a file: `code` names the sentence, `data` fills its placeholders."""

    code: str
    data: dict[str, str] = field(default_factory=dict)


def seal(document: Mapping[str, Any], key: SigningKey) -> dict[str, Any]:
    """The envelope of a document: its digest and signature are over the canonical bytes of the document alone.

    Raises NotCanonical.
    """
    content = canonical_bytes(dict(document))
    return {
        "document": dict(document),
        "digest": digest(content),
        "public_key": key.public_key,
        "signature": key.sign(content),
    }


def envelope_bytes(envelope: Mapping[str, Any]) -> bytes:
    """The exact bytes of the file: the canonical form of the whole envelope, without a line break at its end."""
    return canonical_bytes(dict(envelope))


def check_envelope(envelope: object) -> list[Problem]:
    """Whether form, digest and signature hold; says nothing about whose key it is or what the document claims."""
    if not isinstance(envelope, dict) or sorted(envelope) != list(FIELDS):
        return [Problem("not_an_envelope")]
    if not isinstance(envelope["document"], dict):
        return [Problem("not_an_envelope")]
    texts = [envelope[name] for name in ("digest", "public_key", "signature")]
    if not all(isinstance(text, str) for text in texts):
        return [Problem("not_an_envelope")]
    try:
        content = canonical_bytes(envelope["document"])
    except NotCanonical as error:
        return [Problem("not_canonical_value", {"detail": str(error)[:200]})]
    problems = []
    if digest(content) != envelope["digest"]:
        problems.append(Problem("digest_differs", {"found": digest(content), "stated": envelope["digest"][:80]}))
    if not verify(envelope["public_key"], content, envelope["signature"]):
        problems.append(Problem("signature_wrong"))
    return problems
