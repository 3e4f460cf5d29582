"""Packages that get in each other's way."""

from importlib.metadata import packages_distributions, version


def test_both_distributions_of_opencv_are_of_one_release():
    # Both install `cv2`, the later one wins: with two releases the order of installation decides rounded pixels.
    assert version("opencv-python") == version("opencv-contrib-python")


def test_no_other_distribution_brings_opencv():
    # insightface 0.7 brings the headless one by way of albumentations; nobody says which of two `cv2` is imported.
    assert set(packages_distributions()["cv2"]) <= {"opencv-python", "opencv-contrib-python"}
