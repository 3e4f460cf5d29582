"""OpenFace nn4.small2: our network by its structure, the way frames go in, and the file it loads."""

import numpy as np
import pytest
import torch
from skimage.transform import resize
from torch import nn

from evalkit.errors import WeightsError
from evalkit.extractors import EXTRACTORS, openface
from evalkit.extractors.openface_network import Inception, OpenFace
from evalkit.metrics import METRICS
from tests.fakes import drawn_heads, in_chunks, same_bits
from tests.formula import by_formula, golden

OFFICIAL = [
    [0.0815446, 0.0143164, -0.0492567, -0.106436, -0.160899, -0.00521647],
    [0.0813109, 0.013943, -0.0493508, -0.10655, -0.160432, -0.00452872],
]
"""First numbers of two embeddings by `netOpenFace` of thnkim/OpenFacePytorch (548149aa) in inference mode."""


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    """Seeded weights in the layout of `openface.pth`: plain tensors, without the counters of batch normalisation."""
    torch.manual_seed(0)
    network = OpenFace()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    path = tmp_path_factory.mktemp("openface") / "openface.pth"
    state = {k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
    torch.save(state, path)
    return path


def test_size_is_that_of_the_official_network():
    # The table "Models and accuracies" of OpenFace gives 3,733,968 parameters for nn4.small2.
    assert sum(p.numel() for p in OpenFace().parameters()) == 3_733_968


def test_names_and_shapes_are_those_of_the_official_file(official):
    state = torch.load(official, weights_only=True)
    assert {name.partition(".")[0] for name in state} == {
        f"layer{n}" for n in (1, 2, 6, 7, 9, 10, *range(14, 20), 21, 25)
    }
    shapes = {
        "layer1.weight": (64, 3, 7, 7),
        "layer14.seq_list.0.1_conv.weight": (96, 192, 1, 1),
        "layer14.seq_list.1.4_conv.weight": (32, 16, 5, 5),
        "layer15.seq_list.2.2_conv.weight": (64, 256, 1, 1),
        "layer16.seq_list.0.5_bn.running_var": (256,),
        "layer17.seq_list.3.1_conv.bias": (256,),
        "layer21.seq_list.1.3_bn.weight": (96,),
        "layer25.weight": (128, 736),
    }
    assert {name: tuple(state[name].shape) for name in shapes} == shapes
    assert not any(
        name.startswith(("layer16.seq_list.3", "layer18.seq_list.3", "layer19.seq_list.3")) for name in state
    )


def test_embeddings_are_those_of_the_official_network():
    """Its weights are those of `by_formula`; with an epsilon of 1e-3 in batch normalisation they move by 1e-3."""
    network = OpenFace().eval()
    network.load_state_dict(by_formula(network.state_dict()), strict=False)
    with torch.inference_mode():
        embeddings = network(torch.from_numpy(golden(2 * 3 * 96 * 96, 3).astype(np.float32).reshape(2, 3, 96, 96)))
    np.testing.assert_allclose(embeddings[:, :6].numpy(), OFFICIAL, rtol=1e-5)


def test_smaller_maps_are_padded_to_the_right_and_below():
    # 3x3 max pooling with stride 2 leaves 5 of 12, the convolution 6: a column and a row of zeros is added.
    block = Inception(1, [(3, 2, 1, 1)], nn.MaxPool2d(3, 2), None, None).eval()
    result = block(torch.ones(1, 1, 12, 12))[0, 1]
    assert result.shape == (6, 6) and result[:5, :5].min() == 1
    assert result[5].abs().sum() == result[:, 5].abs().sum() == 0


def test_the_normalisation_keeps_the_first_channel_in_every_later_sum():
    x = torch.rand(1, 9, 2, 2) * 30
    result = OpenFace().normalise(x)
    squares = x.numpy().astype(np.float64)[0] ** 2
    for channel in range(9):
        window = squares[max(channel - 2, 0) : channel + 3].sum(axis=0) + (squares[0] if channel >= 3 else 0)
        expected = x[0, channel].numpy() / (1 + 1e-4 / 5 * window) ** 0.75
        np.testing.assert_allclose(result[0, channel].numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("side", [96, 128, 256])
def test_frames_go_in_whole_as_the_pinned_scikit_image_resized_them(side):
    frames = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    prepared = openface.prepare(frames).numpy()
    for frame, plane in zip(frames, prepared, strict=True):
        expected = resize(frame[..., ::-1], (96, 96), order=1, anti_aliasing=False, mode="constant")
        np.testing.assert_allclose(plane.transpose(1, 2, 0), expected, atol=1e-6)


@pytest.mark.slow
def test_embeddings_are_unit_vectors_of_every_frame_whatever_the_chunks(official):
    extract = openface.load_file(official)
    frames = drawn_heads()
    found = extract(frames, {})
    assert found["embedding"].shape == (7, 128)
    np.testing.assert_allclose(np.linalg.norm(found["embedding"], axis=1), 1, atol=1e-3)
    assert same_bits(found, in_chunks(extract, frames, 3)) and same_bits(found, in_chunks(extract, frames, 1))
    noisy = np.clip(frames + np.random.default_rng(0).normal(0, 60, frames.shape), 0, 255).astype(np.uint8)
    metric = METRICS["aed_id"].function
    damaged = metric(extract(noisy, {})["embedding"], found["embedding"])
    assert (metric(found["embedding"], found["embedding"]) == 0).all() and (damaged > 0).all() and damaged.max() <= 4


def test_absent_and_wrong_weights(official, tmp_path, monkeypatch):
    monkeypatch.delenv("EVALKIT_WEIGHTS", raising=False)
    with pytest.raises(
        WeightsError, match=r"Needed: openface\.pth\. Get them with: evalkit weights fetch openface-nn4-small2"
    ):
        EXTRACTORS.get("openface").load()
    state = torch.load(official, weights_only=True)
    torch.save({name: value for name, value in state.items() if not name.startswith("layer25")}, tmp_path / "o.pth")
    with pytest.raises(WeightsError, match=r"(?s)o\.pth does not fit OpenFace: .*layer25\.weight"):
        openface.load_file(tmp_path / "o.pth")
