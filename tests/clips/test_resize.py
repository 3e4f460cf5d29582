"""Resizing of outputs: the filter that is named, and nothing where the size is right."""

from typing import get_args

import numpy as np
import pytest
from PIL import Image

from evalkit.clips.resize import resized
from evalkit.clips.video import fit
from evalkit.types import Filter
from tests.fakes import noise


@pytest.mark.parametrize("how", get_args(Filter))
def test_frames_of_the_size_stay(how):
    frames = noise(2, 8)
    assert resized(frames, 8, how) is frames


@pytest.mark.parametrize("how", get_args(Filter))
def test_every_filter_is_the_one_of_its_name(how):
    frames = noise(2, 32)
    wanted = Image.fromarray(frames[1]).resize((12, 12), getattr(Image.Resampling, how.upper()))
    assert np.array_equal(resized(frames, 12, how)[1], np.asarray(wanted))


def test_the_box_filter_takes_means():
    """Of 2 by 2 pixels with levels 0, 10, 20 and 30 the mean is 15."""
    block = np.array([[0, 10], [20, 30]], np.uint8)
    frames = np.repeat(np.tile(block, (4, 4))[None, :, :, None], 3, axis=3)
    assert (resized(frames, 4, "box") == 15).all()


def test_bicubic_is_what_driving_frames_are_resized_by():
    frames = noise(1, 32)
    assert np.array_equal(resized(frames, 12, "bicubic")[0], fit(frames[0], 12))
