"""I3D: our network by its structure, and the way frames go into the official TorchScript file."""

import warnings

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from evalkit.errors import WeightsError
from evalkit.extractors import EXTRACTORS, WHOLE_CLIP, i3d, i3d_videogpt
from evalkit.extractors.i3d_network import I3D, Unit3D
from tests.formula import by_formula, pictures


def noise(count, height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small lose more than they gain by sharing two cores with other test runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    built = I3D()
    for module in built.modules():
        if isinstance(module, nn.Conv3d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if isinstance(module, nn.BatchNorm3d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return built.eval()


def official_state(network):
    """As VideoGPT's conversion writes it: plain tensors, without the counters of batch normalisation."""
    return {name: value for name, value in network.state_dict().items() if not name.endswith("num_batches_tracked")}


def test_size_is_that_of_the_official_network(network):
    assert sum(p.numel() for p in network.parameters()) == 12_697_264
    # i3d_pretrained_400.pt has 50,939,526 bytes: 287 tensors, and some 300 bytes about each of them.
    state = official_state(network)
    tensors = sum(value.numel() * 4 for value in state.values())
    assert len(state) == 287 and 0 < 50_939_526 - tensors < 500 * len(state)


def test_names_are_those_of_pytorch_i3d(network):
    names = set(official_state(network))
    units = {name.rpartition(".conv3d.")[0] for name in names if ".conv3d." in name}
    blocks = [f"Mixed_{b}" for b in ("3b", "3c", "4b", "4c", "4d", "4e", "4f", "5b", "5c")]
    expected = {f"{block}.{branch}" for block in blocks for branch in ("b0", "b1a", "b1b", "b2a", "b2b", "b3b")}
    assert units == expected | {"Conv3d_1a_7x7", "Conv3d_2b_1x1", "Conv3d_2c_3x3", "logits"}
    assert {"Mixed_4f.b2b.bn.running_var", "logits.conv3d.bias", "Conv3d_1a_7x7.conv3d.weight"} <= names


@pytest.mark.slow
def test_batches_change_nothing(network):
    torch.manual_seed(1)
    clips = torch.rand(4, 3, 9, 224, 224) * 2 - 1
    with torch.inference_mode():
        together = network(clips)
        alone = network(clips[2:3])
    assert together.shape == (4, 400) and together.std(dim=1).min() > 1e-3
    torch.testing.assert_close(together[2:3], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "before"), [(16, 7, 2, 2), (15, 7, 2, 3), (8, 3, 1, 1), (8, 3, 2, 0), (7, 2, 2, 0)]
)
def test_padding_is_tensorflows_same(size, kernel, stride, before):
    # Output i of a convolution of ones counts the inputs under its window, which starts at i * stride - before.
    unit = Unit3D(1, 1, (kernel, 1, 1), (stride, 1, 1)).eval()
    nn.init.ones_(unit.conv3d.weight)
    unit.bn.eps = 0.0
    line = torch.arange(1.0, size + 1)
    result = unit(line[None, None, :, None, None]).flatten()
    starts = [i * stride - before for i in range(-(-size // stride))]
    expected = [line[max(start, 0) : max(start + kernel, 0)].sum() for start in starts]
    torch.testing.assert_close(result, torch.stack(expected))


@pytest.mark.parametrize(("frames", "steps"), [(9, 1), (17, 2)])
def test_logits_are_averaged_over_time(network, frames, steps):
    seen = []
    hook = network.logits.register_forward_hook(lambda module, inputs, output: seen.append((inputs[0], output)))
    with torch.inference_mode():
        result = network(torch.rand(1, 3, frames, 224, 224))
    hook.remove()
    ((pooled, logits),) = seen
    assert pooled.shape == (1, 1024, steps, 1, 1) and logits.shape == (1, 400, steps, 1, 1)
    torch.testing.assert_close(result, logits.flatten(2).mean(dim=2))


@pytest.mark.slow
def test_our_network_loads_the_converted_file(tmp_path, network):
    path = tmp_path / "i3d_pretrained_400.pt"
    torch.save(official_state(network), path)
    extract = i3d_videogpt.load_file(path)
    frames = noise(16, 64, 64)
    logits = extract(16, [frames[:5], frames[5:]])["logits"]
    assert logits.shape == (1, 400) and logits.dtype == np.float64
    with torch.inference_mode():
        expected = network(i3d.centre_crop(frames)).numpy()
    np.testing.assert_array_equal(logits, expected.astype(np.float64))
    torch.save({}, path)
    with pytest.raises(WeightsError, match="does not fit I3D"):
        i3d_videogpt.load_file(path)


VIDEOGPT_LOGITS = [-355.168, -158.781, 192.72, 307.2, 308.833, 117.678]
"""The first six logits of VideoGPT's own network for the weights of `by_formula` and the clip of the test below."""


def test_logits_are_those_of_videogpts_own_network(tmp_path):
    """Case fvd-videogpt-epsilon: an epsilon of 1e-3 makes these logits 16 % smaller."""
    path = tmp_path / "i3d_pretrained_400.pt"
    torch.save(by_formula(I3D().state_dict()), path)
    clip = pictures(10, 64, 64, 3, offset=3)
    logits = i3d_videogpt.load_file(path)(10, [clip])["logits"]
    np.testing.assert_allclose(logits[0, :6], VIDEOGPT_LOGITS, rtol=1e-5)


class Probe(nn.Module):
    """Answers as the official file is called: switches, shape and range of what came in."""

    def forward(self, x: Tensor, rescale: bool = False, resize: bool = False, return_features: bool = False) -> Tensor:
        rows = torch.zeros(x.shape[0], 400)
        rows[:, 0] = 1.0 if rescale else 0.0
        rows[:, 1] = 1.0 if resize else 0.0
        rows[:, 2] = 1.0 if return_features else 0.0
        for axis in range(5):
            rows[:, 3 + axis] = x.shape[axis]
        rows[:, 8], rows[:, 9] = x.min(), x.max()
        rows[:, 10] = x[:, 1, 3].mean()
        return rows


@pytest.fixture(scope="module")
def torchscript(tmp_path_factory):
    path = tmp_path_factory.mktemp("i3d") / "probe.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(Probe()).save(str(path))
    return path


def frames_of_known_range():
    frames = np.full((16, 48, 64, 3), 100, np.uint8)
    frames[0, 20:28, 28:36], frames[1, 20:28, 28:36] = 0, 255
    frames[3, :, :, 1] = 51
    return frames


def test_the_default_leaves_scaling_and_resizing_to_the_file(torchscript):
    row = i3d.load_file(torchscript)(frames_of_known_range(), {})["logits"][0]
    assert row[:8].tolist() == [1, 1, 1, 1, 3, 16, 48, 64]
    assert row[8:11].tolist() == [0, 255, 51]


def test_common_metrics_gets_a_centre_crop_in_its_own_range(torchscript):
    frames = frames_of_known_range()
    row = i3d.load_centre_file(torchscript)(16, [frames[:7], frames[7:]])["logits"][0]
    assert row[:8].tolist() == [0, 0, 1, 1, 3, 16, 224, 224]
    np.testing.assert_allclose(row[8:11], [-1, 1, 51 / 127.5 - 1], atol=1e-6)


@pytest.mark.parametrize("size", [(112, 140), (140, 112), (112, 112), (300, 301)])
def test_centre_crop_keeps_the_middle(size):
    # A ramp along the long side stays a ramp with its middle in the middle, and the short side is used whole.
    ramp = np.arange(size[1] if size[1] >= size[0] else size[0]) / 2
    picture = np.broadcast_to(ramp if size[1] >= size[0] else ramp[:, None], size).astype(np.uint8)
    crop = i3d.centre_crop(np.repeat(picture[None, :, :, None], 3, axis=3))[0, 0, 0].numpy()
    line = (crop[112] if size[1] >= size[0] else crop[:, 112]) * 127.5 + 127.5
    assert crop.shape == (224, 224)
    assert line[111:113].mean() == pytest.approx(ramp.mean(), abs=0.6)
    slope = (line[-20] - line[20]) / (224 - 40)
    assert slope == pytest.approx(0.5 * min(size) / 224, abs=0.02)


@pytest.mark.parametrize(
    ("frame", "scaled"),
    [
        ((256, 256), (224, 224)),
        ((400, 400), (225, 224)),
        ((328, 328), (225, 224)),
        ((400, 500), (224, 280)),
        ((500, 400), (280, 224)),
        ((108, 144), (224, 299)),
    ],
)
def test_frames_are_scaled_to_the_size_of_common_metrics(frame, scaled):
    """Case fvd-common-metrics-400px: 400 * (224 / 400) is a little more than 224 in floats, so 225 rows."""
    assert i3d.scaled_size(*frame) == scaled
    frames = noise(1, *frame)
    pictures = torch.from_numpy(frames.transpose(0, 3, 1, 2)).float() / 255
    whole = F.interpolate(pictures, size=scaled, mode="bilinear", align_corners=False)[0]
    top, left = (scaled[0] - 224) // 2, (scaled[1] - 224) // 2
    expected = (whole[:, top : top + 224, left : left + 224] - 0.5) * 2
    torch.testing.assert_close(i3d.centre_crop(frames)[0, :, 0], expected, rtol=0, atol=1e-6)


COMMON_METRICS = {
    (64, 64): [-0.82745, -0.4902, 0.14902, 0.29916, 0.69412, 0.53109],
    (400, 400): [0.03892, 0.01794, -0.26807, 0.10345, -0.17022, 0.16337],
    (328, 328): [-0.469, -0.30837, -0.17605, 0.10336, 0.38826, -0.12325],
    (300, 500): [-0.1131, 0.58369, -0.55949, -0.58505, 0.16603, 0.06396],
    (301, 200): [0.37628, 0.79414, -0.5535, 0.45209, 0.73693, -0.72635],
    (240, 320): [-0.36658, 0.6228, -0.03105, -0.07207, 0.32318, 0.38332],
}
"""Values of clips of two frames after `preprocess_single` of common_metrics_on_video_quality (5f751734); its two files
`fvd/styleganv/fvd.py` and `fvd/videogpt/fvd.py`, the latter doubled as `preprocess` does, agree to 3e-5."""


@pytest.mark.parametrize("size", COMMON_METRICS)
def test_the_centre_crop_is_that_of_common_metrics(size):
    crop = i3d.centre_crop(pictures(2, *size, 3, offset=5))[0].numpy()
    places = [(0, 0, 0, 0), (1, 0, 223, 223), (2, 1, 112, 100), (0, 1, 7, 200), (1, 1, 223, 0), (2, 0, 180, 33)]
    np.testing.assert_allclose([crop[place] for place in places], COMMON_METRICS[size], atol=5e-5)


def test_ninety_squares_are_scaled_to_a_row_more():
    taller = [side for side in range(64, 1081) if i3d.scaled_size(side, side) != (224, 224)]
    assert len(taller) == 90 and not {256, 512, 1024} & set(taller)
    assert [side for side in taller if side % 8 == 0 and side < 817][-10:] == [
        200, 328, 344, 400, 408, 656, 688, 800, 808, 816,
    ]  # fmt: skip


def test_the_first_window_is_that_of_the_default_and_the_rest_is_not_asked_for(torchscript):
    frames = noise(40, 32, 32)
    first = i3d.load_first_file(torchscript)

    def chunks():
        yield frames[:7]
        yield frames[7:20]
        raise AssertionError("the first sixteen frames were there")

    expected = i3d.load_file(torchscript)(frames[:16], {})["logits"]
    np.testing.assert_array_equal(first(40, chunks())["logits"], expected)
    assert first(15, [frames[:15]])["logits"].shape == (0, 400)


@pytest.mark.parametrize("count", [15, 17])
def test_a_window_is_sixteen_frames(torchscript, count):
    with pytest.raises(ValueError, match=f"expected a window of 16 frames, got {count}"):
        i3d.load_file(torchscript)(noise(count, 32, 32), {})


def test_common_metrics_sees_a_clip_of_any_length_whole_and_none_under_ten_frames(torchscript):
    extract = i3d.load_centre_file(torchscript)
    assert extract(23, [noise(16, 32, 32), noise(7, 32, 32)])["logits"][0, 5] == 23
    assert extract(10, [noise(10, 32, 32)])["logits"].shape == (1, 400)
    assert extract(9, [noise(9, 32, 32)])["logits"].shape == (0, 400)


def test_variants_have_their_own_signatures():
    default, centre = (EXTRACTORS.get(name) for name in ("i3d", "i3d_centre"))
    assert default.signature != centre.signature and "@bec6519f" in default.signature
    assert default.window == 16 and centre.window == WHOLE_CLIP


def test_absent_and_damaged_weights(tmp_path, monkeypatch):
    monkeypatch.delenv("EVALKIT_WEIGHTS", raising=False)
    with pytest.raises(WeightsError, match="evalkit weights fetch i3d-torchscript-kinetics400"):
        EXTRACTORS.get("i3d").load()
    (tmp_path / "i3d_torchscript.pt").write_bytes(b"PK\x03\x04 not a network")
    with pytest.raises(WeightsError, match="cannot be read as TorchScript"):
        i3d.load_file(tmp_path / "i3d_torchscript.pt")
