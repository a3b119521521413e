"""The headers of the tus protocol, read strictly."""

from __future__ import annotations

import base64
import hashlib

import pytest

from server.contests.rules.tus import (
    ALGORITHMS,
    Metadata,
    read_checksum,
    read_length,
    read_metadata,
    read_number,
    write_metadata,
)
from server.errors import UploadProblem


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), (str(2**63 - 1), 2**63 - 1)])
def test_numbers(text: str, number: int) -> None:
    assert read_number("Upload-Offset", text) == number


@pytest.mark.parametrize("text", [None, "", " 1", "-1", "+1", "1.0", "0x1", "1_0", "٣", "²", str(2**63), "1" * 5000])
def test_what_is_no_number(text: str | None) -> None:
    with pytest.raises(UploadProblem) as caught:
        read_number("Upload-Offset", text)
    assert (caught.value.code, caught.value.data) == ("header", {"header": "Upload-Offset"})


def test_length_is_said_now_or_later() -> None:
    assert read_length("5", None) == 5
    assert read_length(None, "1") is None
    for length, deferred in ((None, None), ("5", "1"), (None, "0"), (None, "yes")):
        with pytest.raises(UploadProblem):
            read_length(length, deferred)


def test_metadata_survives_the_way_there_and_back() -> None:
    said = Metadata("video", "Phim của chi hội 😀.mp4", "ab" * 32, 17)
    assert read_metadata(write_metadata(said)) == said
    assert read_metadata("") == read_metadata(None) == Metadata("", "")
    # Keys that we do not know are nobody's fault; an empty value has no base64.
    assert read_metadata("filetype dmlkZW8vbXA0, is_confidential , name YS5tcDQ=") == Metadata("", "a.mp4")


@pytest.mark.parametrize(
    "text", [",", "a b c", "a ===", "ế YQ==", "a YQ==,a YQ==", "filename /w==", "first YQ==", "replace YQ=="]
)
def test_metadata_that_cannot_be_read(text: str) -> None:
    with pytest.raises(UploadProblem):
        read_metadata(text)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_checksums(algorithm: str) -> None:
    known = {  # of b"123456789", the check value of CRC catalogues
        "crc32": bytes.fromhex("cbf43926"),
        "sha1": hashlib.sha1(b"123456789", usedforsecurity=False).digest(),
        "md5": hashlib.md5(b"123456789", usedforsecurity=False).digest(),
        "sha256": hashlib.sha256(b"123456789").digest(),
    }[algorithm]
    checksum = read_checksum(f"{algorithm} {base64.b64encode(known).decode()}")
    assert checksum is not None
    hasher = checksum.hasher()
    hasher.update(b"12345")
    assert not checksum.holds(hasher)
    hasher.update(b"6789")
    assert checksum.holds(hasher)


def test_the_example_of_the_protocol() -> None:
    checksum = read_checksum("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=")
    assert checksum is not None
    hasher = checksum.hasher()
    hasher.update(b"hello world")
    assert checksum.holds(hasher)


@pytest.mark.parametrize("text", ["", "sha1", "sha512 AAAA", "crc32 AAAA", "md5 ####", "sha256  "])
def test_checksums_that_cannot_be_read(text: str) -> None:
    with pytest.raises(UploadProblem):
        read_checksum(text)
    assert read_checksum(None) is None
