"""Who takes part: the host, the 11 units of 2024, organizers, judges with their panels, officers, conflicts."""

from unicodedata import normalize

HOST = "ST"
DISSOLVED = "2025-06-30"
ROUND = "so-khao"

UNITS = {
    "TPST": ("Hội LHPN thành phố Sóc Trăng", "city"),
    "VC": ("Hội LHPN thị xã Vĩnh Châu", "town"),
    "NN": ("Hội LHPN thị xã Ngã Năm", "town"),
    "CT": ("Hội LHPN huyện Châu Thành", "district"),
    "CLD": ("Hội LHPN huyện Cù Lao Dung", "district"),
    "KS": ("Hội LHPN huyện Kế Sách", "district"),
    "LP": ("Hội LHPN huyện Long Phú", "district"),
    "MT": ("Hội LHPN huyện Mỹ Tú", "district"),
    "MX": ("Hội LHPN huyện Mỹ Xuyên", "district"),
    "TT": ("Hội LHPN huyện Thạnh Trị", "district"),
    "TD": ("Hội LHPN huyện Trần Đề", "district"),
}

PANELS = {"1": ("TPST", "KS", "MX"), "2": ("VC", "CT", "CLD", "TD"), "3": ("NN", "LP", "MT", "TT")}
"""Each unit is judged by one panel, so that an entry's panel is certain: 21, 22 and 21 entries."""

ORGANIZERS = ("Nguyễn Thị Thu Hà", "Trần Ngọc Diễm")
JUDGES = {
    "1": (("Lê Thị Bích Thủy", HOST), ("Thạch Thị Sa Ry", HOST), ("Phạm Thị Kim Loan", "LP")),
    "2": (("Huỳnh Thị Mỹ Dung", HOST), ("Quách Bội Linh", HOST), ("Võ Thị Hồng Nhung", "MX")),
    "3": (("Đặng Thị Ngọc Hân", HOST), ("Sơn Thị Pha Ly", HOST), ("Lâm Mỹ Hoa", "VC")),
}
"""Panel -> its three judges and their own units, none of which their panel judges."""

OFFICERS = {
    "TPST": "Nguyễn Thị Cẩm Tú",
    "VC": "Trương Tố Muội",
    "NN": "Lê Thị Út Em",
    "CT": "Danh Thị Hồng Thắm",
    "CLD": "Phan Thị Bé Sáu",
    "KS": "Bùi Thị Thùy Trang",
    "LP": "Dương Thị Kiều Oanh",
    "MT": "Ngô Thị Lan Hương",
    "MX": "Kim Thị Chanh Thu",
    "TT": "Lý Thị Sóc Kha",
    "TD": "Thạch Thị Đa Ni",
}


def ascii_name(text: str) -> str:
    """Lower-case ASCII words with dots between, as in an e-mail address."""
    plain = normalize("NFD", text.lower().replace("đ", "d"))
    return ".".join("".join(c for c in plain if c.isascii()).split())


def email(full_name: str) -> str:
    """A person's address. Names in this pack are all different."""
    return f"{ascii_name(full_name)}@soctrang.example"


def panel_of(unit: str) -> str:
    """The panel that judges a unit's entries."""
    return next(panel for panel, units in PANELS.items() if unit in units)


def units_rows() -> list[list[str]]:
    """Rows of units.csv: the host first, then the 11 units below it."""
    rows = [[HOST, "Hội LHPN tỉnh Sóc Trăng", "province", "", "hoilhpn@soctrang.example", "", ""]]
    for code, (name, kind) in UNITS.items():
        local = ascii_name(name).replace(".", "").removeprefix("hoilhpn")
        rows.append([code, name, kind, HOST, f"hoilhpn.{local}@soctrang.example", "", DISSOLVED])
    return rows


def people_rows() -> list[list[str]]:
    """Rows of people.csv: 2 organizers, 9 judges, 11 officers."""
    rows = [[email(name), name, "organizer", HOST, "", "vi"] for name in ORGANIZERS]
    for panel, seats in JUDGES.items():
        rows += [[email(name), name, "judge", unit, f"{ROUND}/{panel}", "vi"] for name, unit in seats]
    rows += [[email(name), name, "officer", unit, "", "vi"] for unit, name in OFFICERS.items()]
    return rows


def conflicts_rows(first_entry_of: dict[str, str]) -> list[list[str]]:
    """Rows of conflicts.csv: conflicts of judges with what another panel judges, so that every seat stays full."""
    return [
        [email("Lê Thị Bích Thủy"), first_entry_of["VC"], "", "Chị ruột của một tác giả bài dự thi"],
        [email("Huỳnh Thị Mỹ Dung"), first_entry_of["KS"], "", "Đã góp ý kịch bản video cho bài dự thi này"],
        [email("Đặng Thị Ngọc Hân"), "", "CLD", "Nguyên Chủ tịch Hội LHPN huyện Cù Lao Dung"],
        [email("Quách Bội Linh"), "", "NN", "Giảng viên lớp tập huấn chuyển đổi số của thị xã"],
    ]
