"""VoxCeleb1 from raw videos to a prepared root, with every trap of the reference planted."""

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from evalkit.base.files import content_sha256
from evalkit.clips import video
from evalkit.datasets import DATASETS
from evalkit.datasets.prepare.build import Prepared, Settings, prepare
from evalkit.errors import DatasetError
from tests.datasets.prepare.raw import cut, decoded, scene, vox_list, write_raw

VOX = DATASETS.get("voxceleb1")
HALF = "25,1280,720,test"  # the list was made on 1280x720, the downloads are 640x360
ROWS = [
    f"AAAAAAAAAAA,2,8,361-121-873-633,{HALF},id10280",
    f"AAAAAAAAAAA,6,14,200-100-700-500,{HALF},id10280",
    f"AAAAAAAAAAA,2,8,361-121-873-633,{HALF},id10280",  # an exact duplicate
    "AAAAAAAAAAA,6,14,200-100-700-500,25,1280,720,train,id10280",  # a train row that repeats a test clip
    f"thirtyfps_1,5,10,360-120-872-632,{HALF},id10281",
    f"missing_vid,5,10,360-120-872-632,{HALF},id10282",
    f"unreadable_,5,10,360-120-872-632,{HALF},id10283",
    f"boxleaves__,0,5,800-120-1312-700,{HALF},id10284",
    f"boxleaves__,5,9,1280-120-1400-700,{HALF},id10284",
    f"too_short__,8,20,360-120-872-632,{HALF},id10285",
    f"Ünï-例_____,0,4,360-120-872-632,{HALF},id10286",
]


def name(person: str, video_id: str, start: int, end: int) -> str:
    return f"{person}#{video_id}#{start:06d}#{end:06d}"


@pytest.fixture(scope="module")
def raw(tmp_path_factory, heads) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    for video_id, fps in (
        ("AAAAAAAAAAA", 25),
        ("thirtyfps_1", 30),
        ("deep/er/boxleaves__", 25),
        ("too_short__", 25),
        ("Ünï-例_____", 25),
    ):
        write_raw(folder / video_id, scene(heads[0]), fps)
    (folder / "unreadable_.mp4").write_bytes(b"not a video at all" * 100)
    (folder / "loop").symlink_to(folder)
    return folder


@pytest.fixture(scope="module")
def lists(tmp_path_factory) -> Path:
    return vox_list(tmp_path_factory.mktemp("lists"), ROWS)


def build(raw: Path, lists: Path, root: Path, **keys) -> Prepared:
    settings = Settings(raw, root, lists, keys.pop("split", "test"), **keys)
    return prepare("voxceleb1", VOX.recipe, settings, lambda *_: None)


@pytest.fixture(scope="module")
def root(tmp_path_factory, raw, lists) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    build(raw, lists, folder)
    return folder


def report(root: Path) -> dict:
    return json.loads((root / "prepare_test.json").read_text(encoding="utf-8"))


def reason(root: Path, kind: str, clip: str) -> str:
    return "; ".join(row["reason"] for row in report(root)[kind] if row["clip"] == clip)


@pytest.mark.slow
def test_crops_are_the_listed_boxes_to_the_pixel(root, heads):
    pictures = scene(heads[0])
    # 361 / 2 = 180.5 and so on, rounded down as load_videos.py does.
    first = decoded(root / "test" / (name("id10280", "AAAAAAAAAAA", 2, 8) + ".mp4"))
    assert np.array_equal(first, cut(pictures[2:8], (180, 60, 436, 316), 256))
    second = decoded(root / "test" / (name("id10280", "AAAAAAAAAAA", 6, 14) + ".mp4"))
    assert np.array_equal(second, cut(pictures[6:14], (100, 50, 350, 250), 256)), "not square, overlapping the first"


def test_a_clip_is_a_folder_of_numbered_png_by_default_and_a_lossless_mp4_when_asked(root, raw, lists, tmp_path):
    clip = name("id10280", "AAAAAAAAAAA", 2, 8) + ".mp4"
    assert sorted(p.name for p in (root / "test" / clip).iterdir()) == [f"{i:07d}.png" for i in range(6)]
    build(raw, lists, tmp_path, images=False)
    assert (tmp_path / "test" / clip).is_file()
    assert np.array_equal(decoded(tmp_path / "test" / clip), decoded(root / "test" / clip))
    assert video.frame_rate(tmp_path / "test" / clip) == 25, "not the 10 of the usual copies"


def test_a_thirty_fps_download_gives_every_frame_inside_the_window_and_is_reported(root, heads):
    clip = name("id10281", "thirtyfps_1", 5, 10)
    # 5/25 s <= i/30 s < 10/25 s: frames 6 to 11
    assert np.array_equal(decoded(root / "test" / f"{clip}.mp4"), cut(scene(heads[0])[6:12], (180, 60, 436, 316), 256))
    assert "6 frames for 5 in the list: the video has 30 frames per second" in reason(root, "odd", clip)


def test_boxes_that_leave_the_frame_are_cut_and_those_outside_are_refused(root, heads):
    cut_off, outside = name("id10284", "boxleaves__", 0, 5), name("id10284", "boxleaves__", 5, 9)
    assert np.array_equal(decoded(root / "test" / f"{cut_off}.mp4"), cut(scene(heads[0])[:5], (400, 60, 640, 350), 256))
    assert "leaves the 640x360 frame" in reason(root, "odd", cut_off)
    assert "lies outside the 640x360 frame" in reason(root, "not_made", outside)


