"""The words for what is wrong with a field, the same on every form."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from server.errors import FieldError
from server.i18n import N_

MESSAGES = {
    "required": N_("Hãy điền ô này."),
    "too_long": N_("Nội dung quá dài."),
    "too_short": N_("Nội dung quá ngắn."),
    "not_a_number": N_("Hãy nhập một số, ví dụ 8,5."),
    "not_a_choice": N_("Hãy chọn một mục trong danh sách."),
    "judges_now": N_("Người này đang chấm thi ở cuộc thi này nên chưa thể nộp bài cho đơn vị."),
    "not_a_date": N_("Hãy nhập ngày giờ đúng dạng."),
    "not_after_deadline": N_("Hãy chọn thời điểm sau hạn nộp chung của cuộc thi."),
    "unreadable": N_("Nội dung có ký tự không đọc được."),
    "invalid": N_("Nội dung chưa đúng."),
    "stale": N_("Nội dung đã được người khác sửa trong lúc bạn đang mở trang; hãy xem lại rồi lưu lần nữa."),
    "taken": N_("Mã này đã có rồi, hãy chọn mã khác."),
    "out_of_range": N_("Điểm phải từ {min} đến {max}."),
    "off_step": N_("Điểm phải là bội số của {step}."),
    "email": N_("Địa chỉ email chưa đúng."),
    "file_missing": N_("Còn thiếu tệp bắt buộc: {kind}."),
    "unit_full": N_("Đơn vị đã nộp đủ {max} bài, không nộp thêm được."),
    "cut": N_("Tệp chưa tới nơi trọn vẹn. Hãy gửi lại."),
    "too_many": N_("Quá nhiều tệp trong một lần gửi."),
    "login": N_("Email hoặc mật khẩu chưa đúng."),
    "wrong_password": N_("Mật khẩu chưa đúng."),
    "password_short": N_("Mật khẩu cần ít nhất {min} ký tự."),
    "decision": N_("Hãy chọn đúng {places} bài trong các bài đồng hạng."),
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
