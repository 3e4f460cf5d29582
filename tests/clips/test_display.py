"""How a stored frame is shown, without a file: pixels that are not square, and display matrices."""

import struct
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from evalkit.clips.display import Display, display_of
from evalkit.errors import VideoError
from tests.fakes import noise


def frame(*matrix):
    """A frame whose display matrix has these a, b, c, d, in units of 1/65536; without any it has none."""
    a, b, c, d = matrix or (0, 0, 0, 0)
    data = struct.pack("=9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    return SimpleNamespace(side_data={"DISPLAYMATRIX": data} if matrix else {})


@pytest.mark.parametrize(
    ("pixel", "used"),
    [
        (None, 1),
        (Fraction(0), 1),
        (Fraction(1009, 1000), 1),
        (Fraction(991, 1000), 1),
        # More than a hundredth is no rounding of a size.
        (Fraction(2021, 2000), Fraction(2021, 2000)),
        (Fraction(1979, 2000), Fraction(1979, 2000)),
        (Fraction(8), 8),
        (Fraction(1, 8), Fraction(1, 8)),
    ],
)
def test_pixels_near_a_square_are_square(pixel, used):
    assert display_of(frame(), pixel) == Display(Fraction(used))


@pytest.mark.parametrize("pixel", [Fraction(81, 10), Fraction(10, 81), Fraction(-1)])
def test_pixels_no_camera_makes(pixel):
    with pytest.raises(VideoError, match="which no camera makes"):
        display_of(frame(), pixel)


@pytest.mark.parametrize(
    ("matrix", "turns", "mirrored"),
    [
        ((1 << 16, 0, 0, 1 << 16), 0, False),
        ((-(1 << 16), 0, 0, -(1 << 16)), 2, False),
        ((0, 1 << 16, -(1 << 16), 0), 3, False),
        ((0, -(1 << 16), 1 << 16, 0), 1, False),
        ((-(1 << 16), 0, 0, 1 << 16), 0, True),
        ((1 << 16, 0, 0, -(1 << 16)), 2, True),
        # A thousandth of a turn is a writer's rounding.
        ((1 << 16, 65, -65, 1 << 16), 0, False),
    ],
)
def test_turns_and_mirrors(matrix, turns, mirrored):
    """Quarters counted against the clock, after the columns are reversed."""
    stored = noise(1, 6, 10)[0]
    expected = np.rot90(stored[:, ::-1] if mirrored else stored, turns)
    assert np.array_equal(display_of(frame(*matrix), None)(stored), expected)


@pytest.mark.parametrize("matrix", [(1 << 16, 66, 0, 1 << 16), (1, 1, 1, 1), (1, 0, 0, 0), (0, 1, 0, 0)])
def test_other_matrices_are_refused(matrix):
    with pytest.raises(VideoError, match="other than quarter turns"):
        display_of(frame(*matrix), None)


@pytest.mark.parametrize(
    ("pixel", "size", "shown"),
    [
        (Fraction(1), (10, 6), (10, 6)),
        (Fraction(3, 2), (10, 6), (15, 6)),
        (Fraction(2, 3), (10, 6), (10, 9)),
        (Fraction(16, 15), (10, 6), (11, 6)),
        (Fraction(15, 16), (10, 6), (10, 6)),
    ],
)
def test_the_shorter_side_of_a_pixel_grows(pixel, size, shown):
    assert Display(pixel).size(*size) == shown
    assert Display(pixel)(noise(1, *size[::-1])[0]).shape == (*shown[::-1], 3)


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("flip", [False, True])
def test_swapped_then_mirrored_and_flipped(swap, mirror, flip):
    stored = noise(1, 6, 10)[0]
    expected = stored.transpose(1, 0, 2) if swap else stored
    expected = expected[:, ::-1] if mirror else expected
    expected = expected[::-1] if flip else expected
    shown = Display(swap=swap, mirror=mirror, flip=flip)(stored)
    assert np.array_equal(shown, expected) and shown.flags.c_contiguous


ONE = 1 << 16


@pytest.mark.parametrize(
    ("matrix", "turn"),
    [
        ((ONE, 0, 0, ONE), (False, False, False)),
        ((-ONE, 0, 0, ONE), (False, True, False)),
        ((ONE, 0, 0, -ONE), (False, False, True)),
        ((0, ONE, ONE, 0), (True, False, False)),
        ((0, ONE, -ONE, 0), (True, True, False)),
        ((0, -ONE, ONE, 0), (True, False, True)),
        ((0, -ONE, -ONE, 0), (True, True, True)),
        ((0, 0, 0, 0), (False, False, False)),
        # A thousandth may be off on either side of the diagonal, in either kind of turn, and no more.
        ((1000, 0, 1, 1000), (False, False, False)),
        ((1000, -1, 0, 1000), (False, False, False)),
        ((1, 1000, 1000, 0), (True, False, False)),
        ((0, 1000, 1000, -1), (True, False, False)),
    ],
)
def test_the_turn_of_a_matrix(matrix, turn):
    found = display_of(frame(*matrix), None)
    assert (found.swap, found.mirror, found.flip) == turn and found.pixel == 1
    assert display_of(frame(*matrix), Fraction(4, 3)) == Display(Fraction(4, 3), *turn)


@pytest.mark.parametrize(
    "matrix",
    [(999, 0, 1, 999), (999, 1, 0, 999), (1, 999, 999, 0), (0, 999, 999, 1), (1000, 0, 0, 0), (0, 0, 0, 1000),
     (0, 1000, 0, 0), (0, 0, 1000, 0)],
)  # fmt: skip
def test_a_matrix_that_is_nearly_a_turn(matrix):
    with pytest.raises(VideoError, match="other than quarter turns"):
        display_of(frame(*matrix), None)
