"""The configurations that follow the paper, and switches between it and what was found better."""

import copy
import math

import pytest
import torch
from torch import nn

from baselines.sfd.lab.training import losses
from baselines.sfd.lab.training.config import Perception, read_config
from baselines.sfd.lab.training.discriminator import Discriminator, minibatch_deviation
from baselines.sfd.lab.training.heads import classifier, eraser, reverse_gradient
from baselines.sfd.lab.training.perceptual import Perceptual, shrunk
from evalkit.errors import MethodError
from evalkit.extractors.lpips_backbones import squeezenet, vgg19
from tests.baselines.sfd.conftest import tiny_config


@pytest.mark.parametrize(("name", "size"), [("vox256", 256), ("hdtf512", 512)])
def test_the_papers_configurations(name, size):
    config = read_config(name)
    shape = config.shape
    assert (shape.size, shape.style_dim, shape.identity_dim, shape.motion_dim) == (size, 512, 20, 20)
    assert not (shape.warp_source or shape.standardise or shape.paint or shape.points or shape.window)
    assert not (config.painting or config.all_pairs or config.motion_first or config.ramp or config.data.doubled)
    assert (config.reconstruction_scale, config.perception) == (1, Perception())
    assert config.perception.network == "vgg19" and config.perception.each == 10
    assert (config.regression.reduce, config.regression.frozen, config.start.still) == ("sum", False, False)
    data = config.data
    assert (data.identity_network, data.identity_of, data.identity_centred) == ("arcface", "image", False)
    assert (config.batch, config.steps, config.adversary.penalty) == (64, 800_000, 0)
    rates = config.optimiser
    assert (rates.rate, rates.discriminator_rate) == pytest.approx((0.0016, 0.032 / 17))
    assert (rates.betas, rates.discriminator_betas) == ((0, 0.99**0.8), (0, 0.99 ** (16 / 17)))
    baseline = config.at_stage("baseline")
    assert baseline.shape.identity_dim == 0, "with the shape above that is LIA; see test_model"
    assert [name for name, weight in baseline.weights.model_dump().items() if weight] == [
        "reconstruction", "perceptual", "adversarial",
    ]  # fmt: skip


def test_a_configuration_is_like_another(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("like: small_doubles\nbatch: 16\nadversary: {every: 2}\n")
    found, small = read_config(str(mine)), read_config("small")
    assert (found.batch, found.adversary.every, found.adversary.penalty) == (16, 2, small.adversary.penalty)
    assert found.data.doubled == 1 and found.shape == small.shape
    mine.write_text(f"like: {mine}\n")
    with pytest.raises(MethodError, match="has no beginning"):
        read_config(str(mine))
    mine.write_text("- 1\n")
    with pytest.raises(MethodError, match="expected keys and values, got list"):
        read_config(str(mine))


def test_vgg19_is_read_at_the_first_convolution_of_every_block():
    network = vgg19()
    shapes = [tuple(stage.shape[1:]) for stage in network(torch.zeros(1, 3, 32, 32))]
    assert shapes == [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 2, 2)]
    assert sorted(network.taps) == [1, 6, 11, 20, 29] and len(network.features) == 30
    convolutions = [name for name, layer in network.features.named_children() if isinstance(layer, nn.Conv2d)]
    assert convolutions == ["0", "2", "5", "7", "10", "12", "14", "16", "19", "21", "23", "25", "28"], "torchvision's"


