"""What preparing needs of `video`: clips written frame by frame, boxes cut, and driving frames away from the end."""

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.errors import VideoError
from evalkit.method.interface import Driving
from evalkit.types import Selection
from tests.datasets.prepare.raw import decoded


@pytest.fixture
def frames():
    return np.random.default_rng(0).integers(0, 256, (7, 33, 47, 3), np.uint8)


@pytest.mark.parametrize(("name", "images"), [("clip.mp4", False), ("clip.mkv", False), ("clip.mp4", True)])
def test_clips_come_back_bit_by_bit_and_always_as_the_same_bytes(tmp_path, frames, name, images):
    for folder in ("a", "b"):
        with video.ClipWriter(tmp_path / folder / name, 30000 / 1001, images) as writer:
            for frame in frames:
                writer.add(frame)
        assert writer.count == 7
    assert np.array_equal(decoded(tmp_path / "a" / name), frames)
    files = [sorted(p for p in (tmp_path / folder).rglob("*") if p.is_file()) for folder in ("a", "b")]
    assert [p.read_bytes() for p in files[0]] == [p.read_bytes() for p in files[1]]
    if not images:
        assert video.frame_rate(tmp_path / "a" / name) == pytest.approx(30000 / 1001)


@pytest.mark.parametrize("images", [False, True])
def test_a_clip_that_is_given_up_leaves_nothing(tmp_path, frames, images):
    with pytest.raises(RuntimeError, match="on purpose"), video.ClipWriter(tmp_path / "x.mp4", 25, images) as writer:
        writer.add(frames[0])
        raise RuntimeError("on purpose")
    assert list(tmp_path.iterdir()) == []


def test_cut_boxes_keep_their_pixels_and_are_squashed_to_a_square_when_asked(frames):
    assert np.array_equal(video.crop(frames[0], (3, 5, 23, 31), None), frames[0, 5:31, 3:23])
    assert video.crop(frames[0], (3, 5, 23, 31), 16).shape == (16, 16, 3)
    flat = np.full((33, 47, 3), 77, np.uint8)
    assert (video.crop(flat, (0, 0, 47, 33), 8) == 77).all()


def test_frames_close_to_the_end_are_left_out(tmp_path):
    numbers = np.arange(41, dtype=np.uint8)[:, None, None, None] * np.ones((1, 16, 16, 3), np.uint8)
    path = tmp_path / "clip.mkv"
    video.write_video(path, [numbers], 25)

    def taken(**rule):
        found = [int(frame[0, 0, 0]) for chunk in Driving(path, Selection(**rule, size=16)) for frame in chunk]
        assert video.count_frames(path, Selection(**rule)) == len(found)
        return found

    # FSRT with two sources: every tenth frame, at least ten away from frame 0 and from the last, 40.
    assert taken(start=10, stride=10, end_margin=10) == [10, 20, 30]
    assert taken(start=10, stride=10) == [10, 20, 30, 40]
    assert taken(start=10, stride=10, end_margin=11) == [10, 20]
    assert taken(start=30, end_margin=5, maximum=3) == [30, 31, 32]
    assert taken(start=34, end_margin=5, maximum=3) == [34, 35]
    with pytest.raises(VideoError, match="no frame at index 36 or later"):
        taken(start=36, end_margin=5)


def test_a_picture_of_a_sequence_is_found_by_number_and_by_name(tmp_path):
    for name in ("9.png", "10.png", "P_x_1.jpg_0000000001.jpg", "notes.txt"):
        (tmp_path / name).touch()
    assert video.sequence_image(tmp_path, "1") == tmp_path / "10.png", "9 comes before 10"
    assert video.sequence_image(tmp_path, "P_x_1.jpg_0000000001.jpg") == tmp_path / "P_x_1.jpg_0000000001.jpg"
    for absent in ("3", "11.png", "notes.txt", "../9.png"):
        assert video.sequence_image(tmp_path, absent) is None
    assert video.sequence_image(tmp_path / "9.png", "0") is None
