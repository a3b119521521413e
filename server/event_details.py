"""What an audit event tells beside its kind, in words: a label and a value for each fact that a person can use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from server import formats
from server.i18n import N_, Locale, translator
from server.state_labels import STATE_LABELS

LABELS = {
    "judge": N_("Giám khảo"),
    "person": N_("Người"),
    "entry": N_("Bài"),
    "entries": N_("Các bài"),
    "unit": N_("Đơn vị"),
    "reason": N_("Lý do"),
    "message": N_("Lời nhắn"),
    "state": N_("Trạng thái trước đó"),
    "source": N_("Từ"),
    "target": N_("Sang"),
    "kind": N_("Vai trò"),
    "receipt": N_("Biên nhận"),
    "timing": N_("Thời điểm nộp"),
    "file": N_("Tệp"),
    "bytes": N_("Dung lượng"),
    "sha256": N_("Mã kiểm tra SHA-256"),
    "digest": N_("Mã kiểm tra SHA-256"),
    "found": N_("Máy quét tìm thấy"),
    "code": N_("Lý do từ chối"),
    "fields": N_("Mục đã sửa"),
    "left_blank": N_("Tiêu chí bỏ trống"),
    "missing": N_("Phiếu còn thiếu"),
    "go_on": N_("Còn vòng sau"),
    "opens_at": N_("Mở nhận bài"),
    "closes_at": N_("Hạn nộp"),
    "grace_minutes": N_("Số phút gửi nốt tệp"),
    "sheets": N_("Số phiếu"),
    "assignments": N_("Số phiếu"),
    "seed": N_("Số ngẫu nhiên"),
    "gaps": N_("Số phiếu bỏ trống"),
    "a_eff": N_("Độ liên kết"),
    "before": N_("Tên cũ"),
    "after": N_("Tên mới"),
    "name": N_("Việc hệ thống"),
    "units": N_("Số đơn vị"),
    "people": N_("Số người"),
    "categories": N_("Số hạng mục"),
    "rounds": N_("Số vòng"),
    "panels": N_("Số tiểu ban"),
    "conflicts": N_("Số xung đột lợi ích"),
}
"""Name of a fact -> source text; ids, keys and counters of the machine are not here and not shown."""

VALUES = {
    "organizer": N_("thành viên Ban Tổ chức"),
    "officer": N_("cán bộ phụ trách"),
    "on_time": N_("đúng hạn"),
    "grace": N_("đúng hạn, chờ tệp gửi dở"),
    "late": N_("nộp muộn"),
    "title": N_("tên bài"),
    "authors": N_("tác giả"),
    "category": N_("hạng mục"),
    "extension": N_("loại tệp không được nhận"),
    "kind": N_("loại tệp không có trong thể lệ"),
    "count": N_("quá số tệp"),
    "too_large": N_("tệp quá lớn"),
    "empty": N_("tệp rỗng"),
    "content": N_("nội dung không đúng loại tệp"),
    "archive": N_("tệp nén không mở được an toàn"),
    "macro": N_("tệp có macro"),
    "replaced": N_("tệp cần thay không còn"),
    "infected": N_("tệp có mã độc"),
    "closed": N_("hết hạn nộp"),
    "entry_state": N_("bài không sửa được lúc đó"),
}
"""A fact's value that is a code -> source text, in the facts of `_CODED`."""

_CODED = ("timing", "fields", "code")
_STATES = ("state", "source", "target")
_MOMENTS = ("opens_at", "closes_at")
_NAMED = ("judge", "person")


def event_details(
    action: str, data: Mapping[str, Any], about: str | None, locale: Locale, tz: str
) -> list[tuple[str, str]]:
    """Labels and values of an event's data in their order; `about` is the name behind the id of a judge or a person."""
    _ = translator(locale)
    facts = []
    for name, value in data.items():
        if value in ("", None, [], False):
            continue
        if name == "version" and action.startswith("publication."):
            facts.append((_("Bản công bố số"), str(value)))
        elif name in LABELS and (shown := _value(name, value, about, locale, tz)):
            facts.append((_(LABELS[name]), shown))
    return facts


def _value(name: str, value: Any, about: str | None, locale: Locale, tz: str) -> str:
    _ = translator(locale)
    if name in _NAMED:
        return about or ("" if isinstance(value, int) else str(value))
    if name in ("file", "unit") and isinstance(value, int):
        return ""
    if name in _STATES:
        return _(STATE_LABELS[value][1]) if value in STATE_LABELS else str(value)
    if name == "kind":
        return _(VALUES[value]) if value in VALUES else _("giám khảo") if value == "judge" else str(value)
    if name in _MOMENTS:
        return formats.format_datetime(datetime.fromisoformat(value), locale, tz)
    if name == "bytes":
        return formats.format_bytes(value, locale)
    if value is True:
        return _("có")
    if isinstance(value, float):
        return f"{value:.2f}".replace(".", "," if locale == "vi" else ".")
    many = value if isinstance(value, list) else [value]
    if name in _CODED:
        many = [_(VALUES[one]) if one in VALUES else one for one in many]
    return ", ".join(" – ".join(map(str, one.values())) if isinstance(one, dict) else str(one) for one in many)
