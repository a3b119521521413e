"""PDF: the same pages without properties, XMP, attachments, scripts, actions that start by themselves and authors."""

from __future__ import annotations

import re
from pathlib import Path

import pikepdf

from server.contests.derivers import Underivable
from server.contests.derivers.pictures import strip_jpeg, strip_jpeg2000

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
# ISO 32000-2, 7.7.2: what a catalogue needs so that pages are shown; programs add keys of their own.
CATALOGUE = frozenset(
    {
        *("/Type", "/Version", "/Extensions", "/Pages", "/PageLabels", "/Names", "/Dests", "/ViewerPreferences"),
        *("/PageLayout", "/PageMode", "/Outlines", "/AcroForm", "/MarkInfo", "/StructTreeRoot", "/Lang"),
        *("/OCProperties", "/OutputIntents"),
    }
)
# Whoever signs is named by the certificate, and often by the words beside it.
SIGNED = ("/Contents", "/Name", "/Reason", "/Location", "/ContactInfo", "/Cert", "/Prop_Build", "/Reference")
# A remark of a colleague: what a free text or a link says is part of the page, the rest pops up.
REMARKS = ("/T", "/M", "/NM", "/Contents", "/RC", "/Subj", "/IRT", "/Popup")
SPOKEN = frozenset({"/FreeText", "/Link", "/Widget"})
WEB = re.compile(rb"(https?|mailto|tel):", re.IGNORECASE)
MAX_DEPTH = 60


def derive_pdf(source: Path, target: Path, _extension: str) -> str:
    """Write the cleaned PDF; return the media type. Objects that nothing refers to any more are not written."""
    try:
        with pikepdf.open(source) as pdf:
            pages = len(pdf.pages)
            for key in ("/Info", "/ID"):
                if key in pdf.trailer:
                    del pdf.trailer[key]
            for key in set(pdf.Root.keys()) - CATALOGUE:
                del pdf.Root[key]
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
    kind = str(item.get("/S", ""))
    if kind in ACTIONS or (kind == "/URI" and not WEB.match(_text(item.get("/URI")))):
        for key in set(item.keys()) - {"/Type", "/Next"}:
            del item[key]
    if "/ByteRange" in item or str(item.get("/Type", "")) in ("/Sig", "/DocTimeStamp"):
        for key in SIGNED:
            if key in item:
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
        kept = [one for one in annotations if not _is_dropped(one)]
        if len(kept) != len(annotations):
            item["/Annots"] = pikepdf.Array(kept)
    if "/Rect" in item and "/Subtype" in item:
        subtype = str(item["/Subtype"])
        for key in REMARKS if subtype not in SPOKEN else ("/M", "/NM") if subtype == "/Widget" else ("/T", "/M", "/NM"):
            if key in item:
                del item[key]


def _is_dropped(annotation: object) -> bool:
    subtype = str(_get(annotation, "/Subtype"))
    return subtype in DROPPED_ANNOTATIONS or (subtype == "/Widget" and str(_get(annotation, "/FT")) == "/Sig")


def _clean_picture(item: pikepdf.Object) -> None:
    """Photographs keep their compressed pixels; JPEG 2000 is a row of boxes, of which those with data of programs go."""
    if not isinstance(item, pikepdf.Stream) or "/Filter" not in item:
        return
    filters = item["/Filter"]
    names = [str(one) for one in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
    if names == ["/DCTDecode"]:
        before = item.read_raw_bytes()
        after = strip_jpeg(before)
    elif names == ["/JPXDecode"]:
        before = item.read_raw_bytes()
        after = strip_jpeg2000(before)
    else:
        return
    if after != before:
        item.write(after, filter=pikepdf.Name(names[0]))


def _text(value: object) -> bytes:
    return bytes(value) if isinstance(value, pikepdf.String) else b""


def _get(item: object, key: str) -> object:
    return item.get(key, "") if isinstance(item, pikepdf.Dictionary) else ""
