"""The key layout, the size limits and the table of media that the service takes."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

# A key is AREA/xx/32 hexadecimal digits, xx being the first two of them: 256 folders an area on a file system.
AREA_ENTRIES = "entries"
AREA_COPIES = "copies"
AREA_STAGING = "staging"
AREA_DOCUMENTS = "documents"
AREA_BUNDLES = "bundles"

PART_BYTES = 8 * MIB
"""One part of a multipart upload. S3 takes 10,000 parts, so an object may reach 78 GiB."""

MIN_PART_BYTES = 5 * MIB
"""What S3 asks of every part of an object but the last."""

READ_BYTES = MIB
"""One piece of a download."""

MAX_FILE_BYTES = 8 * GIB
"""No file is larger, whatever a contest's rules say."""

STAGING_MAX_AGE_SECONDS = 24 * 3600
"""What was begun and never finished is swept after this time."""


@dataclass(frozen=True)
class Medium:
    """What one extension stands for: the type it is served as, and the kinds of content that may be inside.

    `contents` holds names of the content recognised from the bytes: "jpeg", "png", "webp", "pdf", "mp4" (ISO base
    media with a film's brand), "quicktime", "m4a", "webm", "mp3", "wav", "heic", "docx", "pptx", "xlsx", "archive".
    """

    media_type: str
    contents: frozenset[str]


_OFFICE = "application/vnd.openxmlformats-officedocument"

ACCEPTED_MEDIA: dict[str, Medium] = {
    "mp4": Medium("video/mp4", frozenset({"mp4", "quicktime"})),
    "m4v": Medium("video/mp4", frozenset({"mp4", "quicktime"})),
    "mov": Medium("video/quicktime", frozenset({"mp4", "quicktime"})),
    "webm": Medium("video/webm", frozenset({"webm"})),
    "mp3": Medium("audio/mpeg", frozenset({"mp3"})),
    "m4a": Medium("audio/mp4", frozenset({"m4a", "mp4"})),
    "wav": Medium("audio/wav", frozenset({"wav"})),
    "jpg": Medium("image/jpeg", frozenset({"jpeg"})),
    "jpeg": Medium("image/jpeg", frozenset({"jpeg"})),
    "png": Medium("image/png", frozenset({"png"})),
    "webp": Medium("image/webp", frozenset({"webp"})),
    "heic": Medium("image/heic", frozenset({"heic"})),
    "pdf": Medium("application/pdf", frozenset({"pdf"})),
    "docx": Medium(f"{_OFFICE}.wordprocessingml.document", frozenset({"docx"})),
    "pptx": Medium(f"{_OFFICE}.presentationml.presentation", frozenset({"pptx"})),
    "xlsx": Medium(f"{_OFFICE}.spreadsheetml.sheet", frozenset({"xlsx"})),
    "zip": Medium("application/zip", frozenset({"archive"})),
}
"""Extension without the dot, lower case; a contest's rules choose among them. Whatever is not here is refused: no
macros, no HTML, no SVG, no archive but a plain ZIP of these."""

_SUFFIXES = {medium.media_type: extension for extension, medium in reversed(ACCEPTED_MEDIA.items())}


def suffix_of(media_type: str) -> str:
    """The usual extension of a media type that is served, with its dot; "" for a type that is not known."""
    extension = _SUFFIXES.get(media_type)
    return f".{extension}" if extension else ""
