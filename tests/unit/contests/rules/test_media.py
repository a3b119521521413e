"""Content checks: every accepted kind passes under its own name only, and what pretends is refused with a code."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.contests.rules.media import HEAD_BYTES, check_content, recognise
from server.contests.rules.packages import MAX_MEMBERS
from server.errors import FileRefused
from storage_config.buckets import ACCEPTED_MEDIA
from tests.samples import SAMPLES, repack

# These share their content, and one may be renamed to the other.
ALIKE = [{"jpg", "jpeg"}, {"mp4", "m4v", "mov"}]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("samples")
    made = {extension: folder / f"mau.{extension}" for extension in SAMPLES}
    for extension, path in made.items():
        SAMPLES[extension](path)
    return made


def refusal(body: bytes, extension: str, **options: object) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        check_content(body[:HEAD_BYTES], body, extension, file_name="bài.x", **options)  # type: ignore[arg-type]
    assert caught.value.file_name == "bài.x"
    return caught.value


def package(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, body in members.items():
            made.writestr(name, body)
    return out.getvalue()


def test_every_accepted_extension_has_a_sample() -> None:
    assert set(SAMPLES) == set(ACCEPTED_MEDIA)


def test_each_kind_passes_under_its_own_name_alone(samples: dict[str, Path]) -> None:
    for extension, path in samples.items():
        body = path.read_bytes()
        for wanted in ACCEPTED_MEDIA:
            if (
                wanted == extension
                or any({wanted, extension} <= group for group in ALIKE)
                or (wanted == "m4a" and extension in ("mp4", "m4v"))
            ):
                media_type = ACCEPTED_MEDIA[wanted].media_type
                assert check_content(body[:HEAD_BYTES], path, wanted.upper()) == media_type
                assert check_content(body[:HEAD_BYTES], body, wanted) == media_type
            else:
                found = refusal(body, wanted)
                if wanted == "zip" and extension in ("docx", "pptx", "xlsx"):
                    assert (found.code, found.data["found"]) == ("archive", "kind"), extension
                else:
                    assert (found.code, found.data["wanted"]) == ("content", wanted), (extension, wanted)


@pytest.mark.parametrize(
    "extension", ["", "exe", "html", "svg", "docm", "pptm", "xlsm", "doc", "rar", "avif", "pdf.exe"]
)
def test_other_extensions(extension: str) -> None:
    assert refusal(b"%PDF-1.7", extension).code == "extension"


@pytest.mark.parametrize("extension", sorted(ACCEPTED_MEDIA))
@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html><script>alert(1)</script>",
        b"\xef\xbb\xbf  <html>%PDF-1.4",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
        b"MZ\x90\0\x03" + b"\0" * 60,
        b"\x7fELF\x02\x01\x01" + b"\0" * 60,
        b"#!/bin/sh\n",
        b"Rar!\x1a\x07\0" + b"\0" * 60,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        b"\0\0\0\x18ftypavif\0\0\0\0mif1isom" + b"\0" * 60,
        b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska" + b"\0" * 60,
        b"\xff\xff\xff\xff" * 20,
        b"x",
        b"\0" * 100,
        "chữ thường".encode(),
    ],
)
def test_what_pretends_is_refused(body: bytes, extension: str) -> None:
    assert refusal(body, extension).code == "content"


def test_html_is_named_in_the_message() -> None:
    assert refusal(b"<html><body>", "jpg").data == {"found": "text/html", "wanted": "jpg"}


def test_empty_and_too_large() -> None:
    assert refusal(b"", "pdf").code == "empty"
    assert refusal(b"%PDF-1.7\n", "pdf", max_bytes=8).data == {"max": "8"}
    assert check_content(b"%PDF-1.7\n", b"%PDF-1.7\n", "pdf", max_bytes=9) == "application/pdf"


@pytest.mark.parametrize(
    "member", ["word/vbaProject.bin", "word/VBAPROJECT.BIN", "word/vbaData.xml", "xl/macrosheets/sheet1.xml"]
)
def test_macros_by_part(samples: dict[str, Path], tmp_path: Path, member: str) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(samples["docx"].read_bytes())
    repack(path, {member: lambda _: b"x"})
    assert refusal(path.read_bytes(), "docx").code == "macro"


@pytest.mark.parametrize(
    "declared",
    [
        b"application/vnd.ms-office.vbaProject",
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
        b"application/vnd.ms-office.&#118;baProject",
    ],
)
def test_macros_by_declared_type(samples: dict[str, Path], tmp_path: Path, declared: bytes) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(samples["docx"].read_bytes())
    extra = b'<Override PartName="/word/harmless.bin" ContentType="' + declared + b'"/></Types>'
    repack(path, {"[Content_Types].xml": lambda text: text.replace(b"</Types>", extra)})
    assert refusal(path.read_bytes(), "docx").code == "macro"


def test_archives_that_are_no_office_file(samples: dict[str, Path], tmp_path: Path) -> None:
    types = zipfile.ZipFile(samples["docx"]).read("[Content_Types].xml")
    cases = [
        {"a.txt": b"x"},
        {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<x/>"},
        {"[Content_Types].xml": b"not xml", "word/document.xml": b"<x/>"},
        {"[Content_Types].xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + types, "word/document.xml": b"<x/>"},
        {"[Content_Types].xml": types},
    ]
    for members in cases:
        assert refusal(package(members), "docx").code == "content", members.keys()


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../../b", "C:/x", "word/..", "..\\x"])
def test_dangerous_names(name: str) -> None:
    assert refusal(package({name: b"x"}), "docx").data == {"found": "names"}


def test_bombs_links_doubles_and_broken_archives(samples: dict[str, Path], tmp_path: Path) -> None:
    assert refusal(package({"a": b"\0" * (60 * 2**20)}), "docx").data == {"found": "bomb"}
    assert refusal(package({"word/A": b"1", "word/a": b"2"}), "docx").data == {"found": "names"}
    assert refusal(package({"b": b"x"}, zipfile.ZIP_LZMA), "docx").data == {"found": "method"}
    many = package({str(number): b"" for number in range(MAX_MEMBERS + 1)}, zipfile.ZIP_STORED)
    assert refusal(many, "docx").data == {"found": "members"}
    link = zipfile.ZipInfo("word/link")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(link, "/etc/passwd")
    assert refusal(out.getvalue(), "docx").data == {"found": "links"}
    body = samples["docx"].read_bytes()
    for broken in (body[: len(body) // 2], b"PK\x03\x04" + b"\0" * 100, b"PK\x03\x04"):
        assert refusal(broken, "docx").data == {"found": "broken"}
    locked = bytearray(package({"a": b"x"}))
    locked[locked.rfind(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(locked), "docx").data == {"found": "encrypted"}


def outcome(body: bytes, extension: str) -> str:
    try:
        return check_content(body, body, extension)
    except FileRefused as error:
        return error.code


@given(st.binary(max_size=200), st.sampled_from(sorted(ACCEPTED_MEDIA)))
def test_any_bytes_pass_or_are_refused(body: bytes, extension: str) -> None:
    medium = ACCEPTED_MEDIA[extension]
    result = outcome(body, extension)
    assert result in ("empty", "content", "archive", medium.media_type)
    assert (result == medium.media_type) == (recognise(body) in medium.contents)


SIGNATURES = [b"PK\x03\x04", b"\0\0\0\x20ftyp", b"\x1a\x45\xdf\xa3", b"RIFF", b"ID3\x03", b"\xff\xfb"]


@given(st.sampled_from(SIGNATURES), st.binary())
def test_any_bytes_behind_a_signature(signature: bytes, rest: bytes) -> None:
    for extension in ("docx", "mp4", "webm", "wav", "mp3"):
        assert outcome(signature + rest, extension) in ("content", "archive", ACCEPTED_MEDIA[extension].media_type)


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({f"{n}.pdf": b"%PDF-1.7" for n in range(301)}, "members"),
        ({"a.exe": b"MZ"}, "kind"),
        ({"anh.jpg": b"<html><script>x()</script>"}, "kind"),
        ({"goi.zip": b"PK\3\4" + bytes(60)}, "kind"),
        ({"../a.pdf": b"%PDF-1.7"}, "names"),
        ({"a.pdf": b"%PDF-1.7" + bytes(50 * 2**20)}, "bomb"),
    ],
)
def test_archives_that_are_refused(members: dict[str, bytes], problem: str) -> None:
    found = refusal(package(members), "zip")
    assert (found.code, found.data["found"]) == ("archive", problem)


def test_an_archive_of_accepted_files() -> None:
    body = package({"Ảnh/mot.jpg": b"\xff\xd8\xff\xe0", "__MACOSX/._mot.jpg": b"x", "Ảnh/.DS_Store": b"y"})
    assert check_content(body[:HEAD_BYTES], body, "zip") == "application/zip"
