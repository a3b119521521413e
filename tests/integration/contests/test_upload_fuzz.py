"""Generated requests against the upload routes: never a 5xx, and the database and the store agree afterwards.

500 requests run always; HOITHI_FUZZ=10000 asks for ten thousand.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from typing import Any

from server.db import fetch
from tests.client import Visitor
from tests.integration.contests.test_officer import new_entry
from tests.integration.contests.uploads import BODY, do_jobs, files, metadata, objects, pdf_of
from tests.world import make_world

REQUESTS = int(os.environ.get("HOITHI_FUZZ", "500"))
NUMBERS = ["0", "1", "5", "100", "5000000", "5000001", "-1", "", " ", "x", "1e3", "0x10", "٣", str(2**31), str(2**63 - 1),
           str(2**63), "9" * 400, "00", "+5", "5, 5", "NaN"]  # fmt: skip
NAMES = ["bài.pdf"] * 20 + ["a.docx", "a.exe", "a.pdf.exe", "", ".", "..", "../../etc/passwd.pdf", "a\x00.pdf", "\u202efdp.exe", "😀" * 1000,
         "C:\\x.pdf", "a\r\nSet-Cookie: x=1.pdf", "con.pdf", "x" * 3000 + ".pdf", ".pdf"]  # fmt: skip
KINDS = ["document"] * 20 + ["video", "", "\x00", "' or 1=1 --", "x" * 5000]
RAW_METADATA = ["", ",", "kind", "kind ", "kind ===", "kind ZG9jdW1lbnQ=", "a b c d", "filename /w==", "ế w", "kind a,kind b", "x" * 9000,
                "filename YS5wZGY=,kind ZG9jdW1lbnQ=,replace LTE=", "filename YS5wZGY=,kind ZG9jdW1lbnQ=,replace MQ==",
                "filename YS5wZGY=,kind ZG9jdW1lbnQ=,first eHg="]  # fmt: skip
CHECKSUMS = [
    "sha1 AAAA",
    "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
    "crc32 AAAAAA==",
    "md5 ####",
    "sha256 ",
    "x y z",
    "",
    "sha1",
    "SHA1 AAAA",
]
BODIES = [b"", b"%PDF-1.4\n", b"x", pdf_of(5000), b"\x00" * 70_000, pdf_of(100), b"<svg onload=alert(1)>"]
TYPES = [*[BODY] * 20, BODY + "; x=1", "", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
         "application/json"]  # fmt: skip
VERSIONS = ["1.0.0"] * 20 + ["0.2.2", "", "1.0.0, 1.0.0", "9" * 50]
METHODS = ["POST"] * 4 + ["PATCH"] * 6 + ["HEAD", "DELETE", "GET", "OPTIONS", "PUT"]


def headers_of(chance: random.Random, visitor: Visitor, offset: str) -> dict[str, str]:
    """What a request says, mostly sound, each part wrong from time to time."""
    said = {"tus-resumable": chance.choice(VERSIONS), "x-csrftoken": visitor.csrf, "content-type": chance.choice(TYPES)}
    said["upload-offset"] = offset if chance.random() < 0.7 else chance.choice(NUMBERS)
    if chance.random() < 0.8:
        said["upload-length"] = chance.choice(["100", "5000", "5000", "5000", chance.choice(NUMBERS)])
    if chance.random() < 0.15:
        said["upload-defer-length"] = chance.choice(["1", "1", "0", "x", ""])
    said["upload-metadata"] = (
        metadata(filename=chance.choice(NAMES), kind=chance.choice(KINDS))
        if chance.random() < 0.8
        else chance.choice(RAW_METADATA)
    )
    if chance.random() < 0.15:
        said["upload-checksum"] = chance.choice(CHECKSUMS)
    if chance.random() < 0.1:
        said["content-length"] = chance.choice(["0", "5", "5000", "x", "-1", str(2**63), str(2**62)])
    if chance.random() < 0.03:
        said["upload-concat"] = chance.choice(["partial", "final;/a /b"])
    if chance.random() < 0.03:
        said["x-csrftoken"] = "x"
    if chance.random() < 0.1:
        said.pop(chance.choice(sorted(said)))
    return said


async def test_no_request_breaks_the_upload_routes(visitor: Visitor) -> None:
    world = await make_world()
    await fetch("update file_rule set max_count = 1000000")
    await visitor.sign_in(world.people["officer_a"])
    entries = [await new_entry(visitor, world) for _ in range(3)]
    chance = random.Random(f"tus {REQUESTS}")
    known: list[str] = []
    statuses: Counter[int] = Counter()
    for number in range(REQUESTS):
        method = chance.choice(METHODS)
        entry = chance.choice(entries)
        url = f"{entry}/uploads"
        if method in ("PATCH", "HEAD", "DELETE") or chance.random() < 0.05:
            url = (
                chance.choice(known)
                if known and chance.random() < 0.9
                else f"{url}/{chance.choice(['x', '%00', '..', '😀' * 40])}"
            )
        rows = await fetch("select coalesce(sum(p.size), 0)::bigint as n from upload u join upload_part p on p.upload = u.id where u.code = $1", url.rsplit("/", 1)[1])  # fmt: skip
        said: dict[str, Any] = headers_of(chance, visitor, str(rows[0]["n"]))
        wire = [(name.encode(), value.encode("utf-8", "replace")) for name, value in said.items()]
        content = None if method in ("GET", "HEAD", "OPTIONS") else chance.choice(BODIES)
        answer = await visitor.request(method, url, content=content, headers=wire)
        statuses[answer.status_code] += 1
        assert answer.status_code < 500, (number, method, url, said, answer.text)
        if "location" in answer.headers:
            known = [*known[-5:], answer.headers["location"]]
        if answer.status_code >= 400 and method != "HEAD":
            assert answer.headers["content-type"].startswith(("application/problem+json", "text/html"))
        if number % 50 == 49:
            await do_jobs(visitor)
            await fetch(
                "delete from upload_part where upload in (select id from upload where state = 'sending' and id % 2 = 0)"
            )
            await fetch(
                "update upload set expires_at = now() where id % 7 = 0 or id < (select max(id) - 9 from upload)"
            )
    await do_jobs(visitor)
    assert {201, 204, 400, 404, 409, 412, 415} <= set(statuses)
    for file in await files():
        stored = await visitor.app.state.storage.digest(file["storage_key"])
        assert (stored.size, stored.sha256) == (file["size"], file["sha256"])
    assert len(objects(visitor, "entries")) == len(await fetch("select 1 from entry_file"))
    print(f"\n{REQUESTS} requests: {dict(sorted(statuses.items()))}")
