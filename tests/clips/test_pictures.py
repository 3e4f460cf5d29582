"""Picture files: every mode has a stated meaning, animations are clips, and what is cut off is refused."""

import struct
from types import SimpleNamespace

import av
import numpy as np
import pytest
from PIL import Image

from evalkit.clips import video
from evalkit.clips.pictures import _raw_mode, stored_size
from evalkit.errors import VideoError
from tests.clips.oracle import filled
from tests.fakes import noise


def read(path):
    return np.concatenate(list(video.iter_frames(path)))


def animation(path, frames, **options):
    images = [Image.fromarray(frame) for frame in frames]
    images[0].save(path, save_all=True, append_images=images[1:], **options)
    return path


def write_deep(path, pixels, planes):
    """A picture of 16 bits, by FFmpeg, as Pillow writes none in colour."""
    height, width = planes[0].shape[:2]
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("tiff" if path.suffix == ".tif" else "png", rate=1)
        stream.pix_fmt, stream.height, stream.width = pixels, height, width
        stored = [plane.reshape(height, -1) for plane in planes]
        container.mux(stream.encode(filled(pixels, width, height, stored)))
        container.mux(stream.encode())


@pytest.mark.parametrize("values", [(0.0, 0.25, 0.5, 1.0), (0.1, 0.123456, 0.9999, 0.7)])
def test_floats_in_zero_to_one(tmp_path, values):
    """Case A18: value times 255, rounded; they came out black."""
    Image.fromarray(np.array([values], np.float32)).save(tmp_path / "a.tif")
    expected = [int(np.rint(np.float64(np.float32(value)) * 255)) for value in values]
    assert read(tmp_path / "a.tif")[0, 0, :, 1].tolist() == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [(255.0, r"floating-point picture from 0 to 255; expected \[0, 1\]"), (-0.5, "from -0.5 to 0"), (np.nan, "NaN")],
)
def test_other_floats_are_refused(tmp_path, value, message):
    Image.fromarray(np.array([[0, value]], np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(VideoError, match=rf"a\.tif: a .*{message}"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize(("value", "refused"), [(1.0009, False), (-0.0009, False), (1.00105, True), (-0.00105, True)])
def test_floats_may_leave_their_range_by_a_thousandth(tmp_path, value, refused):
    Image.fromarray(np.array([[0.5, value]], np.float32)).save(tmp_path / "a.tif")
    if refused:
        with pytest.raises(VideoError, match=r"a\.tif: a floating-point picture"):
            read(tmp_path / "a.tif")
    else:
        assert read(tmp_path / "a.tif")[0, 0, :, 0].tolist() == [128, 255 if value > 0 else 0]


def test_whole_numbers_of_32_bits_are_levels(tmp_path):
    """Case A18: a TIFF of int32 from 0 to 255 went black as well."""
    values = np.array([[0, 1, 128, 255]], np.int32)
    Image.fromarray(values).save(tmp_path / "a.tif")
    assert read(tmp_path / "a.tif")[0, 0, :, 2].tolist() == [0, 1, 128, 255]
    for wrong in (-1, 256, 70000):
        Image.fromarray(np.array([[0, wrong]], np.int32)).save(tmp_path / "b.tif")
        with pytest.raises(VideoError, match=r"b\.tif: a picture of whole numbers from .* expected 0 to 255"):
            read(tmp_path / "b.tif")


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_grey_of_sixteen_bits_is_rounded(tmp_path, suffix):
    values = np.arange(0, 65536, 7, dtype=np.uint16)[None]
    Image.fromarray(values).save(tmp_path / f"a.{suffix}")
    got = read(tmp_path / f"a.{suffix}")[0, 0, :, 0]
    assert np.array_equal(got, np.rint(values[0] / 257)) and got[-1] == 255


@pytest.mark.parametrize(
    ("name", "pixels", "channels"),
    [("a.png", "rgb48be", 3), ("a.png", "rgba64be", 4), ("a.tif", "rgb48le", 3), ("a.png", "ya16be", 2)],
)
def test_colours_of_sixteen_bits_are_rounded(tmp_path, name, pixels, channels):
    """Pillow keeps the upper eight bits, half a level too dark."""
    values = np.random.default_rng(0).integers(0, 1 << 16, (16, 24, channels))
    write_deep(tmp_path / name, pixels, [values])
    expected = np.rint(values[..., : min(channels, 3)] / 257)
    assert np.array_equal(
        read(tmp_path / name)[0], np.broadcast_to(expected[..., :1] if channels == 2 else expected, (16, 24, 3))
    )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation(tmp_path, orientation):
    frame = noise(1, 12, 20)[0]
    image = Image.fromarray(frame)
    exif = image.getexif()
    exif[274] = orientation
    image.save(tmp_path / "a.png", exif=exif)
    # EXIF 2.3, 4.6.4: which side the stored row 0 and column 0 are on when the picture is upright.
    mirrored = {2, 4, 5, 7}
    turned = {1: 0, 2: 0, 3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}[orientation]
    expected = np.rot90(frame[:, ::-1] if orientation in mirrored else frame, turned)
    assert np.array_equal(read(tmp_path / "a.png")[0], expected)


@pytest.mark.parametrize("name", ["a.webp", "a.png", "a.tif", "a.tiff", "a.apng"])
def test_animations_are_clips(tmp_path, name):
    """Case A10: an animated WebP was one still."""
    frames = noise(8, 24)
    options = {"lossless": True} if name == "a.webp" else {"format": "PNG"} if name == "a.apng" else {}
    path = animation(tmp_path / name, frames, **options)
    assert np.array_equal(read(path), frames) and video.count_frames(path) == 8
    assert np.array_equal(video.read_frames(path, [-1, 2]), frames[[-1, 2]])
    assert video.is_animation(path)
    Image.fromarray(frames[0]).save(path, **options)
    assert not video.is_animation(path) and video.count_frames(path) == 1


def test_the_still_that_stands_in_for_an_animated_png_is_no_frame(tmp_path):
    frames = noise(4, 16)
    path = animation(tmp_path / "a.png", frames, default_image=True)
    assert np.array_equal(read(path), frames[1:])


def write_pages(path, frames, kinds, order="<", large=False):
    """A TIFF of plain RGB pages (TIFF 6.0): a directory of tags, sorted, before the samples of each page.

    `large` is BigTIFF: 64-bit offsets and counts.
    """
    word, count, entry = ("Q", "Q", "HHQI4x") if large else ("I", "H", "HHII")
    data = b"II" if order == "<" else b"MM"
    data += struct.pack(order + "HHHQ", 43, 8, 0, 16) if large else struct.pack(order + "HI", 42, 8)
    for index, (frame, kind) in enumerate(zip(frames, kinds, strict=True)):
        height, width = frame.shape[:2]
        values = {
            254: kind,
            256: width,
            257: height,
            258: 8,
            259: 1,
            262: 2,
            273: 0,
            277: 3,
            278: height,
            279: frame.size,
        }
        samples = len(data) + struct.calcsize(order + count + len(values) * entry + word)
        values[273] = samples
        end = samples + frame.size + frame.size % 2
        data += struct.pack(order + count, len(values))
        data += b"".join(struct.pack(order + entry, tag, 4, 1, value) for tag, value in values.items())
        after = struct.pack(order + word, end if index + 1 < len(frames) else 0)
        data += after + frame.tobytes() + b"\0" * (frame.size % 2)
    path.write_bytes(data)


def test_thumbnails_and_masks_in_a_tiff_are_no_frames(tmp_path):
    frames = noise(4, 16)
    write_pages(tmp_path / "a.tif", frames[:3], (0, 1, 4))
    assert np.array_equal(read(tmp_path / "a.tif"), frames[:1])
    assert not video.is_animation(tmp_path / "a.tif")
    write_pages(tmp_path / "a.tif", frames[:3], (1, 4, 0))
    assert np.array_equal(read(tmp_path / "a.tif"), frames[2:3])
    write_pages(tmp_path / "b.tif", frames, (0, 1, 2, 0))
    assert np.array_equal(read(tmp_path / "b.tif"), frames[[0, 2, 3]])


# Pillow reads no big-endian BigTIFF.
@pytest.mark.parametrize(("order", "large"), [("<", False), (">", False), ("<", True)])
def test_pages_are_counted_in_every_kind_of_tiff(tmp_path, order, large):
    frames = noise(4, 16)
    write_pages(tmp_path / "a.tif", frames, (0, 1, 4, 0), order, large)
    assert np.array_equal(read(tmp_path / "a.tif"), frames[[0, 3]])


@pytest.mark.parametrize("count", [2, 3])
def test_an_animated_png_without_its_end_mark_is_said_to_lack_it(tmp_path, count):
    path = animation(tmp_path / "a.png", noise(count, 16))
    data = path.read_bytes()
    for cut in (12, 1):
        path.write_bytes(data[:-cut])
        with pytest.raises(VideoError, match="truncated, its end mark is missing"):
            read(path)


def test_the_second_view_in_a_jpeg_is_no_frame(tmp_path):
    frames = noise(2, 16)
    images = [Image.fromarray(frame) for frame in frames]
    images[0].save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=images[1:])
    assert video.count_frames(tmp_path / "a.jpg") == 1


def test_an_animation_among_the_pictures_of_a_folder_is_refused(tmp_path):
    Image.fromarray(noise(1)[0]).save(tmp_path / "0.png")
    animation(tmp_path / "1.webp", noise(3), lossless=True)
    with pytest.raises(VideoError, match=r"1\.webp: an animation among the pictures of a folder"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["a.webp", "a.png", "a.tif", "still.webp", "still.jpg", "still.png", "still.bmp"])
def test_cut_at_many_bytes(tmp_path, name):
    """Case truncated-gif-is-a-shorter-clip, for pictures: the frames of the whole file, or a refusal."""
    frames = noise(1 if name.startswith("still") else 5, 24)
    path = animation(tmp_path / name, frames) if len(frames) > 1 else tmp_path / name
    if len(frames) == 1:
        Image.fromarray(frames[0]).save(path)
    whole, data = read(path), path.read_bytes()
    refused = 0
    for length in sorted({*range(0, len(data), max(1, len(data) // 60)), *range(len(data) - 12, len(data))}):
        path.write_bytes(data[:length])
        try:
            assert np.array_equal(read(path), whole), length
        except VideoError:
            refused += 1
    assert refused >= 45


def test_the_stored_size_is_read_from_the_head(tmp_path):
    Image.fromarray(noise(1, 9, 7)[0]).save(tmp_path / "a.png")
    assert stored_size(tmp_path / "a.png") == (7, 9)
    (tmp_path / "b.png").write_bytes(b"no picture")
    assert stored_size(tmp_path / "b.png") is None and stored_size(tmp_path / "c.png") is None


def test_a_colour_profile_is_named(tmp_path):
    Image.fromarray(noise(1)[0]).save(tmp_path / "a.png", icc_profile=b"Display P3 " + struct.pack(">I", 0))
    assert video.notes(tmp_path / "a.png") == ("its colour profile is not applied",)
    assert video.notes(tmp_path) == ("its colour profile is not applied",)
    Image.fromarray(noise(1)[0]).save(tmp_path / "a.png")
    assert video.notes(tmp_path / "a.png") == ()


@pytest.mark.parametrize(
    ("tile", "mode"),
    [
        ([], ""),
        ([("raw", (0, 0), 0, "RGB;16B")], "RGB;16B"),
        ([("raw", (0, 0), 0, ("L;16", 0, 1))], "L;16"),
        ([("raw", (0, 0), 0, ())], ""),
        ([("raw", (0, 0), 0, None)], ""),
        ([("raw", (0, 0), 0, (3,))], ""),
    ],
)
def test_how_samples_are_said_to_be_stored(tile, mode):
    assert _raw_mode(SimpleNamespace(tile=tile)) == mode
