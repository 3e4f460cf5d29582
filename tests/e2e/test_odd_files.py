"""Clips that are no files, and caches that cannot be written: only the pair is lost, or nothing."""

import errno
import json
import os
import shutil
import socket
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import evalkit.runs.producers
from evalkit.base import places
from evalkit.cli.app import app
from evalkit.clips import video
from evalkit.clips.video import write_image, write_video
from evalkit.errors import RunError

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
    "read error": lambda folder: (folder / "x.mp4").symlink_to("/proc/self/mem"),
    "playlist": lambda folder: (folder / "x.mp4").write_text("#EXTM3U\n#EXTINF:1,\n../b/ok.mkv\n"),
    "list of files": lambda folder: (folder / "x.mp4").write_text("ffconcat version 1.0\nfile ../b/ok.mkv\n"),
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
    """clip-that-is-a-pipe."""
    make(data / "a")
    done = run(data, tmp_path / "out")
    assert done.exit_code == 0, done.output
    summary = json.loads((tmp_path / "out" / "folder_self" / "copy_source" / "summary.json").read_text())
    assert summary["pairs"]["scored"] == 1 and len(summary["pairs"]["failed"]) == 1


def outcome(tmp_path: Path, pair: str = "a_x") -> dict:
    return json.loads((tmp_path / "out" / "folder_self" / "copy_source" / "pairs" / f"{pair}.json").read_text())


@pytest.mark.parametrize("name", ["x.mkv", "x"])
def test_a_clip_without_permission_costs_only_its_pair(data, tmp_path, monkeypatch, name):
    """one-unreadable-clip-stops-the-run; root may read everything, so the answer of the system is planted."""
    if name == "x":
        (data / "a" / "x").mkdir()
        for index, frame in enumerate(FRAMES):
            write_image(data / "a" / "x" / f"{index}.png", frame)
    else:
        shutil.copy(data / "b" / "ok.mkv", data / "a" / "x.mkv")
    listed, opened = Path.iterdir, Path.open

    def refuse(function):
        def call(path, *arguments, **named):
            if path == data / "a" / name:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return function(path, *arguments, **named)

        return call

    monkeypatch.setattr(Path, "iterdir", refuse(listed))
    monkeypatch.setattr(Path, "open", refuse(opened))
    done = run(data, tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert outcome(tmp_path)["status"] == "failed" and outcome(tmp_path, "b_ok")["status"] == "ok"
    reason = outcome(tmp_path)["reason"]
    assert f"a/{name}: " in reason and "ermission denied" in reason and "permissions" in reason and "room" not in reason


def planted(monkeypatch, number: int, path: Path | None = None) -> None:
    """Make the pair a_x fail with what the system may answer, about a file or about none."""
    real = evalkit.runs.producers.generate

    def generate(pair, method, protocol, output, *rest):
        if pair.id == "a_x":
            raise OSError(number, os.strerror(number), str(path or output))
        return real(pair, method, protocol, output, *rest)

    monkeypatch.setattr(evalkit.runs.producers, "generate", generate)


@pytest.mark.parametrize("number", [errno.EFBIG, errno.ENAMETOOLONG])
def test_a_file_that_cannot_be_written_costs_its_pair_where_others_can(data, tmp_path, monkeypatch, number):
    """writing-fails-otherwise."""
    shutil.copy(data / "b" / "ok.mkv", data / "a" / "x.mkv")
    planted(monkeypatch, number)
    done = run(data, tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert outcome(tmp_path)["reason"].startswith(str(tmp_path / "out")) and "a_x.mkv: the " in done.stderr
    assert outcome(tmp_path, "b_ok")["status"] == "ok"


@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.ENOSPC, "no space left"), (errno.EROFS, "read-only"), (errno.EACCES, "permission denied")],
)
def test_a_run_folder_that_cannot_be_written_ends_the_run_and_names_the_file(data, tmp_path, monkeypatch, number, says):
    """writing-fails-otherwise."""
    shutil.copy(data / "b" / "ok.mkv", data / "a" / "x.mkv")
    planted(monkeypatch, number)
    error = run(data, tmp_path / "out").exception
    assert isinstance(error, RunError) and "generated/a_x.mkv: " in str(error) and says in str(error)
    assert "make room" not in str(error) and "Finished pairs are kept" in str(error)


def test_a_file_elsewhere_is_a_matter_of_its_pair(data, tmp_path, monkeypatch):
    shutil.copy(data / "b" / "ok.mkv", data / "a" / "x.mkv")
    planted(monkeypatch, errno.EACCES, data / "a" / "x.mkv")
    assert run(data, tmp_path / "out").exit_code == 0
    assert "a/x.mkv: permission denied" in outcome(tmp_path)["reason"]


