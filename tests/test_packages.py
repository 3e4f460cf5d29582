"""Packages that get in each other's way."""

from importlib.metadata import version


def test_both_distributions_of_opencv_are_of_one_release():
    # Both install `cv2`, the later one wins: with two releases the order of installation decides rounded pixels.
    assert version("opencv-python") == version("opencv-contrib-python")
