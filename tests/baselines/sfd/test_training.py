"""Steps, checkpoints and everything that can go wrong with them."""

import dataclasses
import errno
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from baselines.sfd.lab.training import checkpoint
from baselines.sfd.lab.training.checkpoint import LAST, Progress, load, refuse_other, save
from baselines.sfd.lab.training.config import Config, Data, differences, read_config, shipped_configs
from baselines.sfd.lab.training.freezing import frozen
from baselines.sfd.lab.training.logs import LOSSES, Journal
from baselines.sfd.lab.training.samples import COLUMNS, sheet
from baselines.sfd.lab.training.sampling import draw
from baselines.sfd.weights import EARLIER_TRAINING, TRAINING
from evalkit.errors import MethodError, RunError
from tests.baselines.sfd.conftest import lively, make_corpus, tiny_config


def test_every_loss_of_the_paper_plays(make_trainer):
    values = make_trainer().step(0)
    assert set(values) == {*Config().weights.model_dump(), "discrimination", "total"}
    assert all(np.isfinite(value) for value in values.values())


@pytest.mark.parametrize("stage", ["baseline", "subs", "dec", "sem"])
def test_stages_leave_losses_out(make_trainer, stage):
    config = tiny_config().at_stage(stage)
    values = make_trainer(config).step(0)
    on = {name for name, weight in config.weights.model_dump().items() if weight}
    assert set(values) == on | {"discrimination", "total"}


def test_what_is_painted_can_learn_too(make_trainer):
    """Its loss is the reconstruction loss of the painted image, and counts with its weight."""
    trainer = make_trainer(
        tiny_config(painting=0.5, motion_first=1, weights={"adversarial": 0}, reconstruction_scale=127.5)
    )
    (batch,) = trainer.batches(0)
    _, found = trainer.objective(batch, trainer.perceptual, None, 0.0)
    animated = trainer.objective.model(batch.source, batch.seen)
    expected = (animated.painted - batch.driving).abs().mean() * 127.5
    assert trainer.config.reconstruction_scale == 127.5
    torch.testing.assert_close(found["painting"], expected)
    torch.testing.assert_close(trainer.objective.total(found), found["reconstruction"] + 0.5 * expected)
    lia = make_trainer(tiny_config(painting=0.5, shape={"warp_source": False}))
    assert "painting" not in lia.step(0)


def test_motion_comes_first(make_trainer):
    trainer = make_trainer(tiny_config(motion_first=1, ramp=3, weights={"adversarial": 0}))
    assert set(trainer.step(0)) == {"reconstruction", "total"}
    assert "similarity" in trainer.step(1)
    assert [trainer.config.descriptor_weight(step) for step in (0, 1, 2, 4, 9)] == [0, 0.25, 0.5, 1, 1]


def test_rates_fall_at_the_end(make_trainer):
    config = tiny_config(steps=4, optimiser={"rate": 2e-3, "discriminator_rate": 1e-3, "cool_down": 2})
    assert [config.rate_share(step) for step in range(4)] == [1, 1, 1, 0.5]
    trainer = make_trainer(config)
    trainer.step(3)
    optimisers = trainer.state.optimisers
    assert [group["lr"] for group in optimisers["generator"].param_groups] == [1e-3]
    assert [group["lr"] for group in optimisers["discriminator"].param_groups] == [0.5e-3]


def test_how_a_training_ends_may_be_changed(make_trainer, tmp_path):
    trainer = make_trainer()
    save(tmp_path, trainer.state, Progress(1, 1.0), trainer.config, "digest")
    ending = tiny_config(steps=3, optimiser={"cool_down": 2})
    assert load(tmp_path / LAST, trainer.state, ending, "digest") == Progress(1, 1.0)


def test_a_frozen_network_passes_gradients_on_and_keeps_none():
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 1))
    network[0].bias.requires_grad_(False)
    x = torch.ones(1, 2, requires_grad=True)
    with frozen(network):
        out = network(x)
    out.sum().backward()
    assert x.grad is not None and x.grad.abs().max() > 0
    assert all(p.grad is None for p in network.parameters())
    assert [p.requires_grad for p in network.parameters()] == [True, False, True, True]


def test_the_basis_stays_orthonormal_while_training(make_trainer):
    trainer = make_trainer()
    before = torch.cat(trainer.objective.model.subspaces.bases()).detach()
    for step in range(4):
        trainer.step(step)
    basis = torch.cat(trainer.objective.model.subspaces.bases()).detach()
    assert (basis - before).abs().max() > 1e-5
    assert (basis @ basis.T - torch.eye(len(basis))).abs().max() < 1e-5