def test_a_full_disk_while_encoding_is_told_with_the_file(tmp_path, monkeypatch):
    (tmp_path / "full.mkv").symlink_to("/dev/full")
    monkeypatch.setattr(video, "atomic_path", nullcontext)
    large = np.random.default_rng(0).integers(0, 256, (3, 256, 256, 3), dtype=np.uint8)
    with pytest.raises(OSError, match=r"No space left on device: '.*full\.mkv'"):
        write_video(tmp_path / "full.mkv", [large], 25.0)


def test_the_run_says_what_its_data_holds(data, tmp_path):
    (data / "a" / "notes.txt").touch()
    write_image(data / "face.png", FRAMES[0])
    done = run(data, tmp_path / "out")
    assert "Data: 1 clips, 1 portraits, 1 ignored." in done.stderr
    assert "1 ignored, neither a video nor a picture: a/notes.txt" in done.stderr
    header = json.loads((tmp_path / "out" / "folder_self" / "copy_source" / "run.json").read_text())
    assert header["found"] == {
        "clips": 1,
        "portraits": 1,
        "ignored": {"neither a video nor a picture": 1},
        "taken": [],
    }
    checked = CliRunner().invoke(app, ["data", "check", "folder", "--root", str(data), "--json", "--workers", "1"])
    said = json.loads(checked.stdout)
    assert said["portraits"] == 1 and said["ignored"] == [
        {"entry": "a/notes.txt", "reason": "neither a video nor a picture"}
    ]


def test_a_cache_that_fills_up_meanwhile_is_a_warning(data, tmp_path, monkeypatch):
    """writing-fails-otherwise."""
    answers = iter([None, "The cache folder is full."])
    monkeypatch.setattr(places, "why_unusable", lambda folder: next(answers))
    done = run(data, tmp_path / "out")
    assert done.exit_code == 0 and done.stderr.count("The cache folder is full. Continuing without a cache") == 1


def test_long_names_are_shortened_and_their_pairs_run(data, tmp_path):
    """A12-long-names-stop-the-run."""
    for person in ("a", "c"):
        (data / person).mkdir(exist_ok=True)
        shutil.copy(data / "b" / "ok.mkv", data / person / (person * 240 + ".mkv"))
    options = ("--no-anchors", "--metric", "coverage[dlib68]", "--workers", "1", "--data", str(data))
    done = CliRunner().invoke(
        app, ["run", "-p", "folder_cross", "-M", "copy_source", *options, "--out", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.output
    summary = json.loads((tmp_path / "out" / "folder_cross" / "copy_source" / "summary.json").read_text())
    assert summary["pairs"]["scored"] == 6 and not summary["pairs"]["failed"]
    made = tmp_path / "out" / "folder_cross" / "copy_source" / "generated"
    assert len(list(made.iterdir())) == 6 and max(len(path.stem) for path in made.iterdir()) == 200
    scored = CliRunner().invoke(
        app,
        ["score", "-p", "folder_cross", "-g", str(made), "-n", "again", *options[1:], "--out", str(tmp_path / "out")],
    )
    assert scored.exit_code == 0, scored.output


def test_a_colon_in_a_relative_path_is_no_address(data, tmp_path, monkeypatch):
    """A16-colon-in-a-file-name."""
    shutil.copy(data / "b" / "ok.mkv", data / "2024-05-01T12:30:05.mkv")
    monkeypatch.chdir(data)
    done = run(Path(), Path("out:put"))
    assert done.exit_code == 0, done.output
    summary = json.loads((data / "out:put" / "folder_self" / "copy_source" / "summary.json").read_text())
    assert summary["pairs"]["scored"] == 2


def test_outputs_in_the_other_unicode_form_match(data, tmp_path):
    """A11-names-in-nfc-and-nfd."""
    (data / "b" / "ok.mkv").replace(data / "Jose\u0301.mkv")
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    write_video(outputs / "Jos\u00e9.mkv", [np.zeros((2, 256, 256, 3), np.uint8)], 25.0)
    (outputs / os.fsdecode(b"caf\xe9.mp4")).touch()
    options = ("--generated", str(outputs), "--name", "mine", "--data", str(data), "--out", str(tmp_path / "out"))
    done = CliRunner().invoke(app, ["score", "-p", "folder_self", "-m", "psnr", "--workers", "1", *options])
    assert done.exit_code == 0, done.output
    assert "no output" not in done.stderr and "are ignored: caf\\xe9.mp4" in done.stderr


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


@pytest.mark.parametrize("place", ["/proc/x", "/sys/x", "/dev/full/x", "/dev/null/x"])
def test_scoring_goes_on_without_a_cache(data, tmp_path, monkeypatch, place):
    """A13-cache-that-cannot-be-written, writing-fails-otherwise."""
    monkeypatch.setenv("EVALKIT_CACHE", place)
    done = run(data, tmp_path / "out", "coverage[dlib68]")
    assert done.exit_code == 0, done.output
    assert f"The cache folder {place} cannot be written" in done.stderr and "EVALKIT_CACHE" in done.stderr
