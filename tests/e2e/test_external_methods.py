"""Methods in environments of their own, from the command line to the table."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from evalkit.foreign import evalkit_worker
from tests.e2e.conftest import FRAMES, assert_explained

TOY = """
from evalkit_worker import serve


def load(options):
    return int(options["level"])


def animate(model, pair):
    for frame in pair["driving"]:
        yield frame[None] // 2 + model


serve(load, animate)
"""
CARD = """
id: toy
title: Toy
description: Darkens the driving frames.
licence: none
kind: external
options:
  level:
    default: "7"
    help: What is added.
external:
  mode: worker
  driving: {form: array}
  steps:
    - name: serve
      command: ["{python}", toy.py]
"""


@pytest.fixture
def toy(tmp_path):
    """A card and a clone with a worker."""
    card, clone = tmp_path / "card", tmp_path / 'a clone\'s "root"'
    card.mkdir()
    clone.mkdir()
    (card / "method.yaml").write_text(CARD)
    (clone / "toy.py").write_text(TOY)
    shutil.copy(evalkit_worker.__file__, clone)
    return card, clone


@pytest.fixture
def run(evalkit, small_root, protocols, tmp_path):
    def call(card: Path, clone: Path, *more: str):
        protocol = ("-p", str(protocols / "small_self.yaml"), "-d", str(small_root), "--out", str(tmp_path / "runs"))
        place = ("--option", f"clone={clone}", "--option", f"python={sys.executable}")
        return evalkit("run", *protocol, "-M", str(card), "--no-anchors", "-m", "l1", "--workers", "1", *place, *more)

    return call


def test_a_worker_runs_through_the_command_line(run, toy, tmp_path):
    done = run(*toy, "--option", "level=9")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "small_self" / "toy"
    header = json.loads((folder / "run.json").read_text())
    assert header["configuration"]["options"] == {"level": "9"} and "commit" not in header["configuration"]
    assert header["timings"]["frames"] == 3 * (FRAMES - 1) and header["timings"]["batch"] == 1
    assert "inside the worker" in header["timings"]["warm_up"]
    assert header["timings"]["peak_memory_bytes"] > 1 << 20 and "all processes" in header["timings"]["peak_memory_of"]
    assert len(list((folder / "logs").glob("*.txt"))) == 3


def test_a_missing_clone_ends_the_run_before_it_begins(run, toy, tmp_path):
    assert_explained(run(toy[0], tmp_path / "nowhere"), "there is no folder", "clone")
