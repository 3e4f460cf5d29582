"""Clips that are no files, and caches that cannot be written: only the pair is lost, or nothing."""

import json
import os
import shutil
import socket
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from evalkit.cli.app import app
from evalkit.clips.video import write_image, write_video

FRAMES = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)


def _socket(folder: Path) -> None:
    here = Path.cwd()
    os.chdir(folder)  # the name of a socket may not be long
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("x.mp4")
    os.chdir(here)


def _sequence(folder: Path) -> None:
    (folder / "x").mkdir()
    write_image(folder / "x" / "1.png", FRAMES[0])
    os.mkfifo(folder / "x" / "0.png")


ODD = {
    "pipe": lambda folder: os.mkfifo(folder / "x.mp4"),
    "socket": _socket,
    "device": lambda folder: (folder / "x.mp4").symlink_to("/dev/zero"),
    "empty": lambda folder: (folder / "x.mp4").touch(),
    "broken link": lambda folder: (folder / "x.mp4").symlink_to("nothing"),
    "link in a circle": lambda folder: (folder / "x.mp4").symlink_to("x.mp4"),
    "pipe in a sequence": _sequence,
}


def run(data: Path, out: Path, metric: str = "psnr"):
    options = ("--no-anchors", "--metric", metric, "--workers", "1", "--data", str(data), "--out", str(out))
    return CliRunner().invoke(app, ["run", "-p", "folder_self", "-M", "copy_source", *options])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / "data" / name).mkdir(parents=True)
    write_video(tmp_path / "data" / "b" / "ok.mkv", [FRAMES], 25.0)
    return tmp_path / "data"


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_what_is_no_clip_costs_only_its_pair(data, tmp_path, make):
    make(data / "a")
    done = run(data, tmp_path / "out")
    assert done.exit_code == 0, done.output
    summary = json.loads((tmp_path / "out" / "folder_self" / "copy_source" / "summary.json").read_text())
    assert summary["pairs"]["scored"] == 1 and len(summary["pairs"]["failed"]) == 1


def test_outputs_that_are_pipes_cost_only_their_pair(data, tmp_path):
    shutil.copy(data / "b" / "ok.mkv", data / "a" / "x.mkv")
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    for name in ("a_x", "b_ok"):
        os.mkfifo(outputs / f"{name}.mp4")
    options = ("--generated", str(outputs), "--name", "mine", "--data", str(data), "--out", str(tmp_path / "out"))
    done = CliRunner().invoke(app, ["score", "-p", "folder_self", "-m", "psnr", "--workers", "1", *options])
    assert done.exit_code == 1, done.output
    reasons = [json.loads(path.read_text())["reason"] for path in (tmp_path / "out").rglob("pairs/*.json")]
    assert len(reasons) == 2 and all("a pipe, socket or device" in reason for reason in reasons)


@pytest.mark.parametrize("place", ["/proc/x", "/sys/x", "/dev/full/x"])
def test_scoring_goes_on_without_a_cache(data, tmp_path, monkeypatch, place):
    monkeypatch.setenv("EVALKIT_CACHE", place)
    done = run(data, tmp_path / "out", "coverage[dlib68]")
    assert done.exit_code == 0, done.output
    assert f"The cache folder {place} cannot be written" in done.stderr and "EVALKIT_CACHE" in done.stderr
