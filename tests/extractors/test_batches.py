"""Every network gives a frame the same numbers whatever batch it comes in: 1, 7 or 64 frames."""

import numpy as np
import pytest
import torch

from evalkit.extractors import EXTRACTORS, inception, lpips, openface
from evalkit.extractors.inception_network import InceptionFID
from evalkit.extractors.lpips_backbones import alexnet, squeezenet, vgg16
from evalkit.extractors.openface_network import OpenFace
from evalkit.features import dependency_order
from evalkit.metrics import METRICS
from tests.fakes import drawn_heads, in_chunks

AT_HAND = ("mobilefacenet", "mtcnn5", "mediapipe478", "tddfa_v2", "fsanet", "scrfd_500m")
CARRIED = ("dlib68", "dlib128", "landmark_pose", "landmark_expression")
BACKBONES = {"alex": alexnet, "vgg": vgg16, "squeeze": squeezenet}


def assert_same_in_any_batch(extract, frames, upstream=None, sizes=(1, 7, 64)):
    whole = extract(frames, upstream or {})
    for size in sizes:
        parts = in_chunks(extract, frames, size, upstream)
        for name, rows in whole.items():
            np.testing.assert_allclose(parts[name], rows, rtol=1e-6, atol=1e-9 * np.nanmax(np.abs(rows), initial=1))


def check(name, frames):
    known = {}
    for step in dependency_order([name]):
        extract = EXTRACTORS.get(step).load()
        if step == name:
            assert_same_in_any_batch(extract, frames, known)
        known[step] = extract(frames, known)


@pytest.mark.parametrize("name", AT_HAND)
def test_real_networks(networks, faces, name):
    check(name, faces)


@pytest.mark.parametrize("name", CARRIED)
def test_networks_that_come_with_packages(name):
    check(name, np.concatenate([drawn_heads(), drawn_heads()[:2]]))


@pytest.fixture(scope="module")
def small():
    """Nine frames of 64x64."""
    return np.concatenate([drawn_heads()[:, ::3, ::3], drawn_heads()[:2, 1::3, 1::3]])


def saved(network, path):
    torch.manual_seed(0)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    torch.save(network.state_dict(), path)
    return path


@pytest.mark.parametrize("net", BACKBONES)
def test_lpips_on_seeded_weights(small, tmp_path, net):
    path = saved(BACKBONES[net](), tmp_path / "net.pth")
    extract = lpips.load_files(net, path, lpips.head_file(net))
    values = []
    for size in (1, 7, 64):
        rows = in_chunks(extract, small, size)["features"]
        values.append(METRICS["lpips"].function(rows[1:], rows[:-1]))
    np.testing.assert_allclose(values[1:], [values[0]] * 2, rtol=1e-6, atol=1e-9)


def test_inception_on_seeded_weights(small, tmp_path):
    extract = inception.load_file(saved(InceptionFID(), tmp_path / "net.pth"), "bilinear")
    assert_same_in_any_batch(extract, small, sizes=(1, 7))  # the whole is one batch of less than 64


def test_openface_on_seeded_weights(small, tmp_path):
    extract = openface.load_file(saved(OpenFace(), tmp_path / "net.pth"))
    assert_same_in_any_batch(extract, small)
