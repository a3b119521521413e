"""Vietnamese letters made of a plain letter and strokes for its marks, so that no font file has to be at hand."""

from dataclasses import dataclass
from unicodedata import normalize

Stroke = tuple[tuple[int, int], ...]

# Strokes in thousandths of an em. Marks above: x from the letter's middle, y from the letter's top.
_ACUTE: Stroke = ((-25, 55), (55, 150))
_GRAVE: Stroke = ((25, 55), (-55, 150))
_TILDE: Stroke = ((-95, 65), (-60, 105), (-20, 100), (25, 70), (60, 65), (95, 110))
_HOOK: Stroke = ((-45, 160), (-10, 185), (35, 170), (40, 135), (5, 105), (0, 65))
_CIRCUMFLEX: Stroke = ((-95, 55), (0, 130), (95, 55))
_BREVE: Stroke = ((-90, 125), (-50, 70), (0, 55), (50, 70), (90, 125))
_TONES = {"\u0301": _ACUTE, "\u0300": _GRAVE, "\u0303": _TILDE, "\u0309": _HOOK}
_SHAPES = {"\u0302": _CIRCUMFLEX, "\u0306": _BREVE}
_DOT_BELOW = "\u0323"
_HORN = "\u031b"
_OVER_A_SHAPE = 95
_ROUND = "acegmnopqrsuvwxyz"


@dataclass(frozen=True)
class Letter:
    """What is drawn for one character: a plain letter, and strokes at places counted from its left end and baseline."""

    base: str
    strokes: tuple[Stroke, ...]


def compose(char: str, width: int, low_top: int, high_top: int) -> Letter:
    """The letter for one NFC character.

    `width` is the advance of its plain letter, `low_top` and `high_top` the heights of x and H, in thousandths of an em.
    """
    if char in "đĐ":
        y, left = (high_top - 130, width - 330) if char == "đ" else (high_top // 2, -30)
        return Letter("d" if char == "đ" else "D", (((left, y), (left + 300, y)),))
    base, *marks = normalize("NFD", char)
    top = low_top if base in _ROUND or base == "i" else high_top
    above = [m for m in marks if m in _TONES or m in _SHAPES]
    strokes: list[Stroke] = []
    lift = 0
    for mark in sorted(above, key=lambda m: m in _TONES):
        strokes.append(tuple((width // 2 + x, top + lift + y) for x, y in {**_SHAPES, **_TONES}[mark]))
        lift = _OVER_A_SHAPE
    if _DOT_BELOW in marks:
        strokes.append(((width // 2 - 8, -150), (width // 2 + 8, -150)))
    if _HORN in marks:
        edge = width - 70
        strokes.append(((edge, top - 40), (edge + 60, top - 5), (edge + 70, top + 60)))
    return Letter("ı" if base == "i" and above else base, tuple(strokes))


def plain_letter(char: str) -> str:
    """The letter whose advance a character has: that without its marks."""
    return "d" if char == "đ" else "D" if char == "Đ" else normalize("NFD", char)[0]
