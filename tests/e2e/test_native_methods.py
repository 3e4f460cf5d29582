"""Native methods through `evalkit run` with seeded random weights, and what cannot run."""

import json
import shutil

import pytest
import torch

from evalkit.clips import video
from evalkit.method.find import list_methods
from tests.baselines.tiny import TINY
from tests.e2e.conftest import FRAMES, assert_explained

NATIVE = {entry.card.id: entry for entry in list_methods() if entry.card.kind == "native"}

OPTIONS = {
    "fsrt": {"decoder": "small"},
    "magicportrait_mesh": {"networks": "tiny", "side": "64", "steps": "1"},
}
"""What makes a method lighter."""
NEEDS_FILES = {"magicportrait", "magicportrait_flame"}
"""Methods that need files for every pair; `test_magicportrait.py` runs them by command."""
WHOLE_IN_FIXTURES = {"liveportrait", "hyperreenact"}
"""Methods whose networks are compared with official outputs in full size: tests/baselines."""

PROTOCOL = """id: few_frames
title: Few frames
task: self_reenactment
dataset: folder
pairs: {{rule: first_frame_self}}
driving: {{start: {start}}}
resolution: 128
metrics: [l1]
"""

ADAPTER = """from baselines.{name} import adapter
from tests.baselines.tiny import TINY


def build(config):
    return adapter.build(config, **TINY["{name}"])
"""


@pytest.fixture
def runs_by_command(evalkit, small_root, tmp_path):
    """Run a method on that many frames and look at all that the run says of it."""

    def call(name, method, frames):
        card = NATIVE[name].card
        (tmp_path / "few_frames.yaml").write_text(PROTOCOL.format(start=FRAMES - frames))
        chosen = OPTIONS.get(name, {})
        done = evalkit(
            *("run", "-p", tmp_path / "few_frames.yaml", "-d", small_root, "-o", tmp_path, "-M", method),
            *("--random-weights", "--limit", "1", "--no-anchors", "--workers", "1"),
            *(part for option, value in chosen.items() for part in ("--option", f"{option}={value}")),
        )
        assert done.returncode == 0, done.stderr
        assert f"{card.title} (random weights)" in done.stdout
        folder = tmp_path / "few_frames" / name
        run = json.loads((folder / "run.json").read_text())
        assert run["timings"]["frames"] == frames and run["timings"]["fps"] > 0
        assert run["configuration"]["checkpoint_sha256"] is None and run["configuration"]["random_weights"] is True
        assert run["configuration"]["options"] == {
            option: chosen.get(option, about.default) for option, about in card.options.items()
        }
        generated = folder / "generated" / "person0_take.mkv"
        assert video.count_frames(generated) == frames
        assert video.read_frames(generated, range(frames)).shape == (frames, 128, 128, 3)
        assert json.loads((folder / "summary.json").read_text())["metrics"]["l1"]["coverage"] == 1

    return call


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(NATIVE.keys() - NEEDS_FILES - WHOLE_IN_FIXTURES))
def test_runs_by_command(name, runs_by_command):
    """In the size of the released models; one frame of it says all, and two of the small networks follow each other."""
    runs_by_command(name, name, frames=1)


@pytest.mark.parametrize("name", TINY)
def test_runs_by_command_with_small_networks(name, runs_by_command, tmp_path):
    """The method's own card and adapter, in a folder whose `build` asks for small networks."""
    folder = tmp_path / name
    folder.mkdir()
    shutil.copy(NATIVE[name].folder / "method.yaml", folder)
    (folder / "adapter.py").write_text(ADAPTER.format(name=name))
    runs_by_command(name, folder, frames=2)


@pytest.fixture
def refused(evalkit, small_root, tmp_path):
    """Run fomm on a protocol with some source frames; the command must refuse and leave no finished pair."""

    def call(*arguments, source="{}"):
        (tmp_path / "few_frames.yaml").write_text(f"{PROTOCOL.format(start=3)}source: {source}\n")
        done = evalkit(
            *("run", "-p", tmp_path / "few_frames.yaml", "-d", small_root, "-o", tmp_path, "-M", "fomm"),
            *("--no-anchors", "--workers", "1", *arguments),
        )
        assert not list(tmp_path.glob("few_frames/fomm/pairs/*"))
        return done

    return call


@pytest.mark.parametrize("device", ["cuda", "cuda:3"])
def test_a_gpu_that_is_not_there_is_refused(refused, monkeypatch, device):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    done = refused("--random-weights", "--device", device)
    assert_explained(done, f"--device {device}: this machine has 0 CUDA devices. Use --device cpu")


def test_more_sources_than_the_method_takes_are_refused_with_the_number(refused):
    done = refused("--random-weights", source="{frames: [0, 1]}")
    assert_explained(done, "fomm takes 1 source image(s), the protocol few_frames gives 2")


def test_no_source_is_refused(refused):
    assert_explained(refused("--random-weights", source="{frames: []}"), "few_frames.yaml", "source.frames")


@pytest.mark.parametrize(
    ("content", "phrase"),
    [
        ({"inpainting_network": {}, "optimizer_generator": {"state": {}}}, "no network of fomm"),
        ({"generator": {"first.conv.weight": torch.zeros(1)}}, "holds no kp_detector of fomm (found: generator)"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused(refused, tmp_path, content, phrase):
    torch.save(content, tmp_path / "x.pth.tar")
    assert_explained(refused("--checkpoint", tmp_path / "x.pth.tar"), "x.pth.tar", phrase)


def test_a_checkpoint_that_is_absent_is_named_with_the_command(refused):
    assert_explained(refused(), "fomm has no weights here", "evalkit methods import fomm FILE", "--random-weights")
