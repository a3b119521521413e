"""Marks of 3 judges for each entry: a tie on the cut that the ladder breaks, two spreads above 20, one of exactly 20."""

from .draw import choose, number

CRITERIA = {"noi-dung": 40, "sang-tao": 20, "ung-dung": 20, "hinh-thuc": 20}
"""Criterion -> most points. All marks below are counted in half points, as the step is 0.5."""

Sheets = list[dict[str, int]]

WINNER, SECOND, THIRD, FOURTH = "E017", "E052", "E038", "E008"
WIDE = ("E029", "E045")
EXACTLY_20 = "E011"

_BY_HAND = {
    # Totals 92, 90.5 and 91.5: 91.33.
    WINNER: ("37 18 18.5 18.5", "36 18.5 18 18", "36.5 18 18.5 18.5"),
    # Totals 90, 91 and 90.5: 90.50.
    SECOND: ("36.5 17.5 18 18", "36.5 18 18.5 18", "36 18.5 18 18"),
    # Third and fourth: both 269 points, both 109.5 in noi-dung; sang-tao decides, 55 to 53.
    THIRD: ("37 18.5 18 17.5", "36 18 17 17", "36.5 18.5 17.5 17.5"),
    FOURTH: ("36.5 17.5 18 17.5", "37 17.5 18.5 17", "36 18 18 17.5"),
    # Totals 84.5, 82 and 61.5: a spread of 23.
    WIDE[0]: ("34 17 17 16.5", "33 16 17 16", "24.5 11.5 13 12.5"),
    # Totals 57, 78.5 and 72: a spread of 21.5.
    WIDE[1]: ("23 10.5 12 11.5", "31.5 15.5 16 15.5", "29 14 15 14"),
    # Totals 80, 70 and 60: a spread of exactly 20, which is not above 20.
    EXACTLY_20: ("32 16 16 16", "28 14 14 14", "24 12 12 12"),
}
_HIGHEST_SUM = 2 * 3 * 88
"""No entry made by the draw comes above 88.00, so the first four places are as written."""

_PRAISE = (
    "Nội dung bám sát chủ đề, có số liệu minh chứng.",
    "Cách làm rõ ràng, chi hội khác áp dụng được ngay.",
    "Ý tưởng hay, hình ảnh thật, lời dẫn tự nhiên.",
    "Bài trình bày gọn, chữ dễ đọc trên điện thoại.",
)
_CRITIQUE = (
    "Cần nêu thêm kết quả trước và sau khi thực hiện.",
    "Âm thanh còn nhỏ, nên thu lại phần thuyết minh.",
    "Nội dung còn dàn trải, nên chọn một cách làm nổi bật.",
    "Chưa nói rõ cách duy trì khi hết kinh phí hỗ trợ.",
)
_WIDE_COMMENT = "Chấm thấp vì phần minh chứng chưa thuyết phục, đề nghị tiểu ban xem lại."


def _by_hand(sheets: tuple[str, ...]) -> Sheets:
    return [dict(zip(CRITERIA, (int(2 * float(p)) for p in sheet.split()), strict=True)) for sheet in sheets]


def _drawn(code: str, judges: list[str]) -> Sheets:
    quality = number(f"{code}/quality", 62, 86)
    sheets = []
    for judge in judges:
        leaning = number(f"{judge}/leaning", -2, 2)
        marks = {}
        for criterion, most in CRITERIA.items():
            per_cent = (
                quality + leaning + number(f"{code}/{criterion}", -3, 3) + number(f"{code}/{judge}/{criterion}", -4, 4)
            )
            marks[criterion] = min(2 * most, round(2 * most * per_cent / 100))
        sheets.append(marks)
    return sheets


def _sum(sheets: Sheets) -> int:
    return sum(sum(marks.values()) for marks in sheets)


def all_sheets(judges_of: dict[str, list[str]]) -> dict[str, Sheets]:
    """Entry code -> the sheets of its judges in their order, in half points.

    Every sum is different but the tie that was written by hand: a drawn entry whose sum is taken loses half a point.
    """
    found = {code: _by_hand(sheets) for code, sheets in _BY_HAND.items()}
    taken = {_sum(sheets) for sheets in found.values()}
    for code in sorted(judges_of):
        if code in found:
            continue
        sheets = _drawn(code, judges_of[code])
        turn = 0
        while _sum(sheets) in taken or _sum(sheets) > _HIGHEST_SUM:
            sheets[turn % len(sheets)]["noi-dung"] -= 1
            turn += 1
        taken.add(_sum(sheets))
        found[code] = sheets
    return found


def comment(code: str, judge: str, marks: dict[str, int]) -> str:
    """What a judge writes beside the first criterion; most sheets have none."""
    if code in WIDE and sum(marks.values()) < 2 * 62:
        return _WIDE_COMMENT
    if number(f"{code}/{judge}/writes", 1, 4) > 1:
        return ""
    return choose(f"{code}/{judge}/comment", _PRAISE if sum(marks.values()) >= 2 * 74 else _CRITIQUE)


def points(half_points: int) -> str:
    """Half points as scores.csv writes them: 17.5, 18."""
    whole, half = divmod(half_points, 2)
    return f"{whole}.5" if half else str(whole)
