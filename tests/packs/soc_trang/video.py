"""Short playable MP4 films: a title, a bar that moves and a quiet tone."""

import math
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from .draw import number
from .picture import INK, Lettering, ground

WIDTH, HEIGHT, RATE = 320, 180, 10
SAMPLES = 16_000


def _still(title: str):
    image = ground((WIDTH, HEIGHT), title)
    Lettering(image, 19).block(20, 48, title, WIDTH - 40, INK)
    return np.asarray(image)


def _tone(stream, container, seconds: int, pitch: int) -> None:
    at = 0
    for start in range(0, seconds * SAMPLES, 1024):
        wave = [round(900 * math.sin(2 * math.pi * pitch * t / SAMPLES)) for t in range(start, start + 1024)]
        frame = av.AudioFrame.from_ndarray(np.array([wave], dtype=np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLES, at, Fraction(1, SAMPLES)
        at += 1024
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def film(title: str, author: str) -> bytes:
    """An MP4 (H.264 and AAC, 320 x 180, 3 to 5 s) whose metadata names its title and author."""
    with tempfile.TemporaryDirectory() as folder:
        # On disk, because moving the index to the front reads the file a second time.
        path = Path(folder) / "film.mp4"
        _write(path, title, author)
        return path.read_bytes()


def _write(path: Path, title: str, author: str) -> None:
    seconds = number(title + "/seconds", 3, 5)
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        container.metadata.update({"title": title, "artist": author})
        picture = container.add_stream("libx264", rate=RATE, options={"qp": "30", "threads": "1", "preset": "medium"})
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        picture.codec_context.thread_count = 1
        sound = container.add_stream("aac", rate=SAMPLES, layout="mono")
        sound.bit_rate = 16_000
        still = _still(title)
        for index in range(seconds * RATE):
            shown = still.copy()
            shown[HEIGHT - 10 :, : WIDTH * (index + 1) // (seconds * RATE)] = (255, 226, 150)
            frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        _tone(sound, container, seconds, number(title + "/pitch", 220, 440))
