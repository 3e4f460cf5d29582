"""Which stream of a file is the clip, how its frames are shown, where it ends, and what is said of it."""

import struct
import time
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from evalkit.clips import video
from evalkit.errors import VideoError
from tests.clips.oracle import filled
from tests.fakes import encode, noise


def read(path):
    return np.concatenate(list(video.iter_frames(path)))


def written(path, frames, codec="libx264", pixels="yuv420p", form=None, pixel=None, options=None, mux=None, **facts):
    """A clip by FFmpeg in any container; `facts` are attributes of the codec, such as `color_trc`."""
    with av.open(str(path), "w", format=form, options=mux or {}) as container:
        stream = container.add_stream(codec, rate=25)
        stream.pix_fmt, stream.height, stream.width = pixels, *frames.shape[1:3]
        stream.options = {"bf": "0", "g": "4"} if options is None else options
        if pixel:
            stream.codec_context.sample_aspect_ratio = pixel
        for name, value in facts.items():
            setattr(stream.codec_context, name, value)
        for index, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24").reformat(format=pixels)
            picture.pts = index
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def turned(path, matrix):
    """Put a display matrix into the track header of an MP4 (ISO/IEC 14496-12, 8.3.2)."""
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 4 + 20 + 16
    a, b, c, d = (round(value * (1 << 16)) for value in matrix)
    data[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


# (p, q) is shown at (a p + c q, b p + d q), y down: a < 0 reverses columns, d < 0 rows, b and c exchange them first.
MIRRORS = {
    (-1, 0, 0, 1): lambda f: f[:, :, ::-1],
    (1, 0, 0, -1): lambda f: f[:, ::-1],
    (0, 1, 1, 0): lambda f: f.swapaxes(1, 2),
    (0, -1, -1, 0): lambda f: f.swapaxes(1, 2)[:, ::-1, ::-1],
    (-2, 0, 0, 2): lambda f: f[:, :, ::-1],
    (0, 0, 0, 0): lambda f: f,
}


@pytest.mark.parametrize("matrix", MIRRORS)
def test_mirrors_are_honoured(tmp_path, matrix):
    """Case A01: a selfie that is mirrored was turned by 180 degrees instead."""
    frames = noise(3, 32, 48)
    path = turned(encode(tmp_path / "a.mp4", frames), matrix)
    assert np.array_equal(read(path), MIRRORS[matrix](frames))


@pytest.mark.parametrize("matrix", [(0.7071, 0.7071, -0.7071, 0.7071), (1, 0.5, 0, 1), (1, 0, 0, 0)])
def test_other_turns_are_refused(tmp_path, matrix):
    path = turned(encode(tmp_path / "a.mp4", noise(3, 32)), matrix)
    with pytest.raises(VideoError, match=r"a\.mp4: its display matrix turns it by other than quarter turns"):
        read(path)


@pytest.mark.parametrize(
    ("pixel", "stored", "shown"),
    [
        (Fraction(2, 1), (64, 32), (64, 64)),
        (Fraction(1, 2), (32, 64), (64, 64)),
        (Fraction(4, 3), (48, 36), (48, 48)),
        (Fraction(16, 15), (30, 32), (30, 34)),
        (Fraction(255, 256), (32, 32), (32, 32)),
        (Fraction(1, 1), (32, 40), (32, 40)),
    ],
)
def test_pixels_that_are_not_square_are_stretched(tmp_path, pixel, stored, shown):
    """Case A09: an anamorphic clip was scored squeezed. The shorter side grows, by bicubic interpolation."""
    path = written(tmp_path / "a.mp4", noise(2, *stored), "libx264rgb", "rgb24", pixel=pixel, options={"qp": "0"})
    frames = read(path)
    assert frames.shape[1:3] == shown and video.frame_size(path) == shown[::-1]
    expected = np.asarray(Image.fromarray(noise(2, *stored)[0]).resize(shown[::-1], Image.Resampling.BICUBIC))
    assert np.array_equal(frames[0], expected)
    told = f"its pixels are {pixel.numerator}:{pixel.denominator}, and it is stretched to square ones"
    assert video.notes(path) == ((told,) if stored != shown else ())


def test_pixels_no_camera_makes_are_refused(tmp_path):
    path = written(tmp_path / "a.mp4", noise(2, 32), pixel=Fraction(12, 1))
    with pytest.raises(VideoError, match=r"a\.mp4: its pixels are 12:1, which no camera makes"):
        read(path)


def test_stretched_first_then_turned(tmp_path):
    path = written(
        tmp_path / "a.mp4", noise(2, 32, 16), "libx264rgb", "rgb24", pixel=Fraction(3, 1), options={"qp": "0"}
    )
    straight = read(path)
    assert np.array_equal(read(turned(path, (0, 1, -1, 0))), np.rot90(straight, -1, axes=(1, 2)))
    assert straight.shape == (2, 32, 48, 3)


def two_streams(path, first, second, cover):
    """A file with two video streams: one picture, then a clip."""
    with av.open(str(path), "w") as container:
        streams = []
        for codec, pixels, frames in (("mjpeg", "yuvj420p", first), ("libx264", "yuv420p", second)):
            stream = container.add_stream(codec, rate=25)
            stream.pix_fmt, stream.height, stream.width = pixels, *frames.shape[1:3]
            streams.append((stream, frames, pixels))
        if cover:
            streams[0][0].disposition = av.stream.Disposition.attached_pic.value
        for stream, frames, pixels in streams:
            for index, frame in enumerate(frames):
                picture = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format=pixels)
                picture.pts = index
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
    return path


