"""Weights fixed once for all frames: the same bits, and nothing left to compute of them."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from baselines._shared.native.fixed import Fixable, fix_weights
from baselines._shared.stylegan.layers import EqualConv2d, EqualLinear
from baselines._shared.stylegan.modulated import ModulatedConv2d
from baselines.dpe.model import DPE
from baselines.lia.model import LIA
from baselines.sfd.model import SFD
from tests.baselines.sfd.conftest import TINY


def by_lia(network: LIA, image: Tensor) -> Tensor:
    source = network.encode_source(image)
    return network.animate(source, network.motion(image.flip(3)), network.motion(image.flip(2)))


def by_dpe(network: DPE, image: Tensor) -> Tensor:
    return network.animate(network.encode(image), network.motion(image.flip(3)))


def by_sfd(network: SFD, image: Tensor) -> Tensor:
    face = network.describe(image)
    return network.generate(face, network.describe(image.flip(3)).motion, image)


CASES = [
    pytest.param(lambda: LIA(32, 48, 5), by_lia, id="lia"),
    pytest.param(lambda: DPE(32, 48, 5), by_dpe, id="dpe"),
    pytest.param(lambda: SFD(TINY), by_sfd, id="sfd"),
]


@pytest.mark.parametrize(("build", "run"), CASES)
def test_frames_are_the_same_bit_by_bit(
    build: Callable[[], nn.Module], run: Callable[[nn.Module, Tensor], Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    network, image = build().eval(), torch.rand(1, 3, 32, 32)
    names = set(network.state_dict())
    with torch.inference_mode():
        before = run(network, image)
        fix_weights(network)
        monkeypatch.setattr(torch.linalg, "qr", None)
        assert torch.equal(run(network, image), before)
    assert set(network.state_dict()) == names
    layers = [layer for layer in network.modules() if isinstance(layer, EqualConv2d | EqualLinear | ModulatedConv2d)]
    assert layers and all(isinstance(layer, Fixable) and layer.scale == 1 for layer in layers)


def test_kernels_of_transposed_convolutions_lie_as_those_want_them() -> None:
    layer = ModulatedConv2d(4, 6, 3, 8, upsample_taps=(1.0, 3.0, 3.0, 1.0))
    layer.fix_weights()
    assert layer.weight.shape == (1, 6, 4, 3, 3) and layer.weight[0].transpose(0, 1).is_contiguous()
