"""Arrays as frames: every layout and range that is stated, and an error for every wrong statement."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from evalkit.api.frames import SMALLEST, as_clips, as_sources
from evalkit.errors import ScoreError

LAYOUTS = ("HWC", "CHW", "THWC", "TCHW", "CTHW", "BTHWC", "BTCHW", "BCTHW")
CLIPS = np.random.default_rng(0).integers(0, 256, (2, 4, 20, 24, 3), dtype=np.uint8)


def laid_out(layout: str) -> np.ndarray:
    """The clips (or the first one, or its first frame) in a layout."""
    axes = "BTHWC"
    array = CLIPS
    for axis in "BT":
        if axis not in layout:
            array, axes = array[0], axes.replace(axis, "")
    return np.transpose(array, [axes.index(axis) for axis in layout])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_layouts_come_out_as_frames(layout, kind):
    array = laid_out(layout)
    found = as_clips("generated", torch.from_numpy(array.copy()) if kind == "torch" else array, layout, 255)
    wanted = list(CLIPS) if "B" in layout else [CLIPS[0]] if "T" in layout else [CLIPS[0, :1]]
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one.dtype == np.uint8 and np.array_equal(one, other)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize(
    ("range", "scale"), [(255, lambda x: x), (1, lambda x: x / 255), ((-1, 1), lambda x: x / 127.5 - 1)]
)
def test_ranges_come_out_as_levels(dtype, range, scale):
    array = scale(CLIPS[0].astype(np.float64)).astype(dtype)
    assert np.array_equal(as_clips("generated", array, "THWC", range)[0], CLIPS[0])


def test_tensors_of_a_loop_need_no_preparation():
    tensor = (torch.from_numpy(CLIPS[0]).double() / 255).requires_grad_()
    assert np.array_equal(as_clips("generated", tensor, "THWC", 1)[0], CLIPS[0])
    rounded = as_clips("generated", tensor.bfloat16(), "THWC", 1)[0].astype(int)
    assert abs(rounded - CLIPS[0]).max() <= 1  # 8 bits of precision


@pytest.mark.parametrize("given", LAYOUTS)
@pytest.mark.parametrize("stated", LAYOUTS)
def test_a_wrong_layout_is_an_error(given, stated):
    if given == stated:
        return
    with pytest.raises(ScoreError, match="layout="):
        as_clips("generated", laid_out(given), stated, 255)


WRONG = [
    (CLIPS[0], 1, "uint8 values cannot have range=1"),
    (CLIPS[0], (-1, 1), "uint8 values cannot have"),
    (CLIPS[0] / 255, 255, "divided by 255"),
    (CLIPS[0] / 255, (-1, 1), "no value is below 0"),
    (CLIPS[0] / 127.5 - 1, 1, "outside of range=1"),
    (CLIPS[0] / 127.5 - 1, 255, "outside of range=255"),
    (CLIPS[0] / 255 / 255, 1, "divided by 255"),
    (CLIPS[0].astype(np.float32), 1, "outside of range=1"),
    (CLIPS[0].astype(np.int16) - 1, 255, "outside of range=255"),
    (CLIPS[0] > 100, 255, "got bool"),
    (CLIPS[0] * 1j, 255, "got complex"),
    (np.where(CLIPS[0] > 0, CLIPS[0], np.nan), 255, "outside of range=255"),
    (np.where(CLIPS[0] > 0, CLIPS[0], np.inf), 255, "outside of range=255"),
    (CLIPS[0], 256, "expected 255"),
    (CLIPS[0], True, "expected 255"),
    (list(CLIPS[0]), 255, "got list"),
    (CLIPS[0][..., :1], 255, "has 1 colours"),
    (CLIPS[0][:, :8], 255, f"at least one frame of {SMALLEST}x{SMALLEST}"),
    (CLIPS[0][:0], 255, "at least one frame"),
]


@pytest.mark.parametrize(("array", "range", "why"), WRONG)
def test_what_contradicts_its_range_is_an_error(array, range, why):
    with pytest.raises(ScoreError, match=why):
        as_clips("generated", array, "THWC", range)


@given(st.floats(0.2, 1), st.sampled_from([255, 1, (-1, 1)]), st.sampled_from([255, 1, (-1, 1)]))
def test_no_picture_passes_in_two_ranges(brightness, true, stated):
    """A picture with dark and light places is read in its own range and refused in every other."""
    levels = np.round(CLIPS[0] * brightness)
    array = {255: levels, 1: levels / 255, (-1, 1): levels / 127.5 - 1}[true]
    if true == stated:
        assert np.array_equal(as_clips("generated", array, "THWC", stated)[0], levels)
    else:
        with pytest.raises(ScoreError):
            as_clips("generated", array, "THWC", stated)


def test_black_is_black_in_every_range_that_has_it():
    black = np.zeros((1, 16, 16, 3))
    assert not as_clips("generated", black, "THWC", 255)[0].any()
    assert not as_clips("generated", black, "THWC", 1)[0].any()


def test_a_source_may_be_one_image():
    one = as_sources("source", CLIPS[0, 0], "THWC", 255)
    assert np.array_equal(one[0], CLIPS[0, :1])
    per_clip = as_sources("source", np.moveaxis(CLIPS[:, 0], -1, 1), "BCTHW", 255)
    assert len(per_clip) == 2 and np.array_equal(per_clip[1], CLIPS[1, :1])
