"""Which frames are drawn, and in which colours they drive."""

import numpy as np
import pytest
import torch

from baselines.sfd.lab.training.config import Data
from baselines.sfd.lab.training.recolour import draw_recolouring
from baselines.sfd.lab.training.sampling import batch_of, draw
from tests.baselines.sfd.conftest import make_corpus

CORPUS = make_corpus(frames=20)


def drawn(data: Data, steps: int = 40):
    return [one for step in range(steps) for one in draw(CORPUS, 3, 8, data, (0, step))]


def test_frames_of_a_pair_differ_and_are_any_two_of_a_clip():
    distances = np.array([abs(one.source - one.driving) for one in drawn(Data())])
    assert distances.min() == 1 and distances.max() > 15


def test_a_draw_depends_on_its_key_alone():
    data = Data(recolour=0.5)
    first, again, other = (batch_of(draw(CORPUS, 3, 8, data, key)) for key in ((0, 1), (0, 1), (0, 2)))
    assert torch.equal(first.seen, again.seen) and torch.equal(first.source, again.source)
    assert not torch.equal(first.seen, other.seen)


def test_only_what_drives_is_recoloured():
    plain, coloured = (batch_of(draw(CORPUS, 3, 8, Data(recolour=strength), (0, 1))) for strength in (0, 0.5))
    assert torch.equal(plain.seen, plain.driving)
    assert not torch.equal(coloured.seen, coloured.driving)
    assert coloured.seen.min() >= -1 and coloured.seen.max() <= 1


def test_no_strength_is_no_change():
    image = torch.rand(3, 4, 4) * 2 - 1
    same = draw_recolouring(0, np.random.default_rng(0))(image)
    torch.testing.assert_close(same, image, atol=1e-6, rtol=0)


@pytest.mark.parametrize("seed", range(5))
def test_grey_stays_grey(seed):
    """Hue and saturation leave it; contrast and brightness move all channels alike."""
    grey = torch.linspace(-0.4, 0.4, 16).expand(3, 4, 16)
    found = draw_recolouring(0.5, np.random.default_rng(seed))(grey)
    assert (found - found.mean(dim=0)).abs().max() < 2e-3
    assert (found - grey).abs().max() > 0.01


def test_hues_turn_by_up_to_half_a_circle():
    red = torch.tensor([0.5, -0.5, -0.5])[:, None, None]
    rng = np.random.default_rng(0)
    strongest = torch.stack([draw_recolouring(1, rng)(red)[:, 0, 0].argmax() for _ in range(60)])
    assert set(strongest.tolist()) == {0, 1, 2}
