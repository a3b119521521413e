"""What is in the way of a step, in words; a code without words here is shown as it is."""

from __future__ import annotations

from server.i18n import N_

BLOCKER_WORDS = {
    "another_version": N_("Đã có bản chuẩn bị khác; hãy xem lại bản mới."),
    "changed_since_return": N_("Đơn vị đã sửa bài sau khi được trả lại; hãy để đơn vị nộp lại."),
    "entries_submitted": N_("Đã có bài dự thi được nộp."),
    "facts_changed": N_("Dữ liệu đã thay đổi sau khi trang được mở; hãy tải lại trang để xem bản mới."),
    "marks_exist": N_("Đã có giám khảo cho điểm."),
    "next_round_planned": N_("Vòng sau đã được phân công."),
    "no_free_organizer": N_(
        "Mọi thành viên Ban Tổ chức đều chấm vòng này, nên không còn ai điều hành được vòng. Hãy thêm một thành viên ở trang Nhân sự, hoặc đưa một người ra khỏi tiểu ban."
    ),
    "no_next_round": N_("Cuộc thi không còn vòng sau."),
    "no_tie": N_("Không có bài đồng hạng cần quyết định."),
    "not_approved": N_("Bạn chưa duyệt bản này."),
    "plan_outdated": N_("Danh sách bài dự thi đã thay đổi sau khi phân công; hãy phân công lại rồi bắt đầu chấm."),
    "published": N_("Kết quả đã được công bố."),
    "withdrawn_by_organizers": N_("Ban Tổ chức đã rút bài này; chỉ Ban Tổ chức đưa bài trở lại được."),
    "withdrawn_by_unit": N_("Đơn vị đã tự rút bài này; chỉ đơn vị lấy lại được."),
}
