"""Pictures side by side: the rectangle of each, by name, by number and in pixels."""

import pytest

from evalkit.clips.panels import PARTS, check_crop, crop_box, grid_tile, squares
from evalkit.errors import VideoError


@pytest.mark.parametrize(
    ("crop", "size", "box"),
    [
        ("left-half", (512, 256), (0, 0, 256, 256)),
        ("right-half", (512, 256), (256, 0, 512, 256)),
        ("left-third", (768, 256), (0, 0, 256, 256)),
        ("middle-third", (768, 256), (256, 0, 512, 256)),
        ("right-third", (768, 256), (512, 0, 768, 256)),
        ("4/4", (1024, 256), (768, 0, 1024, 256)),
        ("1/1", (300, 256), (0, 0, 300, 256)),
        ("2/2", (600, 256), (300, 0, 600, 256)),
        ("3,4,5,6", (10, 10), (3, 4, 8, 10)),
        # Grids of three (AniPortrait) and four (Face-Adapter): make_grid puts 2 black pixels around every picture.
        ("middle-third", (1544, 516), (516, 2, 1028, 514)),
        ("3/4", (2058, 516), (1030, 2, 1542, 514)),
        ("4/4", (2058, 516), (1544, 2, 2056, 514)),
        ("right-half", (1030, 516), (516, 2, 1028, 514)),
    ],
)
def test_the_part_that_is_named(crop, size, box):
    assert crop_box(crop, *size) == box


@pytest.mark.parametrize(
    "crop",
    ["", "right", "Right-half", "0/2", "3/2", "10/10", "1,2,3", "1,2,0,4", "1,2,3,0", "-1,0,2,2", "1, 2, 3, 4", "a|b"],
)
def test_what_names_no_part(crop):
    with pytest.raises(VideoError, match=r"--crop .*: expected left-half, .*K/N .*x,y,w,h"):
        check_crop(crop)


def test_a_long_text_is_cut_in_the_message():
    with pytest.raises(VideoError) as caught:
        check_crop("x" * 100_000)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("crop", "size", "reason"),
    [
        ("right-third", (512, 256), "does not fit a frame of 512x256: it has no 3 equal parts"),
        ("0,0,257,256", (256, 256), "leaves the frame, which is 256x256"),
        ("0,1,256,256", (256, 256), "leaves the frame, which is 256x256"),
    ],
)
def test_frames_without_that_part(crop, size, reason):
    with pytest.raises(VideoError, match=reason):
        crop_box(crop, *size)


@pytest.mark.parametrize(
    ("size", "count"),
    [
        ((256, 256), 1),
        ((300, 256), 1),
        ((512, 256), 2),
        ((768, 256), 3),
        ((1544, 516), 3),
        ((2058, 516), 4),
        ((256, 512), 1),
    ],
)
def test_how_many_pictures_a_frame_looks_like(size, count):
    assert squares(*size) == count


@pytest.mark.parametrize(
    ("size", "count"),
    [
        ((2304, 256), 9),  # nine at most
        ((2560, 256), 1),
        ((9 * 34 + 2, 36), 9),
        ((10 * 34 + 2, 36), 1),
        ((2 * 34 + 2, 37), 1),
        ((6, 5), 1),  # pictures of one pixel
        ((8, 5), 2),
        ((10, 4), 1),  # no row is left between the borders
    ],
)
def test_how_many_pictures_at_the_edges(size, count):
    assert squares(*size) == count


@pytest.mark.parametrize(
    ("place", "count", "size", "tile"),
    [
        (1, 2, (70, 36), (2, 2, 34, 34)),
        (2, 2, (70, 36), (36, 2, 68, 34)),
        (1, 2, (71, 36), None),  # not all of one width
        (1, 2, (8, 5), (2, 2, 3, 3)),
        (1, 2, (6, 5), None),  # no column is left
        (1, 2, (8, 4), None),
        (3, 3, (104, 20), (70, 2, 102, 18)),
    ],
)
def test_tiles_of_a_grid(place, count, size, tile):
    assert grid_tile(place, count, *size) == tile


def test_a_part_that_just_fits_and_one_of_a_row_that_is_no_grid():
    assert crop_box("1,2,9,8", 10, 10) == (1, 2, 10, 10)
    for crop in ("2,2,9,8", "1,3,9,8"):
        with pytest.raises(VideoError, match=f"--crop {crop} leaves the frame, which is 10x10"):
            crop_box(crop, 10, 10)
    # Tiles that are not square are no grid: two halves of 35.
    assert crop_box("2/2", 70, 40) == (35, 0, 70, 40)
    assert crop_box("9/9", 90, 10) == (80, 0, 90, 10)
    assert crop_box("99999,0,1,1", 100_000, 1) == (99_999, 0, 100_000, 1)


def test_every_name_of_a_part():
    assert PARTS == {"left-half": (1, 2), "right-half": (2, 2), "left-third": (1, 3), "middle-third": (2, 3),
                     "right-third": (3, 3)}  # fmt: skip


@pytest.mark.parametrize(("crop", "shown"), [("x" * 40, "x" * 40), ("x" * 41, "x" * 40)])
def test_a_text_is_cut_after_forty_characters(crop, shown):
    with pytest.raises(VideoError, match=f"--crop '{shown}': expected"):
        check_crop(crop)
