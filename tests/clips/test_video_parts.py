"""The parts of reading and writing clips: cuts, sizes, names, defaults and limits."""

import os

import av
import numpy as np
import pytest
from PIL import Image

from evalkit.clips import video
from evalkit.errors import VideoError
from evalkit.types import Selection
from tests.fakes import encode, noise


@pytest.mark.parametrize(
    ("height", "width", "rows", "columns"),
    [(4, 7, slice(0, 4), slice(1, 5)), (7, 4, slice(1, 5), slice(0, 4)), (4, 8, slice(0, 4), slice(2, 6))],
)
def test_the_middle_of_a_picture(height, width, rows, columns):
    picture = noise(1, height, width)[0]
    found = video.fit(picture, 4)
    assert np.array_equal(found, picture[rows, columns]) and found.flags.c_contiguous
    # One side of the right length is not enough.
    assert video.fit(picture, 8).shape == (8, 8, 3)


def test_a_cut_is_its_box_and_is_brought_to_a_size():
    picture = noise(1, 10, 12)[0]
    box = (2, 1, 8, 7)
    for size in (None, 6):
        cut = video.crop(picture, box, size)
        assert np.array_equal(cut, picture[1:7, 2:8]) and cut.flags.c_contiguous
    for box, size in (((2, 1, 8, 7), 5), ((2, 1, 8, 5), 6), ((2, 1, 6, 7), 6)):
        left, top, right, bottom = box
        cut = np.ascontiguousarray(picture[top:bottom, left:right])
        expected = Image.fromarray(cut).resize((size, size), Image.Resampling.BICUBIC)
        assert np.array_equal(video.crop(picture, box, size), np.asarray(expected))


@pytest.mark.parametrize(("value", "level"), [(-1e-3, 0), (1 + 1e-3, 255), (-0.00105, None), (1.00105, None)])
def test_floats_may_leave_their_range_by_a_thousandth(value, level):
    frames = np.full((1, 1, 1, 3), value)
    if level is None:
        with pytest.raises(VideoError, match=r"expected \[0, 1\]"):
            video.to_uint8(frames)
    else:
        assert (video.to_uint8(frames) == level).all()


def test_bytes_pass_and_nothing_of_any_kind_is_no_frame():
    frames = np.array([[[[0, 200, 255]]]], np.uint8)
    assert video.to_uint8(frames) is frames
    assert video.to_uint8(np.zeros((0, 2, 2, 3), np.int64)).dtype == np.uint8


def test_rates_that_nobody_states(tmp_path):
    Image.fromarray(noise(1)[0]).save(tmp_path / "a.PNG")
    (tmp_path / "b.mp4").write_bytes(b"no video")
    for path in (tmp_path, tmp_path / "a.PNG", tmp_path / "b.mp4"):
        assert (video.frame_rate(path), video.frame_rate(path, 30.0)) == (25.0, 30.0)
    assert video.frame_rate(encode(tmp_path / "c.mp4", noise(2, 16)), 30.0) == 25.0


def test_a_chunk_has_sixteen_frames(tmp_path):
    for number in range(17):
        Image.fromarray(noise(1, 4)[0]).save(tmp_path / f"{number}.png")
    assert [len(chunk) for chunk in video.iter_frames(tmp_path)] == [16, 1]


@pytest.fixture
def numbered(tmp_path):
    """A folder of eight pictures; the last one is none."""
    frames = noise(8, 4)
    for number, frame in enumerate(frames[:7]):
        Image.fromarray(frame).save(tmp_path / f"{number}.png")
    (tmp_path / "7.png").write_bytes(b"damaged")
    return tmp_path, frames


@pytest.mark.parametrize(
    ("rule", "indices"),
    [
        ({"end_margin": 1}, [0, 1, 2, 3, 4, 5, 6]),
        ({"end_margin": 3}, [0, 1, 2, 3, 4]),
        ({"end_margin": 8}, []),
        ({"start": 2, "end_margin": 3}, [2, 3, 4]),
        ({"start": 1, "stride": 3, "end_margin": 1}, [1, 4]),
        ({"start": 1, "stride": 2, "maximum": 2, "end_margin": 4}, [1, 3]),
        ({"start": 1, "stride": 2, "maximum": 2, "end_margin": 5}, [1]),
        ({"start": 3, "maximum": 1}, [3]),
        ({"start": 4, "maximum": 2}, [4, 5]),
    ],
)
def test_frames_near_the_end_are_left_out(numbered, rule, indices):
    """Index 7 is the end of the clip: `end_margin` counts from it, whether `maximum` cuts before it or not."""
    folder, frames = numbered
    assert video.count_frames(folder, Selection(**rule)) == len(indices)
    if indices:
        read = np.concatenate(list(video.iter_frames(folder, Selection(**rule))))
        assert np.array_equal(read, frames[indices])


