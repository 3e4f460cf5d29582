"""`data check`: a root with one of everything that can be wrong."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.datasets import DATASETS
from evalkit.datasets.prepare.check import check
from evalkit.datasets.prepare.jobs import Recipe
from evalkit.protocol.schema import find_protocol, list_protocols
from tests.datasets.prepare.raw import vox_list
from tests.e2e.conftest import assert_explained
from tests.fakes import make_protocol

VOX = DATASETS.get("voxceleb1")


def clip(person: str, length: int) -> str:
    return f"{person}#video_id#000100#{100 + length:06d}"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("vox")

    def write(name: str, frames: int, size: int) -> None:
        video.write_video(folder / "test" / f"{name}.mp4", [np.zeros((frames, size, size, 3), np.uint8)], 25)

    write(clip("id10280", 5), 5, 256)
    write(clip("id10281", 5), 5, 128)
    write(clip("id10282", 50), 60, 256)
    write(clip("id10283", 50), 40, 256)
    (folder / "test" / f"{clip('id10284', 5)}.mp4").write_bytes(b"garbage" * 99)
    (folder / "test" / f"{clip('id10285', 5)}.mp4").mkdir()
    write(clip("id99999", 5), 5, 256)
    (folder / "test" / "notes.txt").write_text("not a clip")
    return folder


def examine(root: Path, expected=(), protocols=(), recipe: Recipe | None = VOX.recipe, quick=False):
    return check(root, VOX.index(root), recipe, protocols, expected, quick=quick, workers=1, on_clip=lambda *_: None)


def test_every_kind_of_fault_is_found_by_name(root):
    found = examine(root, expected=[clip("id10280", 5), clip("id10289", 7)])
    assert found.clips == 6, "people outside the official test part do not count"
    assert [f.clip for f in found.missing] == [clip("id10289", 7)]
    assert {f.clip for f in found.unreadable} == {clip("id10284", 5), clip("id10285", 5)}
    assert [(f.clip, f.reason) for f in found.wrong_size] == [(clip("id10281", 5), "128x128; 256x256 is expected")]
    assert {f.clip: f.reason for f in found.wrong_length} == {
        clip("id10282", 50): "60 frames, its name says 50: cut from a video of 30 frames per second, not 25",
        clip("id10283", 50): "40 frames, its name says 50",
    }
    assert not found.is_whole


def test_quick_looks_at_first_frames_only(root):
    found = examine(root, quick=True)
    assert found.unreadable and not found.wrong_length


def test_the_share_of_a_protocol_leaves_out_what_cannot_be_read(root):
    everyone = make_protocol(dataset="voxceleb1", clips={"count": 8})
    (share,) = examine(root, protocols=[everyone]).protocols
    assert (share.can_run, share.pairs) == (4, 8)
    crossed = make_protocol(task="cross_reenactment", pairs={"rule": "all_cross_identity"})
    (share,) = examine(root, protocols=[crossed]).protocols
    assert (share.can_run, share.pairs) == (12, None)


def test_clips_of_the_manifest_are_expected_and_its_lengths_count(root, tmp_path):
    copy = tmp_path / "root"
    shutil.copytree(root, copy)
    name = clip("id10280", 5)
    (copy / "manifest.csv").write_text(f"id,frames\n{name},9\nid10290#gone_______#000000#000004,4\n")
    found = examine(copy, recipe=None)
    assert [f.clip for f in found.missing] == ["id10290#gone_______#000000#000004"]
    assert "5 frames, the manifest says 9" in {f.reason for f in found.wrong_length}


def test_the_command_names_faults_and_ends_with_1(root, evalkit, tmp_path):
    lists = vox_list(tmp_path, ["video_id,100,107,0-0-256-256,25,640,360,test,id10289"])
    told = evalkit("data", "check", "voxceleb1", "--root", root, "--lists", lists, "--workers", 1)
    assert told.returncode == 1
    assert "1 missing:" in told.stdout and clip("id10289", 7) in told.stdout and "2 unreadable:" in told.stdout
    assert "vox_self: 4 of 525 (1%) pairs can run" in told.stdout
    whole = evalkit("data", "check", "voxceleb1", "--root", root, "--workers", 1, "--json")
    assert json.loads(whole.stdout)["whole"] is False


def test_a_whole_root_ends_with_0(evalkit, tmp_path):
    video.write_video(tmp_path / f"{clip('id10280', 2)}.mp4", [np.zeros((2, 256, 256, 3), np.uint8)], 25)
    told = evalkit("data", "check", "voxceleb1", "--root", tmp_path, "--workers", 1)
    assert told.returncode == 0
    assert "0 missing of those in manifest.csv; --lists PATH compares with the official lists" in told.stdout


@pytest.mark.parametrize("method", ["copy_source", "landmark_warp", "fomm"])
def test_without_data_one_paragraph_says_what_to_do(evalkit, tmp_path, method):
    result = evalkit("run", "--protocol", "vox_cross", "--method", method, "--out", tmp_path)
    assert_explained(
        result,
        "The dataset 'voxceleb1' needs --data DIR",
        "get vox-metadata.csv from github.com/AliaksandrSiarohin/video-preprocessing",
        "`evalkit data commands voxceleb1 --lists LISTS` writes what to fetch",
        "`evalkit data prepare voxceleb1 --raw VIDEOS --lists LISTS --data DIR` makes the folder",
        "this command runs with --data DIR",
        "`evalkit run --protocol demo_cross --method copy_source` works right now",
    )
    assert result.stderr.strip().count("\n") == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("protocol", [p.id for p in list_protocols() if p.dataset != "demo"])
def test_every_protocol_says_so_without_data_and_names_commands_that_exist(evalkit, tmp_path, protocol):
    dataset = find_protocol(protocol).dataset
    result = evalkit("run", "--protocol", protocol, "--method", "copy_source", "--out", tmp_path)
    assert_explained(result, f"The dataset {dataset!r} needs --data DIR", "`evalkit run --protocol demo_cross")
    assert ("--lists LISTS" in result.stderr) == (dataset not in ("folder", "celebv", "vfhq", "celeba_hq"))
    empty = evalkit("run", "--protocol", protocol, "--method", "copy_source", "--out", tmp_path, "--data", tmp_path)
    assert_explained(empty, "no clip found. Expected")


def test_commands_write_what_to_fetch_and_nothing_is_fetched(evalkit, tmp_path):
    lists = vox_list(tmp_path, ["video_id,100,150,0-0-256-256,25,640,360,test,id10289"])
    told = evalkit("data", "commands", "voxceleb1", "--lists", lists)
    assert told.stdout.splitlines() == [
        "save_as,url,first_s,last_s,height,clips",
        "video_id,https://www.youtube.com/watch?v=video_id,4.00,6.00,360,1",
    ]


def test_lists_without_a_clip_are_no_success(evalkit, tmp_path):
    lists, raw = vox_list(tmp_path, []), tmp_path / "raw"
    raw.mkdir()
    assert_explained(evalkit("data", "commands", "voxceleb1", "--lists", lists), "vox-metadata.csv: nothing to fetch")
    told = evalkit("data", "prepare", "voxceleb1", "--raw", raw, "--lists", lists, "--root", tmp_path / "root")
    assert told.returncode == 1 and "No clip was made" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("data", "prepare", "demo", "--raw", ".", "--root", "x"), "has no official lists to prepare from"),
        (("data", "commands", "voxceleb1", "--split", "tset", "--lists", "x"), "Did you mean 'test'?"),
        (("data", "check", "voxceleb3"), "Did you mean 'voxceleb2' or 'voxceleb1'"),
        (("data", "check", "hdtf", "--root", "/nowhere"), "no such folder"),
        (("data", "commands", "hdtf"), "--lists (not given): expected the folder HDTF_dataset"),
        (("data", "commands", "celebv"), "CelebV has no lists of clips or videos: leave --lists out."),
    ],
)
def test_mistakes_end_in_one_paragraph(evalkit, arguments, said):
    assert_explained(evalkit(*arguments), said)


def test_data_list_says_what_it_is_how_big_whose_and_where(evalkit):
    rows = {row["id"]: row for row in json.loads(evalkit("data", "list", "--json").stdout)}
    assert {"celebv", "celebv_hq", "hdtf", "talkinghead_1kh", "voxceleb1", "voxceleb2"} <= rows.keys()
    for name in rows.keys() - {"demo", "folder"}:
        assert all(rows[name][key] for key in ("title", "licence", "obtain")), name
    for name in rows.keys() - {"demo", "folder", "vfhq", "celeba_hq"}:  # these two are used as they come
        assert all(rows[name][key] for key in ("size", "lists", "raw", "splits")), name
