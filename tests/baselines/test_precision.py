"""Layers in half precision, in networks of every kind: key points and thin-plate splines, 3DMM, StyleGAN blocks.

Pictures are small here, as CPUs without instructions for bf16 are very slow at it.
"""

from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from baselines._shared.native.pictures import to_tensor
from baselines._shared.native.precision import lower_precision
from baselines._shared.stylegan.encoder import Widths
from baselines._shared.stylegan.synthesis import FlowSynthesis
from evalkit.method.interface import Driving
from evalkit.types import Frames
from tests.baselines.networks import networks_of
from tests.baselines.random_methods import EVERY, Build, chosen, fitted, floats, to_size
from tests.baselines.tiny import TINY

SIZES = {**TINY, "lia": {**TINY["lia"], "side": 16}}


def test_flows_are_summed_up_in_single_precision() -> None:
    """What upsamples and adds up flows is no bf16 layer: a raw flow holds the one below it without rounding."""
    torch.manual_seed(0)
    network = FlowSynthesis(16, 8, (1.0, 3.0, 3.0, 1.0), Widths(8, 64))
    lower_precision(network, "bf16", "cpu", trained=True)
    assert all(parameter.dtype == torch.float32 for parameter in network.parameters())
    features = [torch.randn(1, network.to_flows[i].conv.weight.shape[2], side, side) for i, side in enumerate((8, 16))]
    coarse, fine = network.scales(torch.randn(1, 8), features)
    upsampled = network.to_flows[1].upsample(coarse.flow)
    alone = fine.flow - upsampled
    assert fine.flow.dtype == torch.float32
    assert not torch.equal(upsampled, upsampled.bfloat16().float())
    rounded = alone - network.to_flows[1].bias
    assert (rounded - rounded.bfloat16().float()).abs().max() < 1e-5, "only the layer itself is rounded"


@pytest.mark.parametrize("name", ["tpsm", "pirenderer", "lia"])
def test_half_precision_is_near(name: str, build: Build, faces: Frames, driving: Driving) -> None:
    source, short = fitted(faces[3:], chosen(driving, maximum=1), SIZES[name]["side"])
    exact = floats(build(name, sizes=SIZES), source, short)
    half = floats(build(name, sizes=SIZES, precision="bf16"), source, short)
    assert np.isfinite(half).all() and 0 < np.abs(exact - half).mean() < 0.02


SLOW = (
    torch.ops.aten.convolution.default,
    torch.ops.aten.mm.default,
    torch.ops.aten.addmm.default,
    torch.ops.aten.bmm.default,
    torch.ops.aten.baddbmm.default,
)
"""What CPUs without instructions for bf16 are very slow at."""


class Casts(TorchDispatchMode):
    """Notes which of some tensors are cast; computes the slow operations in single precision, behind its own back."""

    def __init__(self, watched: set[int]) -> None:
        super().__init__()
        self.watched, self.seen, self.casts = watched, 0, []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten._to_copy.default:
            self.seen += 1
            if args[0].untyped_storage().data_ptr() in self.watched:
                self.casts.append(tuple(args[0].shape))
        if func in SLOW and args[0].dtype == torch.bfloat16:
            singles = [one.float() if isinstance(one, torch.Tensor) else one for one in args]
            return func(*singles, **(kwargs or {})).to(torch.bfloat16)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", sorted(set(EVERY) - {"pirenderer", "hyperreenact"}))
def test_weights_are_cast_when_they_are_loaded_and_never_again(name: str, build: Build, faces: Frames) -> None:
    """Activations are cast on the way into a layer and out of it."""
    side = TINY[name]["side"]
    animator = build(name, precision="bf16")._animator  # type: ignore[attr-defined]
    images = to_tensor(to_size(faces[:2], side), side)
    stored = [one for network in networks_of(animator) for one in (*network.parameters(), *network.buffers())]
    with torch.no_grad():  # in inference mode nothing is dispatched that could be counted
        render = animator.begin(images[:1], None)
        with Casts({one.untyped_storage().data_ptr() for one in stored}) as casts:
            render(images[1:])
    assert casts.seen > 0 and casts.casts == []
