"""The seven losses against values computed by hand."""

import math

import pytest
import torch

from baselines.sfd.lab.training import losses
from baselines.sfd.lab.training.config import Config, Weights
from baselines.sfd.lab.training.heads import reverse_gradient


def test_the_weights_are_the_papers():
    assert tuple(Weights().model_dump().values()) == (1, 1, 1, 2, 0.04, 1, 0.05)
    assert list(Weights().model_dump()) == [
        "reconstruction",
        "perceptual",
        "adversarial",
        "similarity",
        "eraser",
        "regression",
        "classifier",
    ]


def test_reconstruction():
    assert losses.reconstruction(torch.tensor([1.0, -1.0]), torch.tensor([0.5, 1.0])).item() == pytest.approx(1.25)


def test_perceptual_is_the_sum_or_the_mean_over_maps():
    ours = [torch.tensor([1.0, 3.0]), torch.tensor([0.0])]
    theirs = [torch.tensor([0.0, 0.0]), torch.tensor([4.0])]
    assert losses.perceptual(ours, theirs, "sum").item() == pytest.approx(2 + 4)
    assert losses.perceptual(ours, theirs, "mean").item() == pytest.approx((2 + 4) / 2)


def test_adversarial_and_discrimination():
    logits = torch.tensor([0.0, 2.0])
    generator = (math.log(2) + math.log1p(math.exp(-2))) / 2
    assert losses.adversarial(logits).item() == pytest.approx(generator)
    real, generated = torch.tensor([1.0]), torch.tensor([-1.0])
    assert losses.discrimination(real, generated).item() == pytest.approx(2 * math.log1p(math.exp(-1)))


def test_gradient_penalty_of_a_linear_judge():
    images = torch.zeros(2, 1, 1, 2, requires_grad=True)
    logits = (images * torch.tensor([3.0, 4.0])).sum(dim=(1, 2, 3))
    assert losses.gradient_penalty(images, logits).item() == pytest.approx(25)


def test_identity_similarity_by_hand():
    # pairs (0, 1) and (2, 3); cosines of descriptors 1 and 0, of features 0.6 and 0.8
    descriptors = torch.tensor([[2.0, 0.0], [5.0, 0.0], [0.0, 1.0], [3.0, 0.0]])
    features = torch.tensor([[1.0, 0.0], [3.0, 4.0], [1.0, 0.0], [4.0, 3.0]])
    assert losses.pair_similarities(descriptors).tolist() == pytest.approx([1, 0])
    assert losses.identity_similarity(descriptors, features).item() == pytest.approx(-0.6)


def test_identity_similarity_of_all_pairs_by_hand():
    # pairs (0, 1), (0, 2), (1, 2); cosines of descriptors 0, 1 and 0, of features 0.6, 0 and 0.8
    descriptors = torch.tensor([[2.0, 0.0], [0.0, 1.0], [5.0, 0.0]])
    features = torch.tensor([[1.0, 0.0], [3.0, 4.0], [0.0, 2.0]])
    assert losses.pair_similarities(descriptors, all_pairs=True).tolist() == pytest.approx([0, 1, 0])
    assert losses.pair_similarities(features, all_pairs=True).tolist() == pytest.approx([0.6, 0, 0.8])
    assert losses.identity_similarity(descriptors, features, all_pairs=True).item() == pytest.approx(0, abs=1e-6)
    assert losses.identity_similarity(features, features, all_pairs=True).item() == pytest.approx(-1)


def test_identity_similarity_of_descriptors_that_say_nothing_is_zero():
    assert losses.identity_similarity(torch.zeros(4, 3), torch.ones(4, 3)).item() == 0


def test_identification_is_cross_entropy():
    logits = torch.tensor([[0.0, 0.0], [math.log(3), 0.0]])
    expected = (math.log(2) - math.log(0.75)) / 2
    assert losses.identification(logits, torch.tensor([1, 0])).item() == pytest.approx(expected)


def test_latent_regression():
    """Eq. 6 for two images of two elements: the norm of each, then the mean; or the mean over all."""
    identity, motion = torch.tensor([[1.0, 2.0], [0.0, 0.0]]), torch.tensor([[0.0, 4.0], [0.0, 0.0]])
    again = torch.tensor([[1.5, 2.0], [0.0, 1.0]]), torch.tensor([[0.0, 1.0], [0.0, 0.0]])
    assert losses.latent_regression(again, identity, motion, "sum").item() == pytest.approx((0.5 + 3 + 1) / 2)
    assert losses.latent_regression(again, identity, motion, "mean").item() == pytest.approx((0.5 + 3 + 1) / 4)


def test_the_reversed_gradient_has_weight_and_sign():
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    reversed_ = reverse_gradient(x, 0.04)
    assert torch.equal(reversed_, x)
    (reversed_ * torch.tensor([1.0, 10.0])).sum().backward()
    torch.testing.assert_close(x.grad, torch.tensor([-0.04, -0.4]))


@pytest.mark.parametrize(
    ("stage", "off", "identity_dim"),
    [
        ("baseline", {"similarity", "eraser", "regression", "classifier"}, 0),
        ("subs", {"similarity", "eraser", "regression", "classifier"}, 20),
        ("dec", {"regression", "classifier"}, 20),
        ("sem", set(), 20),
    ],
)
def test_the_stages_are_the_rows_of_table_iii(stage, off, identity_dim):
    config = Config().at_stage(stage)
    assert {name for name, weight in config.weights.model_dump().items() if not weight} == off
    assert config.shape.identity_dim == identity_dim
