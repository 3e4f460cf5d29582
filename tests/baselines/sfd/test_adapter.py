"""SFD as evalkit runs it: sizes, motion, weight files, which checkpoint is used, and its other name."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from baselines.sfd.adapter import CHECKPOINTS, resized
from baselines.sfd.checkpoints import SHIPPED, SfdCheckpoints
from baselines.sfd.export import export
from baselines.sfd.lab.training.checkpoint import Progress, save
from baselines.sfd.weights import load_model, read_file, read_weights, write_weights
from evalkit.base.files import content_sha256
from evalkit.clips import video
from evalkit.errors import MethodError
from evalkit.method.checkpoints import Checkpoints, with_checkpoint
from evalkit.method.find import build_method, find_method, method_options
from evalkit.method.interface import Driving, MethodConfig
from evalkit.types import Selection
from tests.baselines.sfd.conftest import TINY, tiny_config
from tests.fakes import noise


def config_of(path: Path | None, **keys: object) -> MethodConfig:
    options = method_options(find_method("sfd").card, [])
    return dataclasses.replace(MethodConfig(checkpoint=path, options=options), **keys)


@pytest.fixture
def clip(tmp_path: Path) -> Driving:
    path = tmp_path / "driving.mkv"
    video.write_video(path, [noise(3, 48)], 25)
    return Driving(path, Selection(size=48))


@pytest.mark.parametrize("motion", ["absolute", "relative"])
def test_frames_have_the_size_of_the_protocol_not_of_the_network(weight_file, clip, motion):
    method = build_method(find_method("sfd"), config_of(weight_file))
    frames = np.concatenate(list(method.animate(noise(1, 48, seed=1), clip, motion)))
    assert frames.shape == (3, 48, 48, 3) and frames.min() >= 0 and frames.max() <= 1


def test_threads_change_no_bit(weight_file, clip):
    """One thread for each of several frames at once, and one thread for one after the other."""
    found = []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        method = build_method(find_method("sfd"), config_of(weight_file))
        found.append(np.concatenate(list(method.animate(noise(1, 48, seed=1), clip, "relative"))))
        assert torch.get_num_threads() == threads
    assert np.array_equal(*found)


def test_relative_motion_starts_at_the_motion_of_the_source(weight_file, clip):
    method = build_method(find_method("sfd"), config_of(weight_file))
    source = noise(1, 48, seed=1)
    first = next(iter(method.animate(source, clip, "relative")))[0]
    model = load_model(weight_file).eval()
    picture = torch.from_numpy(source).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        face = model.describe(resized(picture, 32))
        expected = (model.generate(face, face.motion, picture) + 1) / 2
    np.testing.assert_allclose(first, expected.clamp(0, 1)[0].permute(1, 2, 0).numpy(), atol=1e-4)


def test_weights_come_back_bit_by_bit(weight_file, tmp_path):
    model = load_model(weight_file)
    write_weights(tmp_path / "again.safetensors", model, {"step": 0})
    assert (tmp_path / "again.safetensors").read_bytes() == weight_file.read_bytes()
    again = load_model(tmp_path / "again.safetensors")
    image = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        first, second = (m.eval()(image, image.flip(3)).generated for m in (model, again))
    assert torch.equal(first, second)


def test_a_training_checkpoint_exports_its_averaged_weights(make_trainer, tmp_path):
    trainer = make_trainer()
    for step in range(2):
        trainer.step(step)
    last = save(tmp_path, trainer.state, Progress(2, 3.5), tiny_config(), "digest")
    export(last, tmp_path / "out.safetensors")
    facts, _ = read_file(tmp_path / "out.safetensors")
    assert (facts["step"], facts["seconds"], facts["config"]["batch"]) == (2, 3.5, 4)
    shape, state = read_weights(tmp_path / "out.safetensors")
    assert shape == tiny_config().shape
    average, now = trainer.average.state_dict(), trainer.objective.model.state_dict()
    assert all(torch.equal(state[name], value) for name, value in average.items())
    assert not all(torch.equal(now[name], value) for name, value in average.items())
    assert read_weights(last)[1].keys() == state.keys()


def test_imported_weights_go_before_shipped_ones(weight_file, tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    known = SfdCheckpoints(shipped=weight_file)
    assert isinstance(known, Checkpoints) and known.default(MethodConfig()) == weight_file
    imported = known.import_file(weight_file)
    assert known.default(MethodConfig()) == imported and imported.is_relative_to(tmp_path / "cache")
    assert [(one.state, one.variant) for one in known.status(None)] == [("ready", "32 px")]
    assert with_checkpoint(find_method("sfd"), config_of(None)).checkpoint == imported


def test_without_weights_it_says_how_to_get_some(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path))
    known = SfdCheckpoints(shipped=tmp_path / "none.safetensors")
    with pytest.raises(MethodError, match=r"sfd has no weights here\. Train some .* evalkit methods import sfd"):
        known.default(MethodConfig())
    assert known.status(None)[0].state == "absent"


def test_files_of_something_else_are_refused(tmp_path, weight_file):
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(1)}, foreign)
    with pytest.raises(MethodError, match="found another safetensors file"):
        load_model(foreign)
    (tmp_path / "half.safetensors").write_bytes(weight_file.read_bytes()[:1000])
    status = CHECKPOINTS.status(tmp_path / "half.safetensors")
    assert status[0].state == "unusable" and "not a whole safetensors file" in status[0].note
    model = load_model(weight_file)
    del model.generator.to_rgbs
    write_weights(tmp_path / "less.safetensors", model, {})
    with pytest.raises(MethodError, match=r"tensors do not fit its shape: generator\.to_rgbs"):
        load_model(tmp_path / "less.safetensors")


@pytest.mark.slow
def test_random_weights_are_seeded_and_of_full_size():
    card = find_method("sfd").card
    first, again, other = (
        build_method(find_method("sfd"), config_of(None, random_weights=True, seed=seed))._animator.model
        for seed in (0, 0, 1)
    )
    assert first.shape.size == 256 and card.max_sources == 1
    weights = [model.subspaces.weight for model in (first, again, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_ours_is_another_name():
    assert find_method("ours").card.id == "sfd"


def test_shrinking_is_that_of_frames():
    frame = noise(1, 64, seed=3)
    ours = resized(torch.from_numpy(frame).permute(0, 3, 1, 2).float() / 127.5 - 1, 32)
    pillow = video.fit(frame[0], 32).astype(np.float32) / 127.5 - 1
    assert np.abs(ours[0].permute(1, 2, 0).numpy() - pillow).max() < 1.5 / 127.5
    assert TINY.size == 32


def test_the_shipped_weights_are_those_of_their_card_and_move_the_source(clip):
    assert SHIPPED.stat().st_size <= 16 * 1024**2
    assert content_sha256(SHIPPED) in (SHIPPED.parent / "README.md").read_text(encoding="utf-8")
    method = build_method(find_method("ours"), config_of(SHIPPED))
    source = noise(1, 48, seed=1)
    frames = np.concatenate(list(method.animate(source, clip, "absolute")))
    assert frames.shape == (3, 48, 48, 3)
    assert np.abs(frames - source / 255).mean() > 0.01
