"""Threads, batches and the layout of memory change nothing but the last digits of a native method's frames."""

import numpy as np
import pytest
import torch

from baselines._shared.native.pictures import to_tensor
from evalkit.method.interface import Driving
from evalkit.types import Frames
from tests.baselines.networks import networks_of
from tests.baselines.random_methods import EVERY, FULL, Build, Sizes, chosen, fitted, floats, to_size
from tests.baselines.tiny import TINY

AMPLIFYING = {"tpsm": 1e-2, "lia": 1e-2, "dpe": 1e-2, "osfs": 1e-4, "liveportrait": 1.0}
"""Methods whose random networks are so steep that float32 shows, and by how much at most. LivePortrait's paint black
and white noise, so that a pixel may flip; its mean difference is held to 1e-3."""
KINDS = ("fomm", "lia")
"""Two kinds of network, warped features and StyleGAN, to be tried in full size too; attention and volumes would take
half a minute each. All run in full size by command, `tests/e2e/test_native_methods.py`."""

MOST = {**AMPLIFYING, "hyperreenact": 1.0}
"""HyperReenact's frames are 8-bit levels, as painted crops are resized into them: one level, where others have 1e-5."""


CASES = [
    *(pytest.param(name, TINY, id=f"{name}-tiny") for name in EVERY),
    *(pytest.param(name, FULL, id=f"{name}-full", marks=pytest.mark.slow) for name in KINDS),
]


@pytest.mark.parametrize(("name", "sizes"), CASES)
def test_neither_threads_nor_batches_nor_layout_change_frames(
    name: str, sizes: Sizes, build: Build, faces: Frames, driving: Driving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads move no bit. Real batches, which a CPU gets only here, may round; where rounding is amplified the next
    test says that it is rounding."""
    side = sizes[name]["side"]
    source, short = fitted(faces[3:], chosen(driving, maximum=2), side)
    plain = floats(build(name, sizes=sizes), source, short)
    with monkeypatch.context() as patch:
        torch.set_num_threads(2)
        patch.setattr(build(name, sizes=sizes)._batches, "workers", 2)  # type: ignore[attr-defined]
        assert np.array_equal(floats(build(name, sizes=sizes), source, short), plain)
        torch.set_num_threads(1)
    monkeypatch.setattr("baselines._shared.native.method.batch_size", lambda config: 2)
    for module in ("pirenderer.adapter", "hyperreenact.method"):
        monkeypatch.setattr(f"baselines.{module}.batch_size", lambda config: 2)
    together = floats(build(name, sizes=sizes, channels_last=True), source, short)
    assert plain.shape == (2, side, side, 3)
    noise, apart = np.abs(plain.astype(np.float64) - together), np.abs(plain[0].astype(np.float64) - plain[1])
    assert noise.max() <= MOST.get(name, 1e-5)
    assert noise.mean() < 1e-3 and noise.mean() < 0.1 * apart.mean()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(AMPLIFYING))
def test_where_rounding_is_amplified_it_is_nothing_but_rounding(name: str, build: Build, faces: Frames) -> None:
    """In double precision batch and layout make no difference: the second of two frames is as it is alone."""
    side = TINY[name]["side"]
    animator = build(name, "batch=2")._animator  # type: ignore[attr-defined]
    for network in networks_of(animator):
        network.double()
    images = to_tensor(to_size(faces[:3], side), side).double()
    last = images.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        alone = animator.begin(images[:1], None)(images[2:])
        together = animator.begin(last[:1], None)(last[1:])
    assert (alone - together[1:]).abs().max() < 1e-8
