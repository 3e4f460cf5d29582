"""Decoding, encoding, resizing and colour: what goes in comes out, by frame index, and damage is noticed."""

import errno
import os
import struct
import tracemalloc
from functools import partial

import av
import numpy as np
import pytest
from PIL import Image

from evalkit.clips import video
from evalkit.errors import VideoError
from evalkit.types import Selection
from tests.fakes import encode, grey, noise


def read(path, chunk=video.CHUNK, **rule):
    return np.concatenate(list(video.iter_frames(path, Selection(**rule), chunk=chunk)))


def level(frames):
    """Grey level of flat frames, rounded to tens."""
    return np.rint(frames[:, 0, 0, 0] / 10).astype(int).tolist()


@pytest.mark.parametrize(("height", "width"), [(2, 2), (3, 5), (16, 16), (17, 33), (64, 48)])
def test_what_is_written_is_read_back_bit_by_bit(tmp_path, height, width):
    frames = noise(5, height, width)
    path = tmp_path / "a.mkv"
    assert video.write_video(path, [frames[:2], frames[2:3], frames[3:]], 25) == 5
    chunks = list(video.iter_frames(path, chunk=2))
    assert [len(chunk) for chunk in chunks] == [2, 2, 1] and all(chunk.dtype == np.uint8 for chunk in chunks)
    assert np.array_equal(np.concatenate(chunks), frames)
    assert video.count_frames(path) == 5 and video.frame_size(path) == (width, height)


def test_every_grey_and_colour_survives(tmp_path):
    ramp = np.arange(256, dtype=np.uint8)
    cube = np.stack(np.meshgrid(ramp, ramp[::51], ramp[::51], indexing="ij"), axis=-1).reshape(1, 96, 96, 3)
    video.write_video(tmp_path / "a.mkv", [cube], 25)
    assert np.array_equal(read(tmp_path / "a.mkv"), cube)


def test_the_same_frames_give_the_same_bytes(tmp_path):
    frames = noise(4)
    video.write_video(tmp_path / "a.mkv", [frames], 25)
    video.write_video(tmp_path / "b.mkv", [frames[:1], frames[1:]], 25)
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "b.mkv").read_bytes()


def test_writing_that_fails_half_way_leaves_no_file(tmp_path):
    def chunks():
        yield noise(3)
        raise ValueError("the method broke")

    (tmp_path / "old.mkv").write_bytes(b"old")
    for name in ("new.mkv", "old.mkv"):
        with pytest.raises(ValueError, match="the method broke"):
            video.write_video(tmp_path / name, chunks(), 25)
    assert [path.name for path in tmp_path.iterdir()] == ["old.mkv"] and (tmp_path / "old.mkv").read_bytes() == b"old"


def test_slow_rates_can_be_written(tmp_path):
    video.write_video(tmp_path / "a.mkv", [noise(3)], 25 / 60)
    assert video.count_frames(tmp_path / "a.mkv") == 3


@pytest.mark.parametrize(
    ("start", "stride", "maximum"), [(0, 1, None), (3, 1, None), (0, 4, None), (2, 3, 2), (1, 5, 9), (19, 1, None)]
)
def test_start_stride_and_maximum(tmp_path, start, stride, maximum):
    frames = noise(20)
    video.write_video(tmp_path / "a.mkv", [frames], 25)
    rule = {"start": start, "stride": stride, "maximum": maximum}
    wanted = frames[start::stride][:maximum]
    assert np.array_equal(read(tmp_path / "a.mkv", chunk=3, **rule), wanted)
    assert video.count_frames(tmp_path / "a.mkv", Selection(**rule)) == len(wanted)


def test_a_start_after_the_end_is_refused(tmp_path):
    video.write_video(tmp_path / "a.mkv", [noise(3)], 25)
    with pytest.raises(VideoError, match=r"a\.mkv: no frame at index 3 or later\. Use a longer clip"):
        read(tmp_path / "a.mkv", start=3)
    assert video.count_frames(tmp_path / "a.mkv", Selection(start=3)) == 0


@pytest.mark.parametrize("indices", [(0,), (4, 0, 4), (-1,), (-5, 2, -2), (3, -1, 0, -1)])
def test_frames_by_index_count_from_either_end(tmp_path, indices):
    frames = noise(5)
    video.write_video(tmp_path / "a.mkv", [frames], 25)
    assert np.array_equal(video.read_frames(tmp_path / "a.mkv", indices), frames[list(indices)])


