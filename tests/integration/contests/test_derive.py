"""Judges' copies: no canary word of the metadata survives, the content does, and hostile files end in a reason."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import struct
import sys
import time
import zipfile
from fractions import Fraction
from pathlib import Path

import av
import docx
import openpyxl
import pikepdf
import pptx
import psutil
import pytest
from PIL import Image, ImageCms

from server.contests.derive import CannotDerive, Derived, derive_copy
from server.contests.derivers.pictures import strip_jpeg
from server.contests.rules.media import HEAD_BYTES, check_content
from tests.samples import CANARY, CANARY_BYTES, SAMPLES, picture, repack


def unpacked(body: bytes, depth: int = 0) -> list[bytes]:
    """The bytes of a file and of all that is packed in it: members of packages, streams of PDF."""
    parts = [body]
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as package:
            parts += [name.encode() for name in package.namelist()]
            for name in package.namelist():
                parts += unpacked(package.read(name), depth + 1)
    if body.startswith(b"%PDF-"):
        plain = io.BytesIO()
        with pikepdf.open(io.BytesIO(body)) as file:
            for item in file.objects:
                if isinstance(item, pikepdf.Stream):
                    parts.append(item.read_raw_bytes())
            file.save(plain, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        parts.append(plain.getvalue())
    return parts


def canaries(body: bytes) -> int:
    """How often the word occurs, in any of the encodings that the formats use; plus one for a Vietnamese title."""
    words = [CANARY_BYTES, CANARY.encode("utf-16-le"), CANARY.encode("utf-16-be"), CANARY.encode().hex().encode()]
    return sum(part.count(word) for part in unpacked(body) for word in words)


async def derived(folder: Path, extension: str, source: Path | None = None) -> Path:
    """The copy of a sample (or of `source`), checked against what the outcome says."""
    if source is None:
        source = folder / f"goc.{extension}"
        SAMPLES[extension](source)
    target = folder / "copy"
    outcome = await derive_copy(source, target, extension)
    assert isinstance(outcome, Derived), outcome
    body = target.read_bytes()
    assert (outcome.size, outcome.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    served_as = {"video/mp4": "mp4", "image/jpeg": "jpg"}.get(outcome.media_type, extension)
    assert check_content(body[:HEAD_BYTES], target, served_as) == outcome.media_type
    return target


@pytest.mark.parametrize("extension", sorted(SAMPLES))
async def test_no_canary_survives(tmp_path: Path, extension: str) -> None:
    source = tmp_path / f"goc.{extension}"
    SAMPLES[extension](source)
    before = source.read_bytes()
    assert canaries(before) > 0
    copy = await derived(tmp_path, extension, source)
    assert canaries(copy.read_bytes()) == 0
    assert source.read_bytes() == before


@pytest.mark.parametrize("extension", ["jpg", "png", "webp"])
async def test_pictures_stand_upright_and_look_the_same(tmp_path: Path, extension: str) -> None:
    with Image.open(await derived(tmp_path, extension)) as copy:
        assert copy.size == (48, 64)
        assert not copy.getexif()
        assert set(copy.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background"}
        if extension == "png":
            assert copy.tobytes() == picture().transpose(Image.Transpose.ROTATE_270).tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
async def test_pictures_of_every_mode(tmp_path: Path, mode: str) -> None:
    extension = "jpg" if mode == "CMYK" else "png"
    source = tmp_path / f"mau.{extension}"
    image = Image.new("I;16", (9, 5), 40000) if mode == "I;16" else picture(9, 5).convert(mode)
    image.save(source)
    with Image.open(await derived(tmp_path, extension, source)) as copy:
        assert copy.size == (9, 5)
        assert ("A" in copy.mode) == ("A" in mode)
        if mode == "I;16":
            assert copy.getpixel((0, 0)) == 156


async def test_the_colours_of_a_profile_are_kept_and_its_text_is_not(tmp_path: Path) -> None:
    # A profile that swaps red and blue: sRGB with the two colorants exchanged.
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.find(b"rXYZ"), profile.find(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    source = tmp_path / "mau.png"
    Image.new("RGB", (4, 4), (255, 0, 0)).save(source, icc_profile=bytes(profile))
    with Image.open(await derived(tmp_path, "png", source)) as copy:
        assert "icc_profile" not in copy.info
        red_part, green_part, blue_part = copy.getpixel((0, 0))
        assert red_part < 40
        assert green_part < 40
        assert blue_part > 215


async def test_pdf_keeps_pages_and_pictures_and_loses_remarks_and_what_acts(tmp_path: Path) -> None:
    with pikepdf.open(await derived(tmp_path, "pdf")) as copy:
        assert len(copy.pages) == 1
        assert len(copy.attachments) == 0
        assert not {"/OpenAction", "/Metadata"} & set(copy.Root.keys())
        assert "/Info" not in copy.trailer
        assert len(copy.pages[0].images) == 1
        photo = pikepdf.PdfImage(copy.pages[0].images["/P"]).as_pil_image()
        assert photo.size == (64, 48)
        assert [str(one.get("/Contents", "")) for one in copy.pages[0].Annots] == [""] * 4


async def test_docx_opens_with_its_text(tmp_path: Path) -> None:
    document = docx.Document(str(await derived(tmp_path, "docx")))
    assert [p.text for p in document.paragraphs][:2] == ["Sinh hoạt Hội", "Nội dung bài dự thi"]
    assert [(c.author, c.text) for c in document.comments] == [("", "")]
    assert document.core_properties.author == ""
    assert len(document.inline_shapes) == 1


async def test_pptx_opens_with_chart_film_and_workbook(tmp_path: Path) -> None:
    deck = pptx.Presentation(str(await derived(tmp_path, "pptx")))
    shapes = deck.slides[0].shapes
    assert shapes.title.text == "Ứng dụng công nghệ"
    assert [shape.has_chart for shape in shapes].count(True) == 1
    chart = next(shape.chart for shape in shapes if shape.has_chart)
    book = openpyxl.load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob))
    assert [cell.value for cell in book.active["B"]] == ["s", 1, 2]


async def test_xlsx_opens_with_its_cells(tmp_path: Path) -> None:
    copy = (await derived(tmp_path, "xlsx")).read_bytes()
    sheet = openpyxl.load_workbook(io.BytesIO(copy)).active
    assert (sheet["A1"].value, sheet["A2"].value, sheet["A1"].comment.text) == ("Tên", 7, "")


async def test_names_of_tables_are_kept(tmp_path: Path) -> None:
    source = tmp_path / "bang.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["ten", "diem"])
    book.active.append(["a", 1])
    book.active.add_table(openpyxl.worksheet.table.Table(displayName="Bang1", ref="A1:B2"))
    book.save(source)
    copy = (await derived(tmp_path, "xlsx", source)).read_bytes()
    assert list(openpyxl.load_workbook(io.BytesIO(copy)).active.tables) == ["Bang1"]


@pytest.mark.parametrize("extension", ["mp4", "mov", "webm"])
async def test_films_keep_every_picture(tmp_path: Path, extension: str) -> None:
    copy = await derived(tmp_path, extension)

    def frames(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [frame.to_ndarray(format="rgb24").tobytes() for frame in container.decode(video=0)]

    assert frames(copy) == frames(tmp_path / f"goc.{extension}")
    assert len(frames(copy)) == 10


async def test_a_film_held_upright_stays_upright(tmp_path: Path) -> None:
    source = tmp_path / "doc.mov"
    SAMPLES["mov"](source)
    body = bytearray(source.read_bytes())
    # The matrix of the track header (ISO/IEC 14496-12, 8.3.2) turned by 90 degrees, as phones write it.
    at = body.find(b"tkhd") + 44
    body[at : at + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30)
    source.write_bytes(body)

    def rotation(path: Path) -> int:
        with av.open(str(path)) as container:
            return next(container.decode(video=0)).rotation

    assert rotation(source) == -90
    assert rotation(await derived(tmp_path, "mov", source)) == -90


async def test_places_and_subtitles_beside_the_pictures_are_left_out(tmp_path: Path) -> None:
    source = tmp_path / "phu-de.mp4"
    SAMPLES["mp4"](tmp_path / "tran.mp4")
    with av.open(str(tmp_path / "tran.mp4")) as plain, av.open(str(source), "w", format="mp4") as container:
        pictures = container.add_stream_from_template(plain.streams.video[0])
        words = container.add_stream("mov_text")
        words.codec_context.subtitle_header = b""
        for packet in plain.demux(plain.streams.video[0]):
            if packet.dts is not None:
                packet.stream = pictures
                container.mux(packet)
        text = av.Packet(len(CANARY_BYTES).to_bytes(2, "big") + CANARY_BYTES)
        text.stream, text.pts, text.dts, text.duration, text.time_base = words, 0, 0, 500, Fraction(1, 1000)
        container.mux(text)
    assert canaries(source.read_bytes()) > 0
    copy = await derived(tmp_path, "mp4", source)
    assert canaries(copy.read_bytes()) == 0
    with av.open(str(copy)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


@pytest.mark.parametrize("extension", ["mp3", "m4a", "wav"])
async def test_sounds_keep_their_length(tmp_path: Path, extension: str) -> None:
    with av.open(str(await derived(tmp_path, extension))) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert samples >= 22050


@pytest.mark.parametrize("extension", sorted(SAMPLES))
@pytest.mark.parametrize("damage", ["noise", "half", "empty"])
async def test_what_is_unreadable_ends_in_a_reason(tmp_path: Path, extension: str, damage: str) -> None:
    source, target = tmp_path / "goc", tmp_path / "copy"
    SAMPLES[extension](source)
    whole = source.read_bytes()
    source.write_bytes({"noise": os.urandom(5000), "half": whole[: len(whole) // 2], "empty": b""}[damage])
    outcome = await derive_copy(source, target, extension)
    if isinstance(outcome, Derived):
        # Sound, film and PDF can be read up to where they break off.
        assert damage == "half"
        assert canaries(target.read_bytes()) == 0
    else:
        assert outcome == CannotDerive("unreadable")
        assert not target.exists()


async def test_reasons(tmp_path: Path) -> None:
    source, target = tmp_path / "goc", tmp_path / "copy"
    Image.new("1", (12_000, 11_000)).save(source, "PNG")
    assert await derive_copy(source, target, "png") == CannotDerive("too_large")
    locked = pikepdf.new()
    locked.add_blank_page()
    locked.save(source, encryption=pikepdf.Encryption(owner="o", user="u"))
    assert await derive_copy(source, target, "pdf") == CannotDerive("encrypted")
    SAMPLES["docx"](source)
    repack(source, {"word/vbaProject.bin": lambda _: b"x"})
    assert await derive_copy(source, target, "docx") == CannotDerive("macro")
    assert await derive_copy(source, target, "exe") == CannotDerive("unsupported")
    assert await derive_copy(tmp_path / "missing", target, "pdf") == CannotDerive("crashed")
    assert not target.exists()


async def test_a_very_large_photo_is_made_smaller(tmp_path: Path) -> None:
    source = tmp_path / "goc.jpg"
    Image.new("L", (16_000, 12_000), 200).save(source, "JPEG", quality=50)
    with Image.open(await derived(tmp_path, "jpg", source)) as copy:
        assert copy.size == (8_000, 6_000)


async def test_a_pdf_that_may_be_read_but_not_changed_is_no_obstacle(tmp_path: Path) -> None:
    source = tmp_path / "goc.pdf"
    file = pikepdf.new()
    file.add_blank_page()
    file.docinfo["/Author"] = CANARY
    file.save(source, encryption=pikepdf.Encryption(owner="o", user="", allow=pikepdf.Permissions(extract=False)))
    copy = await derived(tmp_path, "pdf", source)
    with pikepdf.open(copy) as opened:
        assert not opened.is_encrypted
    assert canaries(copy.read_bytes()) == 0


async def test_a_bomb_in_a_package(tmp_path: Path) -> None:
    source, target = tmp_path / "goc", tmp_path / "copy"
    SAMPLES["docx"](source)
    with zipfile.ZipFile(source, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/big.xml", b" " * (100 * 2**20))
    assert await derive_copy(source, target, "docx") == CannotDerive("unreadable")


async def test_time_runs_out_and_a_cancelled_copy_leaves_no_child(tmp_path: Path) -> None:
    pipe, target = tmp_path / "pipe", tmp_path / "copy"
    os.mkfifo(pipe)  # opening it to read waits for a writer that never comes
    began = time.monotonic()
    assert await derive_copy(pipe, target, "pdf", seconds=1.0) == CannotDerive("timeout")
    assert time.monotonic() - began < 5
    copying = asyncio.create_task(derive_copy(pipe, target, "pdf"))
    await asyncio.sleep(1)
    assert children(str(pipe)) == 1
    copying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await copying
    assert children(str(pipe)) == 0


async def test_a_copy_ends_with_the_process_that_makes_it(tmp_path: Path) -> None:
    pipe, target = tmp_path / "pipe", tmp_path / "copy"
    os.mkfifo(pipe)
    program = (
        "import asyncio, pathlib, sys; from server.contests.derive import derive_copy; "
        "asyncio.run(derive_copy(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), 'pdf'))"
    )
    maker = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(pipe), str(target))
    child: list[psutil.Process] = []
    for _ in range(400):
        await asyncio.sleep(0.05)
        child = [one for one in psutil.Process(maker.pid).children() if one.nice() >= 10]
        if child:
            break
    maker.kill()
    await maker.wait()
    assert psutil.wait_procs(child, timeout=10)[0] == child != []


def children(argument: str) -> int:
    """Running processes that were given this argument."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += argument.encode() in path.read_bytes().split(b"\0")
        except OSError:
            continue
    return found


def test_stripping_a_jpeg_changes_no_pixel() -> None:
    body = io.BytesIO()
    picture().save(body, "JPEG", comment=CANARY, progressive=True)
    before = body.getvalue() + CANARY_BYTES
    after = strip_jpeg(before)
    assert CANARY_BYTES not in after
    with Image.open(io.BytesIO(before)) as one, Image.open(io.BytesIO(after)) as other:
        assert one.tobytes() == other.tobytes()