def test_a_resumed_training_takes_the_same_next_step(make_trainer, tmp_path):
    config = tiny_config()
    unbroken, first, second = make_trainer(), make_trainer(), make_trainer()
    for step in range(3):
        unbroken.step(step)
        first.step(step)
    save(tmp_path, first.state, Progress(3, 1.5), config, "digest")
    assert load(tmp_path / LAST, second.state, config, "digest") == Progress(3, 1.5)
    for step in (3, 4):
        assert second.step(step) == unbroken.step(step)
    for name, value in unbroken.average.state_dict().items():
        assert torch.equal(value, second.average.state_dict()[name]), name


def test_a_training_begins_with_the_weights_of_another(make_trainer):
    other, trainer = make_trainer(tiny_config(seed=1)), make_trainer()
    lively(other.average)
    head = {name: value.clone() for name, value in trainer.objective.eraser.state_dict().items()}
    trainer.begin_with(other.averaged)
    for name, value in other.average.state_dict().items():
        assert torch.equal(trainer.average.state_dict()[name], value), name
        assert torch.equal(trainer.objective.model.state_dict()[name], value), name
    assert all(torch.equal(trainer.objective.eraser.state_dict()[name], value) for name, value in head.items())
    larger = make_trainer(tiny_config(shape={"style_dim": 64}))
    with pytest.raises(MethodError, match=r"of other networks:\n  style_dim: 64 -> 48"):
        trainer.begin_with(larger.averaged)


def test_a_changed_configuration_is_refused_with_the_difference(make_trainer, tmp_path):
    trainer = make_trainer()
    save(tmp_path, trainer.state, Progress(), tiny_config(), "digest")
    with pytest.raises(RunError, match=r"changed since:\n  batch: 4 -> 6\n  optimiser\.rate: 0\.0016 -> 0\.1\n"):
        load(tmp_path / LAST, trainer.state, tiny_config(batch=6, optimiser={"rate": 0.1}), "digest")
    with pytest.raises(RunError, match="other clips"):
        load(tmp_path / LAST, trainer.state, tiny_config(), "another")


def test_settings_that_came_later_are_at_their_defaults_in_an_old_checkpoint():
    settings = tiny_config().model_dump(mode="json", exclude={"steps": True, "optimiser": {"cool_down"}})
    del settings["data"]["recolour"], settings["shape"]["window"]
    facts = {"format": TRAINING, "config": settings, "data": "digest"}
    refuse_other(Path("old"), facts, tiny_config(), "digest")
    with pytest.raises(RunError, match=r"changed since:\n  data\.recolour: 0\.0 -> 0\.5\n"):
        refuse_other(Path("old"), facts, tiny_config(data={"recolour": 0.5}), "digest")
    del settings["batch"]  # at its default of 8 then
    with pytest.raises(RunError, match=r"\n  unheard_of: 1 -> None\n"):
        refuse_other(Path("old"), facts | {"config": settings | {"unheard_of": 1}}, tiny_config(), "digest")
    with pytest.raises(RunError, match="of an earlier evalkit"):
        refuse_other(Path("old"), facts | {"format": EARLIER_TRAINING}, tiny_config(), "digest")


def test_a_loss_that_is_no_number_stops_and_names_the_batch(make_trainer):
    trainer = make_trainer()
    before = {name: value.clone() for name, value in trainer.objective.state_dict().items() if "weight" in name}
    with torch.no_grad():
        trainer.objective.model.generator.input.input.fill_(float("nan"))
    with pytest.raises(RunError, match=r"step 0: the loss .*reconstruction.* not a number\. Batch: p\dc\d\[\d->\d\], "):
        trainer.step(0)
    assert all(torch.equal(trainer.objective.state_dict()[name], value) for name, value in before.items())


def test_a_full_disk_keeps_the_last_good_checkpoint(make_trainer, tmp_path, monkeypatch):
    trainer = make_trainer()
    save(tmp_path, trainer.state, Progress(1, 0.0), tiny_config(), "digest")
    good = (tmp_path / LAST).read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "write_file", full)
    with pytest.raises(RunError, match="checkpoint of step 2 cannot be written, the disk is full; the last good"):
        save(tmp_path, trainer.state, Progress(2, 0.0), tiny_config(), "digest")
    assert (tmp_path / LAST).read_bytes() == good


@pytest.mark.parametrize("links", [True, False])
def test_a_kept_checkpoint_stays_as_it_is(make_trainer, tmp_path, monkeypatch, links):
    """By a link, or by a copy where the file system has none."""
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", lambda self, target: (_ for _ in ()).throw(OSError(errno.EPERM, "no")))
    trainer = make_trainer()
    for step in (1, 2):
        last = save(tmp_path, trainer.state, Progress(step, 0.0, best=0.5), trainer.config, "digest")
        if step == 1:
            checkpoint.keep(last, step)
    kept = tmp_path / "step-0000001.safetensors"
    assert load(kept, trainer.state, trainer.config, "digest") == Progress(1, 0.0, 0.5)
    assert load(last, trainer.state, trainer.config, "digest").step == 2


