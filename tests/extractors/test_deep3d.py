"""Deep3DFaceRecon as an extractor: the official layout of the checkpoint, the alignment, frames without a face.

The network and the alignment themselves are held to the official code by `tests/baselines/test_deep3dfacerecon.py`.
The official weights are not at hand: seeded random ones in their layout take their place.
"""

import numpy as np
import pytest
import torch
from PIL import Image

from evalkit import weights
from evalkit.errors import WeightsError
from evalkit.extractors import EXTRACTORS
from evalkit.extractors.deep3d import extractor
from evalkit.extractors.deep3d.alignment import align_image, fit_alignment, five_points, flip_y
from evalkit.extractors.deep3d.network import CoefficientRegressor

ID = "deep3d"


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    """Seeded random weights saved as `epoch_20.pth` is: entry `net_recon` beside the optimiser's state."""
    torch.manual_seed(0)
    path = tmp_path / "epoch_20.pth"
    torch.save({"net_recon": CoefficientRegressor().state_dict(), "opt_00": {"lr": 1e-4}}, path)
    monkeypatch.setattr(extractor.weights, "locate", lambda name: path)
    return path


@pytest.fixture
def landmarks(faces):
    return EXTRACTORS.get("dlib68").load()(faces, {})["points"]


def test_features_are_the_parts_of_the_coefficients(checkpoint, faces, landmarks):
    features = EXTRACTORS.get(ID).load()(faces[:3], {"dlib68": {"points": landmarks[:3]}})
    network = CoefficientRegressor().eval()
    network.load_state_dict(torch.load(checkpoint, weights_only=True)["net_recon"])
    for row in range(3):
        points = flip_y(five_points(landmarks[row]), 256)
        crop = align_image(faces[row], fit_alignment(points, 256, 256))
        with torch.inference_mode():
            numbers = network(torch.from_numpy(crop.copy()).permute(2, 0, 1)[None].float() / 255)[0].numpy()
        np.testing.assert_allclose(features["expression"][row], numbers[80:144], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(features["angles"][row], numbers[224:227], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(features["translation"][row], numbers[254:257], rtol=1e-4, atol=1e-5)
        assert np.array_equal(features["pose"][row], [*features["angles"][row], *features["translation"][row]])


def test_the_crop_shows_the_face_in_the_middle(faces, landmarks):
    for frame, points in zip(faces, landmarks, strict=True):
        crop = extractor.aligned(frame, points)
        assert crop.shape == (224, 224, 3)
        alignment = fit_alignment(flip_y(five_points(points), 256), 256, 256)
        scaled = np.asarray(Image.fromarray(frame).resize(alignment.resized))
        left, top = alignment.corner
        nose = points[30] * alignment.scale - [left, top]
        assert (np.abs(nose - 112) < 40).all() and scaled.shape[0] > 224


@pytest.mark.parametrize("points", [np.full((68, 2), np.nan), np.full((68, 2), 128.0)], ids=["none", "one spot"])
def test_points_that_fit_no_face_count_as_no_face(checkpoint, faces, landmarks, points):
    rows = np.stack([landmarks[0], points])
    features = EXTRACTORS.get(ID).load()(faces[:2], {"dlib68": {"points": rows}})
    assert all(np.isfinite(array[0]).all() and np.isnan(array[1]).all() for array in features.values())


def test_a_clip_without_any_face_needs_no_forward(checkpoint, faceless):
    features = EXTRACTORS.get(ID).load()(faceless, {"dlib68": {"points": np.full((3, 68, 2), np.nan)}})
    assert {name: array.shape[1] for name, array in features.items()} == {
        "expression": 64,
        "pose": 6,
        "angles": 3,
        "translation": 3,
    }


@pytest.mark.parametrize("content", [{"net_D": {}}, {"net_recon": {"conv1.weight": torch.zeros(3)}}, {"net_recon": 3}])
def test_another_checkpoint_is_refused(checkpoint, content):
    torch.save(content, checkpoint)
    with pytest.raises(WeightsError, match=r"epoch_20\.pth"):
        EXTRACTORS.get(ID).load()


def test_the_official_file_is_named_and_asked_for(monkeypatch):
    monkeypatch.delenv("EVALKIT_WEIGHTS", raising=False)
    assert "deep3dfacerecon-epoch20@6d17a6b2" in EXTRACTORS.get(ID).signature
    assert weights.find("deep3dfacerecon-epoch20").bytes == 288860037
    with pytest.raises(WeightsError, match="evalkit weights fetch deep3dfacerecon-epoch20"):
        EXTRACTORS.get(ID).load()
