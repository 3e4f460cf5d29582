"""`prepare` killed, on a full disk, and repeated when it is done: real signals, a real file system without room."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evalkit.datasets import DATASETS
from evalkit.datasets.prepare.build import Settings, prepare
from evalkit.datasets.prepare.journal import sole_use
from evalkit.errors import DatasetError
from evalkit.types import Frames
from tests.datasets.prepare.raw import scene, vox_list, write_raw

pytestmark = pytest.mark.slow

CLIPS, LONG = 5, 12
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory, heads: list[Frames]) -> tuple[Path, Path]:
    """Two videos with five clips each, and their list."""
    folder, rows = tmp_path_factory.mktemp("downloads"), []
    for number, person in enumerate(("id10280", "id10281")):
        write_raw(folder / "raw" / f"video{number}", scene(heads[number], frames=CLIPS * LONG))
        starts = range(0, CLIPS * LONG, LONG)
        rows += [f"video{number},{s},{s + LONG},180-60-436-316,25,640,360,test,{person}" for s in starts]
    return folder / "raw", vox_list(folder, rows)


def make(downloads: tuple[Path, Path], root: Path, images: bool = True) -> int:
    raw, lists = downloads
    recipe = DATASETS.get("voxceleb1").recipe
    assert recipe
    return prepare("voxceleb1", recipe, Settings(raw, root, lists, "test", images=images), lambda *_: None).made


@pytest.fixture(scope="module", params=["png", "mp4"])
def unbroken(request: pytest.FixtureRequest, downloads: tuple[Path, Path], tmp_path_factory) -> tuple[Path, str]:
    root = tmp_path_factory.mktemp("unbroken") / "root"
    assert make(downloads, root, images=request.param == "png") == 2 * CLIPS
    return root, request.param


def command(downloads: tuple[Path, Path], root: Path | str, form: str, workers: int) -> list[str]:
    raw, lists = downloads
    arguments = ["--raw", raw, "--lists", lists, "--root", root, "--workers", workers]
    parts = [sys.executable, "-m", "evalkit", "data", "prepare", "voxceleb1", *arguments]
    return [str(part) for part in parts] + (["--video"] if form == "mp4" else [])


def contents(root: Path) -> dict[str, bytes]:
    """Every file but the journal, whose stamps are times."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != "prepare.jsonl"
    }


def done(root: Path) -> list[str]:
    """Files of the clips that the journal calls done."""
    path = root / "prepare.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [json.loads(line)["done"]["file"] for line in lines if line.startswith('{"done"') and line.endswith("}}")]


def stamps(root: Path, names: list[str]) -> dict[str, tuple[int, int]]:
    files = [p for name in names for p in [root / name, *(root / name).rglob("*")]]
    return {str(path.relative_to(root)): (path.stat().st_mtime_ns, path.stat().st_ino) for path in files}


