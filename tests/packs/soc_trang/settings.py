"""contest.toml of the demo pack."""

from .marks import CRITERIA
from .roster import PANELS

_TITLES = {
    "noi-dung": ("Nội dung", "Content"),
    "sang-tao": ("Tính sáng tạo", "Creativity"),
    "ung-dung": ("Khả năng ứng dụng", "Usefulness in practice"),
    "hinh-thuc": ("Hình thức thể hiện", "Presentation"),
}

_HEAD = """\
pack_version = 1

[contest]
code = "cntt-2024"
title = { vi = "Ứng dụng công nghệ thông tin trong tổ chức sinh hoạt Hội", en = "Applying IT in association meetings" }
host_unit = "ST"
timezone = "Asia/Ho_Chi_Minh"
opens_at = 2024-03-01T08:00:00+07:00
closes_at = 2024-04-02T00:00:00+07:00
approvals = 2
per_unit_max = 0

[[categories]]
code = "tap-the"
title = { vi = "Tập thể", en = "Group" }

[[categories]]
code = "ca-nhan"
title = { vi = "Cá nhân", en = "Individual" }

[[file_rules]]
kind = "video"
extensions = ["mp4", "mov", "webm"]
max_bytes = 2147483648
max_count = 1
required = true

[[file_rules]]
kind = "document"
extensions = ["pptx", "pdf", "docx", "jpg"]
max_bytes = 104857600
max_count = 1
required = true

[[rounds]]
code = "so-khao"
title = { vi = "Sơ khảo", en = "Preliminary" }
judges_per_entry = "panel"
blind = true
step = "0.5"
decimals = 2
calibration = "none"

[rounds.aggregate]
method = "mean"
trim = 0
per = "sheet"

[rounds.discrepancy]
max_spread = "20"
action = "flag"

[rounds.advance]
top = 3
per = "round"
ties = "decide"

[rounds.ties]
break = ["criterion:noi-dung", "criterion:sang-tao", "median", "submitted_at"]
"""

_PRIZES = (("Giải Nhất", "First prize", 1), ("Giải Nhì", "Second prize", 2), ("Giải Ba", "Third prize", 3),
           ("Giải Khuyến khích", "Consolation prize", 5))  # fmt: skip


def contest_toml() -> str:
    """The whole settings file."""
    parts = [_HEAD]
    for code, most in CRITERIA.items():
        vi, en = _TITLES[code]
        parts.append(
            f'[[rounds.criteria]]\ncode = "{code}"\ntitle = {{ vi = "{vi}", en = "{en}" }}\nmax = "{most}"\nweight = "1"\n'
        )
    for code, units in PANELS.items():
        listed = ", ".join(f'"{unit}"' for unit in units)
        parts.append(
            f'[[rounds.panels]]\ncode = "{code}"\ntitle = {{ vi = "Tiểu ban {code}", en = "Panel {code}" }}\n'
            f"categories = []\nunits = [{listed}]\n"
        )
    for vi, en, count in _PRIZES:
        parts.append(f'[[prizes]]\ntitle = {{ vi = "{vi}", en = "{en}" }}\ncount = {count}\n')
    return "\n".join(parts)
