"""dlib's ResNet in PyTorch against dlib's own forward pass, and files that are something else."""

import dlib
import numpy as np
import pytest
import torch

from evalkit.errors import WeightsError
from evalkit.extractors.dlib_models import LANDMARKS_68, RESNET_128, dlib_model
from evalkit.extractors.dlib_resnet import SIDE, face_resnet
from evalkit.extractors.inference import exact_inference
from tests.fakes import drawn_heads, noise


@pytest.fixture(scope="module")
def network():
    return face_resnet(dlib_model(RESNET_128))


@pytest.fixture(scope="module")
def chips():
    """(5, 150, 150, 3): noise, black, white, and two drawn heads."""
    flat = np.stack([np.full((SIDE, SIDE, 3), level, np.uint8) for level in (0, 255)])
    return np.concatenate([noise(1, SIDE), flat, drawn_heads()[[0, 4], 20:170, 20:170]])


def run(network, chips):
    with exact_inference():
        return network(torch.from_numpy(chips).permute(0, 3, 1, 2).float()).numpy()


def test_parity_with_dlib(network, chips):
    reference = dlib.face_recognition_model_v1(str(dlib_model(RESNET_128)))
    expected = np.array([reference.compute_face_descriptor(chip) for chip in chips])
    assert np.abs(expected).max() > 0.1
    apart = np.abs(run(network, chips) - expected).max(axis=1)
    # Flat pictures, rows 1 and 2, are no faces: there float32 itself is off by 3e-6, on either side.
    assert apart[[0, 3, 4]].max() < 1e-6 and apart.max() < 1e-5


def test_rows_of_a_batch_do_not_see_each_other(network, chips):
    batch = np.concatenate([chips, chips[::-1]])[:8]
    others = np.concatenate([batch[:3], noise(5, SIDE, seed=9)])
    assert np.array_equal(run(network, batch)[:3], run(network, others)[:3])
    assert np.array_equal(run(network, batch[::-1].copy())[::-1], run(network, batch))


def test_another_dlib_file_is_refused():
    with pytest.raises(WeightsError, match="not a network saved by dlib"):
        face_resnet(dlib_model(LANDMARKS_68))


def test_other_layers_are_refused(tmp_path):
    data = dlib_model(RESNET_128).read_bytes()
    (tmp_path / "short.dat").write_bytes(data[: data.rindex(b"\x01\x04fc_2")])
    with pytest.raises(WeightsError, match="expected the 59 layers of dlib's face ResNet, found 58"):
        face_resnet(tmp_path / "short.dat")
