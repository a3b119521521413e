"""The usual kinds of files in words; a contest may name others, which are shown as they are."""

from __future__ import annotations

from server.i18n import N_

KIND_WORDS = {
    "video": N_("Video"),
    "document": N_("Tài liệu"),
    "slides": N_("Trình chiếu"),
    "image": N_("Hình ảnh"),
    "audio": N_("Âm thanh"),
    "other": N_("Tệp khác"),
}
