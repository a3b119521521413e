"""The words for each kind of audit event, as organizers read them in the log."""

from __future__ import annotations

from server.i18n import N_

EVENT_WORDS = {
    "contest.imported": N_("nạp gói cuộc thi"),
    "contest.step": N_("chuyển bước cuộc thi"),
    "entry.created": N_("lập bài dự thi"),
    "entry.edited": N_("sửa bài dự thi"),
    "entry.file_added": N_("thêm tệp"),
    "entry.file_removed": N_("bỏ tệp"),
    "entry.submitted": N_("nộp bài"),
    "entry.withdrawn": N_("rút bài"),
    "entry.restored": N_("lấy lại bài đã rút"),
    "entry.accept": N_("công nhận bài hợp lệ"),
    "entry.accept_all": N_("công nhận tất cả bài đúng hạn"),
    "entry.undo_accept": N_("bỏ công nhận bài"),
    "entry.return": N_("trả bài về đơn vị"),
    "entry.undo_return": N_("thôi trả bài"),
    "entry.withdraw": N_("rút bài khỏi cuộc thi"),
    "entry.edited_by_organizer": N_("Ban Tổ chức sửa thông tin bài"),
    "round.planned": N_("phân công chấm"),
    "round.started": N_("bắt đầu chấm"),
    "round.stopped": N_("dừng chấm để phân công lại"),
    "round.closed": N_("đóng vòng chấm"),
    "round.reopened": N_("mở lại vòng chấm"),
    "round.tie_decided": N_("quyết định bài đồng hạng"),
    "round.advanced": N_("chốt vòng thi"),
    "round.advance_undone": N_("bỏ chốt vòng thi"),
    "sheet.saved": N_("lưu phiếu chấm"),
    "sheet.submitted": N_("nộp phiếu chấm"),
    "sheet.reopened": N_("sửa lại phiếu chấm"),
    "assignment.recused": N_("giám khảo từ chối chấm"),
    "assignment.cancelled": N_("hủy phân công"),
    "assignment.replaced": N_("cử giám khảo thay"),
    "conflict.set": N_("ghi xung đột lợi ích"),
    "conflict.removed": N_("bỏ xung đột lợi ích"),
    "publication.prepared": N_("chuẩn bị công bố"),
    "publication.approved": N_("duyệt công bố"),
    "publication.withdrawn": N_("rút duyệt công bố"),
    "publication.published": N_("công bố kết quả"),
    "job.retried": N_("thử lại việc nền"),
}
"""Action -> source text; an action without words is shown as its code."""
