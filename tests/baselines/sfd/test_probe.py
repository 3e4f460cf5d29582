"""The probe: it finds what is there, no more, and never in the clip it learned from."""

import json
from pathlib import Path

import numpy as np
import pytest

from baselines.sfd.lab import probe as command
from baselines.sfd.lab.descriptors import Described
from baselines.sfd.lab.probe import Probed, accuracy, main, probe, text
from baselines.sfd.model import SFD
from baselines.sfd.window import whole
from evalkit.errors import DatasetError
from tests.baselines.sfd.conftest import TINY
from tests.fakes import make_clip

FRAMES = 20


def people_of(clips: int, count: int = 5) -> dict:
    return {f"p{i}": [make_clip(f"p{i}c{j}", f"p{i}") for j in range(clips)] for i in range(count)}


@pytest.fixture
def synthetic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Identity descriptors name the person, motion descriptors name the clip and nobody."""

    def describe(model, clip, frames, windows):
        rng = np.random.default_rng([ord(letter) for letter in clip.id])
        wobble = rng.normal(0, 0.1, (len(frames), 6))
        person = np.eye(6)[int(clip.identity[1:])]
        return Described(clip, whole(32), tuple(frames), wobble + person, wobble + rng.normal(size=6))

    monkeypatch.setattr(command, "describe", describe)
    monkeypatch.setattr("evalkit.clips.video.count_frames", lambda path: FRAMES)


def labelled(spread: float) -> tuple[np.ndarray, np.ndarray]:
    """200 descriptors of 5 people whose centres are `spread` deviations apart."""
    rng = np.random.default_rng(0)
    person = np.arange(200) % 5
    return rng.normal(size=(200, 8)) + spread * np.eye(8)[person], person.astype(str)


def test_separable_descriptors_name_everybody_and_noise_nobody():
    near, names = labelled(0.0)
    far, _ = labelled(12.0)
    assert accuracy(far[:100], far[100:], names[:100], names[100:]) == 1.0
    deviation = np.sqrt(0.2 * 0.8 / 100)
    assert abs(accuracy(near[:100], near[100:], names[:100], names[100:]) - 0.2) < 3 * deviation


def test_inputs_are_standardised():
    rows, names = labelled(1.5)
    scaled = rows * np.logspace(-4, 4, 8) + 100
    asked = [accuracy(r[:100], r[100:], names[:100], names[100:]) for r in (rows, scaled)]
    assert 0.3 < asked[0] < 1 and asked[1] == asked[0]


def test_the_last_clip_of_everybody_is_tested(synthetic):
    found = probe(SFD(TINY), people_of(clips=3), frames=10)
    assert (found.people, found.learned, found.tested, found.chance) == (5, 100, 50, 0.2)
    assert found.identity == 1.0 and found.motion <= 0.4  # a clip's own mark says nothing about another clip
    assert found.subspace


def test_people_with_one_clip_are_left_out_and_said(synthetic, caplog):
    people = people_of(clips=2, count=3) | {"p4": [make_clip("p4c0", "p4")]}
    assert probe(SFD(TINY), people, frames=10).people == 3
    assert "1 people with one clip are left out: p4" in caplog.text
    with pytest.raises(DatasetError, match="0 of 5 people have two clips"):
        probe(SFD(TINY), people_of(clips=1), frames=10)


def test_a_model_without_identity_subspace_says_so(synthetic):
    found = probe(SFD(TINY.as_baseline()), people_of(clips=2), frames=10)
    assert not found.subspace and "has no identity subspace" in text(found)
    assert "identity descriptors" not in text(found)


def test_numbers_are_printed():
    lines = text(Probed(0.9, 0.25, 0.2, 5, 100, 50, subspace=True)).splitlines()
    assert lines[0] == "5 people; learned from 100 frames, tested on 50 of other clips"
    assert [line.split()[-1] for line in lines[1:]] == ["90.0%", "25.0%", "20.0%"]


def test_the_command_prints_json(weight_file, people_root, capsys):
    asked = ["--weights", str(weight_file), "--data", str(people_root), "--device", "cpu", "--json"]
    assert main([*asked, "--people", "p2", "p0"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.keys() == Probed.__annotations__.keys()
    assert (found["people"], found["learned"], found["tested"], found["chance"]) == (2, 8, 8, 0.5)


def test_bad_input_ends_in_a_sentence(weight_file, people_root, tmp_path: Path, caplog, monkeypatch, capsys):
    asked = ["--data", str(people_root), "--device", "cpu"]
    assert main(["--weights", str(weight_file), *asked, "--people", "p0", "nobody"]) == 2
    assert "There is no person in this data called 'nobody'" in caplog.text
    (tmp_path / "half.safetensors").write_bytes(weight_file.read_bytes()[:100])
    assert main(["--weights", str(tmp_path / "half.safetensors"), *asked]) == 2
    assert "not a whole safetensors file" in caplog.text
    with pytest.raises(SystemExit):
        main(["--weights", str(weight_file), *asked, "--frames", "0"])
    assert "'0': expected a whole number of at least 1" in capsys.readouterr().err
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["--weights", str(weight_file), *asked]) == 2
    assert "needs scikit-learn, which is not installed: pip install 'evalkit[train]'" in caplog.text