@pytest.mark.parametrize(("name", "cover"), [("a.mkv", False), ("a.mp4", True), ("a.mov", True)])
def test_a_picture_before_the_clip_is_not_the_clip(tmp_path, name, cover):
    """Case A17: the first video stream was taken, whatever it was."""
    path = two_streams(tmp_path / name, noise(1, 32), noise(8, 64), cover)
    assert video.count_frames(path) == 8 and video.frame_size(path) == (64, 64) and video.frame_rate(path) == 25
    assert any("video streams, number 1 is taken" in note for note in video.notes(path)) == (not cover)


def test_what_is_ignored_is_said(tmp_path):
    frames = noise(3, 32)
    hdr = written(tmp_path / "hdr.mp4", frames, pixels="yuv420p10le", color_trc=16, color_primaries=9)
    assert video.notes(hdr) == (
        "its transfer characteristic PQ (SMPTE 2084) is not applied",
        "its colours are in the primaries of BT.2020 and stay there",
    )
    clear = written(tmp_path / "clear.mov", frames, "png", "rgba", options={})
    assert video.notes(clear) == ("its transparency is dropped",)
    assert video.notes(written(tmp_path / "plain.mp4", frames)) == ()


def test_a_colour_matrix_nobody_converts_is_a_sentence(tmp_path):
    """FFmpeg's refusal came out of the conversion as a bug of evalkit."""
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.pix_fmt, stream.height, stream.width = "yuv444p", 32, 32
        stream.codec_context.colorspace = 14
        container.mux(stream.encode(filled("yuv444p", 32, 32, (90, 120, 130), 14, 1)))
        container.mux(stream.encode())
    with pytest.raises(VideoError, match=r"a\.mp4: yuv444p pictures with colour matrix 14 cannot be converted to RGB"):
        read(path)
    assert video.count_frames(path) == 1


def test_a_whole_clip_that_starts_late(tmp_path):
    """Case A05: the duration in a Matroska header is the time at which the last frame ends."""
    frames = noise(8, 32)
    path = encode(tmp_path / "a.mkv", frames, times_ms=[5000 + 40 * i for i in range(8)])
    assert np.array_equal(read(path), frames)


