"""The FID network and its three resizes against pytorch-fid, clean-fid and torch-fidelity, and by definition."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from evalkit.errors import WeightsError
from evalkit.extractors import EXTRACTORS, inception, inception_resize
from evalkit.extractors.inception_network import ConvBN, InceptionFID


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
def random_weights(tmp_path_factory):
    """A state dict in pytorch-fid's layout, scaled so that signals neither die nor explode on the way."""
    torch.manual_seed(0)
    network = InceptionFID()
    for module in network.modules():
        if isinstance(module, ConvBN):
            nn.init.kaiming_normal_(module.conv.weight, nonlinearity="relu")
            module.bn.running_mean.normal_(0, 0.1)
            module.bn.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(module.bn.weight, 0.8, 1.2)
            nn.init.normal_(module.bn.bias, 0, 0.1)
    path = tmp_path_factory.mktemp("inception") / "random.pth"
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def theirs(random_weights):
    """pytorch-fid's network; it loads our file strictly, so names and shapes are those of the official one."""
    state = torch.load(random_weights, weights_only=True)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pytorch_fid import inception as reference

        patch.setattr(reference, "load_state_dict_from_url", lambda *args, **kwargs: state)
        return reference.InceptionV3([3]).eval()


@pytest.fixture(scope="module")
def ours(random_weights):
    return inception.load_file(random_weights, "bilinear")


@pytest.mark.parametrize("size", [(256, 256), (97, 131), (512, 400)])
def test_parity_with_pytorch_fid(ours, theirs, size):
    frames = noise(1, *size)
    with torch.inference_mode():
        expected = theirs(torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255)[0][:, :, 0, 0].numpy()
    assert expected.std(axis=1).min() > 0.1  # the random network does tell channels apart
    np.testing.assert_allclose(ours(frames, {})["pool"], expected, rtol=1e-4, atol=1e-5)