def test_everything_that_could_not_be_made_has_a_reason(root):
    told = report(root)
    assert (told["clips_in_list"], told["clips_there"]) == (9, 5)
    assert "no raw video called missing_vid.*" in reason(root, "not_made", name("id10282", "missing_vid", 5, 10))
    assert "not a readable video" in reason(root, "not_made", name("id10283", "unreadable_", 5, 10))
    assert "has 14 frames, the clip needs frames 8 to 19" in reason(
        root, "not_made", name("id10285", "too_short__", 8, 20)
    )
    assert "repeats vox-metadata.csv line 2" in reason(root, "left_out", name("id10280", "AAAAAAAAAAA", 2, 8))
    assert {row["where"] for row in told["not_made"]} >= {"vox-metadata.csv line 7", "vox-metadata.csv line 8"}


def test_nothing_is_left_behind_by_clips_that_failed(root):
    assert not list(root.rglob(".*"))
    assert not list((root / "test").glob("*unreadable*")) and not list((root / "test").glob("*too_short*"))


def test_train_rows_that_repeat_test_clips_are_left_out_of_train(raw, lists, tmp_path):
    done = build(raw, lists, tmp_path, split="train")
    assert done.made == 0
    assert [r.reason for r in done.remarks] == ["a train row that repeats the test clip of vox-metadata.csv line 3"]


def test_the_manifest_has_digests_and_the_dataset_folder_reads_it(root):
    by_folder = {clip.id: clip for clip in DATASETS.get("folder").index(root)}
    by_name = {clip.id: clip for clip in VOX.index(root)}
    assert by_folder.keys() == by_name.keys()
    assert {clip.identity for clip in by_folder.values()} == {clip.identity for clip in by_name.values()}
    lines = (root / "manifest.csv").read_text(encoding="utf-8").splitlines()
    rows = [dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in lines[1:]]
    assert all(row["sha256"] == content_sha256(root / row["file"]) for row in rows)
    unicode = next(row for row in rows if row["id"].startswith("id10286"))
    assert (unicode["frames"], unicode["width"], unicode["fps"], unicode["video"]) == (
        "4",
        "256",
        "25",
        "Ünï-例_____.mp4",
    )


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    """Every file and clip; the folder `test` itself changes when clips that failed are tried again."""
    paths = [path for path in sorted(root.rglob("*")) if path.name != "test"]
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_ino) for path in paths}


def test_repeating_the_command_touches_nothing(root, raw, lists):
    before = snapshot(root)
    done = build(raw, lists, root)
    assert (done.made, done.kept, len(done.not_made)) == (0, 5, 4)
    assert snapshot(root) == before
    assert reason(root, "odd", name("id10281", "thirtyfps_1", 5, 10)), "what was odd stays in the report"


def test_only_what_is_absent_or_listed_differently_is_made_again(raw, lists, tmp_path):
    build(raw, lists, tmp_path)
    folder = tmp_path / "test" / (name("id10280", "AAAAAAAAAAA", 2, 8) + ".mp4")
    for picture in folder.iterdir():
        picture.unlink()
    folder.rmdir()
    other = vox_list(tmp_path, [row.replace("200-100-700-500", "202-100-700-500") for row in ROWS])
    done = build(raw, other, tmp_path)
    assert (done.made, done.kept) == (2, 3)
    assert folder.is_dir()


def test_a_clip_that_was_begun_and_not_finished_is_made_again(raw, lists, tmp_path):
    build(raw, lists, tmp_path)
    journal = tmp_path / "prepare.jsonl"
    lines = journal.read_text(encoding="utf-8").splitlines()
    journal.write_text("\n".join([*lines[:-1], lines[-1][:40]]), encoding="utf-8")  # killed while writing the last line
    assert build(raw, lists, tmp_path).made == 1


def test_files_that_were_there_before_are_left_alone(raw, lists, tmp_path):
    mine = tmp_path / "test" / (name("id10280", "AAAAAAAAAAA", 2, 8) + ".mp4")
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"my own copy")
    done = build(raw, lists, tmp_path)
    assert mine.read_bytes() == b"my own copy" and done.kept == 1
    assert "was there before" in reason(tmp_path, "odd", mine.stem)


@pytest.mark.slow
def test_two_processes_make_the_same_files_as_one(root, raw, lists, tmp_path):
    build(raw, lists, tmp_path, workers=2)
    assert (tmp_path / "manifest.csv").read_bytes() == (root / "manifest.csv").read_bytes()


def test_a_full_disk_ends_in_one_sentence_and_keeps_what_is_finished(raw, lists, tmp_path, monkeypatch):
    build(raw, lists, tmp_path)
    kept = snapshot(tmp_path / "test")
    other = vox_list(tmp_path, [row.replace("200-100-700-500", "202-100-700-500") for row in ROWS])

    def full(self, frame):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(video.ClipWriter, "add", full)
    with pytest.raises(DatasetError, match=r"no space left on the device\. .*Finished clips are kept"):
        build(raw, other, tmp_path)
    monkeypatch.undo()
    assert set(snapshot(tmp_path / "test")) <= set(kept)
    assert build(raw, other, tmp_path).made == 1


def test_folders_without_permission_are_named(raw, lists, tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DatasetError, match=r"not readable\. Fix the permissions of the download folder"):
        build(raw, lists, tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(Path, "mkdir", lambda path, **_: refuse(path))
    with pytest.raises(DatasetError, match=r"permission denied\. Fix its permissions"):
        build(raw, lists, tmp_path / "locked" / "root")


def test_roots_that_make_no_sense_are_refused(raw, lists, tmp_path):
    with pytest.raises(DatasetError, match="no such folder"):
        build(tmp_path / "nowhere", lists, tmp_path / "root")
    with pytest.raises(DatasetError, match="is also --raw"):
        build(raw, lists, raw)
