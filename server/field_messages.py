"""The words for what is wrong with a field, the same on every form."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from server.errors import FieldError


def _(text: str) -> str:
    """Mark a text for translation; it is translated when it is shown."""
    return text


MESSAGES = {
    "required": _("Hãy điền ô này."),
    "too_long": _("Nội dung quá dài."),
    "too_short": _("Nội dung quá ngắn."),
    "not_a_number": _("Hãy nhập một số, ví dụ 8,5."),
    "not_a_choice": _("Hãy chọn một mục trong danh sách."),
    "not_a_date": _("Hãy nhập ngày giờ đúng dạng."),
    "unreadable": _("Nội dung có ký tự không đọc được."),
    "invalid": _("Nội dung chưa đúng."),
    "stale": _("Nội dung đã được người khác sửa trong lúc bạn đang mở trang; hãy xem lại rồi lưu lần nữa."),
    "taken": _("Mã này đã có rồi, hãy chọn mã khác."),
    "out_of_range": _("Điểm phải từ {min} đến {max}."),
    "off_step": _("Điểm phải là bội số của {step}."),
    "email": _("Địa chỉ thư điện tử chưa đúng."),
    "decision": _("Hãy chọn đúng {places} bài trong các bài đồng hạng."),
}


def field_messages(errors: Iterable[FieldError], translate: Callable[[str], str]) -> dict[str, str]:
    """Field name -> message in the reader's language, in the order of the form; an unknown code reads as invalid."""
    return {
        error.field: translate(MESSAGES.get(error.code, MESSAGES["invalid"])).format_map(_Given(error.data))
        for error in errors
    }


class _Given(dict[str, str]):
    """Placeholders that the error did not fill read as an ellipsis, not as a failure of the page."""

    def __missing__(self, key: str) -> str:
        return "…"