@pytest.mark.parametrize("index", [5, -6])
def test_an_index_outside_the_clip_is_refused(tmp_path, index):
    video.write_video(tmp_path / "a.mkv", [noise(5)], 25)
    with pytest.raises(VideoError, match=rf"frame {index} asked for, but the clip has 5\."):
        video.read_frames(tmp_path / "a.mkv", [0, index])


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "mov"])
def test_containers_of_other_programs(tmp_path, suffix):
    frames = noise(6, 32)
    path = encode(tmp_path / f"a.{suffix}", frames)
    assert np.array_equal(read(path), frames) and video.frame_rate(path) == 25


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_variable_frame_rate_changes_nothing(tmp_path, suffix):
    frames = noise(8, 32)
    path = encode(tmp_path / f"a.{suffix}", frames, times_ms=[0, 40, 300, 310, 2000, 2040, 5000, 5040])
    assert np.array_equal(read(path), frames)
    assert np.array_equal(read(path, start=1, stride=3), frames[1::3])


# The transformation matrix of an MP4 track header (ISO 14496-12, 8.3.2): rows (a, b, u), (c, d, v), (x, y, w), 16.16
# fixed point; a stored point (p, q) is shown at (a p + c q, b p + d q), y down. a, b, c, d = 0, 1, -1, 0 sends the
# stored top edge to the right side: a quarter turn clockwise, what a phone held upright writes.
@pytest.mark.parametrize(
    ("matrix", "quarter_turns"), [((0, 1, -1, 0), -1), ((-1, 0, 0, -1), 2), ((0, -1, 1, 0), 1), ((1, 0, 0, 1), 0)]
)
def test_rotation_marks_are_honoured(tmp_path, matrix, quarter_turns):
    frames = noise(3, 32, 48)
    path = encode(tmp_path / "a.mp4", frames)
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 4 + 20 + 16
    assert struct.unpack(">9i", data[start : start + 36]) == (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    a, b, c, d = (value << 16 for value in matrix)
    data[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    shown = np.rot90(frames, quarter_turns, axes=(1, 2))
    assert np.array_equal(read(path), shown)
    assert video.frame_size(path) == (shown.shape[2], shown.shape[1])


# BT.601 and BT.709: Y = kr R + (1 - kr - kb) G + kb B, Cb = (B - Y) / (2 - 2 kb), Cr = (R - Y) / (2 - 2 kr); the
# limited range maps Y to 16..235 and the differences to 16..240. Codes 1, 5, 2: BT.709, BT.470BG (601), unspecified.
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(("kr", "kb", "code"), [(0.2126, 0.0722, 1), (0.299, 0.114, 5), (0.299, 0.114, 2)])
def test_the_colour_matrix_of_the_stream_is_used(tmp_path, kr, kb, code, full):
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [200, 100, 50], [30, 160, 220], [90, 90, 90]], np.uint8)
    picture = np.repeat(np.repeat(colours, 16, axis=0)[None], 16, axis=0)
    red, green, blue = np.moveaxis(picture.astype(float), -1, 0)
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    planes = np.stack([luma, (blue - luma) / (2 - 2 * kb), (red - luma) / (2 - 2 * kr)])
    scale, offset = ((1, 1, 1), (0, 128, 128)) if full else ((219 / 255, 224 / 255, 224 / 255), (16, 128, 128))
    planes = planes * np.reshape(scale, (3, 1, 1)) + np.reshape(offset, (3, 1, 1))
    stored = np.clip(np.rint(planes), 0, 255).astype(np.uint8)
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.pix_fmt, stream.height, stream.width = "yuv444p", *stored.shape[1:]
        stream.options = {"qp": "0"}
        stream.codec_context.colorspace, stream.codec_context.color_range = code, 2 if full else 1
        frame = av.VideoFrame.from_ndarray(stored, format="yuv444p")
        frame.colorspace, frame.color_range = code, 2 if full else 1
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    # One level of the limited range is 1.16 of 255, so rounding once each way stays below 2.
    assert np.abs(read(path)[0].astype(int) - picture).max() <= 1


def test_image_folders_are_read_in_natural_order(tmp_path):
    names = ["frame1.png", "frame2.png", "frame10.png", "frame100.png", "frame200.png"]
    frames = noise(5)
    for name, frame in zip(names, frames, strict=True):
        Image.fromarray(frame).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a frame")
    (tmp_path / "._frame1.png").write_bytes(b"left by another system")
    assert np.array_equal(read(tmp_path, chunk=2), frames)
    assert np.array_equal(video.read_frames(tmp_path, [-1, 1]), frames[[-1, 1]])
    assert video.count_frames(tmp_path, Selection(start=1, stride=2)) == 2
    assert video.frame_rate(tmp_path) == 25.0


def test_order_does_not_depend_on_the_file_system(tmp_path, monkeypatch):
    ordered = ["001.png", "01.png", "1.png", "2.png", "10.png", "a.png", "²1.png"]
    frames = noise(len(ordered))
    for name, frame in zip(ordered, frames, strict=True):
        Image.fromarray(frame).save(tmp_path / name)
    listing = list(tmp_path.iterdir())
    for step in (1, -1):
        monkeypatch.setattr(type(tmp_path), "iterdir", lambda self, step=step: iter(listing[::step]))
        assert np.array_equal(read(tmp_path), frames)