def test_pictures_before_a_stop(numbered):
    folder, frames = numbered
    found = [(index, picture()) for index, picture in video.iter_pictures(folder, 3)]
    assert [index for index, _ in found] == [0, 1, 2] and np.array_equal([p for _, p in found], frames[:3])
    assert len(list(video.iter_pictures(folder))) == 8


def test_names_as_long_as_a_file_system_takes(tmp_path):
    longest = "a" * 251 + ".png"
    (tmp_path / longest).touch()
    assert video.sequence_image(tmp_path, longest) == tmp_path / longest
    assert video.sequence_image(tmp_path, "a" + longest) is None
    (tmp_path / "e\u0301.png").touch()
    assert video.sequence_image(tmp_path, "\u00e9.png") == tmp_path / "e\u0301.png"
    (tmp_path / "folder.png").mkdir()
    assert video.sequence_image(tmp_path, "folder.png") is None


def test_a_profile_of_the_first_picture_alone(tmp_path):
    for number, profile in enumerate((None, b"Display P3")):
        Image.fromarray(noise(1)[0]).save(tmp_path / f"{number}.png", icc_profile=profile)
    assert video.notes(tmp_path) == () != video.notes(tmp_path / "1.png")
    assert video.notes(encode(tmp_path / "a.mp4", noise(2, 16))) == ()
    with pytest.raises(VideoError, match="no such file or folder"):
        video.notes(tmp_path / "b.png")


def test_what_is_an_animation(tmp_path):
    images = [Image.fromarray(frame) for frame in noise(2, 8)]
    images[0].save(tmp_path / "a.png", save_all=True, append_images=images[1:])
    os.link(tmp_path / "a.png", tmp_path / "a.mp4")
    assert video.is_animation(tmp_path / "a.png")
    assert not video.is_animation(tmp_path / "a.mp4") and not video.is_animation(tmp_path / "b.png")


def test_a_folder_of_pictures_that_is_written(tmp_path):
    frames = noise(11, 4)
    with video.ClipWriter(tmp_path / "clip", 25, images=True) as writer:
        for frame in frames:
            writer.add(frame)
        assert writer.count == 11 and not (tmp_path / "clip").exists()
    assert [path.name for path in sorted((tmp_path / "clip").iterdir())] == [f"{n:07d}.png" for n in range(11)]
    assert np.array_equal(np.concatenate(list(video.iter_frames(tmp_path / "clip"))), frames)
    with pytest.raises(ValueError, match="broke"), video.ClipWriter(tmp_path / "other", 25, images=True) as writer:
        writer.add(frames[0])
        raise ValueError("broke")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("name", "codec", "form"), [("a.mp4", "h264", "mp4"), ("a.mkv", "ffv1", "matroska"), ("a", "ffv1", "matroska")]
)
def test_the_format_follows_the_suffix(tmp_path, name, codec, form):
    frames = noise(3, 6, 10)
    assert video.write_video(tmp_path / name, [frames], 12.5) == 3
    with av.open(str(tmp_path / name)) as container:
        (stream,) = container.streams.video
        assert stream.codec_context.name == codec and form in container.format.name and stream.average_rate == 12.5
        assert (stream.width, stream.height) == (10, 6)
    assert np.array_equal(np.concatenate(list(video.iter_frames(tmp_path / name))), frames)


def test_an_empty_folder_has_no_size(tmp_path):
    with pytest.raises(VideoError, match="holds no frame"):
        video.frame_size(tmp_path)


def test_frames_of_two_sizes(tmp_path):
    for number, side in enumerate((4, 4, 5)):
        Image.fromarray(noise(1, side)[0]).save(tmp_path / f"{number}.png")
    assert video.read_frames(tmp_path, [0, 1]).shape == (2, 4, 4, 3)
    with pytest.raises(VideoError, match=r"frames of different sizes \[\(4, 4, 3\), \(5, 5, 3\)\]"):
        video.read_frames(tmp_path, [1, 2])
    assert video.read_frames(tmp_path, [0, -1], size=4).shape == (2, 4, 4, 3)