def test_a_damaged_checkpoint_is_named(make_trainer, tmp_path):
    path = tmp_path / LAST
    path.write_bytes(b"half a file")
    with pytest.raises(MethodError, match="not a whole safetensors file"):
        load(path, make_trainer().state, tiny_config(), "digest")


def test_draws_depend_on_their_key_alone():
    corpus = make_corpus()
    data = Data(same_identity=0.5)
    first, again, other = (draw(corpus, 3, 8, data, key) for key in ((0, 5, 0, 0), (0, 5, 0, 0), (0, 6, 0, 0)))
    assert first == again and first != other
    assert all(one.source != one.driving for one in first)


def test_half_of_the_pairs_show_one_identity_in_two_clips():
    drawn = draw(make_corpus(), 3, 8, Data(same_identity=0.5), (1, 2))
    pairs = list(zip(drawn[::2], drawn[1::2], strict=True))
    assert [a.identity == b.identity for a, b in pairs] == [False, True, False, True]
    assert all(a.clip is not b.clip for a, b in pairs)


def test_the_number_of_people_grows():
    config = tiny_config(data={"first_people": 2, "double_people": 10})
    assert [config.people(step, 7) for step in (0, 9, 10, 20, 30)] == [2, 3, 4, 7, 7]
    assert tiny_config().people(0, 7) == 7
    assert {one.identity for one in draw(make_corpus(), 2, 64, Data(), (0,))} == {0, 1}


def test_sample_sheets_have_a_column_for_each_view(make_trainer):
    trainer = make_trainer()
    made = sheet(trainer.averaged, trainer.batches(0)[0])
    assert made.shape == (1, 4 * 32, len(COLUMNS) * 32, 3) and made.dtype == np.uint8


def test_the_journal_writes_means_of_what_played(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    journal = Journal(tmp_path)
    journal.add({"total": 1.0})
    journal.add({"total": 3.0, "adversarial": 5.0})
    journal.write(2, 0.25, {"speed": 7.0})
    journal.close()
    expected = {"step": 2, "seconds": 0.2, "total": 2.0, "adversarial": 5.0, "speed": 7.0}
    assert json.loads((tmp_path / LOSSES).read_text()) == expected


@pytest.mark.parametrize("name", shipped_configs())
def test_shipped_configurations_are_valid_and_have_the_papers_weights(name):
    config = read_config(name)
    assert config.weights == Config().weights
    assert (config.shape.style_dim, config.shape.identity_dim, config.shape.motion_dim) == (512, 20, 20)


def test_the_second_training_of_small_has_its_networks():
    small, second = (read_config(one).model_dump(mode="json") for one in ("small", "small_doubles"))
    changed = {line.partition(":")[0] for line in differences(small, second)}
    lengths = {"steps", "motion_first", "ramp", "adversary.start", "data.double_people"}
    assert changed == {"data.doubled", "optimiser.rate", "optimiser.cool_down", *lengths}


def test_the_papers_form_at_the_size_of_small_sees_what_small_sees():
    small, paper, large = (read_config(one) for one in ("small", "small_paper", "vox256"))
    assert (paper.shape.size, paper.shape.window) == (small.shape.size, small.shape.window)
    assert paper.shape.widths == small.shape.widths
    assert (paper.batch, paper.steps) == (small.batch, small.steps)
    assert paper.optimiser.cool_down == small.optimiser.cool_down
    changed = {line.partition(":")[0] for line in differences(*(one.model_dump(mode="json") for one in (large, paper)))}
    assert not changed & {"shape.standardise", "shape.warp_source", "shape.paint", "shape.head_layers"}
    assert not {one for one in changed if one.startswith(("start.", "regression.", "weights."))}


def test_wrong_configurations_are_explained(tmp_path):
    with pytest.raises(
        MethodError, match="expected a YAML file or one of hdtf512, hdtf512_moved, small, small_doubles"
    ):
        read_config("large")
    path = tmp_path / "mine.yaml"
    path.write_text("batch: 3\nlearning: fast\n")
    with pytest.raises(MethodError, match=r"(?s)batch.*learning"):
        read_config(str(path))
    path.write_text("shape: {size: 64}\n")
    with pytest.raises(MethodError, match=r"perception\.scales: the smallest image has 8 pixels; vgg19 needs 16"):
        read_config(str(path))


def test_differences_are_named_by_their_path():
    assert differences({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1, "c": 5}}) == ["a.c: 2 -> 5", "d: 3 -> None"]


def test_accumulated_parts_see_different_batches(make_trainer):
    trainer = make_trainer(tiny_config(at_once=2))
    first, second = trainer.batches(0)
    assert first.names != second.names and len(first.names) == 2
    assert np.isfinite(trainer.step(0)["total"])


def test_half_precision_trains(make_trainer):
    trainer = make_trainer(tiny_config(precision="bf16"))
    assert np.isfinite(trainer.step(0)["total"])
    assert all(p.dtype == torch.float32 for p in trainer.objective.parameters())
    assert dataclasses.is_dataclass(trainer.state)
