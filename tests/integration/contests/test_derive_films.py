"""Films as phones and cameras make them: coded again where browsers need it, upright, and without what cameras write."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext

from server.contests.derive import Derived, derive_copy
from server.contests.preview import make_previews
from tests.samples import CANARY, CANARY_BYTES, film, picture


def record(
    path: Path, codec: str, size: tuple[int, int], *, rate: int = 30, sound: str = "aac", frames: int = 9
) -> None:
    """A film of `frames` pictures with a tone beside it, in QuickTime."""
    with av.open(str(path), "w", format="mov") as container:
        quick = {"preset": "ultrafast", "x265-params": "log-level=none"} if codec == "libx265" else {}
        pictures = container.add_stream(codec, rate=Fraction(rate), options=quick)
        pictures.width, pictures.height = size
        pictures.pix_fmt = "yuv420p10le" if codec == "libx265" else "yuv420p"
        voice = container.add_stream(sound, rate=44_100)
        voice.layout = "mono"
        width, height = size
        image = np.asarray(picture(width, height))
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.roll(image, number * 3, axis=1).copy(), format="rgb24")
            for packet in pictures.encode(frame):
                container.mux(packet)
        for packet in pictures.encode():
            container.mux(packet)
        tone = (np.sin(np.arange(44_100 * frames // rate) / 15) * 9000).astype(np.int16).reshape(1, -1)
        piece = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
        piece.rate = 44_100
        resampler = av.AudioResampler(
            voice.format.name, "mono", 44_100, frame_size=voice.codec_context.frame_size or None
        )
        for ready in [*resampler.resample(piece), *resampler.resample(None)]:
            for packet in voice.encode(ready):
                container.mux(packet)
        for packet in voice.encode():
            container.mux(packet)


async def copied(source: Path) -> Path:
    target = source.parent / "copy"
    outcome = await derive_copy(source, target, "mov")
    assert isinstance(outcome, Derived), outcome
    assert outcome.media_type == "video/mp4"
    return target


@pytest.mark.parametrize(
    ("codec", "size", "rate", "sound", "shown"),
    [
        ("libx265", (1920, 1080), 30, "aac", (1280, 720)),
        ("libx265", (1080, 1920), 60, "aac", (720, 1280)),
        ("mpeg4", (320, 240), 25, "pcm_s16le", (320, 240)),
        ("libx264", (640, 480), 30, "pcm_s16le", (640, 480)),
    ],
)
async def test_what_not_every_browser_plays_is_coded_again(
    tmp_path: Path, codec: str, size: tuple[int, int], rate: int, sound: str, shown: tuple[int, int]
) -> None:
    source = tmp_path / "quay.mov"
    record(source, codec, size, rate=rate, sound=sound)
    with av.open(str(await copied(source))) as copy:
        pictures, voice = copy.streams.video[0], copy.streams.audio[0]
        assert (pictures.codec_context.name, voice.codec_context.name) == ("h264", "aac")
        assert (pictures.width, pictures.height) == shown
        assert pictures.codec_context.pix_fmt == "yuv420p"
        assert pictures.average_rate <= 30
        frames = list(copy.decode(video=0))
        assert frames[-1].time == pytest.approx(8 / rate, abs=1.5 / min(rate, 30))
    with av.open(str(tmp_path / "copy")) as copy:
        heard = sum(frame.samples for frame in copy.decode(audio=0)) / 48_000
        assert heard == pytest.approx(9 / rate, abs=0.1)


async def test_h264_with_aac_is_not_coded_again(tmp_path: Path) -> None:
    source = tmp_path / "quay.mov"
    record(source, "libx264", (320, 180))

    def pixels(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]

    assert pixels(await copied(source)) == pixels(source)


async def test_a_film_held_upright_is_coded_upright(tmp_path: Path) -> None:
    source = tmp_path / "quay.mov"
    record(source, "libx265", (640, 360))
    body = bytearray(source.read_bytes())
    at = body.find(b"tkhd") + 44
    body[at : at + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 360 << 16, 0, 1 << 30)
    source.write_bytes(body)
    with av.open(str(source)) as film_:
        first = next(film_.decode(video=0))
        expected = np.rot90(first.to_ndarray(format="rgb24"), k=first.rotation // 90).astype(int)
    with av.open(str(await copied(source))) as copy:
        frame = next(copy.decode(video=0))
        assert (frame.width, frame.height, frame.rotation) == (360, 640, 0)
        assert np.abs(frame.to_ndarray(format="rgb24").astype(int) - expected).mean() < 12


async def test_the_poster_stands_upright(tmp_path: Path) -> None:
    source = tmp_path / "quay.mov"
    record(source, "libx264", (640, 360))
    (tmp_path / "shown").mkdir()
    previews = await make_previews(await copied(source), tmp_path / "shown", "mp4")
    assert [(one.kind, one.width, one.height) for one in previews.made] == [("poster", 640, 360)]
    assert previews.seconds == 1


async def test_words_of_cameras_among_the_pictures_are_left_out(tmp_path: Path) -> None:
    """H.264 carries user data between its pictures (SEI): a GPS log or a serial number survives a change of container."""
    plain, source = tmp_path / "plain.mp4", tmp_path / "quay.mov"
    film(plain, "mp4")
    with av.open(str(plain)) as before, av.open(str(source), "w", format="mov") as after:
        stream = before.streams.video[0]
        made = after.add_stream_from_template(stream)
        words = BitStreamFilterContext(
            f"h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+{CANARY}", stream, made
        )
        for packet in before.demux(stream):
            if packet.dts is not None:
                for ready in words.filter(packet):
                    ready.stream = made
                    after.mux(ready)
    assert CANARY_BYTES in source.read_bytes()
    copy = await copied(source)
    assert CANARY_BYTES not in copy.read_bytes()
    with av.open(str(copy)) as container:
        assert len(list(container.decode(video=0))) == 10
