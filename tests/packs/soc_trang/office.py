"""PPTX and DOCX files whose bytes are the same each time: fixed dates inside and in the ZIP."""

import io
import zipfile
from datetime import datetime

from docx import Document
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.util import Pt

from .picture import colours
from .story import Story

_WRITTEN = datetime(2024, 3, 15, 9, 30)
_ZIP_DATE = (2024, 3, 15, 9, 30, 0)


def _freeze(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            entry = zipfile.ZipInfo(info.filename, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(info), compresslevel=9)
    return out.getvalue()


def _sign(properties, title: str, author: str) -> None:
    properties.title, properties.author, properties.last_modified_by = title, author, author
    properties.created = properties.modified = _WRITTEN


def slides(story: Story, author: str) -> bytes:
    """A PPTX with a title slide and a slide for each part of the story."""
    deck = Presentation()
    ink = RGBColor(*colours(story.title)[0])
    cover = deck.slides.add_slide(deck.slide_layouts[0])
    cover.shapes.title.text = story.title
    cover.placeholders[1].text = "Ứng dụng công nghệ thông tin trong tổ chức sinh hoạt Hội"
    for heading, sentences in story.parts:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = heading
        slide.placeholders[1].text = "\n".join(sentences)
    for slide in deck.slides:
        for run in slide.shapes.title.text_frame.paragraphs[0].runs:
            run.font.color.rgb, run.font.bold, run.font.size = ink, True, Pt(32)
    _sign(deck.core_properties, story.title, author)
    out = io.BytesIO()
    deck.save(out)
    return _freeze(out.getvalue())


def letter(story: Story, author: str) -> bytes:
    """A DOCX with the story under headings."""
    paper = Document()
    paper.add_heading(story.title, 0)
    for heading, sentences in story.parts:
        paper.add_heading(heading, 1)
        for sentence in sentences:
            paper.add_paragraph(sentence)
    _sign(paper.core_properties, story.title, author)
    out = io.BytesIO()
    paper.save(out)
    return _freeze(out.getvalue())
