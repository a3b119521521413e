"""Pictures with Vietnamese words on coloured ground: the frames of the videos and the posters."""

import io

from PIL import Image, ImageDraw, ImageFont

from .draw import number
from .lettering import compose, plain_letter
from .topics import HOW, RESULT, TOPICS, WHY

Colour = tuple[int, int, int]
INK: Colour = (255, 255, 255)


def colours(seed: str) -> tuple[Colour, Colour]:
    """Two deep colours that white letters can be read on."""
    hues = (
        (148, 27, 82),
        (21, 82, 99),
        (92, 45, 120),
        (128, 66, 12),
        (24, 96, 62),
        (40, 62, 132),
        (138, 36, 36),
        (70, 70, 84),
    )
    first = number(seed + "/colour", 0, len(hues) - 1)
    second = (first + number(seed + "/second", 1, len(hues) - 1)) % len(hues)
    return hues[first], hues[second]


def ground(size: tuple[int, int], seed: str) -> Image.Image:
    """Bands from one colour to the other, and circles where the seed puts them."""
    width, height = size
    top, bottom = colours(seed)
    image = Image.new("RGB", size, top)
    pen = ImageDraw.Draw(image)
    bands = 12
    for band in range(bands):
        mixed = tuple((a * (bands - band) + b * band) // bands for a, b in zip(top, bottom, strict=True))
        pen.rectangle((0, height * band // bands, width, height), fill=mixed)
    for circle in range(3):
        x, y = number(f"{seed}/x{circle}", 0, width), number(f"{seed}/y{circle}", height // 2, height)
        radius = number(f"{seed}/r{circle}", height // 12, height // 5)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tuple(min(255, c + 22) for c in bottom))
    return image


class Lettering:
    """Writes on one picture with the font that Pillow carries in itself."""

    def __init__(self, image: Image.Image, size: int) -> None:
        self.pen = ImageDraw.Draw(image)
        self.size = size
        self.font = ImageFont.load_default(size=size)

    def width(self, text: str) -> float:
        """How far a text reaches, in pixels."""
        return sum(self.font.getlength(plain_letter(char)) for char in text)

    def wrap(self, text: str, room: int) -> list[str]:
        """Lines of whole words that fit into `room` pixels."""
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and self.width(longer) > room:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines

    def line(self, x: float, y: float, text: str, ink: Colour = INK) -> None:
        """Writes one line whose baseline is at y."""
        unit = self.size / 1000
        for char in text:
            plain = plain_letter(char)
            advance = self.font.getlength(plain)
            letter = compose(char, round(advance / unit), 530, 715)
            if letter.base == "ı":
                self.pen.rectangle(
                    (x + advance / 2 - unit * 38, y - 525 * unit, x + advance / 2 + unit * 38, y), fill=ink
                )
            else:
                self.pen.text((x, y), letter.base, font=self.font, fill=ink, anchor="ls")
            for stroke in letter.strokes:
                path = [(x + px * unit, y - py * unit) for px, py in stroke]
                self.pen.line(path, fill=ink, width=max(1, round(72 * unit)), joint="curve")
                if len(stroke) == 2 and stroke[0][1] == stroke[1][1] < 0:
                    cx, cy, r = (path[0][0] + path[1][0]) / 2, path[0][1], max(1.0, 58 * unit)
                    self.pen.ellipse((cx - r, cy - r, cx + r, cy + r), fill=ink)
            x += advance

    def block(self, x: float, y: float, text: str, room: int, ink: Colour = INK) -> float:
        """Writes a wrapped text from baseline y downwards and says where the next line would be."""
        for line in self.wrap(text, room):
            self.line(x, y, line, ink)
            y += self.size * 1.45
        return y


def poster(title: str, topic: str, author: str) -> bytes:
    """A JPEG of 960 x 540 whose EXIF names its author, the camera and a place, as phones do."""
    image = ground((960, 540), title)
    y = Lettering(image, 38).block(48, 84, title, 860)
    small = Lettering(image, 22)
    why, how = TOPICS[topic]
    for heading, text in (
        (WHY, why),
        (HOW, how),
        (RESULT, "Hội viên dự sinh hoạt đông hơn, hiểu nhanh hơn, nhớ lâu hơn."),
    ):
        Lettering(image, 24).line(48, y + 16, heading.upper(), (255, 226, 150))
        y = small.block(48, y + 50, text, 860) + 10
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B] = "Android", "Phone", author.encode()
    exif[0x0132] = "2024:03:15 09:30:00"
    place = exif.get_ifd(0x8825)
    place.update({1: "N", 2: (9.0, 36.0, 0.0), 3: "E", 4: (105.0, 58.0, 0.0)})
    out = io.BytesIO()
    image.save(out, "JPEG", quality=72, exif=exif)
    return out.getvalue()