@pytest.mark.parametrize("workers", [1, 2])
def test_sigkill_costs_only_the_clips_that_were_being_written(unbroken, downloads, tmp_path, workers):
    whole, form = unbroken
    root = tmp_path / "root"
    process = subprocess.Popen(command(downloads, root, form, workers), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(done(root)) < 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it ended before it was killed: make the clips longer"
    time.sleep(0.5)  # its workers follow it
    kept = done(root)
    assert 2 <= len(kept) < 2 * CLIPS
    before = stamps(root, kept)
    assert {name: contents(whole)[name] for name in contents(whole) if name.startswith(tuple(kept))} == {
        name: data for name, data in contents(root).items() if name.startswith(tuple(kept))
    }
    assert make(downloads, root, images=form == "png") == 2 * CLIPS - len(kept)
    assert stamps(root, kept) == before, "finished clips were not touched"
    assert contents(root) == contents(whole)


@pytest.mark.skipif(not shutil.which("unshare"), reason="no program `unshare` to mount a small file system with")
def test_a_disk_without_room_ends_in_one_sentence_and_goes_on_when_there_is_some(unbroken, downloads, tmp_path):
    """A tmpfs of its own, in a mount namespace of its own, with room for about half of the clips."""
    whole, form = unbroken
    room = sum(len(data) for data in contents(whole).values()) // 2 // 1024
    disk, first, second = tmp_path / "disk", tmp_path / "first", tmp_path / "second"
    disk.mkdir()
    run = " ".join(f"'{part}'" for part in command(downloads, disk / "root", form, 1))
    script = (
        f"mount -t tmpfs -o size={room}k none {disk} || exit 77\n{run}; code=$?\ncp -a {disk}/root {first}\n"
        f"mount -o remount,size=1g {disk} && {run} >&2 && cp -a {disk}/root {second}; echo $code"
    )
    told = subprocess.run([*NAMESPACE, "sh", "-c", script], capture_output=True, text=True)
    if not told.stdout and not first.exists():
        pytest.skip(f"no small file system can be mounted here: {told.stderr.strip()[-200:]}")
    assert told.stdout.splitlines()[-1] == "2", told.stderr
    assert "no space left on the device" in told.stderr and "Finished clips are kept" in " ".join(told.stderr.split())
    assert "Traceback" not in told.stderr
    kept = done(first)
    assert 1 <= len(kept) < 2 * CLIPS
    assert not list(first.rglob(".*"))
    clips = {name: data for name, data in contents(first).items() if name.startswith("test/")}
    assert clips == {name: data for name, data in contents(whole).items() if name.startswith(tuple(kept))}
    assert contents(second) == contents(whole)
    assert {n: s[0] for n, s in stamps(second, kept).items()} == {n: s[0] for n, s in stamps(first, kept).items()}


def test_a_limit_on_file_size_ends_in_one_sentence(downloads, tmp_path):
    script = "ulimit -f 64; exec " + " ".join(f"'{part}'" for part in command(downloads, tmp_path / "root", "mp4", 1))
    told = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
    assert told.returncode == 2 and "Traceback" not in told.stderr
    said = " ".join(told.stderr.split())
    assert "the file would grow beyond what the system allows" in said and "Finished clips are kept" in said
    assert not list((tmp_path / "root" / "test").iterdir())
    assert make(downloads, tmp_path / "root", images=False) == 2 * CLIPS


def test_repeating_a_finished_prepare_touches_nothing_and_decodes_nothing(unbroken, downloads, tmp_path, evalkit):
    whole, form = unbroken
    root = tmp_path / "root"
    shutil.copytree(whole, root)

    def all_stamps() -> dict[Path, tuple[int, int, int]]:
        stats = {path: path.stat() for path in [root, *root.rglob("*")]}
        return {path: (found.st_mtime_ns, found.st_ctime_ns, found.st_ino) for path, found in stats.items()}

    before = all_stamps()
    told = json.loads(evalkit(*command(downloads, root, form, 1)[3:], "--json").stdout)
    assert (told["made"], told["kept"], told["frames"], told["not_made"]) == (0, 2 * CLIPS, 0, [])
    assert all_stamps() == before


def test_a_line_cut_short_is_passed_over_and_the_next_one_stands_alone(downloads, tmp_path):
    make(downloads, tmp_path)
    journal = tmp_path / "prepare.jsonl"
    text = journal.read_text(encoding="utf-8")
    journal.write_text(text[:-40], encoding="utf-8")
    assert make(downloads, tmp_path) == 1
    assert make(downloads, tmp_path) == 0
    journal.write_text(journal.read_text(encoding="utf-8") + '{"done": {"id": "x"}}\n', encoding="utf-8")
    with pytest.raises(DatasetError, match=r"prepare\.jsonl line \d+: .* is missing.*Delete the line"):
        make(downloads, tmp_path)


def test_two_at_once_on_one_root_are_kept_apart(downloads, tmp_path):
    with sole_use(tmp_path), pytest.raises(DatasetError, match="another `evalkit data prepare` works in it"):
        make(downloads, tmp_path)
    assert make(downloads, tmp_path) == 2 * CLIPS
