"""Films and sounds: the same coded pictures and sound in a new container that has no metadata."""

from __future__ import annotations

from pathlib import Path

import av
import av.error

from server.contests.derivers import Underivable

# Containers to try in turn, and what each is served as. A phone's .mov becomes an MP4, which every browser plays.
CONTAINERS: dict[str, tuple[tuple[str, str], ...]] = {
    "mp4": (("mp4", "video/mp4"), ("mov", "video/quicktime")),
    "m4v": (("mp4", "video/mp4"), ("mov", "video/quicktime")),
    "mov": (("mp4", "video/mp4"), ("mov", "video/quicktime")),
    "webm": (("webm", "video/webm"),),
    "mp3": (("mp3", "audio/mpeg"),),
    "m4a": (("ipod", "audio/mp4"),),
    "wav": (("wav", "audio/wav"),),
}
INPUTS = {"webm": "matroska", "mp3": "mp3", "wav": "wav"}
OPTIONS = {
    "mp4": {"movflags": "+faststart"},
    "mov": {"movflags": "+faststart"},
    "ipod": {"movflags": "+faststart"},
    "mp3": {"id3v2_version": "0", "write_id3v1": "0"},
}
ATTACHED_PICTURE = 0x0400


def derive_film(source: Path, target: Path, extension: str) -> str:
    """Copy pictures and sound without decoding them; return the media type of the container that took them."""
    problem: Exception | None = None
    for container, media_type in CONTAINERS[extension]:
        try:
            _remux(source, target, INPUTS.get(extension, "mov"), container)
        except (av.error.FFmpegError, ValueError, OSError) as error:
            target.unlink(missing_ok=True)
            problem = error
        else:
            return media_type
    raise Underivable("unreadable") from problem


def _remux(source: Path, target: Path, format_in: str, format_out: str) -> None:
    options = {"fflags": "+bitexact", **OPTIONS.get(format_out, {})}
    with (
        # Nothing but the file itself: a playlist or a reference in it must not reach for other files or the network.
        av.open(
            str(source), format=format_in, options={"protocol_whitelist": "file"}, metadata_errors="ignore"
        ) as original,
        av.open(str(target), "w", format=format_out, options=options) as copy,
    ):
        streams = {}
        for stream in original.streams:
            if stream.type not in ("video", "audio") or stream.disposition.value & ATTACHED_PICTURE:
                continue
            made = copy.add_stream_from_template(stream)
            made.metadata.clear()
            streams[stream.index] = made
        if not streams:
            raise Underivable("unreadable")
        copy.metadata.clear()
        packets = 0
        for packet in original.demux([original.streams[index] for index in streams]):
            if packet.dts is None:
                continue
            packet.stream = streams[packet.stream.index]
            copy.mux(packet)
            packets += 1
        if not packets:
            raise Underivable("unreadable")