def test_parity_with_torch_fidelity(random_weights):
    """Its network from the same file, which resizes and scales by itself as TensorFlow 1 did."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    theirs = FeatureExtractorInceptionV3("inception", ["2048"], feature_extractor_weights_path=str(random_weights))
    frames = noise(1, 97, 131)
    with torch.inference_mode():
        expected = theirs(torch.from_numpy(frames).permute(0, 3, 1, 2))[0].numpy()
    ours = inception.load_file(random_weights, "tensorflow1")
    np.testing.assert_allclose(ours(frames, {})["pool"], expected, rtol=1e-4, atol=1e-5)


SIZES = [(256, 256), (97, 131), (512, 400), (64, 700)]


@pytest.mark.parametrize("size", SIZES)
def test_tensorflow_resize_is_torch_fidelitys(size):
    from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x as resize

    frames = noise(1, *size)
    planes = torch.from_numpy(frames).permute(0, 3, 1, 2).float()
    expected = (resize(planes, size=(299, 299), align_corners=False) - 128) / 128
    assert torch.equal(inception_resize.tensorflow1(frames), expected)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("mode", "resize", "back"),
    [("clean", "antialiased", lambda x: x * 128 + 128), ("legacy_pytorch", "bilinear", lambda x: (x + 1) * 127.5)],
)
def test_resizes_are_those_of_clean_fid(size, mode, resize, back):
    from cleanfid.resize import build_resizer

    frames = noise(1, *size)
    with warnings.catch_warnings():  # it names a mode that Pillow deprecates, and silences warnings for good
        warnings.simplefilter("ignore")
        expected = build_resizer(mode)(frames[0])
    result = back(getattr(inception_resize, resize)(frames)[0].permute(1, 2, 0).numpy())
    assert expected.shape == result.shape == (299, 299, 3)
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-4)


@pytest.mark.slow
def test_rows_do_not_depend_on_the_batch(ours):
    frames = noise(9, 64, 64)
    together = ours(frames, {})["pool"]
    assert together.shape == (9, 2048) and together.dtype == np.float32
    for rows in ([0], [7, 8]):
        np.testing.assert_allclose(together[rows], ours(frames[rows], {})["pool"], rtol=1e-6, atol=1e-7)


def test_features_move_further_with_more_noise(ours):
    frames = np.repeat(np.linspace(0, 255, 96).astype(np.uint8)[None, None, :, None], 96, axis=1).repeat(3, axis=3)
    steps = [np.clip(frames + np.random.default_rng(1).normal(0, s, frames.shape), 0, 255) for s in (0, 4, 16, 64)]
    pools = [ours(step.astype(np.uint8), {})["pool"] for step in steps]
    distances = [float(np.square(pool - pools[0]).sum()) for pool in pools]
    assert distances[0] == 0 and distances == sorted(distances) and len(set(distances)) == 4


def at(line, position):
    low = min(int(np.floor(position)), len(line) - 1)
    high = min(low + 1, len(line) - 1)
    return line[low] + (line[high] - line[low]) * (position - np.floor(position))


def resized(image, source):
    """Bilinear by the definition, pixel after pixel: `source(i, size)` is where output i lies."""
    height, width = image.shape
    rows = np.array([[at(row, source(x, width)) for x in range(299)] for row in image.astype(np.float64)])
    return np.array([[at(column, source(y, height)) for y in range(299)] for column in rows.T]).T


def test_tensorflow_resize_by_definition():
    frames = noise(1, 37, 64)
    expected = resized(frames[0, :, :, 1], lambda i, size: i * size / 299)
    result = inception_resize.tensorflow1(frames)[0, 1].numpy() * 128 + 128
    np.testing.assert_allclose(result, expected, atol=2e-3)


def test_bilinear_resize_by_definition():
    frames = noise(1, 37, 64)
    expected = resized(frames[0, :, :, 2], lambda i, size: max((i + 0.5) * size / 299 - 0.5, 0))
    result = (inception_resize.bilinear(frames)[0, 2].numpy() + 1) * 127.5
    np.testing.assert_allclose(result, expected, atol=2e-3)


@pytest.mark.parametrize(
    ("resize", "scale"),
    [
        ("bilinear", lambda x: x / 127.5 - 1),
        ("antialiased", lambda x: (x - 128) / 128),
        ("tensorflow1", lambda x: (x - 128) / 128),
    ],
)
def test_pictures_of_the_right_size_are_only_scaled(resize, scale):
    frames = noise(2, 299, 299)
    result = getattr(inception_resize, resize)(frames)
    assert result.shape == (2, 3, 299, 299) and result.dtype == torch.float32
    np.testing.assert_allclose(result.numpy(), scale(frames.astype(np.float64)).transpose(0, 3, 1, 2), atol=1e-6)


def test_only_the_antialiased_resize_averages_a_fine_pattern():
    stripes = np.zeros((1, 598, 598, 3), np.uint8)
    stripes[:, :, ::2] = 255
    inner = (slice(None), slice(None), slice(8, -8), slice(8, -8))
    smooth = inception_resize.antialiased(stripes)[inner].numpy() * 128 + 128
    np.testing.assert_allclose(smooth, 127.5, atol=0.5)
    # Every output of TensorFlow's resize lies on an even column, all of which are white.
    np.testing.assert_allclose(inception_resize.tensorflow1(stripes)[inner].numpy(), 127 / 128)


def test_overshoot_of_the_bicubic_filter_is_clipped():
    edge = np.zeros((1, 64, 64, 3), np.uint8)
    edge[:, :, 32:] = 255
    result = inception_resize.antialiased(edge).numpy() * 128 + 128
    assert result.min() == 0 and result.max() == 255


def test_variants_have_their_own_signatures():
    names = ("inception", "inception_clean", "inception_tf")
    signatures = [EXTRACTORS.get(name).signature for name in names]
    assert len(set(signatures)) == 3 and all("@6726825d" in signature for signature in signatures)


def test_absent_weights_name_the_command(monkeypatch):
    monkeypatch.delenv("EVALKIT_WEIGHTS", raising=False)
    with pytest.raises(WeightsError, match="evalkit weights fetch inception-fid-pytorch"):
        EXTRACTORS.get("inception").load()


def test_other_files_are_refused(tmp_path, random_weights):
    damaged = tmp_path / "damaged.pth"
    damaged.write_bytes(random_weights.read_bytes()[:100_000])
    with pytest.raises(WeightsError, match="is not a torch checkpoint of plain tensors"):
        inception.load_file(damaged, "bilinear")
    other = tmp_path / "other.pth"
    torch.save({"fc.weight": torch.zeros(1008, 2048)}, other)
    with pytest.raises(WeightsError, match="does not fit InceptionFID"):
        inception.load_file(other, "bilinear")
    listed = tmp_path / "list.pth"
    torch.save([1, 2], listed)
    with pytest.raises(WeightsError, match="expected a state dict of tensors, got list"):
        inception.load_file(listed, "bilinear")
