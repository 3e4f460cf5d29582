"""The model: LIA as its baseline stage, warping at any size, interpolation of motion, overfitting one pair."""

import pytest
import torch

from baselines._shared.native.pictures import to_tensor
from baselines.lia.model import LIA
from baselines.sfd.model import SFD
from baselines.sfd.shape import Shape
from baselines.sfd.standardise import Standardise
from baselines.sfd.warp import warp
from evalkit.datasets.drawn import render_clip
from tests.baselines.sfd.conftest import TINY, lively


def images(count: int, seed: int, size: int = 32) -> torch.Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@torch.no_grad()
def test_the_baseline_stage_is_lia():
    torch.manual_seed(0)
    shape = Shape(size=8, identity_dim=0, style_dim=64, standardise=False, warp_source=False)
    ours, lia = SFD(shape).double(), LIA(size=8, style_dim=64).double()
    ours.subspaces.weight.copy_(lia.dec.direction.weight)
    ours.encoder.appearance.load_state_dict(lia.enc.net_app.state_dict())
    ours.encoder.motion.load_state_dict(lia.enc.fc.state_dict())
    ours.generator.load_state_dict({k: v for k, v in lia.dec.state_dict().items() if not k.startswith("direction")})
    source, driving = images(1, 1, 8).double(), images(2, 2, 8).double()
    signs = torch.sign((lia.dec.direction.basis() * ours.subspaces.bases()[1].T).sum(dim=0))  # LAPACK's are not ours
    lia.enc.fc[-1].weight.mul_(signs[:, None])
    lia.enc.fc[-1].bias.mul_(signs)
    described = lia.encode_source(source)
    expected = lia.animate(described, lia.motion(driving))
    face = ours.describe(source)
    made = ours.generate(face, ours.describe(driving).motion, source)
    torch.testing.assert_close(face.identity, described.vector)
    torch.testing.assert_close(made, expected, atol=1e-4, rtol=1e-4)


def test_a_new_model_returns_the_still_source_and_a_little_paint():
    torch.manual_seed(0)
    source = images(2, 1)
    model = SFD(TINY)
    model.start_still(mask=2.0)
    made = model(source, images(2, 2))
    mask = 0.8808  # sigmoid(2); there is no motion
    torch.testing.assert_close(made.generated, mask * source + (1 - mask) * made.painted, atol=1e-3, rtol=0)


@torch.no_grad()
def test_paint_shows_what_the_source_does_not():
    """Where all masks are open, LIA's image is made of the source alone and a painted one is not."""
    features = [torch.zeros(1, TINY.widths.at(side), side, side) for side in (8, 16, 32)]
    images = []
    for paint in (False, True):
        torch.manual_seed(0)
        generator = SFD(TINY.model_copy(update={"paint": paint})).generator
        images.append([generator(torch.full((1, TINY.style_dim), value), features) for value in (-1.0, 1.0)])
    (lia_first, lia_last), (first, last) = images
    assert torch.equal(lia_first, lia_last)
    assert (first - last).abs().mean() > 0.1


def test_no_offset_leaves_the_image_and_one_pixel_moves_it_by_one():
    image = images(1, 3, 16)
    torch.testing.assert_close(warp(image, torch.zeros(1, 2, 16, 16)), image, atol=1e-5, rtol=0)
    right = torch.zeros(1, 2, 16, 16)
    right[:, 0] = 2 / 16
    torch.testing.assert_close(warp(image, right)[..., :-1], image[..., 1:], atol=1e-5, rtol=0)


@torch.no_grad()
def test_the_source_may_be_larger_than_the_network():
    torch.manual_seed(0)
    model = lively(SFD(TINY)).eval()
    face = model.describe(images(1, 1))
    made = model.generate(face, model.describe(images(2, 2)).motion, images(1, 4, 80))
    assert made.shape == (2, 3, 80, 80) and torch.isfinite(made).all()


@torch.no_grad()
def test_interpolation_ends_at_the_two_motions():
    torch.manual_seed(0)
    model = lively(SFD(TINY)).eval()
    source = images(1, 1)
    face = model.describe(source)
    first, last = (model.describe(images(1, seed)).motion for seed in (2, 3))
    steps = torch.cat([torch.lerp(first, last, weight) for weight in (0.0, 0.5, 1.0)])
    made = [model.generate(face, step[None], source) for step in steps]
    assert torch.equal(made[0], model.generate(face, first, source))
    assert torch.equal(made[2], model.generate(face, last, source))
    assert (made[0] - made[1]).abs().max() > 1e-4


@torch.no_grad()
def test_descriptors_lie_in_their_subspaces():
    torch.manual_seed(0)
    model = SFD(TINY).eval()
    face = model.describe(images(3, 1))
    x_id, y_m = model.subspaces.bases()
    torch.testing.assert_close(face.identity @ x_id.T @ x_id, face.identity, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(face.identity @ y_m.T, torch.zeros(3, 20), atol=1e-4, rtol=0)
    torch.testing.assert_close(face.motion @ x_id.T, torch.zeros(3, 20), atol=1e-4, rtol=0)


def test_a_step_can_neither_shift_nor_scale_all_coefficients():
    rows = torch.randn(16, 3, generator=torch.Generator().manual_seed(0)) * 5 + 2
    rows.requires_grad_()
    scale = Standardise(3)
    standardised = scale(rows, learn=True)
    torch.testing.assert_close(standardised, scale(rows))
    (standardised**3).sum().backward()
    centred = (rows - rows.mean(dim=0)).detach()
    assert rows.grad.abs().max() > 0.1
    assert rows.grad.sum(dim=0).abs().max() < 1e-5
    assert (rows.grad * centred).sum(dim=0).abs().max() < 1e-4


def test_standardised_coefficients_have_the_unit_asked_for():
    torch.manual_seed(0)
    scale = Standardise(3, unit=2.0)
    rows = torch.randn(4000, 3) * torch.tensor([0.1, 1.0, 30.0]) + torch.tensor([5.0, 0.0, -7.0])
    out = scale(rows, learn=True)
    torch.testing.assert_close(out.mean(dim=0), torch.zeros(3), atol=1e-3, rtol=0)
    torch.testing.assert_close(out.std(dim=0), torch.full((3,), 2.0), atol=1e-2, rtol=0)
    before = scale.mean.clone()
    scale(rows + 1)
    assert torch.equal(scale.mean, before)


@pytest.mark.slow
def test_one_pair_is_overfitted():
    torch.manual_seed(0)
    frames = render_clip(1000, 0, frames=21, size=64).frames[[0, 20]]
    source, driving = to_tensor(frames, 32).mul(2).sub(1).split(1)
    assert (source - driving).abs().mean() / 2 > 0.035  # of [0, 1], what a copy of the source would have
    model = SFD(TINY)
    model.start_still(mask=2.0)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.004, betas=(0.9, 0.99))
    falling = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.005, total_iters=200)
    for _ in range(200):
        made = model(source, driving).generated
        loss = (made - driving).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        falling.step()
    assert loss.item() / 2 < 0.02
