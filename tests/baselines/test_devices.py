"""Every native method on a fake GPU: no operation mixes devices, and no frame makes the host wait."""

import pytest
import torch

from baselines._shared.linear import inverse, solve
from baselines._shared.motion import keypoints
from baselines.liveportrait import model as liveportrait
from evalkit.method.find import find_method
from tests.baselines.fake_gpu import Traffic, fake_gpu, move
from tests.baselines.networks import networks_of
from tests.baselines.random_methods import EVERY, RandomMethods
from tests.baselines.tiny import TINY

CONSTANTS = 100
"""Numbers of a table that a layer may send to the device; a frame has thousands."""

DRIVING = {"pirenderer": (73, 27), "hyperreenact": (3, 224, 224)}
"""What a driving frame is, where it is no picture of the source's side."""


def motions_of(name: str) -> tuple[str, ...]:
    return find_method(name).card.motions


HEAVY = ("tpsm", "liveportrait", "osfs", "dagan", "hyperreenact")
CASES = [
    pytest.param(name, motion, marks=pytest.mark.slow if name in HEAVY else ())
    for name in EVERY
    for motion in motions_of(name)
]


@pytest.mark.parametrize(("name", "motion"), CASES)
def test_frames_stay_on_the_gpu(name: str, motion: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Hulls are computed on the host, once per pair; fake keypoints have no values.
    monkeypatch.setattr(keypoints, "movement_scale", lambda *_: 1.0)
    monkeypatch.setattr(liveportrait, "friendly_factor", lambda *_: 1.0)
    side = TINY[name]["side"]
    animator = RandomMethods()(name)._animator  # type: ignore[attr-defined]
    with fake_gpu() as to_gpu:
        for network in networks_of(animator):
            move(network, to_gpu)
        source = to_gpu(torch.rand(1, 3, side, side))
        driving = to_gpu(torch.rand(2, *DRIVING.get(name, (3, side, side))))
        initial = driving[:1] if motion == "relative" else None
        render = animator.begin(source, to_gpu(torch.rand(1, 2, 3)) if name == "hyperreenact" else initial)
        with Traffic() as traffic:
            frames = render(driving)
    assert frames.shape[:2] == (2, 3) and frames.device.type == "cuda"
    assert dict(traffic.waits) == {}
    assert traffic.largest_copy <= CONSTANTS


def test_the_fake_gpu_refuses_to_mix_devices_and_counts_waits() -> None:
    with fake_gpu() as to_gpu:
        there = to_gpu(torch.zeros(3, 3))
        with pytest.raises(RuntimeError, match="on the same device"):
            torch.mm(there, torch.zeros(3, 3))
        with Traffic() as traffic:
            torch.linalg.inv(there)
            there.cpu()
            torch.zeros(50).to(there.device)
    assert dict(traffic.waits) == {"a check of linear algebra": 1, "a copy to the host": 1}
    assert traffic.largest_copy == 50


def test_linear_algebra_without_waiting_has_the_same_bits_and_nan_for_singular_matrices() -> None:
    matrices, right = (torch.rand(5, n, 3, generator=torch.Generator().manual_seed(n)) for n in (3, 3))
    assert torch.equal(inverse(matrices), torch.linalg.inv(matrices))
    assert torch.equal(solve(matrices, right), torch.linalg.solve(matrices, right))
    matrices[2] = 0
    for found in (inverse(matrices), solve(matrices, right)):
        assert found[2].isnan().all() and found[[0, 1, 3, 4]].isfinite().all()
