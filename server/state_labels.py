"""The words for every state that a badge shows, and how serious each one is."""

from __future__ import annotations

from server.i18n import N_, Translate

STATE_LABELS: dict[str, tuple[str, str]] = {
    "draft": ("neutral", N_("Nháp")),
    "open": ("good", N_("Đang nhận bài")),
    "closed": ("neutral", N_("Đã đóng")),
    "judging": ("info", N_("Đang chấm")),
    "decided": ("accent", N_("Đã chốt kết quả")),
    "published": ("good", N_("Đã công bố")),
    "submitted": ("info", N_("Đã nộp")),
    "returned": ("warn", N_("Đã trả lại")),
    "valid": ("good", N_("Hợp lệ")),
    "withdrawn": ("neutral", N_("Đã rút")),
    "late": ("warn", N_("Nộp muộn")),
    "waiting": ("neutral", N_("Chưa bắt đầu")),
    "assigned": ("info", N_("Đã phân công")),
    "active": ("info", N_("Được phân công")),
    "recused": ("warn", N_("Đã từ chối chấm")),
    "cancelled": ("neutral", N_("Đã hủy")),
    "todo": ("neutral", N_("Chưa chấm")),
    "started": ("info", N_("Đang chấm dở")),
    "scored": ("good", N_("Đã nộp phiếu")),
    "ready": ("neutral", N_("Chờ xử lý")),
    "running": ("info", N_("Đang xử lý")),
    "done": ("good", N_("Xong")),
    "dead": ("bad", N_("Không thành công")),
    "prepared": ("neutral", N_("Chờ duyệt")),
    "approved": ("good", N_("Đã duyệt")),
    "advanced": ("accent", N_("Vào vòng sau")),
    "tied": ("warn", N_("Đồng hạng")),
    "flagged": ("warn", N_("Cần xem lại")),
    "conflict": ("bad", N_("Xung đột lợi ích")),
    "invited": ("neutral", N_("Đã mời")),
    "accepted": ("good", N_("Đã có tài khoản")),
    "expired": ("neutral", N_("Hết hạn")),
    "revoked": ("neutral", N_("Đã thu hồi")),
}
"""State -> (tone, source text); tones: neutral, info, good, warn, bad, accent."""


def translated_states(translate: Translate) -> dict[str, tuple[str, str]]:
    """State -> (tone, words) in one language."""
    return {state: (tone, translate(words)) for state, (tone, words) in STATE_LABELS.items()}
