"""LPIPS features: parity with the package `lpips` on the same random backbone and the official heads."""

import importlib.util
import inspect
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from evalkit import weights
from evalkit.errors import WeightsError
from evalkit.extractors import EXTRACTORS, lpips, lpips_network
from evalkit.extractors.lpips_network import lpips_embedding
from evalkit.metrics.lpips import lpips as distance

NETS = ("alex", "vgg", "squeeze")


def pictures(count, height, width, seed=0, spread=20.0):
    """Smooth pictures with some noise."""
    ramp = np.add.outer(np.arange(height), np.arange(width))[None, :, :, None] * 255 / (height + width)
    rough = np.random.default_rng(seed).normal(0, spread, (count, height, width, 3))
    return np.clip(ramp + rough, 0, 255).astype(np.uint8)


def head_file(net):
    return weights.locate(lpips.HEAD_WEIGHTS[net])


def to_range(frames):
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 127.5 - 1


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small lose more than they gain by sharing two cores with other test runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=NETS)
def pair(request, tmp_path_factory):
    """(net, the package's network with a random backbone, ours from a file with that backbone in official layout)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lpips as package

        torch.manual_seed(1)
        theirs = package.LPIPS(net=request.param, pnet_rand=True, verbose=False)
    state = {f"features.{name.partition('.')[2]}": value for name, value in theirs.net.state_dict().items()}
    state["classifier.1.weight"] = torch.zeros(2, 2)
    path = tmp_path_factory.mktemp("lpips") / f"{request.param}.pth"
    torch.save(state, path)
    return request.param, theirs, lpips.load_files(request.param, path, head_file(request.param))


@pytest.mark.parametrize("size", [(64, 64), (97, 131)])
@pytest.mark.parametrize("noise", [2, 40])
def test_parity_with_the_package(pair, size, noise):
    _, theirs, ours = pair
    reference = pictures(2, *size)
    generated = np.clip(reference + np.random.default_rng(1).normal(0, noise, reference.shape), 0, 255).astype(np.uint8)
    with torch.inference_mode():
        expected = theirs(to_range(generated), to_range(reference)).flatten().numpy()
    result = distance(ours(generated, {})["features"], ours(reference, {})["features"])
    assert expected.min() > 0
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_constants_are_those_of_the_package():
    """The epsilon is too small to be seen in a distance."""
    import lpips as package

    assert inspect.signature(package.normalize_tensor).parameters["eps"].default == lpips_network._EPSILON
    scaling = package.ScalingLayer()
    assert scaling.shift.flatten().tolist() == pytest.approx(lpips_network._SHIFT)
    assert scaling.scale.flatten().tolist() == pytest.approx(lpips_network._SCALE)


@pytest.mark.slow
def test_parity_at_256(pair):
    _, theirs, ours = pair
    generated, reference = pictures(1, 256, 256, 0), pictures(1, 256, 256, 1)
    with torch.inference_mode():
        expected = theirs(to_range(generated), to_range(reference)).flatten().numpy()
    result = distance(ours(generated, {})["features"], ours(reference, {})["features"])
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_identical_frames_are_at_distance_zero_whatever_the_batch(pair):
    _, _, ours = pair
    frames = pictures(6, 64, 64)
    together = ours(frames, {})["features"]
    assert together.dtype == np.float32 and together.shape[0] == 6
    alone = np.concatenate([ours(frame[None], {})["features"] for frame in frames])
    assert (distance(together, together) == 0).all()
    assert distance(together, alone).max() < 1e-12


def test_worse_pictures_are_further_away(pair):
    _, _, ours = pair
    reference = pictures(1, 96, 96, spread=0)
    steps = [np.random.default_rng(2).normal(0, s, reference.shape) for s in (0, 4, 16, 64)]
    rows = [ours(np.clip(reference + step, 0, 255).astype(np.uint8), {})["features"] for step in steps]
    values = [float(distance(row, rows[0])[0]) for row in rows]
    assert values[0] == 0 and values == sorted(values) and len(set(values)) == 4


def test_black_pictures_are_finite(pair):
    _, _, ours = pair
    assert np.isfinite(ours(np.zeros((1, 64, 64, 3), np.uint8), {})["features"]).all()


def test_other_inputs_are_refused(pair):
    _, _, ours = pair
    for wrong in (np.zeros((1, 64, 64, 3), np.float32), np.zeros((64, 64, 3), np.uint8)):
        with pytest.raises(ValueError, match="expected frames"):
            ours(wrong, {})


def test_channels_without_weight_are_left_out(pair):
    net, _, ours = pair
    heads = torch.load(head_file(net), map_location="cpu", weights_only=True)
    sides = {"alex": (15, 7, 3, 3, 3), "vgg": (64, 32, 16, 8, 4), "squeeze": (31, 15, 7, 3, 3, 3, 3)}[net]
    expected = sum(int((head != 0).sum()) * side**2 for head, side in zip(heads.values(), sides, strict=True))
    assert ours(pictures(1, 64, 64), {})["features"].shape[1] == expected


@pytest.mark.parametrize("net", NETS)
def test_heads_are_those_inside_the_package(net, monkeypatch):
    monkeypatch.delenv("EVALKIT_WEIGHTS", raising=False)
    package = Path(next(iter(importlib.util.find_spec("lpips").submodule_search_locations)))
    assert head_file(net) == package / "weights" / "v0.1" / f"{net}.pth"
    assert lpips.HEAD_WEIGHTS[net] in EXTRACTORS.get(f"lpips_{net}").weights


def test_the_stand_in_backbone_gives_its_golden_distances(networks, tmp_path):
    """The real loading path with real trained layers. This backbone is not torchvision's: never call it LPIPS."""
    with np.load(networks / "squeezenet1_1_onnxzoo.npz", allow_pickle=False) as arrays:
        state = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    torch.save(state, tmp_path / "stand_in.pth")
    network = lpips_embedding("squeeze", tmp_path / "stand_in.pth", networks / "lpips_lin_v0.1_squeeze.pth")
    torch.manual_seed(42)
    one, other = torch.rand(2, 3, 100, 100) * 2 - 1, torch.rand(2, 3, 100, 100) * 2 - 1
    with torch.inference_mode():
        result = distance(network(one).numpy(), network(other).numpy())
    np.testing.assert_allclose(result, [0.231595, 0.203445], rtol=1e-5)


