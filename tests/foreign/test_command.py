"""Pairs by commands: one for each, and one for many through a manifest."""

import numpy as np
import pytest

from evalkit.errors import MethodError
from evalkit.foreign.command import Commands, Manifest
from tests.foreign.conftest import FRAMES, animated, marked, task

INVERT = """
    import sys
    from pathlib import Path
    from PIL import Image, ImageOps
    driving, out = map(Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(driving.glob("*.png")):
        ImageOps.invert(Image.open(path)).save(out / path.name)
"""
CARD = {
    "driving": {"form": "frames", "path": "driving"},
    "steps": [{"name": "run", "command": ["{python}", "run.py", "{driving}", "{work}/out"]}],
    "output": {"path": ["{work}/out"], "form": "frames"},
}
MANIFEST = """
    import json, os, sys
    from pathlib import Path
    from PIL import Image, ImageOps
    pairs = json.load(open(sys.argv[1]))["pairs"]
    with open("calls.txt", "a") as file:
        file.write("%d " % len(pairs))
    for index, pair in enumerate(pairs):
        levels = sorted(Path(pair["driving"]).glob("*.png"))
        if Image.open(levels[0]).getpixel((0, 0))[0] == 33 and os.environ.get("CRASH") != "no":
            sys.exit("no face in the third pair")
        part = Path(pair["output"] + ".part")
        part.mkdir()
        for path in levels:
            ImageOps.invert(Image.open(path)).save(part / path.name)
        part.rename(pair["output"])
"""
MANY = {
    "mode": "manifest",
    "pairs": 4,
    "driving": {"form": "frames", "path": "driving"},
    "steps": [{"name": "run", "command": ["{python}", "run.py", "{manifest}"]}],
    "output": {"path": ["{work}/out"], "form": "frames"},
}


def test_frames_come_back_exactly(setting, tmp_path):
    runner = Commands(setting({"run.py": INVERT}, **CARD))
    assert np.array_equal(animated(runner, task()), 255 - marked(FRAMES))
    assert not list((tmp_path / "logs").glob("nothing")) and (tmp_path / "logs" / "a--b.txt").is_file()
    assert sum(frames for frames, _ in runner.spent.steps) == FRAMES and runner.spent.peak_bytes > 1 << 20


def test_one_command_makes_many_pairs(setting, clone, monkeypatch):
    monkeypatch.setenv("CRASH", "no")
    runner = Manifest(setting({"run.py": MANIFEST}, **MANY))
    tasks = [task(f"pair{index}", start=index) for index in range(6)]
    for index, one in enumerate(tasks):
        assert np.array_equal(animated(runner, one, tasks[index + 1 :]), 255 - marked(FRAMES, start=index))
    assert (clone / "calls.txt").read_text() == "4 2 "


def test_a_crash_on_the_third_pair_costs_that_pair(setting, clone):
    runner = Manifest(setting({"run.py": MANIFEST}, **MANY))
    tasks = [task(f"pair{index}", start=index + 1) for index in range(6)]
    for index, one in enumerate(tasks):
        if index == 2:
            with pytest.raises(MethodError, match=r"ended with status 1 .* no result .*no face in the third pair"):
                animated(runner, one, tasks[index + 1 :])
        else:
            assert np.array_equal(animated(runner, one, tasks[index + 1 :]), 255 - marked(FRAMES, start=index + 1))
    assert (clone / "calls.txt").read_text() == "4 3 "