def test_gif(tmp_path):
    images = [Image.fromarray(frame) for frame in grey([0, 50, 100, 150, 200])]
    images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:], duration=100)
    assert level(read(tmp_path / "a.gif")) == [0, 5, 10, 15, 20]


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "1", "CMYK"])
def test_pictures_of_any_mode_become_rgb(tmp_path, mode):
    image = Image.fromarray(np.repeat(noise(1)[0][..., :1], 3, axis=2)).convert(mode)
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    image.save(path)
    frames = read(path)
    assert frames.shape == (1, 16, 16, 3) and np.array_equal(frames[0], np.asarray(image.convert("RGB")))


def test_alpha_is_dropped_not_blended(tmp_path):
    rgba = np.dstack([noise(1)[0], np.zeros((16, 16), np.uint8)])
    Image.fromarray(rgba).save(tmp_path / "a.png")
    assert np.array_equal(read(tmp_path / "a.png")[0], rgba[..., :3])


def test_sixteen_bit_grey_is_scaled_to_eight(tmp_path):
    # 65535 / 257 = 255 exactly, so white stays white; 256 / 257 and 65534 / 257 are nearest to 1 and 255.
    values = np.array([[0, 256, 257, 514, 32896, 65534, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png")
    assert read(tmp_path / "a.png")[0, 0, :, 1].tolist() == [0, 1, 1, 2, 128, 255, 255]


def test_the_orientation_of_photographs_is_honoured(tmp_path):
    frame = np.full((16, 32, 3), 20, np.uint8)
    frame[:, 16:] = 220
    image = Image.fromarray(frame)
    exif = image.getexif()
    exif[274] = 6  # EXIF 2.3, tag 0x0112: the stored top is shown on the right
    image.save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(read(tmp_path / "a.png")[0], np.rot90(frame, -1))


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4000, 3000)])
def test_the_smallest_and_the_largest_picture(tmp_path, width, height):
    picture = np.broadcast_to(np.array([10, 200, 90], np.uint8), (height, width, 3))
    Image.fromarray(np.ascontiguousarray(picture)).save(tmp_path / "a.png", compress_level=1)
    assert video.frame_size(tmp_path / "a.png") == (width, height)
    small = read(tmp_path / "a.png", size=64)
    assert small.shape == (1, 64, 64, 3) and (small == [10, 200, 90]).all()


def test_a_video_of_one_pixel(tmp_path):
    frames = noise(3, 1)
    path = encode(tmp_path / "a.mov", frames, codec="png")
    assert np.array_equal(read(path), frames) and video.frame_size(path) == (1, 1)


def test_decoding_does_not_hold_the_clip(tmp_path):
    side, count = 128, 300
    picture = noise(1, side)
    taken: list[int] = []

    def chunks():
        for index in range(count):
            taken.append(index)
            yield np.roll(picture, index, axis=1)

    path = tmp_path / "a.mkv"
    tracemalloc.start()
    video.write_video(path, chunks(), 25)
    written = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    total = sum(len(chunk) for chunk in video.iter_frames(path, chunk=8))
    decoded = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    frame = side * side * 3
    assert len(taken) == total == count
    assert written < 20 * frame and decoded < 40 * frame < count * frame / 5


def test_only_as_much_is_decoded_as_is_asked_for(tmp_path, monkeypatch):
    path = tmp_path / "a.mkv"
    video.write_video(path, [noise(40)], 25)
    converted: list[int] = []
    original = video.fit
    monkeypatch.setattr(video, "fit", lambda image, size: converted.append(1) or original(image, size))
    next(video.iter_frames(path, chunk=4))
    assert len(converted) == 4
    converted.clear()
    read(path, start=10, stride=10)
    assert len(converted) == 3
    converted.clear()
    video.count_frames(path)
    assert converted == []


def test_fit_crops_the_middle_and_keeps_what_fits():
    wide = noise(1, 10, 16)[0]
    assert video.fit(wide, None) is wide
    assert np.array_equal(video.fit(wide, 10), wide[:, 3:13])
    assert np.array_equal(video.fit(wide.swapaxes(0, 1), 10), wide[:, 3:13].swapaxes(0, 1))
    square = noise(1, 12)[0]
    assert video.fit(square, 12) is square


