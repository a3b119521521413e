"""Films and sounds without metadata: the same coded pictures in a new container, or H.264 where browsers need it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import av.error
from av.bitstream import BitStreamFilterContext

from server.contests.derivers import Underivable
from server.contests.derivers.film_encoder import encode_h264

# The container of a copy, and what it is served as. A phone's .mov becomes an MP4, which every browser plays.
CONTAINERS: dict[str, tuple[str, str]] = {
    "mp4": ("mp4", "video/mp4"),
    "m4v": ("mp4", "video/mp4"),
    "mov": ("mp4", "video/mp4"),
    "webm": ("webm", "video/webm"),
    "mp3": ("mp3", "audio/mpeg"),
    "m4a": ("ipod", "audio/mp4"),
    "wav": ("wav", "audio/wav"),
}
PACKED_CONTAINERS = {"wmv": "asf", "wma": "asf", "avi": "avi", "mpg": "mpeg", "mpeg": "mpeg"}
"""What slides of older programs carry beside the accepted kinds: extension -> container."""
INPUTS = {"webm": "matroska", "mp3": "mp3", "wav": "wav"}
OPTIONS = {
    "mp4": {"movflags": "+faststart"},
    "ipod": {"movflags": "+faststart"},
    "mp3": {"id3v2_version": "0", "write_id3v1": "0"},
}
ATTACHED_PICTURE = 0x0400
# What every browser plays: codecs by container, and eight bits a colour. The rest is coded again.
VIDEO = {"mp4": frozenset({"h264"}), "webm": frozenset({"vp8", "vp9"})}
AUDIO = {"mp4": frozenset({"aac", "mp3"}), "webm": frozenset({"opus", "vorbis"})}
PIXELS = frozenset({"yuv420p", "yuvj420p"})
MAX_BITS_A_SECOND = 25_000_000
# Units inside the pictures that hold data of cameras and programs: SEI in H.264 (ISO/IEC 14496-10, 7.4.1).
UNITS = {"h264": "filter_units=remove_types=6"}


def derive_film(source: Path, target: Path, extension: str) -> str:
    """Write a copy that browsers play; return its media type. Pictures are only coded again where it is needed."""
    container, media_type = CONTAINERS[extension]
    format_in = INPUTS.get(extension, "mov")
    try:
        if _plays_as_it_is(source, format_in, container):
            try:
                _remux(source, target, format_in, container)
            except (av.error.FFmpegError, ValueError, OSError):
                if container not in VIDEO:
                    raise
                target.unlink(missing_ok=True)
            else:
                return media_type
        encode_h264(source, target, format_in)
    except (av.error.FFmpegError, ValueError, OSError) as error:
        target.unlink(missing_ok=True)
        raise Underivable("unreadable") from error
    return "video/mp4"


def remux_packed(source: Path, target: Path, extension: str) -> None:
    """A clip inside a deck, in its own container, without metadata. Raises Underivable."""
    try:
        _remux(source, target, PACKED_CONTAINERS[extension], PACKED_CONTAINERS[extension])
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise Underivable("unreadable") from error


def open_film(source: Path, format_in: str | None) -> Any:
    """Open nothing but the file itself: a playlist or a reference in it must not reach other files or the network."""
    return av.open(str(source), format=format_in, options={"protocol_whitelist": "file"}, metadata_errors="ignore")


def _plays_as_it_is(source: Path, format_in: str, container: str) -> bool:
    if container not in VIDEO:
        return True
    with open_film(source, format_in) as film:
        pictures = [stream for stream in film.streams.video if _is_shown(stream)]
        if not pictures:
            return True
        first = pictures[0].codec_context
        plays = first.name in VIDEO[container] and first.pix_fmt in PIXELS
        sounds = {stream.codec_context.name for stream in film.streams.audio if stream.codec_context is not None}
        light = (film.bit_rate or 0) <= MAX_BITS_A_SECOND
        return plays and light and (not sounds or bool(sounds & AUDIO[container]))


def _is_shown(stream: Any) -> bool:
    return stream.codec_context is not None and not stream.disposition.value & ATTACHED_PICTURE


def _remux(source: Path, target: Path, format_in: str, format_out: str) -> None:
    options = {"fflags": "+bitexact", **OPTIONS.get(format_out, {})}
    with (
        open_film(source, format_in) as film,
        av.open(str(target), "w", format=format_out, options=options) as copy,
    ):
        filters: dict[int, Any] = {}
        made: dict[int, Any] = {}
        for stream in _chosen(film, format_out):
            made[stream.index] = copy.add_stream_from_template(stream)
            made[stream.index].metadata.clear()
            units = UNITS.get(stream.codec_context.name)
            filters[stream.index] = BitStreamFilterContext(units, stream) if units else None
        if not made:
            raise Underivable("unreadable")
        copy.metadata.clear()
        packets = 0
        for packet in film.demux([film.streams[index] for index in made]):
            if packet.dts is None:
                continue
            index = packet.stream.index
            for kept in filters[index].filter(packet) if filters[index] else (packet,):
                kept.stream = made[index]
                copy.mux(kept)
                packets += 1
        if not packets:
            raise Underivable("unreadable")


def _chosen(film: Any, container: str) -> list[Any]:
    """The streams that the copy gets: in a film the first pictures and the first sound that browsers play."""
    shown = [stream for stream in film.streams if stream.type in ("video", "audio") and _is_shown(stream)]
    if container not in VIDEO:
        return shown
    pictures = [stream for stream in shown if stream.type == "video"][:1]
    sounds = [s for s in shown if s.type == "audio" and s.codec_context.name in AUDIO[container]][:1]
    return pictures + sounds
