"""The words and HTTP statuses for uploads in parts that cannot go on, and for files that break a rule."""

from __future__ import annotations

from typing import Any

from server.errors import FileRefused, UploadProblem
from server.formats import format_bytes
from server.i18n import N_

# A client of the tus protocol goes on by itself after 409, 423 and 5xx; every other status ends its upload.
UPLOAD_PROBLEMS: dict[str, tuple[int, str, str]] = {
    "header": (400, N_("Không đọc được yêu cầu"), N_("Tiêu đề {header} chưa đúng.")),
    "closed": (
        403,
        N_("Đã hết hạn nộp bài"),
        N_("Cuộc thi không nhận tệp cho bài này nữa. Hãy liên hệ Ban Tổ chức nếu có lý do chính đáng."),
    ),
    "entry_state": (
        403,
        N_("Bài này không sửa được nữa"),
        N_("Bài đã được công nhận hoặc đã rút, nên không nhận thêm tệp."),
    ),
    "over": (403, N_("Tệp này đã gửi xong"), N_("Hệ thống đã nhận đủ tệp, không nhận thêm. Hãy tải lại trang để xem.")),
    "too_many": (
        422,
        N_("Quá nhiều tệp đang tải dở"),
        N_("Bài này đang có {max} tệp tải dở. Hãy gửi tiếp hoặc xóa bớt các tệp đó."),
    ),
    "too_many_pieces": (
        422,
        N_("Tệp bị chia quá nhỏ"),
        N_("Đường truyền bị ngắt quá nhiều lần. Hãy xóa lần gửi này rồi gửi lại từ đầu."),
    ),
    "offset": (
        409,
        N_("Vị trí gửi tiếp chưa khớp"),
        N_("Hệ thống đã nhận {offset} byte; hãy gửi tiếp từ đó."),
    ),
    "busy": (
        423,
        N_("Tệp này đang được gửi từ nơi khác"),
        N_("Lần gửi này dừng lại; phần đã nhận vẫn còn, có thể gửi tiếp từ đó."),
    ),
    "gone": (410, N_("Lần gửi này đã hết hạn"), N_("Hãy chọn lại tệp và gửi từ đầu.")),
    "version": (412, N_("Không đọc được yêu cầu"), N_("Máy chủ chỉ dùng tus phiên bản 1.0.0.")),
    "media_type": (415, N_("Không đọc được yêu cầu"), N_("Nội dung phải có kiểu application/offset+octet-stream.")),
    "checksum": (
        460,
        N_("Phần vừa gửi bị sai lệch"),
        N_("Đường truyền làm hỏng dữ liệu; phần đó không được giữ. Hãy gửi lại."),
    ),
}
"""Code -> status, title, advice."""

FILE_ADVICE = {
    "kind": N_("Thể lệ không có loại tệp này."),
    "extension": N_("Chỉ nhận các loại tệp: {wanted}."),
    "count": N_("Đã đủ {max} tệp thuộc loại này. Hãy xóa hoặc thay một tệp đã gửi."),
    "too_large": N_(
        "Tệp lớn hơn mức {limit} mà thể lệ cho phép. Hãy chọn tệp nhỏ hơn, hoặc giảm chất lượng khi xuất video."
    ),
    "empty": N_("Tệp không có nội dung. Hãy chọn tệp khác."),
    "content": N_("Nội dung bên trong không phải là {wanted}. Hãy xuất lại tệp đúng loại, đừng chỉ đổi đuôi tên tệp."),
    "macro": N_("Tệp có macro (chương trình bên trong). Hãy lưu lại thành tệp không có macro."),
    "archive": N_("Tệp bị hỏng hoặc không đọc được. Hãy mở tệp, lưu lại rồi gửi lần nữa."),
    "infected": N_(
        "Máy quét tìm thấy mã độc trong tệp ({found}) nên không ai tải được tệp này. Hãy xóa và gửi tệp sạch."
    ),
    "replaced": N_("Tệp cần thay không còn trong bài. Hãy tải lại trang rồi gửi lại."),
}
"""Code of a FileRefused -> advice; what is not here gets the general one."""

_GENERAL = N_("Hãy xem lại quy định về tệp của cuộc thi và chọn tệp khác.")


def refusal_words(error: UploadProblem | FileRefused) -> tuple[int, str, str, str, dict[str, Any]]:
    """Status, code, title, advice and what fills them, as error_words.Shown wants them."""
    if isinstance(error, UploadProblem):
        status, title, advice = UPLOAD_PROBLEMS[error.code]
        return status, f"upload_{error.code}", title, advice, dict(error.data)
    data: dict[str, Any] = {"file": error.file_name, **error.data}
    advice = FILE_ADVICE.get(error.code, _GENERAL)
    if error.code == "too_large":
        data["limit"] = format_bytes(int(error.data.get("max", "0")), "vi")
    for place in ("wanted", "max"):
        if f"{{{place}}}" in advice:
            data.setdefault(place, "…")
    status = 413 if error.code == "too_large" else 422
    return status, f"file_{error.code}", N_("Tệp không được chấp nhận: {file}"), advice, data
