"""The XML in Office files without what names people: authors, remarks of colleagues, deleted text, saved paths, links."""

from __future__ import annotations

import re

from server.contests.derivers import Underivable

_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = b"http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
_OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/"
BLANK_CORE = _HEAD + b'<cp:coreProperties xmlns:cp="' + _PACKAGE + b'"/>'
BLANKS = {
    "docProps/core.xml": BLANK_CORE,
    "docProps/app.xml": _HEAD + b'<Properties xmlns="' + _OFFICE + b'extended-properties"/>',
    "docProps/custom.xml": _HEAD + b'<Properties xmlns="' + _OFFICE + b'custom-properties"/>',
}
BLANK_XML = _HEAD + b"<blank/>"

_VALUE = rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')"
# Attributes that name people or their folders, whatever their prefix: revisions, comments, locks, saved paths.
PERSONAL = re.compile(
    rb"(\s(?:[\w.-]+:)?(?:author|initials|userId|providerId|userName|lastModifiedBy|lastSavedBy|lastEditedBy"
    # Who filled a pivot table, who may edit a range, which file on whose disk a table was read from.
    rb"|refreshedBy|createdBy|modifiedBy|securityDescriptor|sourceFile|odcFile))" + _VALUE
)
NAMED_PEOPLE = re.compile(
    rb"(<(?:[\w.-]+:)?(?:cmAuthor|author|userInfo|customWorkbookView)\b[^>]*?\sname"
    rb"|<(?:[\w.-]+:)?scenario\b[^>]*?\suser|<(?:[\w.-]+:)?dbPr\b[^>]*?\sconnection)" + _VALUE
)
SCENARIO = re.compile(rb"(<(?:[\w.-]+:)?scenario\b[^>]*?\scomment)" + _VALUE)
# When somebody revised or remarked something: optional everywhere, and no part of the work.
EDITED_AT = re.compile(rb"\s(?:w|w16du|w16cex):(?:date|dateUtc)\s*=\s*(?:\"\d[^\"]*\"|'\d[^']*')")
# What add-ins note about a presentation, with the folder of its project.
TAG = re.compile(rb"(<p:tag\b[^>]*?\sval)" + _VALUE)
AUTHOR_ELEMENTS = re.compile(rb"(<((?:[\w.-]+:)?author)\b[^>]*>)[^<]*(</\2>)")
# A table has a displayName too, and must keep it.
THREADED_PERSON = re.compile(rb"(<(?:[\w.-]+:)?person\b[^>]*?\sdisplayName)" + _VALUE)
SAVED_PATH = re.compile(rb"(<(?:[\w.-]+:)?absPath\b[^>]*?\surl)" + _VALUE)
# A picture's name and description keep the path or the name of the file that it came from.
PICTURE_FILE = re.compile(
    rb"(\s(?:name|descr|title|o:title|alt))\s*=\s*"
    rb"(?:\"[^\"]*(?:[\\/:]|\.(?:jpe?g|png|gif|bmp|tiff?|mp4|mov|mp3|wav|webm))[^\"]*\""
    rb"|'[^']*(?:[\\/:]|\.(?:jpe?g|png|gif|bmp|tiff?|mp4|mov|mp3|wav|webm))[^']*')",
    re.IGNORECASE,
)
DRAWN = re.compile(rb"<(?:[\w.-]+:)?(?:cNvPr|docPr|imagedata|shape)\b[^>]*>")

XML_COMMENTS = re.compile(rb"<!--.*?-->", re.DOTALL)
DELETED_TEXT = re.compile(rb"(<((?:[\w.-]+:)?delText)\b[^>]*>)[^<]*(</\2>)")
ANY_TEXT = re.compile(rb"(<((?:[\w.-]+:)?(?:t|text))(?:\s[^>]*)?>)[^<]*(</\2>)")
REMARKS = re.compile(r"(^|/)(comments|threadedComments)(/|[^/]*\.xml$)|(^|/)modernComment_[^/]*\.xml$")
# ECMA-376 part 1, 17.15.1: variables of a document and the addresses of a mail merge.
SETTINGS = re.compile(rb"<(w:docVars|w:mailMerge)\b(?:[^>]*/>|.*?</\1>)", re.DOTALL)
# Fields that write who made or saved the file, or what it is called (ECMA-376 part 1, 17.16.5).
TELLING = rb"(?:AUTHOR|LASTSAVEDBY|USERNAME|USERINITIALS|USERADDRESS|FILENAME|DOCPROPERTY|COMMENTS|INFO|TEMPLATE)\b"
SIMPLE_FIELD = re.compile(rb"<w:fldSimple\b[^>]*w:instr=(?:\"\s*|'\s*)" + TELLING + rb".*?</w:fldSimple>", re.DOTALL)
FIELD_CODE = re.compile(rb"<w:instrText\b[^>]*>\s*" + TELLING)
FIELD_RESULT = re.compile(rb"fldCharType=[\"']separate[\"'](?P<shown>.*?)fldCharType=[\"']end[\"']", re.DOTALL)

