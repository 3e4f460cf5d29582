"""What users bring in every format: odd line endings, wrong columns, names that leave the root, locks, loops."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from evalkit.datasets import DATASETS
from evalkit.errors import DatasetError
from tests.datasets.prepare.raw import VOX_HEADER, write_raw
from tests.e2e.conftest import Result, assert_explained
from tests.fakes import noise

VOX = "AAAAAAAAAAA,0,4,0-0-64-64,25,64,64,test,id10280"
TRACK = ["Identity", "Reference", "Offset", "FV Conf", "ASD Conf", "", "FRAME \tX \tY \tW \tH "]
BOXES = [f"{frame:06d} \t0.3 \t0.3 \t0.3 \t0.5 " for frame in range(64)]
HQ = {
    "ytb_id": "a",
    "duration": {"start_sec": 0, "end_sec": 1},
    "bbox": {"top": 0.1, "bottom": 0.9, "left": 0, "right": 1},
}
HDTF = {
    "video_url": "Ann https://youtu.be/AAAAAAAAAAA",
    "annotion_time": "Ann.mp4 00:00-00:01",
    "resolution": "Ann.mp4 64",
    "crop_wh": "Ann_0.mp4 0 64 0 64",
}
LISTS: dict[str, dict[str, list[str]]] = {
    "voxceleb1": {"vox-metadata.csv": [VOX_HEADER, VOX]},
    "voxceleb2": {"txt/id00017/AAAAAAAAAAA/00001.txt": [*TRACK, *BOXES]},
    "celebv_hq": {"celebvhq_info.json": ['{"clips":', json.dumps({"a_0": HQ}), "}"]},
    "hdtf": {f"{s}_{kind}.txt": [row] if s == "RD" else [] for kind, row in HDTF.items() for s in ("RD", "WDA", "WRA")},
    "talkinghead_1kh": {"val_video_tubes.txt": ["a_0000,64,64,0,3,0,0,64,64"]},
}


def write(folder: Path, lists: dict[str, list[str]], ending: str = "\n", mark: str = "") -> Path:
    for name, lines in lists.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((mark + ending.join(lines)).encode())
    return folder


def read(dataset: str, folder: Path) -> list[object]:
    recipe = DATASETS.get(dataset).recipe
    assert recipe
    return [(j.id, j.window, j.region, j.videos) for j in recipe.read(folder, None, recipe.splits[0]).jobs]


@pytest.mark.parametrize("dataset", list(LISTS))
@pytest.mark.parametrize(("ending", "mark"), [("\r\n", "\ufeff"), ("\r\n", ""), ("\n", "\ufeff")])
def test_line_endings_and_byte_order_marks_change_nothing(tmp_path, dataset, ending, mark):
    plain = read(dataset, write(tmp_path / "plain", LISTS[dataset]))
    assert len(plain) == 1
    assert read(dataset, write(tmp_path / "odd", LISTS[dataset], ending, mark)) == plain
    lines = {name: [*text, "", ""] for name, text in LISTS[dataset].items()}
    assert read(dataset, write(tmp_path / "blank", lines, ending, mark)) == plain


SPOILT = [
    ("voxceleb1", "vox-metadata.csv", [VOX_HEADER.replace(",fps", ""), VOX], "line 1: column 'fps' is missing"),
    ("voxceleb1", "vox-metadata.csv", [VOX_HEADER, VOX + ",x"], "line 2: expected 9 columns"),
    ("voxceleb1", "vox-metadata.csv", [VOX_HEADER, VOX.replace(",25,", ",fast,")], "line 2, column 'fps': expected a"),
    ("voxceleb1", "vox-metadata.csv", [VOX_HEADER, VOX.replace("AAAAAAAAAAA", "../../x")], "line 2, column 'video_id'"),
    (
        "voxceleb2",
        "txt/id00017/AAAAAAAAAAA/00001.txt",
        [*TRACK, "1 \t0.3 \t0.3"],
        "line 8, column 'W': expected a value",
    ),
    (
        "voxceleb2",
        "txt/id00017/AAAAAAAAAAA/00001.txt",
        [*TRACK, "1 \t0 \tup \t1 \t1"],
        "line 8, column 'Y': expected a",
    ),
    ("celebv_hq", "celebvhq_info.json", [json.dumps({"clips": {"a_0": {}}})], "clip 'a_0': key 'ytb_id' is missing"),
    ("celebv_hq", "celebvhq_info.json", [json.dumps({"clips": {"../a_0": HQ}})], "expected a name without slashes"),
    (
        "celebv_hq",
        "celebvhq_info.json",
        [json.dumps({"clips": {"a_0": HQ | {"ytb_id": "/etc/x"}}})],
        "'ytb_id': expected",
    ),
    ("celebv_hq", "celebvhq_info.json", ["{", '"clips"'], "line 2, column 8: not JSON"),
    ("hdtf", "RD_crop_wh.txt", ["Ann_0.mp4 0 64 0"], "RD_crop_wh.txt line 1: expected 5 columns"),
    ("hdtf", "RD_crop_wh.txt", ["Ann_0.mp4 0 64 0 64 1"], "RD_crop_wh.txt line 1: expected 5 columns"),
    ("hdtf", "RD_resolution.txt", ["Ann.mp4 high"], "RD_resolution.txt line 1, column 'height': expected a whole"),
    ("hdtf", "RD_video_url.txt", ["../Ann https://x"], "RD_video_url.txt line 1, column 'name': expected a name"),
    (
        "talkinghead_1kh",
        "val_video_tubes.txt",
        ["a_0,64,64,0,3,0,0,64"],
        "val_video_tubes.txt line 1: expected 9 columns",
    ),
    ("talkinghead_1kh", "val_video_tubes.txt", ["a_0,64,64,0,3,0,0,64,64,1"], "line 1: expected 9 columns"),
    (
        "talkinghead_1kh",
        "val_video_tubes.txt",
        ["a_0,64,64,0,3,l,0,64,64"],
        "line 1, column 'L': expected a whole number",
    ),
    (
        "talkinghead_1kh",
        "val_video_tubes.txt",
        ["../a_0,64,64,0,3,0,0,64,64"],
        "line 1, column 'name': expected a name",
    ),
]


@pytest.mark.parametrize(("dataset", "file", "lines", "said"), SPOILT)
def test_prepare_names_file_and_place_in_one_paragraph(evalkit, tmp_path, dataset, file, lines, said):
    lists = write(tmp_path / "lists", LISTS[dataset] | {file: lines})
    (tmp_path / "raw").mkdir()
    arguments = ("--raw", tmp_path / "raw", "--lists", lists, "--root", tmp_path / "root", "--workers", 1)
    assert_explained(evalkit("data", "prepare", dataset, *arguments), said, Path(file).name)
    assert not (tmp_path / "root").exists(), "nothing is begun with lists that do not hold together"


@pytest.fixture(scope="module")
def locked() -> Callable[..., Result]:
    """The command line without the right to pass over permissions, which root has otherwise."""
    if os.geteuid() and not shutil.which("setpriv"):
        pytest.skip("root passes over permissions, and there is no program `setpriv` to take that from it")
    powerless = [] if os.geteuid() else ["setpriv", "--bounding-set=-all"]

    def call(*arguments: object) -> Result:
        command = [*powerless, sys.executable, "-m", "evalkit", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True)
        return Result(done.returncode, done.stdout, done.stderr)

    return call


@pytest.mark.parametrize(
    ("place", "mode", "said"),
    [
        ("raw/deep", 0o000, "raw/deep: not readable. Fix the permissions of the download folder."),
        ("root", 0o555, "permission denied. Fix its permissions and those of the folders above it. Finished clips"),
        ("lists/vox-metadata.csv", 0o000, "vox-metadata.csv: cannot be read as CSV: [Errno 13] Permission denied"),
    ],
)
def test_prepare_without_permission_says_where(locked, tmp_path, place, mode, said):
    write(tmp_path / "lists", LISTS["voxceleb1"])
    write_raw(tmp_path / "raw" / "AAAAAAAAAAA", noise(4, 64))
    (tmp_path / "raw" / "deep").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / place).chmod(mode)
    arguments = ("--raw", tmp_path / "raw", "--lists", tmp_path / "lists", "--root", tmp_path / "root", "--workers", 1)
    try:
        told = locked("data", "prepare", "voxceleb1", *arguments)
    finally:
        (tmp_path / place).chmod(0o755)
    told = Result(told.returncode, told.stdout, " ".join(told.stderr.split()))
    assert_explained(told, said)
    assert not list((tmp_path / "root").iterdir())


@pytest.mark.slow
def test_a_locked_video_costs_only_its_clips_and_a_locked_root_is_named(locked, tmp_path):
    lists = write(
        tmp_path / "lists", {"vox-metadata.csv": [VOX_HEADER, VOX, VOX.replace("AAAAAAAAAAA", "BBBBBBBBBBB")]}
    )
    for name in "AB":
        write_raw(tmp_path / "raw" / (11 * name), noise(4, 64))
    (tmp_path / "raw" / "BBBBBBBBBBB.mp4").chmod(0)
    root = tmp_path / "root"
    arguments = ("--raw", tmp_path / "raw", "--lists", lists, "--root", root, "--workers", 1)
    told = locked("data", "prepare", "voxceleb1", *arguments, "--json")
    done = json.loads(told.stdout)
    assert done["made"] == 1 and "(Permission denied). Fix its permissions." in done["not_made"][0]["reason"]
    (root / "test").chmod(0)
    try:
        for arguments in (
            ("data", "check", "voxceleb1", "--root", root),
            ("run", "-p", "vox_self", "-M", "copy_source", "-d", root),
        ):
            told = locked(*arguments)
            told = Result(told.returncode, told.stdout, " ".join(told.stderr.split()))
            assert_explained(told, "test: not readable. Fix the permissions of the data folder.")
    finally:
        (root / "test").chmod(0o755)


def test_a_locked_folder_above_ends_in_one_paragraph(locked, tmp_path):
    outer = tmp_path / "outer"
    write_raw(outer / "root" / "test" / "id10280#A#000000#000004", noise(4, 256))
    write(outer / "lists", LISTS["voxceleb1"])
    outer.chmod(0)
    root, lists = ("--root", outer / "root"), ("--lists", outer / "lists")
    try:
        checked = locked("data", "check", "voxceleb1", *root)
        prepared = locked("data", "prepare", "voxceleb1", "--raw", tmp_path, *lists, *root)
    finally:
        outer.chmod(0o755)
    assert_explained(checked, "outer/root: permission denied. Fix its permissions and those of the folders above it.")
    assert_explained(prepared, "outer/lists: permission denied.")


@pytest.mark.parametrize("dataset", ["voxceleb1", "voxceleb2", "celebv"])
def test_links_are_followed_and_loops_are_walked_once(tmp_path, dataset):
    """Downloads often lie on another disk, behind a link."""
    other, raw = tmp_path / "other", tmp_path / "raw"
    place = {"voxceleb1": "AAAAAAAAAAA", "voxceleb2": "mp4/id00017/AAAAAAAAAAA/00001", "celebv": "Jack_Ma/Image/P_J_1"}
    write_raw(other / place[dataset], noise(2, 64))
    (other / "round").symlink_to(other)
    (other / "nowhere").symlink_to(tmp_path / "gone")
    raw.mkdir()
    (raw / "linked").symlink_to(other)
    recipe = DATASETS.get(dataset).recipe
    assert recipe
    lists = write(tmp_path / "lists", LISTS["voxceleb1"]) if dataset == "voxceleb1" else None
    listing = recipe.read(lists, raw, recipe.splits[0])
    if dataset == "celebv":
        assert "Jack_Ma" not in {r.clip for r in listing.remarks if r.reason.startswith("no folder")}
    else:
        assert len(listing.jobs) == 1


@pytest.mark.parametrize(
    ("dataset", "names"),
    [
        ("voxceleb1", ["test/id10280#A#000000#000004.mp4", "test/id10280#A#000000#000004.mkv"]),
        ("hdtf", ["RD_Radio1_000.mp4", "RD_Radio1_000.webm"]),
        ("celebv_hq", ["a_0.mp4", "a_0.avi"]),
        ("talkinghead_1kh", ["a_0000_S0_E3_L0_T0_R8_B8.mp4", "a_0000_S0_E3_L0_T0_R8_B8.mkv"]),
        ("celebv", ["Jack_Ma/0000000001.mkv", "Jack_Ma/0000000001/0.png"]),
    ],
)
def test_two_clips_with_one_id_are_named_both(tmp_path, dataset, names):
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with pytest.raises(DatasetError, match=r"two clips have the id '.*': .* and .*\. Rename one\."):
        DATASETS.get(dataset).index(tmp_path)
