"""Validation measures what evalkit would measure, and the training does not notice it."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from baselines.sfd.export import export
from baselines.sfd.lab.train import main
from baselines.sfd.lab.training.checkpoint import BEST, BEST_BY, LAST, Progress, save
from baselines.sfd.lab.training.corpus import load_corpus
from baselines.sfd.lab.training.validation import METRICS, validate, validation_clips
from baselines.sfd.weights import load_model, read_file
from evalkit.clips import video
from evalkit.method.find import build_method, find_method, method_options
from evalkit.method.interface import Driving, MethodConfig
from evalkit.metrics import METRICS as KNOWN
from evalkit.types import Selection
from tests.baselines.sfd.conftest import TINY, data_of, lively, make_corpus
from tests.fakes import make_clip, noise


def test_the_training_does_not_notice(make_trainer):
    seen, unseen = make_trainer(), make_trainer()
    for step in range(3):
        assert seen.step(step) == unseen.step(step)
        random = torch.get_rng_state()
        assert validate(seen.averaged, [noise(3, 32)], "cpu")
        assert torch.equal(torch.get_rng_state(), random)
    for name, network in unseen.state.networks.items():
        for key, value in network.state_dict().items():
            assert torch.equal(value, seen.state.networks[name].state_dict()[key]), key


def test_numbers_are_those_of_a_run_of_the_averaged_weights(make_trainer, tmp_path):
    trainer = make_trainer()
    lively(trainer.average)
    clips = [noise(3, 32, seed=seed) for seed in (0, 1)]
    found = validate(trainer.averaged, clips, "cpu")
    last = save(tmp_path, trainer.state, Progress(), trainer.config, "digest")
    export(last, tmp_path / "weights.safetensors")
    config = MethodConfig(checkpoint=tmp_path / "weights.safetensors")
    card = find_method("sfd").card
    method = build_method(find_method("sfd"), dataclasses.replace(config, options=method_options(card, [])))
    generated = []
    for number, clip in enumerate(clips):
        path = tmp_path / f"{number}.mkv"
        video.write_video(path, [clip[1:]], 25)
        generated.append(
            video.to_uint8(
                np.concatenate(list(method.animate(clip[:1], Driving(path, Selection(size=32)), "absolute")))
            )
        )
    for name in METRICS:
        values = [KNOWN[name].function(made, clip[1:]).mean() for made, clip in zip(generated, clips, strict=True)]
        assert found[f"validation/{name}"] == pytest.approx(np.mean(values), rel=1e-3)


def test_a_few_frames_of_a_few_clips_of_the_people_held_out(tmp_path, cache):
    long, short = tmp_path / "long.mkv", tmp_path / "short.mkv"
    video.write_video(long, [noise(9, 32)], 25)
    video.write_video(short, [noise(1, 32)], 25)
    people = [("a", short), ("a", long), ("a", long), ("a", long), ("b", long)]
    held_out = tuple(make_clip(f"c{i}", name, path=path) for i, (name, path) in enumerate(people))
    clips = validation_clips(dataclasses.replace(make_corpus(), held_out=held_out), TINY)
    assert [clip.shape for clip in clips] == [(5, 32, 32, 3)] * 3
    assert np.array_equal(clips[0], video.read_frames(long, [0, 2, 4, 6, 8]))


def test_without_people_held_out_nothing_is_measured(make_trainer, data, cache):
    assert validation_clips(load_corpus("folder", data, data_of(held_out=0), TINY), TINY) == []
    assert validate(make_trainer().averaged, [], "cpu") == {}


def test_the_command_writes_it_among_the_losses(tiny_options, tmp_path):
    for every, expected in (("2", [2, 4]), ("0", [])):
        out = tmp_path / every
        steps = ["--steps", "5", "--validate-every", every, "--log-every", "100"]
        assert main([*tiny_options, "--out", str(out), *steps]) == 0
        losses = out / "losses.jsonl"
        lines = [json.loads(line) for line in losses.read_text().splitlines()] if losses.is_file() else []
        assert [line["step"] for line in lines if {f"validation/{name}" for name in METRICS} <= line.keys()] == expected
        assert (out / BEST).is_file() == bool(expected)
    facts, _ = read_file(tmp_path / "2" / BEST)
    values = [json.loads(line)[BEST_BY] for line in (tmp_path / "2" / "losses.jsonl").read_text().splitlines()]
    assert facts["best"] == min(values) and facts["step"] == 2 * (values.index(min(values)) + 1)
    assert load_model(tmp_path / "2" / BEST).shape == TINY
    first, second = (read_file(tmp_path / every / LAST)[1] for every in ("2", "0"))
    assert first.keys() == second.keys() and all(torch.equal(value, second[name]) for name, value in first.items())
