"""Codes a film again as H.264 of 720 lines at most with AAC: what phones record but not every browser plays."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import av.error
from av.filter import Graph

from server.contests.derivers import Underivable

LINES = 720
FRAMES_A_SECOND = 30
LONG_SIDE = 1280
TURNS = {90: ("transpose", "cclock"), -90: ("transpose", "clock"), 180: ("hflip", ""), -180: ("hflip", "")}
MAX_BROKEN = 200


def encode_h264(source: Path, target: Path, format_in: str) -> None:
    """Write the copy as MP4; raises Underivable("unreadable") without pictures, and the library's errors."""
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    # The copy's streams are all named before the first byte is written, so that its size has to be known before.
    size = _size_of(_first_picture(source, format_in))
    with (
        _opened(source, format_in) as film,
        av.open(str(target), "w", format="mp4", options=options) as copy,
    ):
        pictures = film.streams.video[0]
        pictures.thread_type = "AUTO"
        pictures.codec_context.thread_count = 2
        sound = next((stream for stream in film.streams.audio if stream.codec_context is not None), None)
        rate = min(Fraction(pictures.average_rate or FRAMES_A_SECOND), Fraction(FRAMES_A_SECOND))
        coder = _Pictures(copy, rate, size)
        voice = _Sound(copy) if sound is not None else None
        broken = 0
        for packet in film.demux([pictures] if sound is None else [pictures, sound]):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                broken += 1
                if broken > MAX_BROKEN:
                    raise
                continue
            for frame in frames:
                if packet.stream is pictures:
                    coder.add(frame)
                elif voice is not None:
                    voice.add(frame)
        coder.end()
        if voice is not None:
            voice.end()
        if not coder.coded:
            raise Underivable("unreadable")


def _opened(source: Path, format_in: str) -> Any:
    return av.open(str(source), format=format_in, options={"protocol_whitelist": "file"}, metadata_errors="ignore")


def _first_picture(source: Path, format_in: str) -> Any:
    with _opened(source, format_in) as film:
        if film.streams.video and film.streams.video[0].codec_context is not None:
            for frame in film.decode(film.streams.video[0]):
                return frame
    raise Underivable("unreadable")


def _turn_of(frame: Any) -> tuple[str, str] | None:
    return TURNS.get(round(frame.rotation or 0))


def _size_of(frame: Any) -> tuple[int, int]:
    """Width and height of the copy: upright, even, 720 lines at most and no side longer than a screen's."""
    turn = _turn_of(frame)
    lying = turn is not None and turn[0] == "transpose"
    width, height = (frame.height, frame.width) if lying else (frame.width, frame.height)
    share = min(1.0, LINES / min(width, height), LONG_SIDE / max(width, height))
    return max(2, round(width * share / 2) * 2), max(2, round(height * share / 2) * 2)


class _Pictures:
    """Turned upright, made smaller, at most 30 a second, eight bits a colour."""

    def __init__(self, copy: Any, rate: Fraction, size: tuple[int, int]) -> None:
        self._copy = copy
        self._stream = copy.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "23"})
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.thread_count = 2
        self._rate = rate
        self._graph: Graph | None = None
        self.coded = 0

    def add(self, frame: Any) -> None:
        """Take one decoded picture."""
        if frame.pts is None:
            return
        if self._graph is None:
            self._graph = self._build(frame)
        self._graph.vpush(frame)
        self._pull()

    def end(self) -> None:
        """Write what is still held back."""
        if self._graph is None:
            return
        self._graph.vpush(None)
        self._pull()
        for packet in self._stream.encode(None):
            self._copy.mux(packet)

    def _build(self, frame: Any) -> Graph:
        graph = Graph()
        steps = [graph.add_buffer(template=None, width=frame.width, height=frame.height,
                                  format=frame.format, time_base=frame.time_base)]  # fmt: skip
        turn = _turn_of(frame)
        if turn is not None:
            steps.append(graph.add(*turn) if turn[1] else graph.add(turn[0]))
            if turn[0] == "hflip":
                steps.append(graph.add("vflip"))
        steps += [
            graph.add("fps", f"fps={self._rate.numerator}/{self._rate.denominator}"),
            graph.add("scale", f"{self._stream.width}:{self._stream.height}"),
            graph.add("setsar", "1"),
            graph.add("format", "yuv420p"),
            graph.add("buffersink"),
        ]
        for before, after in pairwise(steps):
            before.link_to(after)
        graph.configure()
        return graph

    def _pull(self) -> None:
        assert self._graph is not None
        while True:
            try:
                ready = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            ready.pict_type = 0
            for packet in self._stream.encode(ready):
                self._copy.mux(packet)
            self.coded += 1


class _Sound:
    """Two channels of AAC at 48 kHz."""

    def __init__(self, copy: Any) -> None:
        self._copy = copy
        self._stream = copy.add_stream("aac", rate=48_000, layout="stereo")
        self._stream.bit_rate = 128_000
        self._resampler = av.AudioResampler("fltp", "stereo", 48_000, frame_size=1024)

    def add(self, frame: Any) -> None:
        """Take one decoded piece of sound."""
        for ready in self._resampler.resample(frame):
            self._write(ready)

    def end(self) -> None:
        """Write what is still held back."""
        for ready in self._resampler.resample(None):
            self._write(ready)
        self._write(None)

    def _write(self, frame: Any) -> None:
        for packet in self._stream.encode(frame):
            self._copy.mux(packet)