RELATION = re.compile(rb"<(?:[\w.-]+:)?Relationship\b[^>]*>")
TARGET = re.compile(rb"(\sTarget)" + _VALUE)
LOCAL_TARGET = re.compile(rb"\sTarget\s*=\s*[\"'](?:file:|[A-Za-z]:|\\\\|//)", re.IGNORECASE)
SIGNATURE = re.compile(rb"relationships/digital-signature/")


def blank_part(name: str, suffix: str, data: bytes) -> bytes | None:
    """An empty stand-in for a part that holds nothing but properties or signatures; None for other parts."""
    if name in BLANKS:
        return BLANKS[name]
    if suffix == "psmdcp" or (b"metadata/core-properties" in data[:2000] and b"coreProperties" in data[:2000]):
        return BLANK_CORE
    if name.startswith("docProps/") and suffix == "xml":
        return BLANK_XML
    # Document libraries keep their columns in custom XML: title, author, department. A signature names its signer.
    if suffix == "xml" and name.startswith(("customXml/item", "_xmlsignatures/")) and "itemProps" not in name:
        return BLANK_XML
    return None


def without_people(name: str, data: bytes) -> bytes:
    """The part without names of people and of their files; raises Underivable for a document type or entities."""
    data = _utf8(data)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise Underivable("unreadable")
    data = XML_COMMENTS.sub(b"", data)
    if name.endswith(".rels"):
        return RELATION.sub(_relation, data)
    data = EDITED_AT.sub(b"", data)
    for pattern in (PERSONAL, NAMED_PEOPLE, SCENARIO, THREADED_PERSON, SAVED_PATH, TAG):
        data = pattern.sub(rb'\1=""', data)
    data = AUTHOR_ELEMENTS.sub(rb"\1\3", data)
    data = DELETED_TEXT.sub(rb"\1\3", data)
    data = DRAWN.sub(lambda drawn: PICTURE_FILE.sub(rb'\1=""', drawn[0]), data)
    if REMARKS.search(name):
        # Remarks of colleagues are no part of the work, and the likeliest place for a name.
        return ANY_TEXT.sub(rb"\1\3", data)
    data = SETTINGS.sub(b"", data)
    return _without_telling_fields(data)


def _utf8(data: bytes) -> bytes:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16").encode()
        data = re.sub(rb"^(<\?xml[^>]*encoding=)[\"'][^\"']*[\"']", rb'\1"UTF-8"', data)
    return data


def _relation(found: re.Match[bytes]) -> bytes:
    """Only links that a reader follows by a click may lead outside: the rest would be fetched while reading."""
    relation = found[0]
    if SIGNATURE.search(relation):
        return b""
    outside = b"External" in relation and b"/hyperlink" not in relation
    if outside or LOCAL_TARGET.search(relation):
        return TARGET.sub(rb'\1="about:blank"', relation)
    return relation


def _without_telling_fields(data: bytes) -> bytes:
    data = SIMPLE_FIELD.sub(lambda field: ANY_TEXT.sub(rb"\1\3", field[0]), data)
    kept, at = [], 0
    for code in FIELD_CODE.finditer(data):
        shown = FIELD_RESULT.search(data, code.end())
        if shown is None or code.start() < at:
            continue
        start, end = shown.span("shown")
        kept += [data[at:start], ANY_TEXT.sub(rb"\1\3", data[start:end])]
        at = end
    return b"".join([*kept, data[at:]])
