"""Pairs by commands: one for each, and one for many through a manifest."""

from dataclasses import replace

import numpy as np
import pytest

from evalkit.errors import MethodError, VideoError
from evalkit.method.foreign.command import Commands, Manifest
from tests.method.foreign.conftest import FRAMES, animated, marked, task

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


COPY = """
    import shutil, sys
    shutil.copy(sys.argv[1], sys.argv[2])
"""
VIDEO = {
    "steps": [{"name": "run", "command": ["{python}", "run.py", "{driving}", "{work}/out.mp4"], "exit": "any"}],
    "output": {"path": ["{work}/out.mp4"]},
}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import sys; sys.exit('no face')", r"wrote no result: expected .*out\.mp4: no face"),
        ("import sys; print('no face'); sys.exit(0)", r"wrote no result: expected .*out\.mp4: no face"),
        (
            "import sys; data = open(sys.argv[1], 'rb').read(); open(sys.argv[2], 'wb').write(data[: len(data) // 2])",
            "wrote a result that cannot be read",
        ),
        ("import sys; open(sys.argv[2], 'w').write('<html>')", "wrote a result that cannot be read"),
        ("import sys, os; os.mkdir(sys.argv[2])", r"wrote out\.mp4, which is a folder"),
        ("import time; time.sleep(60)", "step run was stopped after 2 s, the limit for a pair"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed by signal 9|wrote no result"),
    ],
)
def test_what_is_no_result_says_why(setting, text, message):
    runner = Commands(setting({"run.py": text}, seconds=2 if "sleep" in text else 20, **VIDEO))
    with pytest.raises(MethodError, match=message):
        animated(runner, task())


def test_a_lossless_video_comes_back_as_it_was_given(setting):
    assert np.array_equal(animated(Commands(setting({"run.py": COPY}, **VIDEO)), task()), marked(FRAMES))


def test_a_result_of_an_earlier_run_is_not_this_one(setting, clone):
    card = {**VIDEO, "output": {"path": ["{clone}/*.mp4"]}}
    first = Commands(setting({"run.py": COPY.replace("sys.argv[2]", "'old.mp4'")}, **card))
    assert np.array_equal(animated(first, task()), marked(FRAMES))
    with pytest.raises(MethodError, match="wrote no result"):
        animated(Commands(setting({"run.py": "pass"}, **card)), task())
    both = COPY.replace("sys.argv[2]", "'a.mp4'") + "    shutil.copy(sys.argv[1], 'b.mp4')\n"
    with pytest.raises(MethodError, match=r"wrote 2 results \(a\.mp4, b\.mp4\)"):
        animated(Commands(setting({"run.py": both}, **card)), task())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("names = names[:2] + names[3:]", "4 frames|frame 2 is missing"),
        ("names = names[:4]", "wrote 4 frames in out; 5 were expected"),
        ("names = names[:1] * 5", "one number|wrote 1 frames"),
    ],
)
def test_pictures_that_are_missing_are_seen(setting, change, message):
    text = f"""
        import os, shutil, sys
        names = sorted(os.listdir(sys.argv[1]))
        {change}
        os.makedirs(sys.argv[2])
        for name in names:
            shutil.copy(os.path.join(sys.argv[1], name), sys.argv[2])
    """
    with pytest.raises(MethodError, match=message):
        animated(Commands(setting({"run.py": text}, **CARD)), task())


@pytest.mark.parametrize(
    ("made", "message"),
    [("names[:1] * 5", "wrote 5 equal frames although"), ("[flat] * 5", "frames of one flat colour only")],
)
def test_equal_and_flat_frames_are_no_result(setting, made, message):
    text = f"""
        import os, shutil, sys
        from PIL import Image
        flat = "flat.png"
        Image.new("RGB", (16, 16)).save(os.path.join(sys.argv[1], flat))
        names = sorted(name for name in os.listdir(sys.argv[1]) if name != flat)
        os.makedirs(sys.argv[2])
        for index, name in enumerate({made}):
            shutil.copy(os.path.join(sys.argv[1], name), os.path.join(sys.argv[2], "%d.png" % index))
    """
    with pytest.raises(MethodError, match=message):
        animated(Commands(setting({"run.py": text}, **CARD)), task())
    if "flat" not in made:
        allowed = {**CARD, "output": {**CARD["output"], "still": True}}
        assert len(animated(Commands(setting({"run.py": text}, **allowed)), task("other"))) == FRAMES


def test_a_pair_leaves_nothing_behind(setting, tmp_path):
    one = setting({"run.py": COPY}, **VIDEO)
    animated(Commands(one), task())
    assert list(one.scratch.iterdir()) == []
    with pytest.raises(MethodError):
        animated(Commands(setting({"run.py": "pass"}, **VIDEO)), task())
    assert list(one.scratch.iterdir()) == []


def test_a_clip_that_cannot_be_read_is_left_to_its_own_turn(setting, clone, monkeypatch):
    class Broken:
        def __iter__(self):
            raise VideoError("person1.mkv: cut off")

    monkeypatch.setenv("CRASH", "no")
    runner = Manifest(setting({"run.py": MANIFEST}, **MANY))
    tasks = [task("pair0"), replace(task("pair1"), driving=Broken()), task("pair2", start=2)]
    assert np.array_equal(animated(runner, tasks[0], tasks[1:]), 255 - marked(FRAMES))
    with pytest.raises(VideoError, match="cut off"):
        animated(runner, tasks[1], tasks[2:])
    assert np.array_equal(animated(runner, tasks[2]), 255 - marked(FRAMES, start=2))
