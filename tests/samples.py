"""Small real files of every accepted kind, with canary words in each place where a format keeps metadata."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import docx
import numpy as np
import openpyxl
import pikepdf
import pillow_heif
import pptx
from openpyxl.comments import Comment
from PIL import Image, PngImagePlugin
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

CANARY = "CHIM-YEN-7431"
CANARY_BYTES = CANARY.encode()
XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><creator>{CANARY}</creator></x:xmpmeta>'.encode()


def picture(width: int = 64, height: int = 48) -> Image.Image:
    levels = np.arange(width * height, dtype=np.uint32).reshape(height, width)
    return Image.fromarray(np.stack([levels % 251, levels % 17 * 15, levels % 5 * 50], axis=2).astype(np.uint8))


def exif() -> Image.Exif:
    made = Image.Exif()
    made[0x010E] = made[0x013B] = made[0x8298] = CANARY  # ImageDescription, Artist, Copyright
    made[0x0112] = 6  # Orientation: turn by 90 degrees
    return made


def jpeg(path: Path) -> None:
    picture().save(path, "JPEG", exif=exif(), comment=CANARY, xmp=XMP, quality=90)


def png(path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", CANARY)
    info.add_itxt("Description", CANARY)
    info.add_text("Comment", CANARY, zip=False)
    picture().save(path, "PNG", pnginfo=info, exif=exif())


def webp(path: Path) -> None:
    picture().save(path, "WEBP", exif=exif(), xmp=XMP)


def heic(path: Path) -> None:
    pillow_heif.from_pillow(picture()).save(path, exif=exif().tobytes(), xmp=XMP, quality=80)


def archive(path: Path) -> None:
    """A photograph and a document in folders whose names tell, with remarks of the archive and of a member."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.comment = CANARY_BYTES
        for extension in ("jpg", "pdf"):
            member = path.with_suffix(f".member.{extension}")
            SAMPLES[extension](member)
            info = zipfile.ZipInfo(f"{CANARY}/{CANARY}.{extension}")
            info.comment = CANARY_BYTES
            package.writestr(info, member.read_bytes())
            member.unlink()


def pdf(path: Path) -> None:
    file = pikepdf.new()
    file.add_blank_page(page_size=(300, 200))
    page = file.pages[0]
    photo = io.BytesIO()
    picture().save(photo, "JPEG", exif=exif(), comment=CANARY)
    image = file.make_stream(photo.getvalue())
    for key, value in {"Type": "XObject", "Subtype": "Image", "ColorSpace": "DeviceRGB", "Filter": "DCTDecode"}.items():
        image[f"/{key}"] = pikepdf.Name(f"/{value}")
    image["/Width"], image["/Height"], image["/BitsPerComponent"] = 64, 48, 8
    image["/Metadata"] = file.make_stream(XMP)
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=image))
    page.Contents = file.make_stream(b"q 200 0 0 150 10 10 cm /P Do Q")
    page.obj["/PieceInfo"] = pikepdf.Dictionary(Draw=pikepdf.Dictionary(Private=CANARY))
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=f"app.alert('{CANARY}')")
    page.obj["/AA"] = pikepdf.Dictionary(O=script)
    area = [10, 10, 50, 50]
    note = {"Type": pikepdf.Name.Annot, "Rect": area, "Contents": f"góp ý {CANARY}", "T": CANARY, "NM": CANARY}
    page.Annots = pikepdf.Array(
        [
            file.make_indirect(pikepdf.Dictionary(Subtype=pikepdf.Name.Text, **note)),
            pikepdf.Dictionary(Subtype=pikepdf.Name.Text, **note),
            pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=area, A=script),
        ]
    )
    link = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=f"file:///C:/Users/{CANARY}/bai.pptx")
    page.Annots.append(pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=area, A=link))
    seal = pikepdf.Dictionary(
        Type=pikepdf.Name.Sig, Filter=pikepdf.Name("/Adobe.PPKLite"), Name=CANARY, Reason=CANARY, Contents=CANARY_BYTES,
        ByteRange=[0, 1, 2, 3],
    )  # fmt: skip
    field = file.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Sig, T="Chữ ký", Rect=area, V=seal
        )
    )
    page.Annots.append(field)
    file.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]))
    file.Root["/MyProgram"] = pikepdf.Dictionary(User=CANARY)
    named = pikepdf.Dictionary(Names=pikepdf.Array([pikepdf.String(CANARY), pikepdf.Dictionary(S=pikepdf.Name.Named)]))
    file.Root.Names = pikepdf.Dictionary(JavaScript=file.make_indirect(named))
    file.Root.OpenAction = file.make_indirect(script)
    file.attachments[f"{CANARY}.txt"] = pikepdf.AttachedFileSpec(file, CANARY_BYTES, description=CANARY)
    file.docinfo["/Author"] = CANARY
    file.docinfo["/Title"] = f"Bài của {CANARY}"
    file.Root.Metadata = file.make_stream(XMP)
    file.save(path)