STATED = {
    "a.mp4": {},
    "first.mp4": {"mux": {"movflags": "faststart"}},
    "pieces.mp4": {"mux": {"movflags": "frag_keyframe+empty_moov"}},
    "a.mov": {},
    "a.mkv": {},
    "a.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime"}},
    "a.avi": {"codec": "mpeg4", "options": {}},
    "ffv1.mkv": {"codec": "ffv1", "pixels": "bgr0", "options": {"level": "3", "slicecrc": "1"}},
    "ffv1.avi": {"codec": "ffv1", "options": {"level": "3"}},
    "a.wmv": {"codec": "wmv2", "options": {}},
    "a.flv": {},
    "a.3gp": {"codec": "mpeg4", "options": {}},
    "a.gif": {},
}
UNSTATED = {
    "live.mkv": {"mux": {"live": "1"}},
    "a.ts": {"form": "mpegts"},
    "a.mpg": {"codec": "mpeg2video", "options": {}},
    "a.ogg": {"codec": "libvpx", "options": {}},
    "a.nut": {},
    "a.ivf": {"codec": "libvpx", "options": {}},
}


def cuts(tmp_path, name, facts):
    """The clip, and after how many frames each of many cuts of it ends: None where it is refused."""
    frames = noise(7, 48)
    path = tmp_path / name
    if name == "a.gif":
        images = [Image.fromarray(frame) for frame in frames]
        images[0].save(path, save_all=True, append_images=images[1:], duration=40)
    else:
        written(path, frames, **facts)
    whole, data, found = read(path), path.read_bytes(), []
    assert len(whole) == 7
    for length in sorted({*range(0, len(data), max(1, len(data) // 40)), *range(len(data) - 12, len(data))}):
        path.write_bytes(data[:length])
        began = time.monotonic()
        try:
            got = read(path)
            assert np.array_equal(got, whole[: len(got)]), f"{length} of {len(data)} bytes give other frames"
            found.append(len(got))
        except VideoError:
            found.append(None)
        assert time.monotonic() - began < 5
    path.write_bytes(data)
    return path, found


@pytest.mark.parametrize("name", STATED)
def test_cut_at_many_bytes(tmp_path, name):
    """Case truncated-gif-is-a-shorter-clip: no cut gives fewer frames or other ones, a traceback or a hang."""
    path, found = cuts(tmp_path, name, STATED[name])
    assert set(found) <= {None, 7} and found.count(None) >= 35
    assert not any("state its length" in note for note in video.notes(path))


@pytest.mark.parametrize("name", UNSTATED)
def test_what_states_no_length_says_so(tmp_path, name):
    path, found = cuts(tmp_path, name, UNSTATED[name])
    assert None in found
    assert any("its container does not state its length" in note for note in video.notes(path))


@pytest.mark.parametrize(
    ("form", "codec", "pixels"),
    [("h264", "libx264", "yuv420p"), ("mjpeg", "mjpeg", "yuvj420p"), ("m4v", "mpeg4", "yuv420p")],
)
def test_bare_streams_are_refused(tmp_path, form, codec, pixels):
    """FFmpeg makes up what a cut last frame lacks, and does not say so."""
    path = written(tmp_path / "a.mp4", noise(4, 48), codec, pixels, form=form, options={})
    with pytest.raises(VideoError, match=rf"a\.mp4: a bare {form} stream, .* Put it into a container"):
        read(path)


def test_something_behind_the_movie_does_not_matter(tmp_path):
    frames = noise(4, 32)
    for name in ("a.mp4", "a.mkv", "a.avi"):
        path = encode(tmp_path / name, frames)
        with path.open("ab") as file:
            file.write(b"ID3\xff\xff tags of some program" * 3)
        assert np.array_equal(read(path), frames), name


def test_a_y4m_that_ends_inside_a_frame(tmp_path):
    path = written(tmp_path / "a.y4m", noise(4, 33, 17), "wrapped_avframe", form="yuv4mpegpipe", options={})
    data = path.read_bytes()
    assert video.count_frames(path) == 4
    for length in (len(data) - 1, len(data) // 2):
        path.write_bytes(data[:length])
        with pytest.raises(VideoError, match="truncated"):
            read(path)
