"""What each error says to people: status, code, title and advice as source texts, and what fills them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg
from litestar.exceptions import HTTPException

from server import errors
from server.i18n import N_
from server.upload_words import refusal_words

DATABASE_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    # No socket, connection refused, reset or timed out; and a disk of ours that does not answer.
    OSError,
)


@dataclass(frozen=True)
class Shown:
    """How one error is shown; `title` and `advice` are source texts, filled with `data`."""

    status: int
    code: str
    title: str
    advice: str
    data: dict[str, Any]


def describe(error: Exception) -> Shown:
    """The status and words of an error."""
    match error:
        case errors.NotFound():
            return Shown(
                404,
                "not_found",
                N_("Không tìm thấy trang này"),
                N_(
                    "Địa chỉ có thể đã gõ nhầm, hoặc bạn không có quyền xem. Hãy quay lại trang đầu hoặc đăng nhập bằng tài khoản khác."
                ),
                {},
            )
        case errors.NotSignedIn():
            return Shown(401, "not_signed_in", N_("Bạn cần đăng nhập"), N_("Hãy đăng nhập rồi thử lại."), {})
        case errors.PasswordNotFresh():
            return Shown(
                403,
                "password_not_fresh",
                N_("Hãy xác nhận mật khẩu"),
                N_("Để bảo mật, hãy nhập lại mật khẩu rồi thực hiện lại thao tác."),
                {},
            )
        case errors.Forbidden(reason="csrf"):
            return Shown(
                403,
                "csrf",
                N_("Biểu mẫu đã hết hiệu lực"),
                N_("Trang này mở đã lâu hoặc được gửi từ nơi khác. Hãy quay lại, tải lại trang rồi gửi lần nữa."),
                {},
            )
        case errors.Forbidden(reason="judging"):
            return Shown(
                403,
                "judging",
                N_("Bạn đang chấm thi ở cuộc thi này"),
                N_(
                    "Từ khi phân công cho tới khi chốt vòng, người chấm không xem phần việc của Ban Tổ chức, để bài dự thi vẫn ẩn danh. Hãy nhờ một thành viên khác của Ban Tổ chức; nếu thiếu người, hãy thêm ở trang Nhân sự, hoặc rời tiểu ban ở trang Chấm thi."
                ),
                {},
            )
        case errors.Forbidden(reason=reason):
            return Shown(
                403,
                reason,
                N_("Bạn không có quyền làm việc này"),
                N_("Hãy liên hệ Ban Tổ chức nếu bạn cho rằng mình cần quyền này."),
                {},
            )
        case errors.InvalidForm(errors=found):
            return Shown(
                422,
                "invalid_form",
                N_("Có ô chưa đúng"),
                N_("Hãy quay lại và sửa các ô: {fields}."),
                {"fields": ", ".join(e.field or "?" for e in found), "errors": found},
            )
        case errors.StepNotAllowed(step=step, state=state, blockers=blockers):
            return Shown(
                409,
                "step_not_allowed",
                N_("Chưa làm được bước này"),
                N_("Trạng thái hiện tại không cho phép. {blockers}"),
                {"step": step, "state": state, "blockers": "; ".join(blockers)},
            )
        case errors.DeadlinePassed():
            return Shown(
                409,
                "deadline_passed",
                N_("Đã hết hạn nộp bài"),
                N_("Cuộc thi không nhận bài vào lúc này. Hãy liên hệ Ban Tổ chức nếu có lý do chính đáng."),
                {},
            )
        case errors.FileRefused() | errors.UploadProblem():
            return Shown(*refusal_words(error))
        case errors.FileHeld(file_name=name):
            return Shown(
                409,
                "file_held",
                N_("Tệp đang được kiểm tra an toàn"),
                N_("Máy quét chưa trả lời về tệp {file}. Tệp vẫn được giữ nguyên; hãy quay lại sau ít phút."),
                {"file": name},
            )
        case errors.TooLarge(limit=limit):
            return Shown(
                413, "too_large", N_("Nội dung gửi lên quá lớn"), N_("Giới hạn là {limit} byte."), {"limit": limit}
            )
        case errors.TooSlow():
            return Shown(
                408,
                "too_slow",
                N_("Đường truyền quá chậm"),
                N_("Nội dung không đến kịp. Hãy thử lại với đường truyền tốt hơn; những gì đã lưu vẫn còn."),
                {},
            )
        case errors.VersionMissing():
            return Shown(
                428,
                "version_missing",
                N_("Thiếu phiên bản"),
                N_("Yêu cầu phải nêu phiên bản đang sửa. Hãy tải lại trang."),
                {},
            )
        case errors.StaleVersion(current_version=version, current=current):
            return Shown(
                412,
                "stale_version",
                N_("Nội dung đã được sửa ở nơi khác"),
                N_("Phiên bản hiện tại là {version}. Hãy tải lại trang để xem rồi sửa tiếp; không có gì bị ghi đè."),
                {"version": version, "current": current},
            )
        case errors.IdempotencyConflict():
            return Shown(
                422,
                "idempotency_conflict",
                N_("Mã chống gửi trùng đã dùng cho nội dung khác"),
                N_("Hãy tải lại trang rồi gửi lại."),
                {},
            )
        case errors.UnresolvedTie(entries=tied):
            return Shown(
                409,
                "unresolved_tie",
                N_("Còn bài đồng hạng tại ngưỡng"),
                N_("Ban Tổ chức cần quyết định giữa các bài: {entries}."),
                {"entries": ", ".join(tied)},
            )
        case errors.PlanInfeasible(reasons=reasons):
            return Shown(
                409,
                "plan_infeasible",
                N_("Không phân công được"),
                N_("Nguyên nhân: {reasons}."),
                {"reasons": "; ".join(f"{code}: {subject}" for code, subject in reasons)},
            )
        case errors.TooManyAttempts(retry_after=seconds):
            return Shown(
                429,
                "too_many_attempts",
                N_("Thử quá nhiều lần"),
                N_("Hãy đợi {seconds} giây rồi thử lại."),
                {"seconds": seconds},
            )
        case errors.PackRefused(problems=problems):
            return Shown(
                422,
                "pack_refused",
                N_("Gói cuộc thi có lỗi"),
                "{problems}",
                {"problems": "\n".join(map(str, problems))},
            )
        case errors.ServiceUnavailable():
            return _unavailable()
        case HTTPException(status_code=status) if status == 404:
            return describe(errors.NotFound())
        case HTTPException(status_code=status) if status == 405:
            return Shown(
                405,
                "method_not_allowed",
                N_("Trang này không nhận kiểu yêu cầu đó"),
                N_("Hãy quay lại trang trước và dùng các nút trên trang."),
                {},
            )
        case HTTPException(status_code=status) if status == 413:
            return describe(errors.TooLarge(0))
        case asyncpg.DataError():
            # A text or number that no column takes, such as a NUL in a query: the sender's mistake, not ours.
            return describe(HTTPException(status_code=400))
        case HTTPException(status_code=status) if status < 500:
            return Shown(
                status, "bad_request", N_("Không đọc được yêu cầu"), N_("Hãy quay lại trang trước và thử lại."), {}
            )
        case _ if isinstance(error, DATABASE_AWAY):
            return _unavailable()
        case _:
            return Shown(
                500,
                "internal",
                N_("Hệ thống gặp lỗi"),
                N_("Lỗi đã được ghi lại; những gì bạn đã lưu vẫn còn. Hãy thử lại sau ít phút."),
                {},
            )


def _unavailable() -> Shown:
    return Shown(
        503,
        "unavailable",
        N_("Hệ thống tạm ngừng trong giây lát"),
        N_("Hãy thử lại sau vài giây; những gì bạn đã lưu vẫn còn."),
        {},
    )
