"""PDF: the same pages without properties, XMP, attachments, scripts, actions that start by themselves and authors."""

from __future__ import annotations

from pathlib import Path

import pikepdf

from server.contests.derivers import Underivable
from server.contests.derivers.pictures import strip_jpeg

# Keys of ISO 32000-2 that hold metadata, private data of programs, attached files, scripts, or run by themselves.
DROPPED = frozenset(
    {
        *("/Metadata", "/PieceInfo", "/LastModified", "/AF", "/EmbeddedFiles", "/Collection", "/SpiderInfo"),
        *("/JavaScript", "/JS", "/OpenAction", "/AA", "/XFA", "/Perms", "/DSS", "/Thumb", "/ModDate", "/CreationDate"),
    }
)
ACTIONS = frozenset(
    {
        *(
            "/JavaScript",
            "/Launch",
            "/SubmitForm",
            "/ImportData",
            "/GoToR",
            "/GoToE",
            "/Rendition",
            "/RichMediaExecute",
        ),
        *("/ResetForm", "/Movie", "/Sound"),
    }
)
DROPPED_ANNOTATIONS = frozenset({"/FileAttachment", "/RichMedia", "/3D", "/Screen", "/Movie", "/Sound"})
MAX_DEPTH = 60


def derive_pdf(source: Path, target: Path, _extension: str) -> str:
    """Write the cleaned PDF; return the media type. Objects that nothing refers to any more are not written."""
    try:
        with pikepdf.open(source) as pdf:
            pages = len(pdf.pages)
            for key in ("/Info", "/ID"):
                if key in pdf.trailer:
                    del pdf.trailer[key]
            for item in pdf.objects:
                _clean(item, 0)
            pdf.save(
                target,
                deterministic_id=True,
                encryption=False,
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
                compress_streams=True,
                fix_metadata_version=False,
            )
        # A file that was repaired while reading may still lack what a reader needs.
        with pikepdf.open(target, attempt_recovery=False) as copy:
            if not pages or len(copy.pages) != pages:
                raise Underivable("unreadable")
    except pikepdf.PasswordError as error:
        raise Underivable("encrypted") from error
    except (pikepdf.PdfError, pikepdf.ForeignObjectError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise Underivable("unreadable") from error
    return "application/pdf"


def _clean(item: pikepdf.Object, depth: int) -> None:
    """Clean one object and the direct objects in it; indirect ones come by themselves."""
    if depth > MAX_DEPTH:
        raise Underivable("unreadable")
    if isinstance(item, pikepdf.Array):
        for child in item:
            if isinstance(child, pikepdf.Object) and not child.is_indirect:
                _clean(child, depth + 1)
        return
    if not isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
        return
    for key in DROPPED & set(item.keys()):
        del item[key]
    if str(item.get("/S", "")) in ACTIONS:
        for key in set(item.keys()) - {"/Type", "/Next"}:
            del item[key]
    _clean_annotation(item)
    _clean_picture(item)
    for key in list(item.keys()):
        value = item.get(key)
        if isinstance(value, pikepdf.Object) and not value.is_indirect:
            _clean(value, depth + 1)


def _clean_annotation(item: pikepdf.Object) -> None:
    """An annotation has a rectangle: /T is its author, except in a form's field, where it is the field's name."""
    annotations = item.get("/Annots")
    if isinstance(annotations, pikepdf.Array):
        kept = [one for one in annotations if str(_get(one, "/Subtype")) not in DROPPED_ANNOTATIONS]
        if len(kept) != len(annotations):
            item["/Annots"] = pikepdf.Array(kept)
    if "/Rect" in item and "/Subtype" in item and str(item["/Subtype"]) != "/Widget":
        for key in ("/T", "/M", "/NM"):
            if key in item:
                del item[key]


def _clean_picture(item: pikepdf.Object) -> None:
    if isinstance(item, pikepdf.Stream) and str(item.get("/Filter", "")) in ("/DCTDecode", "[/DCTDecode]"):
        before = item.read_raw_bytes()
        after = strip_jpeg(before)
        if after != before:
            item.write(after, filter=pikepdf.Name.DCTDecode)


def _get(item: object, key: str) -> object:
    return item.get(key, "") if isinstance(item, pikepdf.Dictionary) else ""
