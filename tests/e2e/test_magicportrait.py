"""MagicPortrait through `evalkit run`, with map folders by pair and small random networks."""

import json

import numpy as np
import pytest

from baselines.magicportrait.maps import KINDS
from evalkit.clips import video
from tests.baselines.test_magicportrait_flame import SOURCE, dense, head_arrays, motion, written
from tests.e2e.conftest import assert_explained

pytest.importorskip("diffusers", reason="needs the extra `diffusion`")

PROTOCOL = """id: two_frames
title: Two frames
task: self_reenactment
dataset: folder
pairs: {rule: first_frame_self}
driving: {start: 3}
resolution: 128
metrics: [l1]
"""
PAIR = "person0_take"
TINY = ("networks=tiny", "side=64", "steps=1")


@pytest.fixture
def run(evalkit, small_root, tmp_path):
    def call(*options, method="magicportrait"):
        (tmp_path / "two_frames.yaml").write_text(PROTOCOL)
        return evalkit(
            *("run", "-p", tmp_path / "two_frames.yaml", "-d", small_root, "-o", tmp_path, "-M", method),
            *("--random-weights", "--limit", "1", "--no-anchors", "--workers", "1"),
            *(part for option in (*TINY, *options) for part in ("--option", option)),
        )

    return call


@pytest.fixture
def maps(tmp_path):
    """Two maps of each kind, for the two frames of the protocol."""
    for kind in KINDS:
        folder = tmp_path / "maps" / PAIR / kind
        folder.mkdir(parents=True)
        for frame in range(2):
            video.write_image(folder / f"{frame}.png", np.full((64, 64, 3), 100 * frame, np.uint8))
    return tmp_path / "maps"


def test_maps_of_every_pair(run, maps, tmp_path):
    done = run(f"maps={maps}")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "two_frames" / "magicportrait"
    assert video.count_frames(folder / "generated" / f"{PAIR}.mkv") == 2
    options = json.loads((folder / "run.json").read_text())["configuration"]["options"]
    assert options["steps"] == "1" and str(maps) not in json.dumps(options)


def test_without_maps_it_says_what_to_do(run):
    assert_explained(run(), "magicportrait needs guidance maps: --option maps=FOLDER")


def test_a_map_too_few_fails_the_pair_by_name(run, maps):
    (maps / PAIR / "normal" / "1.png").unlink()
    done = run(f"maps={maps}")
    assert done.returncode != 0 and "normal: holds 1 maps" in done.stdout + done.stderr


def test_flame_parameters_of_every_pair(run, tmp_path):
    np.savez(tmp_path / "flame.npz", **dense(head_arrays()))
    folder = tmp_path / "parameters"
    written(folder / PAIR, "source", **SOURCE)
    written(folder / PAIR, "driving", **motion(2))
    done = run(f"flame={tmp_path / 'flame.npz'}", f"parameters={folder}", method="magicportrait_flame")
    assert done.returncode == 0, done.stderr
    assert "MagicPortrait (FLAME, no texture) (random weights)" in done.stdout
    ran = tmp_path / "two_frames" / "magicportrait_flame"
    assert video.count_frames(ran / "generated" / f"{PAIR}.mkv") == 2
    assert str(folder) not in (ran / "run.json").read_text()