def cover() -> bytes:
    out = io.BytesIO()
    picture().save(out, "JPEG", exif=exif(), comment=CANARY)
    return out.getvalue()


def other_picture(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture().save(out, kind, **options)
    return out.getvalue()


def emf() -> bytes:
    """[MS-EMF] 2.3.4.2: a header that names program and document, and the end of the file."""
    words = f"{CANARY}\0{CANARY}\0\0".encode("utf-16-le")
    words += bytes(-len(words) % 4)
    header = bytearray(108)
    header[0:4], header[4:8] = (1).to_bytes(4, "little"), (108 + len(words)).to_bytes(4, "little")
    header[40:44] = b" EMF"
    header[60:64] = (len(words) // 2).to_bytes(4, "little")
    header[64:68] = (108).to_bytes(4, "little")
    return bytes(header) + words + b"\x0e\0\0\0\x14\0\0\0" + bytes(12)


def packed_clip() -> bytes:
    """A clip of an older kind, with a title and an author."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.avi"
        film(path, "avi")
        return path.read_bytes()


def docx_file(path: Path) -> None:
    document = docx.Document()
    document.add_heading("Sinh hoạt Hội", 1)
    run = document.add_paragraph("Nội dung bài dự thi").runs[0]
    document.add_comment(run, text=f"góp ý cho {CANARY}", author=CANARY, initials=CANARY)
    photo = io.BytesIO()
    picture().save(photo, "JPEG", exif=exif(), comment=CANARY)
    document.add_picture(photo, width=Inches(1))
    properties = document.core_properties
    for name in ("author", "last_modified_by", "title", "subject", "keywords", "comments", "category"):
        setattr(properties, name, CANARY)
    document.save(path)
    revision = f'<w:ins w:id="9" w:author="{CANARY}" w:date="2024-01-01T00:00:00Z"><w:r><w:t>thêm</w:t></w:r></w:ins>'
    revision += f'<w:del w:id="8" w:author="{CANARY}"><w:r><w:delText>{CANARY}</w:delText></w:r></w:del>'
    repack(
        path,
        {
            "word/document.xml": lambda text: text.replace(b"</w:p>", revision.encode() + b"</w:p>", 1),
            "customXml/item1.xml": lambda _: f"<properties><author>{CANARY}</author></properties>".encode(),
            "docProps/custom.xml": lambda _: (
                f"<Properties><property name='x'>{CANARY}</property></Properties>".encode()
            ),
            "docProps/app.xml": lambda _: f"<Properties><Company>{CANARY}</Company></Properties>".encode(),
            "_rels/.rels": lambda text: text.replace(
                b"</Relationships>",
                b'<Relationship Id="s1" Target="_xmlsignatures/origin.sigs" Type="http://schemas.openxmlformats.org/'
                b'package/2006/relationships/digital-signature/origin"/></Relationships>',
            ),
            "_xmlsignatures/origin.sigs": lambda _: CANARY_BYTES,
            "_xmlsignatures/sig1.xml": lambda _: (
                f"<Signature><X509Certificate>{CANARY}</X509Certificate></Signature>".encode()
            ),
            "package/services/metadata/core-properties/1.psmdcp": lambda _: (
                f"<coreProperties>{CANARY}</coreProperties>".encode()
            ),
            "docProps/thumbnail.jpeg": lambda _: photo.getvalue(),
            "word/media/quet.tiff": lambda _: other_picture("TIFF", tiffinfo={270: CANARY, 305: CANARY, 315: CANARY}),
            "word/media/dong.gif": lambda _: other_picture("GIF", comment=CANARY_BYTES),
            "word/media/hinh.emf": lambda _: emf(),
            "word/media/ve.svg": lambda _: (
                f"<svg xmlns='http://www.w3.org/2000/svg' xmlns:inkscape='i' inkscape:export-filename='{CANARY}'><!--{CANARY}-->"
                f"<metadata>{CANARY}</metadata><title>{CANARY}</title><image href='file:///C:/{CANARY}.png'/><path d='M0 0'/></svg>"
            ).encode(),
            "word/afchunk.mht": lambda _: CANARY_BYTES,
            "word/settings.xml": lambda text: text.replace(
                b"</w:settings>",
                f"<w:docVars><w:docVar w:name='x' w:val='{CANARY}'/></w:docVars><!--{CANARY}--></w:settings>".encode(),
            ),
            "word/footer9.xml": lambda _: (
                "<w:ftr xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'><w:p>"
                "<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText> FILENAME \\p </w:instrText></w:r>"
                f"<w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r><w:t>C:/{CANARY}.docx</w:t></w:r>"
                f"<w:r><w:fldChar w:fldCharType='end'/></w:r><w:fldSimple w:instr=' AUTHOR '><w:r><w:t>{CANARY}</w:t></w:r>"
                "</w:fldSimple></w:p></w:ftr>"
            ).encode(),
            "word/people.xml": lambda _: (
                f"<w15:people xmlns:w15='x'><w15:person w15:author='{CANARY}'>"
                f"<w15:presenceInfo w15:providerId='AD' w15:userId='{CANARY}'/></w15:person></w15:people>"
            ).encode(),
            "word/_rels/settings.xml.rels": lambda _: (
                "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
                f"<Relationship Id='r1' Type='t' Target='file:///C:/Users/{CANARY}/a.dotx' TargetMode='External'/>"
                f"<Relationship Id='r2' Type='x/image' Target='https://{CANARY}.example/a.png' TargetMode='External'/>"
                "</Relationships>"
            ).encode(),
        },
    )


def pptx_file(path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Ứng dụng công nghệ"
    photo = io.BytesIO()
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", CANARY)
    picture().save(photo, "PNG", pnginfo=info)
    slide.shapes.add_picture(photo, Inches(1), Inches(2))
    chart = CategoryChartData()
    chart.categories = ["a", "b"]
    chart.add_series("s", (1, 2))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(3), Inches(2), Inches(3), Inches(2), chart)
    clip = path.with_suffix(".clip.mp4")
    film(clip, "mp4")
    slide.shapes.add_movie(str(clip), Inches(1), Inches(4), Inches(1), Inches(1), mime_type="video/mp4")
    clip.unlink()
    deck.core_properties.author = deck.core_properties.last_modified_by = CANARY
    deck.save(path)

    def with_author(book: bytes) -> bytes:
        opened = openpyxl.load_workbook(io.BytesIO(book))
        opened.properties.creator = CANARY
        out = io.BytesIO()
        opened.save(out)
        return out.getvalue()

    embedded = next(name for name in zipfile.ZipFile(path).namelist() if "/embeddings/" in name)
    repack(
        path,
        {
            embedded: with_author,
            "ppt/embeddings/oleObject1.bin": lambda _: CANARY_BYTES,
            "ppt/comments/modernComment_1.xml": lambda _: (
                f'<p188:cmLst xmlns:p188="x" xmlns:a="y"><p188:cm authorId="1"><a:t>{CANARY}</a:t></p188:cm></p188:cmLst>'
            ).encode(),
            "ppt/authors.xml": lambda _: (
                f'<p188:authorLst xmlns:p188="x"><p188:author id="1" name="{CANARY}" initials="{CANARY}" '
                f'userId="{CANARY}" providerId="AD"/></p188:authorLst>'
            ).encode(),
            "ppt/media/cu.avi": lambda _: packed_clip(),
            "docProps/thumbnail.jpeg": lambda _: cover(),
            "ppt/slides/slide1.xml": lambda text: text.replace(
                b'descr="', f'title="{CANARY}.png" descr="C:\\Users\\{CANARY}\\'.encode(), 1
            ),
            "ppt/commentAuthors.xml": lambda _: (
                f'<p:cmAuthorLst xmlns:p="x"><p:cmAuthor id="1" name="{CANARY}" initials="{CANARY}"/></p:cmAuthorLst>'
            ).encode(),
        },
    )


def xlsx_file(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"] = "Tên", 7
    sheet["A1"].comment = Comment(f"góp ý {CANARY}", CANARY)
    book.properties.creator = book.properties.lastModifiedBy = CANARY
    book.save(path)
    repack(
        path,
        {
            "xl/workbook.xml": lambda text: text.replace(
                b"<bookViews", f'<fileSharing userName="{CANARY}"/><bookViews'.encode(), 1
            ),
            "xl/persons/person.xml": lambda _: (
                f'<personList xmlns="x"><person displayName="{CANARY}" id="{{1}}" userId="{CANARY}"/></personList>'
            ).encode(),
            "xl/pivotCache/pivotCacheDefinition1.xml": lambda _: (
                f"<pivotCacheDefinition xmlns='x' refreshedBy='{CANARY}'/>".encode()
            ),
            "xl/connections.xml": lambda _: (
                f"<connections xmlns='x'><connection odcFile='C:\\{CANARY}.odc'><dbPr connection='User ID={CANARY}'/>"
                f"<textPr sourceFile='C:\\{CANARY}.txt'/></connection></connections>"
            ).encode(),
            "xl/worksheets/more.xml": lambda _: (
                f"<worksheet xmlns='x'><scenarios><scenario user='{CANARY}' comment='{CANARY}'/></scenarios>"
                f"<protectedRanges><protectedRange securityDescriptor='{CANARY}'/></protectedRanges>"
                f"<customWorkbookView name='{CANARY} - Personal View'/></worksheet>"
            ).encode(),
            "ppt/tags/tag1.xml": lambda _: (
                f"<p:tagLst xmlns:p='p'><p:tag name='PATH' val='C:\\{CANARY}'/></p:tagLst>".encode()
            ),
        },
    )


def film(path: Path, format: str) -> None:
    """One second of pictures without sound, with the metadata that phones write."""
    codec, pixels = ("libvpx", "yuv420p") if format == "webm" else ("libx264", "yuv420p")
    options = {} if format == "webm" else {"movflags": "use_metadata_tags"}
    with av.open(str(path), "w", format=format, options=options) as container:
        for key in ("title", "artist", "comment", "location", "com.apple.quicktime.author"):
            container.metadata[key] = CANARY
        stream = container.add_stream(codec, rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixels
        stream.metadata["handler_name"] = CANARY
        stream.metadata["title"] = CANARY
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(np.roll(np.asarray(picture()), number, axis=1).copy(), format="rgb24")
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def sound(path: Path, format: str, codec: str) -> None:
    """Half a second of a tone, with a title and an artist."""
    with av.open(str(path), "w", format=format) as container:
        for key in ("title", "artist", "comment"):
            container.metadata[key] = CANARY
        stream = container.add_stream(codec, rate=44100)
        tone = (np.sin(np.arange(22050) / 15) * 9000).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
        frame.rate = 44100
        resampler = av.AudioResampler(
            stream.format.name, "mono", 44100, frame_size=stream.codec_context.frame_size or None
        )
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            for packet in stream.encode(ready):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def mp3(path: Path) -> None:
    """A sound behind an ID3v2.3 tag with an artist and a cover picture."""
    sound(path, "mp3", "libmp3lame")
    cover = io.BytesIO()
    picture().save(cover, "JPEG", exif=exif())

    def frame(kind: bytes, body: bytes) -> bytes:
        return kind + len(body).to_bytes(4, "big") + b"\0\0" + body

    frames = frame(b"TPE1", b"\0" + CANARY_BYTES) + frame(b"APIC", b"\0image/jpeg\0\x03\0" + cover.getvalue())
    size = bytes(len(frames) >> shift & 0x7F for shift in (21, 14, 7, 0))
    whole = path.read_bytes()
    own = 10 + sum(byte << shift for byte, shift in zip(whole[6:10], (21, 14, 7, 0), strict=True))
    path.write_bytes(b"ID3\x03\0\0" + size + frames + whole[own:])


def repack(path: Path, changes: dict[str, Callable[[bytes], bytes]]) -> None:
    """Rewrite a ZIP with some members changed; the change of a member that is missing is given b"" and adds it."""
    with zipfile.ZipFile(path) as package:
        members = {name: package.read(name) for name in package.namelist()}
    for name, change in changes.items():
        members[name] = change(members.get(name, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, body in members.items():
            package.writestr(name, body)


SAMPLES: dict[str, Callable[[Path], None]] = {
    "jpg": jpeg,
    "jpeg": jpeg,
    "png": png,
    "webp": webp,
    "heic": heic,
    "pdf": pdf,
    "docx": docx_file,
    "pptx": pptx_file,
    "xlsx": xlsx_file,
    "mp4": lambda path: film(path, "mp4"),
    "m4v": lambda path: film(path, "mp4"),
    "mov": lambda path: film(path, "mov"),
    "webm": lambda path: film(path, "webm"),
    "mp3": mp3,
    "m4a": lambda path: sound(path, "ipod", "aac"),
    "wav": lambda path: sound(path, "wav", "pcm_s16le"),
    "zip": archive,
}
"""Extension -> writes a sample of it to a path."""
