"""FAN landmarks: heat maps read in closed form, the crop, and the loading of a TorchScript file.

The official file is not at hand: a scripted network that knows where a bright dot is takes its place. Crops and the
reading of heat maps are held to numbers of face-alignment itself.
"""

import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from evalkit.errors import WeightsError
from evalkit.extractors import EXTRACTORS, fan68
from tests.formula import golden, pictures

ID = "fan68"
OFFICIAL = [
    (
        [40.3, 20.6, 110.9, 115.2],
        [5652527, 5655127, 5653476],
        [156, 18, 0, 118, 0],
        [[45, 79], [141, 21], [27, 135], [151, 127]],
        9556,
    ),
    (
        [-12.4, 30.1, 60.7, 99.5],
        [4606204, 4602050, 4599632],
        [109, 149, 0, 0, 0],
        [[-1, 76], [80, 26], [-17, 124], [89, 117]],
        5979,
    ),
    (
        [70.2, -8.8, 171.3, 90.4],
        [3389976, 3391692, 3388879],
        [172, 0, 0, 89, 0],
        [[84, 56], [200, -13], [62, 124], [213, 114]],
        10903,
    ),
]
"""Of a face box: sums of the channels of its crop and five of its values, points 0, 17, 40 and 67, sum of all points.

From `crop` and `get_preds_fromhm` of face-alignment 1.5.0, with centre and scale as `get_landmarks_from_image` has them
(`reference_scale` 195), for the picture and the heat maps of the test below.
"""


class DotFinder(nn.Module):
    """68 equal heat maps: the red channel averaged over 4x4 pixels."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.avg_pool2d(x[:, :1], 4).repeat(1, 68, 1, 1)


@pytest.fixture
def script(tmp_path, monkeypatch):
    path = tmp_path / "2DFAN4.zip"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(DotFinder(), torch.zeros(1, 3, 256, 256)).save(str(path))
    monkeypatch.setattr(fan68.weights, "locate", lambda name: path)
    return path


def test_peaks_lean_towards_the_higher_neighbour():
    heat = np.zeros((4, 8, 8), np.float32)
    heat[:, 3, 5] = 1
    heat[1, 3, 6] = heat[1, 4, 5] = 0.5
    heat[2, 3, 4] = heat[2, 2, 5] = 0.5
    heat[3, 0, 0] = heat[3, 0, 1] = 2
    assert fan68.peaks(heat).tolist() == [[5.5, 3.5], [5.75, 3.75], [5.25, 3.25], [0.5, 0.5]]


@pytest.mark.parametrize(("box", "sums", "values", "points", "total"), OFFICIAL)
def test_crops_and_points_are_those_of_face_alignment(box, sums, values, points, total):
    frame = pictures(120, 160, 3, offset=2)
    heat = golden(68 * 64 * 64, 4).astype(np.float32).reshape(68, 64, 64)
    region = fan68.region(np.array(box))
    crop = fan68.crop(frame, *region)
    assert crop.sum(axis=(0, 1), dtype=int).tolist() == sums
    assert [crop[128, 128, 0], crop[40, 200, 1], crop[250, 30, 2], crop[100, 60, 0], crop[7, 9, 1]] == values
    found = fan68.to_frame(fan68.peaks(heat), fan68.MAP, *region)
    assert found[[0, 17, 40, 67]].tolist() == points and found.sum() == total


def test_the_region_of_a_box():
    # 100 wide, 95 high: scale 1, a square of 200 pixels around the centre, moved up by 0.12 * 95.
    centre, side = fan68.region(np.array([50.0, 60, 150, 155]))
    assert side == pytest.approx(200) and centre == pytest.approx([100, 107.5 - 11.4])


def test_points_of_the_frame_are_whole_pixels():
    points = fan68.to_frame(np.array([[32.0, 32.0], [0, 0], [64, 64]]), 64, np.array([100.4, 80.9]), 50)
    assert points.tolist() == [[100, 80], [75, 55], [125, 105]]


def test_the_crop_shows_the_square_and_black_outside():
    frame = np.full((64, 64, 3), 200, np.uint8)
    inside = fan68.crop(frame, np.array([32.0, 32.0]), 30)
    corner = fan68.crop(frame, np.array([0.0, 0.0]), 60)
    assert inside.shape == (256, 256, 3) and (inside == 200).all()
    assert not corner[:110, :110].any() and (corner[150:, 150:] == 200).all()
    assert not fan68.crop(frame, np.array([-500.0, 32.0]), 60).any()


def test_a_dot_is_found_where_it_is(script):
    frames = np.zeros((3, 256, 256, 3), np.uint8)
    frames[0, 100:106, 140:146, 0] = frames[1, 60:66, 90:96, 0] = 255
    boxes = np.array([[60.0, 50, 200, 200], [60, 50, 200, 200], [np.nan] * 4])
    points = EXTRACTORS.get(ID).load()(frames, {"scrfd_500m": {"box": boxes}})["points"]
    assert points.shape == (3, 68, 2) and np.isnan(points[2]).all()
    assert np.abs(points[0] - [142.5, 102.5]).max() <= 4 and np.abs(points[1] - [92.5, 62.5]).max() <= 4
    assert np.array_equal(points[:2], np.trunc(points[:2]))


def test_another_file_is_refused(script):
    script.write_bytes(b"no script")
    with pytest.raises(WeightsError, match="not a TorchScript network"):
        EXTRACTORS.get(ID).load()


def test_the_official_file_is_named():
    assert "2dfan4@cd938726" in EXTRACTORS.get(ID).signature and EXTRACTORS.get(ID).weights == ("fan-2dfan4-zip",)