def test_shrinking_leaves_a_constant_and_smooths_what_cannot_be_seen():
    image = torch.full((1, 3, 64, 64), 0.5)
    checks = (torch.arange(64) % 2 * 2.0 - 1).expand(1, 3, 64, 64)
    for scale, side in ((0.5, 32), (0.25, 16), (0.125, 8)):
        small, grey = shrunk(image, scale), shrunk(checks, scale)
        assert small.shape == (1, 3, side, side)
        inner = slice(side // 4, -side // 4)
        torch.testing.assert_close(small[..., inner, inner], torch.full_like(small[..., inner, inner], 0.5))
        assert grey[..., inner, inner].abs().max() < (0.6 if scale == 0.5 else 0.05)


def test_a_gaussian_by_hand():
    """At half size the deviation is half a pixel and it reaches two pixels far."""
    line = torch.tensor([math.exp(-(x**2) / 0.5) for x in (-2, -1, 0, 1, 2)])
    spot = torch.zeros(1, 1, 9, 9)
    spot[..., 4, 4] = 1
    weights = (line / line.sum())[:, None] * (line / line.sum())
    torch.testing.assert_close(shrunk(spot, 0.5)[0, 0, 1:4, 1:4], weights[::2, ::2])


def test_the_prediction_is_clamped_where_lia_does():
    torch.manual_seed(0)
    loud = torch.randn(1, 3, 32, 32) * 3
    about = Perception(network="squeezenet", scales=(1.0,), stages=1)
    network = squeezenet()
    (clamped,) = Perceptual(network, about)(loud)
    (same,) = Perceptual(network, about)(loud.clamp(-1, 1))
    (free,) = Perceptual(network, about.model_copy(update={"clamp": False}))(loud)
    assert torch.equal(clamped, same) and not torch.allclose(clamped, free)


@pytest.mark.parametrize("frozen", [False, True])
def test_who_learns_from_the_latent_regression(make_trainer, frozen):
    """As the equation is written the encoder that reads the generated image does; where it is frozen it still learns
    as the one that the image was made with."""
    config = tiny_config(regression={"frozen": frozen}, start={"still": False})
    objective = make_trainer(config).objective
    (batch,) = make_trainer(config).batches(0)
    animated = objective.model(batch.source, batch.seen)
    animated.generated.retain_grad()
    cut = copy.copy(animated)
    object.__setattr__(cut, "generated", animated.generated.detach())
    found = objective._regression(cut)
    assert found.requires_grad == (not frozen)
    objective._regression(animated).backward()
    assert animated.generated.grad is not None and animated.generated.grad.abs().max() > 0


def test_alternating_steps_are_the_reversed_gradient():
    """ "Iteratively optimize both": first the encoder against the eraser as it is, then the eraser on the same
    descriptors. That gives both the gradients of one step with a reversal."""
    torch.manual_seed(0)
    head, encoder = eraser(6, 8, 3), nn.Linear(4, 6)
    images, people = torch.randn(5, 4), torch.tensor([0, 1, 2, 0, 1])
    losses.identification(head(reverse_gradient(encoder(images), 0.04)), people).backward()
    once = [parameter.grad.clone() for network in (encoder, head) for parameter in network.parameters()]
    encoder.zero_grad(), head.zero_grad()
    (-0.04 * losses.identification(head(encoder(images)), people)).backward()
    of_encoder = [parameter.grad.clone() for parameter in encoder.parameters()]
    head.zero_grad()
    losses.identification(head(encoder(images).detach()), people).backward()
    alternating = [*of_encoder, *(parameter.grad for parameter in head.parameters())]
    for expected, found in zip(once, alternating, strict=True):
        torch.testing.assert_close(found, expected)


def test_heads_have_the_size_that_is_asked_for():
    assert [tuple(p.shape) for p in eraser(6, 8, 3).parameters() if p.dim() == 2] == [(8, 6), (8, 8), (3, 8)]
    assert [tuple(p.shape) for p in classifier(6, 1, 3).parameters() if p.dim() == 2] == [(3, 6)]
    assert [tuple(p.shape) for p in classifier(6, 3, 3).parameters() if p.dim() == 2] == [(6, 6), (6, 6), (3, 6)]


def test_minibatch_deviation_by_hand():
    maps = torch.tensor([1.0, 3.0, 5.0, 5.0]).view(4, 1, 1, 1).expand(4, 2, 2, 2)
    assert minibatch_deviation(maps, 2).shape == (4, 1, 2, 2)
    assert minibatch_deviation(maps, 2)[:, 0, 0, 0].tolist() == pytest.approx([1, 1, 0, 0], abs=1e-3)
    whole = torch.tensor([1.0, 3.0, 5.0, 5.0]).std(correction=0).item()
    assert minibatch_deviation(maps, 4)[0, 0, 0, 0].item() == pytest.approx(whole)
    assert torch.equal(minibatch_deviation(maps[:3], 2), minibatch_deviation(maps[:3], 1)), "three are no pairs"


@pytest.mark.parametrize("deviation", [0, 4])
def test_a_discriminator_gives_a_logit_each(deviation):
    torch.manual_seed(0)
    made = Discriminator(tiny_config(adversary={"deviation": deviation}))
    images = torch.randn(4, 3, 32, 32)
    logits = made(images)
    assert logits.shape == (4, 1)
    alone = torch.cat([made(image[None]) for image in images])
    assert torch.allclose(alone, logits, atol=1e-5) == (deviation == 0), "only the deviation looks at other images"
