"""A small correct PDF with Vietnamese words that can be read, searched and copied: Helvetica with drawn marks (Type 3)."""

from .lettering import compose, plain_letter
from .story import Story

_WIDTHS = dict(zip(
    " !\"'(),-./0123456789:;?%&+",
    (278, 278, 355, 191, 333, 333, 278, 333, 278, 278, *[556] * 10, 278, 278, 556, 889, 667, 584), strict=True,
))  # fmt: skip
_WIDTHS.update(zip(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    (667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944,
     667, 667, 611), strict=True,
))  # fmt: skip
_WIDTHS.update(zip(
    "abcdefghijklmnopqrstuvwxyz",
    (556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722,
     500, 500, 500), strict=True,
))  # fmt: skip
"""Advance widths of Helvetica, from Adobe's metrics of the 14 standard fonts."""

_X_HEIGHT, _CAP_HEIGHT = 523, 718


def _advance(char: str) -> int:
    return _WIDTHS[plain_letter(char)]


def _wrap(text: str, size: float, room: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and sum(map(_advance, longer)) * size / 1000 > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _glyph(char: str) -> bytes:
    letter = compose(char, _advance(char), _X_HEIGHT, _CAP_HEIGHT)
    base = r"\365" if letter.base == "ı" else "\\" + letter.base if letter.base in "()\\" else letter.base
    parts = [f"{_advance(char)} 0 d0 1 J 1 j BT /H 1000 Tf ({base}) Tj ET"]
    for stroke in letter.strokes:
        parts.append("110 w" if stroke[0][1] < 0 else "62 w")
        parts.append(" ".join(f"{x} {y} {'l' if i else 'm'}" for i, (x, y) in enumerate(stroke)) + " S")
    return " ".join(parts).encode("ascii")


def _hex(text: str) -> str:
    return f"<{(chr(0xFEFF) + text).encode('utf-16-be').hex()}>"


def _to_unicode(codes: dict[str, int]) -> bytes:
    pairs = [f"<{code:02x}> <{char.encode('utf-16-be').hex()}>" for char, code in codes.items()]
    groups = [pairs[i : i + 100] for i in range(0, len(pairs), 100)]
    body = "\n".join(f"{len(group)} beginbfchar\n" + "\n".join(group) + "\nendbfchar" for group in groups)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Letters def /CMapType 2 def\n1 begincodespacerange\n<00> <ff>\nendcodespacerange\n"
        f"{body}\nendcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode("ascii")


def _stream(data: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)


def _page(story: Story) -> tuple[bytes, dict[str, int]]:
    codes: dict[str, int] = {}
    out = ["0.58 0.11 0.32 rg 0 812 595 30 re f 0 g"]
    y = 760.0
    blocks = [(story.title, 20.0)]
    for heading, sentences in story.parts:
        blocks += [(heading.upper(), 12.0), *((sentence, 11.5) for sentence in sentences)]
    for text, size in blocks:
        y -= size if size == 12.0 else 0
        for line in _wrap(text, size, 475):
            shown = "".join(f"{codes.setdefault(char, len(codes) + 1):02x}" for char in line)
            out.append(f"BT /F {size:g} Tf 60 {y:g} Td <{shown}> Tj ET")
            y -= size * 1.5
        y -= size * 0.4
    return "\n".join(out).encode("ascii"), codes


def document(story: Story, author: str) -> bytes:
    """One A4 page, uncompressed; title and author are in its information dictionary."""
    content, codes = _page(story)
    widths = " ".join(str(_advance(char)) for char in codes)
    names = " ".join(f"/g{code}" for code in codes.values())
    first_glyph = 9
    procs = " ".join(f"/g{code} {first_glyph + i} 0 R" for i, code in enumerate(codes.values()))
    font = (
        "<< /Type /Font /Subtype /Type3 /FontBBox [0 -250 1000 1100] /FontMatrix [0.001 0 0 0.001 0 0]"
        f" /FirstChar 1 /LastChar {len(codes)} /Widths [{widths}] /Encoding << /Type /Encoding /Differences [1 {names}] >>"
        f" /CharProcs << {procs} >> /Resources << /Font << /H 6 0 R >> >> /ToUnicode 7 0 R >>"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (vi) >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        _stream(content),
        font.encode("ascii"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /StandardEncoding >>",
        _stream(_to_unicode(codes)),
        f"<< /Title {_hex(story.title)} /Author {_hex(author)} /CreationDate (D:20240315093000+07'00') >>".encode(
            "ascii"
        ),
        *(_stream(_glyph(char)) for char in codes),
    ]
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 8 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
