"""What the log tells of an event: in words of the reader's language, without ids and counters of the machine."""

from __future__ import annotations

from typing import Any

import pytest

from server.event_details import event_details
from server.i18n import Locale


@pytest.mark.parametrize(
    ("action", "data", "locale", "wanted"),
    [
        ("contest.step", {"step": "open", "source": "draft", "target": "open"}, "vi",
         [("Từ", "Nháp"), ("Sang", "Đang nhận bài")]),
        ("contest.step", {"step": "open", "source": "draft", "target": "open"}, "en",
         [("From", "Draft"), ("To", "Open for entries")]),
        ("entry.submitted", {"version": 2, "receipt": "HT-1", "timing": "late"}, "vi",
         [("Biên nhận", "HT-1"), ("Thời điểm nộp", "nộp muộn")]),
        ("publication.prepared", {"version": 2, "digest": "ab"}, "en", [("Publication no.", "2"), ("SHA-256", "ab")]),
        ("role.granted", {"person": 7, "kind": "judge", "unit": 4}, "vi", [("Người", "Lê Hoa"), ("Vai trò", "giám khảo")]),
        ("round.closed", {"reason": "", "missing": [{"entry": "E1", "judge": "a@b"}]}, "vi",
         [("Phiếu còn thiếu", "E1 – a@b")]),
        ("contest.dates", {"closes_at": "2026-11-24 01:30:00+00:00", "grace_minutes": 30}, "vi",
         [("Hạn nộp", "24/11/2026 08:30"), ("Số phút gửi nốt tệp", "30")]),
        ("entry.file_added", {"file": 3, "bytes": 2048, "sha256": "cd"}, "en", [("Size", "2 KB"), ("SHA-256", "cd")]),
        ("entry.upload_refused", {"file": "a.pdf", "code": "content"}, "vi",
         [("Tệp", "a.pdf"), ("Lý do từ chối", "nội dung không đúng loại tệp")]),
        ("round.planned", {"seed": 5, "a_eff": 0.5, "cost": 9, "components": 1}, "vi",
         [("Số ngẫu nhiên", "5"), ("Độ liên kết", "0,50")]),
    ],
)  # fmt: skip
def test_facts_are_words(action: str, data: dict[str, Any], locale: Locale, wanted: list[tuple[str, str]]) -> None:
    assert event_details(action, data, "Lê Hoa", locale, "Asia/Ho_Chi_Minh") == wanted
