"""Names of the authors: Kinh, Khmer and Hoa, as they live side by side in the province."""

from .draw import choose, number
from .titles import GROUP, Idea

_KINH_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Hồ", "Ngô", "Dương", "Phan", "Đỗ", "Mai")
_KINH_GIVEN = (
    "Kim Ngân", "Ngọc Ánh", "Hồng Đào", "Thùy Linh", "Cẩm Nhung", "Mỹ Lệ", "Bé Ba", "Tuyết Mai", "Kiều Diễm", "Út Mười",
    "Thanh Thảo", "Bích Ngọc", "Lan Chi", "Yến Nhi", "Phương Thảo", "Diệu Hiền", "Ánh Nguyệt", "Hồng Gấm", "Thu Vân",
    "Minh Thư", "Như Ý", "Hoàng Yến", "Trúc Ly", "Quế Trân",
)  # fmt: skip
_KHMER_FAMILY = ("Thạch", "Sơn", "Kim", "Lý", "Danh", "Châu", "Trà")
_KHMER_GIVEN = (
    "Sà Rây",
    "Sô Phia",
    "Sa Vươn",
    "Chanh Đa",
    "Sa Mết",
    "Rạch Thu",
    "Sóc Thia",
    "Đa Rinh",
    "Na Vy",
    "Som Bô",
)
_HOA_FAMILY = ("Trương", "Lâm", "Tăng", "Vương", "Triệu", "Mã", "Quách", "Lưu")
_HOA_GIVEN = ("Mỹ Linh", "Tú Anh", "Bội Ngọc", "Tuyết Hoa", "Mỹ Khanh", "Lệ Muội", "Tú Phụng", "Ái Liên")

_KHMER_SHARE = {"VC": 45, "TD": 45, "MX": 35, "CT": 40, "TT": 35, "MT": 30, "LP": 25, "TPST": 20}
_HOA_SHARE = {"VC": 15, "TPST": 12, "TD": 8, "KS": 5}


def _one(seed: str, unit: str) -> str:
    roll = number(seed + "/people", 1, 100)
    khmer = _KHMER_SHARE.get(unit, 5)
    if roll <= khmer:
        return f"{choose(seed + '/f', _KHMER_FAMILY)} Thị {choose(seed + '/g', _KHMER_GIVEN)}"
    if roll <= khmer + _HOA_SHARE.get(unit, 2):
        return f"{choose(seed + '/f', _HOA_FAMILY)} {choose(seed + '/g', _HOA_GIVEN)}"
    return f"{choose(seed + '/f', _KINH_FAMILY)} Thị {choose(seed + '/g', _KINH_GIVEN)}"


def authors(idea: Idea, taken: set[str]) -> list[str]:
    """One author, or three to five for a group; adds them to `taken`, so that no name comes twice."""
    wanted = number(idea.title + "/size", 3, 5) if idea.category == GROUP else 1
    found: list[str] = []
    attempt = 0
    while len(found) < wanted:
        name = _one(f"{idea.title}/{attempt}", idea.unit)
        attempt += 1
        if name not in taken:
            taken.add(name)
            found.append(name)
    return found