def test_fit_is_pillows_antialiased_bicubic():
    frame = noise(1, 40, 60)[0]
    expected = Image.fromarray(frame[:, 10:50]).resize((13, 13), Image.Resampling.BICUBIC)
    assert np.array_equal(video.fit(frame, 13), np.asarray(expected))
    # A checkerboard has no detail left when three pixels become one; without antialiasing it would alias to stripes.
    board = np.repeat(((np.indices((96, 96)).sum(axis=0) % 2) * 255).astype(np.uint8)[..., None], 3, axis=2)
    small = video.fit(board, 32)[4:-4, 4:-4].astype(int)
    assert np.abs(small - 127).max() < 20


def test_to_uint8_rounds_floats_and_passes_bytes():
    frames = noise(2)
    assert np.array_equal(video.to_uint8(frames), frames)
    for dtype in (np.float16, np.float32, np.float64):
        assert np.array_equal(video.to_uint8((frames / 255).astype(dtype)), frames) or dtype is np.float16
    # 0.5 * 255 = 127.5 goes to the even 128; a hair outside [0, 1] is a rounding error of a network.
    edges = np.array([[[[-0.0009, 0.5, 1.0009]]]])
    assert video.to_uint8(edges).ravel().tolist() == [0, 128, 255]
    assert video.to_uint8(np.zeros((0, 4, 4, 3), np.float32)).shape == (0, 4, 4, 3)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (np.full((1, 2, 2, 3), np.nan), "hold 12 NaN or infinite values"),
        (np.array([[[[0.0, np.inf, 1.0]]]]), "hold 1 NaN or infinite values"),
        (np.full((1, 1, 1, 3), 255.0), r"span \[255, 255\]; expected \[0, 1\]"),
        (np.full((1, 1, 1, 3), -0.5), r"span \[-0.5, -0.5\]"),
        (np.full((1, 1, 1, 3), 3, np.int64), "dtype int64; expected uint8 in 0..255 or float in"),
        (np.full((1, 1, 1, 3), True), "dtype bool"),
    ],
)
def test_to_uint8_refuses(frames, message):
    with pytest.raises(VideoError, match=message):
        video.to_uint8(frames)


def test_write_image(tmp_path):
    frame = noise(1, 9, 7)[0]
    video.write_image(tmp_path / "deep" / "a.png", frame)
    assert np.array_equal(read(tmp_path / "deep" / "a.png")[0], frame)


def test_what_looks_like_a_clip(tmp_path):
    (tmp_path / "folder").mkdir()
    assert not video.is_clip(tmp_path / "folder")
    (tmp_path / "folder" / "1.JPG").touch()
    assert video.is_clip(tmp_path / "folder")
    assert all(video.is_clip(tmp_path / name) for name in ("a.mp4", "a.MKV", "b.gif", "c.jpeg", "d.webm"))
    assert not any(video.is_clip(tmp_path / name) for name in ("a.txt", "a", "mp4", "a.mp4.part"))


def test_a_video_of_no_suffix_is_a_clip_but_not_one_that_is_being_written(tmp_path):
    encode(tmp_path / "a.mp4", noise(2, 16))
    for name, inside in (("a", True), ("a.v2", True), ("a.part", False), ("a.tmp", False), ("a.heic", False)):
        (tmp_path / "a.mp4").rename(tmp_path / name)
        assert video.is_video_inside(tmp_path / name) == inside, name
        (tmp_path / name).rename(tmp_path / "a.mp4")


def test_a_picture_of_a_sequence_by_name_and_by_number(tmp_path):
    for name in ("10.png", "9.png", "notes.txt"):
        (tmp_path / name).touch()
    find = partial(video.sequence_image, tmp_path)
    assert (find("10.png"), find("0"), find("1")) == (tmp_path / "10.png", tmp_path / "9.png", tmp_path / "10.png")
    assert [find(name) for name in ("2", "notes.txt", "8.png", "a" * 300 + ".png", "a\0.png")] == [None] * 5
    assert video.sequence_image(tmp_path / "9.png", "0") is None


@pytest.mark.parametrize("images", [False, True])
def test_a_clip_that_is_discarded_leaves_nothing(tmp_path, images):
    writer = video.ClipWriter(tmp_path / "a.mkv", 25, images)
    writer.add(noise(1, 16)[0])
    writer.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("look", [video.frame_rate, video.frame_size, video.count_frames, video.notes])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path, look):
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(VideoError, match=r"a\.mp4: a pipe, socket or device"):
        look(tmp_path / "a.mp4")


@pytest.mark.parametrize(("code", "words"), [(errno.ENOSPC, "No space left"), (None, "Input/output error")])
def test_what_could_not_be_written_is_told_as_the_system_tells_it(tmp_path, code, words):
    with pytest.raises(OSError, match=words) as caught, video._naming(tmp_path / "a.mkv"):
        raise OSError(code, "as FFmpeg says it") if code else OSError("as FFmpeg says it")
    assert caught.value.filename == str(tmp_path / "a.mkv")
