"""Driving frames with another person's face."""

from dataclasses import fields, replace

import pytest
import torch

from baselines.sfd.lab.training.crossing import crossed
from baselines.sfd.lab.training.sampling import Batch
from baselines.sfd.lab.training.trainer import Trainer
from baselines.sfd.model import SFD
from tests.baselines.sfd.conftest import TINY, lively, tiny_config

PEOPLE = torch.tensor([0, 1, 2, 0])


@pytest.fixture
def model() -> SFD:
    torch.manual_seed(0)
    return lively(SFD(TINY)).eval()


@pytest.fixture
def batch() -> Batch:
    torch.manual_seed(1)
    source, driving, seen = (torch.rand(4, 3, 32, 32) * 2 - 1 for _ in range(3))
    return Batch(source, driving, seen, PEOPLE, PEOPLE, torch.zeros(4, 3), ("a", "b", "c", "d"))


def test_another_person_shows_the_driving_frame(batch, model):
    """The last pair's neighbour, the first one, shows its own person."""
    made = crossed(batch, model, 1)
    for row, other in ((0, 1), (1, 2), (2, 3)):
        face, motion = (model.describe(images) for images in (batch.source[[other]], batch.seen[[row]]))
        expected = model.generate(face, motion.motion, batch.source[[other]]).clamp(-1, 1)
        torch.testing.assert_close(made.seen[[row]], expected, atol=1e-5, rtol=0)
        assert (expected - batch.source[other]).abs().max() > 0.01
    assert torch.equal(made.seen[3], batch.seen[3])
    assert made.shown.tolist() == [1, 2, 0, 0]
    assert not made.seen.requires_grad


def test_what_is_wanted_stays_the_true_frame(batch, model):
    made = crossed(batch, model, 1)
    back = replace(made, seen=batch.seen, shown=batch.shown)
    assert all(getattr(back, field.name) is getattr(batch, field.name) for field in fields(batch))
    assert torch.equal(batch.shown, PEOPLE)


@pytest.mark.parametrize(("share", "rows"), [(0, []), (0.5, [1]), (0.75, [1, 2]), (1, [0, 1, 2])])
def test_a_share_of_the_pairs(batch, model, share, rows):
    made = crossed(batch, model, share).seen
    changed = [row for row in range(4) if not torch.equal(made[row], batch.seen[row])]
    assert changed == rows


def test_one_person_has_no_stranger(batch, model):
    alone = replace(batch, identity=torch.zeros(4, dtype=torch.long))
    assert crossed(alone, model, 1) is alone


def test_the_averaged_model_animates_and_the_eraser_is_told_who_shows(make_trainer, monkeypatch):
    trainer: Trainer = make_trainer(tiny_config(crossed=1, weights={"adversarial": 0}))
    lively(trainer.average)
    plain, batch = make_trainer().batch(0, 0), trainer.batch(0, 0)
    assert torch.equal(batch.seen, crossed(plain, trainer.averaged, 1).seen)
    assert not torch.equal(batch.shown, batch.identity)
    told = []
    monkeypatch.setattr(
        "baselines.sfd.lab.training.losses.identification",
        lambda logits, people: told.append(people) or logits.sum() * 0,
    )
    trainer.step(0)
    assert [people.tolist() for people in told] == [batch.shown.tolist(), batch.identity.tolist()]


def test_a_training_with_strangers_goes_on_the_same(make_trainer):
    config = tiny_config(crossed=0.5)
    first, again = make_trainer(config), make_trainer(config)
    assert [first.step(step) for step in range(3)] == [again.step(step) for step in range(3)]