@pytest.mark.parametrize("net", NETS)
def test_absent_backbones_name_the_command(net, monkeypatch):
    monkeypatch.delenv("EVALKIT_WEIGHTS", raising=False)
    with pytest.raises(WeightsError, match=f"evalkit weights fetch {lpips.BACKBONE_WEIGHTS[net]}"):
        EXTRACTORS.get(f"lpips_{net}").load()


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "file.pth"
    torch.save({"features.0.weight": torch.zeros(64, 3, 11, 11)}, path)
    with pytest.raises(WeightsError, match="does not fit Backbone"):
        lpips_embedding("alex", path, head_file("alex"))


@pytest.mark.parametrize(
    ("head", "message"),
    [({"lin1.model.1.weight": torch.ones(1, 64, 1, 1)}, "expected lin0"), ("negative", "never negative")],
)
def test_other_heads_are_refused(tmp_path, head, message):
    from evalkit.extractors.lpips_backbones import alexnet

    torch.save(alexnet().state_dict(), tmp_path / "backbone.pth")
    if head == "negative":
        head = torch.load(head_file("alex"), map_location="cpu", weights_only=True)
        head["lin0.model.1.weight"] = -torch.ones(1, 64, 1, 1)
    torch.save(head, tmp_path / "head.pth")
    with pytest.raises(WeightsError, match=message):
        lpips_embedding("alex", tmp_path / "backbone.pth", tmp_path / "head.pth")


def test_the_features_held_at_once_are_bounded(pair):
    net, _, ours = pair
    row = ours(pictures(1, 256, 256), {})["features"]
    held = 2 * EXTRACTORS.get(f"lpips_{net}").transient * row.nbytes
    assert held < 100e6, "both sides, at 256x256"
