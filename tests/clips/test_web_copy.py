"""Clips for browsers: every frame is there, in its colours, and pages can jump to it."""

import av
import numpy as np
import pytest
from PIL import Image

from evalkit.clips import video
from evalkit.clips.web_copy import write_browser_video, write_jpeg
from evalkit.errors import VideoError
from tests.fakes import grey

COLOURS = ((200, 60, 30), (20, 160, 60), (30, 60, 200), (240, 240, 240))


def test_all_frames_in_order_and_near_enough(tmp_path):
    levels = list(range(20, 240, 10))
    path = tmp_path / "clip.mp4"
    assert write_browser_video(path, [grey(levels[:7]), grey(levels[7:])], 25) == len(levels)
    frames = np.concatenate(list(video.iter_frames(path)))
    assert frames.shape == (len(levels), 16, 16, 3)
    assert np.abs(frames.mean(axis=(1, 2, 3)) - levels).max() < 3


def test_colours_stay_and_are_tagged(tmp_path):
    frame = np.concatenate([np.full((1, 32, 32, 3), colour, np.uint8) for colour in COLOURS], axis=2)
    write_browser_video(tmp_path / "clip.mp4", [frame], 25)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt, context.colorspace, context.color_range) == ("h264", "yuv420p", 1, 1)
        decoded = next(container.decode(video=0)).to_ndarray(format="rgb24", src_colorspace="ITU709")
    for place, colour in enumerate(COLOURS):
        assert np.abs(decoded[16, 16 + 32 * place].astype(int) - colour).max() <= 4


def test_the_rate_is_kept_and_keyframes_are_near(tmp_path):
    write_browser_video(tmp_path / "clip.mp4", [grey([100] * 30)], 29.97)
    assert video.frame_rate(tmp_path / "clip.mp4") == pytest.approx(29.97, abs=1e-3)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        keys = [index for index, frame in enumerate(container.decode(video=0)) if frame.key_frame]
    assert max(np.diff([*keys, 30])) <= 8


def test_odd_sizes_and_nothing_at_all_are_refused_and_leave_nothing(tmp_path):
    with pytest.raises(VideoError, match="frames are 15x15; browsers need even sizes"):
        write_browser_video(tmp_path / "clip.mp4", [grey([1], 15)], 25)
    with pytest.raises(VideoError, match="no frame to write"):
        write_browser_video(tmp_path / "clip.mp4", [], 25)
    assert list(tmp_path.iterdir()) == []


def test_jpeg(tmp_path):
    write_jpeg(tmp_path / "a.jpg", grey([77])[0])
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.format == "JPEG" and np.abs(np.asarray(image).astype(int) - 77).max() <= 2
