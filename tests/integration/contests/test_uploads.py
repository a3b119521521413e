"""The tus protocol over HTTP: creation, bytes at an offset, checksums, the list, and everything that is refused."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import zlib
from collections.abc import AsyncIterator

import pytest

from server.app import Parts
from server.contests.services import upload_parts
from server.contests.services.uploads import MAX_UNFINISHED, expire_uploads
from server.db import fetch
from server.errors import UploadProblem
from server.secrets_at_rest import new_token, token_hash
from tests.client import Visitor
from tests.integration.contests.uploads import MIB, Sender, do_jobs, files, metadata, objects, pdf_of, sender_of
from tests.world import World, make_world


@pytest.fixture
async def world(visitor: Visitor) -> World:
    return await make_world()


@pytest.fixture
async def sender(visitor: Visitor, world: World) -> Sender:
    await fetch("update file_rule set max_bytes = 60000000")
    return await sender_of(visitor, world)


def checksum(algorithm: str, body: bytes) -> str:
    digest = zlib.crc32(body).to_bytes(4, "big") if algorithm == "crc32" else hashlib.new(algorithm, body).digest()
    return f"{algorithm} {base64.b64encode(digest).decode()}"


async def test_a_file_in_three_patches(visitor: Visitor, sender: Sender) -> None:
    body = pdf_of(20 * MIB + 5)
    first = hashlib.sha256(body[:65536]).hexdigest()
    made = await sender.create(len(body), first=first)
    assert made.status_code == 201, made.text
    assert made.headers["upload-offset"] == "0"
    assert made.headers["upload-expires"].endswith("GMT")
    location = made.headers["location"]
    assert location.startswith(sender.url + "/")
    assert await sender.listed() == [
        {
            "upload": location.rsplit("/", 1)[1], "kind": "document", "file_name": "bài.pdf", "size": len(body),
            "offset": 0, "first": first, "expires_at": (await sender.listed())[0]["expires_at"], "state": "sending",
            "problem": None, "file": None,
        }
    ]  # fmt: skip
    offset = 0
    for size in (1000, 12 * MIB, len(body)):
        answer = await sender.patch(location, offset, body[offset : offset + size])
        assert answer.status_code == 204, answer.text
        offset = min(len(body), offset + size)
        assert answer.headers["upload-offset"] == str(offset)
        head = await sender.head(location)
        assert (head.status_code, head.headers["upload-offset"]) == (200, str(offset))
        assert head.headers["upload-length"] == str(len(body))
        assert head.headers["cache-control"] == "no-store"
        assert metadata(filename="bài.pdf", kind="document") in head.headers["upload-metadata"]
    assert [u["state"] for u in await sender.listed()] == ["checking"]
    await do_jobs(visitor)
    [file] = await files()
    assert (file["size"], file["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    [shown] = await sender.listed()
    assert (shown["state"], shown["file"], shown["offset"]) == ("done", file["id"], len(body))
    back = await visitor.get(f"{sender.url.removesuffix('/uploads')}/files/{file['id']}")
    assert back.content == body
    assert len(objects(visitor)) == 1
    assert await fetch("select 1 from upload_part") == []
    jobs = await fetch("select name from job")
    assert [job["name"] for job in jobs] == ["derive_copy"]


async def test_creation_with_upload(visitor: Visitor, sender: Sender) -> None:
    body = pdf_of(5000)
    made = await sender.create(len(body), body)
    assert (made.status_code, made.headers["upload-offset"]) == (201, "5000")
    other = pdf_of(6000)
    part = await sender.create(len(other), other[:100])
    assert (part.status_code, part.headers["upload-offset"]) == (201, "100")
    assert (await sender.patch(part.headers["location"], 100, other[100:])).status_code == 204
    await do_jobs(visitor)
    assert [file["sha256"] for file in await files()] == [hashlib.sha256(sent).hexdigest() for sent in (body, other)]


async def test_the_length_may_be_said_later(visitor: Visitor, sender: Sender) -> None:
    body = pdf_of(9 * MIB)
    location = (await sender.create(None)).headers["location"]
    assert (await sender.patch(location, 0, body[:MIB])).status_code == 204
    head = await sender.head(location)
    assert head.headers["upload-defer-length"] == "1"
    assert "upload-length" not in head.headers
    wrong = await sender.patch(location, MIB, b"", upload_length="5")
    assert wrong.status_code == 400
    over = await sender.patch(location, MIB, b"", upload_length="60000001")
    assert over.status_code == 413
    assert (await sender.patch(location, MIB, body[MIB:])).status_code == 204
    done = await sender.patch(location, len(body), b"", upload_length=str(len(body)))
    assert (done.status_code, done.headers["upload-offset"]) == (204, str(len(body)))
    await do_jobs(visitor)
    assert [file["size"] for file in await files()] == [len(body)]


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "crc32", "md5"])
async def test_checksums(visitor: Visitor, sender: Sender, algorithm: str) -> None:
    body = pdf_of(9 * MIB)
    location = (await sender.create(2 * len(body))).headers["location"]
    wrong = await sender.patch(location, 0, body, upload_checksum=checksum(algorithm, body + b"x"))
    assert wrong.status_code == 460
    assert wrong.json()["code"] == "upload_checksum"
    assert (await sender.head(location)).headers["upload-offset"] == "0"
    assert objects(visitor) == []
    right = await sender.patch(location, 0, body, upload_checksum=checksum(algorithm, body))
    assert (right.status_code, right.headers["upload-offset"]) == (204, str(len(body)))


async def test_what_the_server_says_about_itself(visitor: Visitor, sender: Sender) -> None:
    for url in (sender.url, f"{sender.url}/x"):
        said = await visitor.options(url)
        assert said.status_code == 204
        assert said.headers["tus-version"] == "1.0.0"
        assert {"creation", "checksum", "termination", "expiration"} <= set(said.headers["tus-extension"].split(","))
        assert said.headers["tus-checksum-algorithm"] == "sha256,sha1,crc32,md5"
        assert said.headers["tus-max-size"] == str(8 * 2**30)


async def test_another_version_is_refused(visitor: Visitor, sender: Sender) -> None:
    location = (await sender.create(100)).headers["location"]
    for headers in ({}, {"tus-resumable": "0.2.2"}):
        said = {**headers, "x-csrftoken": visitor.csrf, "upload-length": "5"}
        for method, url in (("POST", sender.url), ("PATCH", location), ("DELETE", location), ("HEAD", location)):
            answer = await visitor.request(method, url, headers=said)
            assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0"), method


@pytest.mark.parametrize(
    ("length", "name", "fields", "status", "code"),
    [
        (60_000_001, "a.pdf", {}, 413, "file_too_large"),
        (2**63 - 1, "a.pdf", {}, 413, "file_too_large"),
        (2**63, "a.pdf", {}, 400, "upload_header"),
        (-1, "a.pdf", {}, 400, "upload_header"),
        (0, "a.pdf", {}, 422, "file_empty"),
        (10, "a.exe", {}, 422, "file_extension"),
        (10, "a.pdf", {"kind": "video"}, 422, "file_kind"),
        (10, "a.pdf", {"kind": "\0"}, 400, "upload_header"),
        (10, "a.pdf", {"first": "x"}, 400, "upload_header"),
        (10, "a.pdf", {"replace": "12"}, 422, "file_replaced"),
        (10, "a.pdf", {"replace": "-1"}, 400, "upload_header"),
        (10, "a.pdf", {"replace": "9" * 40}, 400, "upload_header"),
        (10, "a.pdf", {"Upload_Concat": "partial"}, 400, "upload_header"),
        (10, "a.pdf", {"Upload_Defer_Length": "1"}, 400, "upload_header"),
        (10, "a.pdf", {"Upload_Metadata": "kind ###"}, 400, "upload_header"),
        (10, "a.pdf", {"Upload_Metadata": "kind a,kind b"}, 400, "upload_header"),
        (10, "a.pdf", {"Upload_Metadata": "filename /w==,kind ZG9jdW1lbnQ="}, 400, "upload_header"),
        (10, "a.pdf", {"Upload_Metadata": "x" * 9000}, 400, "upload_header"),
    ],
)
async def test_what_is_refused_before_the_first_byte(
    visitor: Visitor, sender: Sender, length: int, name: str, fields: dict[str, str], status: int, code: str
) -> None:
    answer = await sender.create(length, name=name, **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.json()["title"]
    assert "{" not in answer.json()["title"] + answer.json()["detail"]
    assert await fetch("select 1 from upload") == []


async def test_the_count_of_the_rule(visitor: Visitor, sender: Sender) -> None:
    for size in (100, 101, 102):
        body = pdf_of(size)
        last = await sender.create(len(body), body)
        await do_jobs(visitor)
    assert (last.status_code, last.json()["code"]) == (422, "file_count")
    first = (await files())[0]["id"]
    assert (await sender.create(len(body), body, replace=str(first))).status_code == 201
    await do_jobs(visitor)
    assert len(await files()) == 2
    assert first not in [file["id"] for file in await files()]


async def test_uploads_that_race_for_the_last_place(visitor: Visitor, sender: Sender) -> None:
    for size in range(100, 104):
        body = pdf_of(size)
        assert (await sender.create(len(body), body)).status_code == 201
    await do_jobs(visitor)
    assert len(await files()) == 2
    refused = [u for u in await sender.listed() if u["state"] == "refused"]
    assert len(refused) == 2
    assert refused[0]["problem"] == {
        "title": "Tệp không được chấp nhận: bài.pdf",
        "detail": "Đã đủ 2 tệp thuộc loại này. Hãy xóa hoặc thay một tệp đã gửi.",
    }
    assert len(objects(visitor)) == 2


async def test_no_more_than_so_many_unfinished(visitor: Visitor, sender: Sender) -> None:
    for _ in range(MAX_UNFINISHED):
        location = (await sender.create(10)).headers["location"]
    assert (await sender.create(10)).json()["code"] == "upload_too_many"
    assert (await sender.delete(location)).status_code == 204
    assert (await sender.create(10)).status_code == 201


async def test_content_that_is_not_what_the_name_says(visitor: Visitor, sender: Sender) -> None:
    body = b"<html><script>alert(1)</script>" * 9
    location = (await sender.create(len(body), body)).headers["location"]
    await do_jobs(visitor)
    [shown] = await sender.listed()
    assert shown["state"] == "refused"
    assert shown["problem"]["detail"].startswith("Nội dung bên trong không phải là pdf")
    assert await files() == []
    assert objects(visitor) == []
    # Its sender, which lost the last answer, asks once more and must not begin anew.
    head = await sender.head(location)
    assert (head.status_code, head.headers["upload-offset"]) == (200, str(len(body)))
    assert [e["action"] for e in await fetch("select action from audit_event order by id")][
        -1
    ] == "entry.upload_refused"
    assert (await sender.delete(location)).status_code == 204
    assert await sender.listed() == []
    await do_jobs(visitor)
    assert await fetch("select 1 from upload") == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"upload_offset": "7"}, 409),
        ({"upload_offset": "-1"}, 400),
        ({"upload_offset": "+0"}, 400),
        ({"upload_offset": "٠"}, 400),
        ({"upload_offset": "1e3"}, 400),
        ({"upload_offset": str(2**63)}, 400),
        ({"upload_offset": str(2**63 - 1)}, 409),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "multipart/form-data"}, 415),
        ({"upload_checksum": "sha512 AAAA"}, 400),
        ({"upload_checksum": "sha1 AAAA"}, 400),
        ({"upload_checksum": "sha1 ####"}, 400),
        ({"upload_checksum": "sha1"}, 400),
        ({"upload_length": "50"}, 400),
        ({"upload_length": "x"}, 400),
        ({"content_length": "101"}, 413),
    ],
)
async def test_patches_that_are_refused(visitor: Visitor, sender: Sender, headers: dict[str, str], status: int) -> None:
    location = (await sender.create(100)).headers["location"]
    said = {"upload_offset": "0", "content_type": "application/offset+octet-stream", **headers}
    wire = {key.replace("_", "-").encode(): value.encode() for key, value in said.items()}
    wire |= {key.encode(): value.encode() for key, value in sender.headers.items()}
    answer = await visitor.request("PATCH", location, content=b"%PDF-", headers=list(wire.items()))
    assert answer.status_code == status, answer.text
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert (await sender.head(location)).headers["upload-offset"] == "0"
    assert objects(visitor) == []


async def test_a_body_of_unknown_length_stays_below_the_announced_one(visitor: Visitor, sender: Sender) -> None:
    location = (await sender.create(10 * MIB)).headers["location"]

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * MIB

    answer = await sender.patch(location, 0, endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    # The first part was whole before the body proved too long.
    assert (await sender.head(location)).headers["upload-offset"] == str(8 * MIB)
    assert [u["state"] for u in await sender.listed()] == ["sending"]


async def test_after_the_end(visitor: Visitor, sender: Sender) -> None:
    body = pdf_of(1000)
    location = (await sender.create(len(body), body)).headers["location"]
    for _ in range(2):
        answer = await sender.patch(location, len(body), b"x")
        assert (answer.status_code, answer.json()["code"]) == (403, "upload_over")
        assert (await sender.delete(location)).status_code == 403
        assert (await sender.head(location)).headers["upload-offset"] == str(len(body))
        await do_jobs(visitor)
    assert len(await files()) == 1


async def test_given_up(visitor: Visitor, sender: Sender) -> None:
    location = (await sender.create(10 * MIB, b"%PDF-" + b"x" * (9 * MIB))).headers["location"]
    assert len(objects(visitor)) == 2
    assert (await sender.delete(location)).status_code == 204
    for answer in (await sender.head(location), await sender.patch(location, 0, b"x"), await sender.delete(location)):
        assert answer.status_code == 404
    assert await sender.listed() == []
    await do_jobs(visitor)
    assert objects(visitor) == []
    assert await fetch("select 1 from upload") == []


async def test_expired(visitor: Visitor, sender: Sender) -> None:
    location = (await sender.create(100, b"%PDF-")).headers["location"]
    other = (await sender.create(100)).headers["location"]
    await fetch(
        "update upload set expires_at = now() - interval '1 second' where code = $1", location.rsplit("/", 1)[1]
    )
    assert (await sender.head(location)).status_code == 410
    assert (await sender.patch(location, 5, b"x")).status_code == 410
    assert [u["upload"] for u in await sender.listed()] == [other.rsplit("/", 1)[1]]
    assert await expire_uploads() == 1
    assert await expire_uploads() == 0
    await do_jobs(visitor)
    assert (await sender.head(location)).status_code == 404
    assert objects(visitor) == []
    assert len(await fetch("select 1 from upload")) == 1


async def test_others_find_nothing(visitor: Visitor, world: World, sender: Sender) -> None:
    location = (await sender.create(100)).headers["location"]
    unknown = f"{sender.url}/{'x' * 24}"
    stranger = Sender(await visitor.as_person(world.people["officer_b"]), sender.url.removesuffix("/uploads"))
    for ask in (stranger.head, stranger.delete, lambda url: stranger.patch(url, 0, b"x")):
        one, other = await ask(location), await ask(unknown)
        assert one.status_code == 404
        assert (one.content, one.headers) == (other.content, other.headers)
    assert (await stranger.create(10)).status_code == 404
    assert (await stranger.visitor.get(stranger.url)).status_code == 404
    missing = await stranger.visitor.get(stranger.url.replace("E001", "E999"))
    assert missing.content == (await stranger.visitor.get(stranger.url)).content
    assert (await sender.head(location)).status_code == 200


async def test_without_the_token_nothing_is_taken(visitor: Visitor, sender: Sender) -> None:
    location = (await sender.create(100)).headers["location"]
    said = {"tus-resumable": "1.0.0", "upload-offset": "0", "content-type": "application/offset+octet-stream"}
    assert (await visitor.patch(location, content=b"x", headers=said)).status_code == 403
    assert (await visitor.delete(location, headers=said)).status_code == 403
    assert (await visitor.post(sender.url, headers={**said, "upload-length": "5"})).status_code == 403


@pytest.mark.parametrize("state", ["closed", "judging", "draft"])
async def test_a_contest_that_is_not_open(visitor: Visitor, sender: Sender, state: str) -> None:
    body = pdf_of(1000)
    location = (await sender.create(len(body), body[:500])).headers["location"]
    await fetch("update contest set state = $1", state)
    assert (await sender.create(10)).json()["code"] == "upload_closed"
    answer = await sender.patch(location, 500, body[500:])
    assert (answer.status_code, answer.json()["code"]) == (403, "upload_closed")
    assert answer.json()["title"] == "Đã hết hạn nộp bài"
    await fetch("update contest set state = 'open'")
    await fetch("update entry set state = 'withdrawn'")
    answer = await sender.patch(location, 500, body[500:])
    assert (answer.status_code, answer.json()["code"]) == (403, "upload_entry_state")


async def test_closed_between_the_last_byte_and_the_check(visitor: Visitor, sender: Sender) -> None:
    body = pdf_of(1000)
    assert (await sender.create(len(body), body)).status_code == 201
    await fetch("update contest set state = 'closed'")
    await do_jobs(visitor)
    assert [(u["state"], u["problem"]["title"]) for u in await sender.listed()] == [("refused", "Đã hết hạn nộp bài")]
    assert objects(visitor) == []


async def test_what_the_store_lost_is_sent_again(visitor: Visitor, sender: Sender) -> None:
    body = pdf_of(20 * MIB)
    location = (await sender.create(len(body), body[:-1])).headers["location"]
    parts = await fetch("select storage_key from upload_part order by start")
    await visitor.app.state.storage.delete(parts[1]["storage_key"])
    assert (await sender.head(location)).headers["upload-offset"] == str(8 * MIB)
    assert (await sender.patch(location, 8 * MIB, body[8 * MIB :])).status_code == 204
    parts = await fetch("select storage_key from upload_part order by start")
    await visitor.app.state.storage.delete(parts[2]["storage_key"])
    await do_jobs(visitor)
    assert [(u["state"], u["offset"]) for u in await sender.listed()] == [("sending", 16 * MIB)]
    assert (await sender.patch(location, 16 * MIB, body[16 * MIB :])).status_code == 204
    await do_jobs(visitor)
    assert [file["sha256"] for file in await files()] == [hashlib.sha256(body).hexdigest()]


async def test_what_the_store_cut_is_sent_again(visitor: Visitor, sender: Sender, parts: Parts) -> None:
    """As a disk does that said it had written what it had not."""
    body = pdf_of(20 * MIB)
    location = (await sender.create(len(body), body)).headers["location"]
    rows = await fetch("select storage_key from upload_part order by start")
    with (parts.settings.data_dir / "objects" / rows[1]["storage_key"]).open("r+b") as file:
        file.truncate(5)
    await do_jobs(visitor)
    assert [(u["state"], u["offset"]) for u in await sender.listed()] == [("sending", 8 * MIB)]
    assert [info.key async for info in parts.storage.list("entries/")] == []
    assert (await sender.patch(location, 8 * MIB, body[8 * MIB :])).status_code == 204
    await do_jobs(visitor)
    assert [file["sha256"] for file in await files()] == [hashlib.sha256(body).hexdigest()]


async def test_a_length_said_by_one_who_lost_its_turn_does_not_count(sender: Sender) -> None:
    location = (await sender.create(None)).headers["location"]
    [held] = await fetch("select u.*, 0 as stored, 0 as pieces, 5000000 as max_bytes from upload u")
    await fetch("update upload set holder = 'another process'")
    with pytest.raises(UploadProblem):
        await upload_parts._settle_size(held, upload_parts.Sent(0, 100, 100))
    assert (await sender.head(location)).headers["upload-defer-length"] == "1"


async def test_the_job_may_run_any_number_of_times_at_once(visitor: Visitor, sender: Sender) -> None:
    from server.contests.services.upload_finish import finish_upload

    body = pdf_of(9 * MIB)
    assert (await sender.create(len(body), body)).status_code == 201
    [upload] = await fetch("select id from upload")
    storage = visitor.app.state.storage
    await asyncio.gather(*(finish_upload(upload["id"], storage) for _ in range(5)), return_exceptions=True)
    await finish_upload(upload["id"], storage)
    [file] = await files()
    assert (await storage.digest(file["storage_key"])).sha256 == hashlib.sha256(body).hexdigest()
    assert len(objects(visitor, "entries")) == 1
    assert objects(visitor, "staging") == []


async def test_tiny_pieces_have_an_end(visitor: Visitor, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_parts, "MAX_PIECES", 3)
    location = (await sender.create(100)).headers["location"]
    statuses = [(await sender.patch(location, n, b"x")).status_code for n in range(4)]
    assert statuses == [204, 204, 204, 422]


async def test_programs_send_with_a_token(visitor: Visitor, world: World, sender: Sender) -> None:
    for scope, status in (("read", 403), ("write", 201)):
        token = new_token()
        await fetch(
            "insert into api_token (token_hash, person, name, scopes) values ($1, $2, 'test', $3::text::varchar[])",
            token_hash(token), world.people["officer_a"], "{read,write}" if scope == "write" else "{read}",
        )  # fmt: skip
        program = Sender(Visitor(visitor.app), sender.url.removesuffix("/uploads"))
        program.visitor.headers["authorization"] = f"Bearer {token}"
        assert (await program.create(100, pdf_of(100))).status_code == status
    await do_jobs(visitor)
    assert len(await files()) == 1


async def test_the_same_file_sent_twice_is_one_file(visitor: Visitor, sender: Sender) -> None:
    body = pdf_of(3 * MIB)
    for _ in range(2):
        location = (await sender.create(len(body))).headers["location"]
        assert (await sender.patch(location, 0, body)).status_code in (200, 204)
        await do_jobs(visitor)
    assert len(await files()) == len(objects(visitor, "entries")) == 1
    assert [row["state"] for row in await fetch("select state from upload")] == ["done", "done"]
    assert objects(visitor, "staging") == []
