"""Indexing prepared roots: names, people, and roots that are hard to read."""

import os
from pathlib import Path

import pytest

from evalkit.datasets import DATASETS
from evalkit.datasets.found import BESIDE, HALF, HIDDEN, NOT_UTF8, UNREAD
from evalkit.datasets.identities import identity_rule
from evalkit.datasets.layout import NO_CLIP, NO_PORTRAIT, STRANGE
from evalkit.errors import DatasetError, UnknownNameError

VFHQ = "GT/Interval1_512x512_LANCZOS4"
VOX = "id10280#abcdefghijk#000001#000100"


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def ids(dataset: str, root: Path) -> list[tuple[str, str]]:
    return [(clip.id, clip.identity) for clip in DATASETS.get(dataset).index(root)]


def test_voxceleb_takes_the_test_part_as_files_and_folders(tmp_path):
    other = VOX.replace("id10280", "id10281")
    touch(
        tmp_path, f"test/{VOX}.mp4", f"test/{other}.mp4/0000000.png", f"train/{VOX.replace('id10280', 'id10001')}.mp4"
    )
    touch(
        tmp_path, "test/readme.txt", "test/.hidden.mp4", "test/id10001#abcdefghijk#000001#000100.mp4", "test/other.mp4"
    )
    assert ids("voxceleb1", tmp_path) == [(VOX, "id10280"), (other, "id10281")]
    assert ids("voxceleb1", tmp_path / "test") == ids("voxceleb1", tmp_path)
    with pytest.raises(DatasetError, match=r"no clip found. Expected <root>/test/<person>"):
        ids("voxceleb2", tmp_path)


@pytest.mark.parametrize(
    ("dataset", "files", "expected"),
    [
        (
            "celebv_hq",
            ["-ab_cd_0.mp4", "portraits/oil.png", "x.mp4"],
            [("-ab_cd_0", "-ab_cd"), ("oil", "portrait oil")],
        ),
        ("celebv_hq", ["processed/ab_0.mp4"], [("ab_0", "ab")]),
        ("hdtf", ["WDA_EdMarkey1_000.mp4", "_videos_raw/a.mp4"], [("WDA_EdMarkey1_000", "EdMarkey")]),
        ("talkinghead_1kh", ["a_b_0001_S0_E9_L0_T0_R8_B8.mp4"], [("a_b_0001_S0_E9_L0_T0_R8_B8", "a_b")]),
        ("talkinghead_1kh", ["val/cropped_clips/a_0001_S0_E9_L0_T0_R8_B8.mp4"], [("a_0001_S0_E9_L0_T0_R8_B8", "a")]),
        ("celebv", ["Jack_Ma/0000000007/0.png", "Somebody/0/0.png"], [("Jack_Ma#0000000007", "Jack_Ma")]),
        ("celebv", ["Jack_Ma/Image/P_Jack_1.jpg_0000000001.jpg"], [("Jack_Ma", "Jack_Ma")]),
        (
            "vfhq",
            [f"{VFHQ}/Clip+a-b_c+d+P1+C0+F1-9/00000000.png", "LR/x.png"],
            [("Clip+a-b_c+d+P1+C0+F1-9", "a-b_c+d")],
        ),
        ("vfhq", ["Clip+ab+P0+C2+F10-99.mp4"], [("Clip+ab+P0+C2+F10-99", "ab")]),
        (
            "celeba_hq",
            ["CelebA-HQ-img/12.jpg", "CelebA-HQ-img/3.jpg", "driving/talk.mp4"],
            [("12", "portrait 12"), ("3", "portrait 3"), ("talk", "talk")],
        ),
    ],
)
def test_layouts_name_clips_and_people(tmp_path, dataset, files, expected):
    assert ids(dataset, touch(tmp_path, *files)) == expected


PEOPLE = "not a folder of one of the five people"
BESIDE_VAL = "beside val/, where the clips are"


@pytest.mark.parametrize(
    ("dataset", "files", "expected"),
    [
        (
            "voxceleb1",
            [
                f"test/{VOX}.mp4",
                f"test/{VOX.replace('id10280', 'id10001')}.mp4",
                "test/readme.txt",
                "test/other.mp4",
                "test/.hidden.mp4",
                "test/half.mp4.part",
                "train/x.mp4",
                "prepare.jsonl",
                "manifest.csv",
            ],
            {
                f"test/{VOX.replace('id10280', 'id10001')}.mp4": "a person who is not in the official test part",
                "test/readme.txt": NO_CLIP,
                "test/other.mp4": STRANGE,
                "test/.hidden.mp4": HIDDEN,
                "test/half.mp4.part": HALF,
                "train": "beside test/, where the clips are",
            },
        ),
        ("voxceleb2", ["id00017#abc#00001.mp4", "id00017#abc.mp4"], {"id00017#abc.mp4": STRANGE}),
        (
            "celebv_hq",
            ["ab_0.mp4", "portraits/oil.png", "portraits/notes.txt", "portraits/oil.heic"],
            {"portraits/notes.txt": NO_PORTRAIT, "portraits/oil.heic": UNREAD},
        ),
        (
            "celebv_hq",
            ["processed/ab_0.mp4", "portraits/oil.png", "raw/ab.mp4"],
            {"raw": "beside processed/, where the clips are"},
        ),
        (
            "hdtf",
            ["WDA_EdMarkey1_000.mp4", "WDA_EdMarkey1.mp4", "portraits/oil.png"],
            {"WDA_EdMarkey1.mp4": STRANGE, "portraits": STRANGE},
        ),
        (
            "talkinghead_1kh",
            ["val/cropped_clips/a_0001_S0_E9_L0_T0_R8_B8.mp4", "train/b.mp4", "val/raw/c.mp4"],
            {"train": BESIDE_VAL, "val/raw": "beside cropped_clips/, where the clips are"},
        ),
        (
            "celebv",
            ["Jack_Ma/0000000007/0.png", "Jack_Ma/notes/0.png", "Somebody/0/0.png", "readme.md"],
            {"Jack_Ma/notes": STRANGE, "Somebody": PEOPLE, "readme.md": PEOPLE},
        ),
        ("celebv", ["Jack_Ma/Image/1.jpg", "Jack_Ma/Bound/1.txt"], {"Jack_Ma/Bound": BESIDE}),
    ],
)
def test_what_is_left_out_is_said_with_the_reason(tmp_path, dataset, files, expected):
    found = DATASETS.get(dataset).look(touch(tmp_path, *files))
    assert {one.entry: one.reason for one in found.ignored} == expected
    assert list(found.clips) == DATASETS.get(dataset).index(tmp_path)
    assert found.counts["ignored"] == len(expected) and found.counts["clips"] == 1


def test_lists_of_celeba_say_who_a_portrait_shows(tmp_path):
    touch(tmp_path, "CelebA-HQ-img/0.jpg", "CelebA-HQ-img/1.jpg", "CelebA-HQ-img/2.jpg", "driving/talk.mp4")
    (tmp_path / "CelebA-HQ-to-CelebA-mapping.txt").write_text(
        "idx orig_idx orig_file\n0 119613 119614.jpg\n1 99094 099095.jpg\n2 5 000006.jpg\n"
    )
    assert ids("celeba_hq", tmp_path)[:2] == [("0", "portrait 0"), ("1", "portrait 1")], "one list does not tell"
    people = tmp_path / "identity_CelebA.txt"
    people.write_text("119614.jpg 7\n099095.jpg 7\n")
    found = DATASETS["celeba_hq"].look(tmp_path)
    assert [(c.id, c.identity, c.kind, c.role) for c in found.clips] == [
        ("0", "CelebA 7", "portrait", "any"),
        ("1", "CelebA 7", "portrait", "any"),
        ("2", "portrait 2", "portrait", "any"),
        ("talk", "talk", "clip", "driving"),
    ]
    people.write_text("119614.jpg\n")
    with pytest.raises(DatasetError, match=r"identity_CelebA.txt line 1: expected 2 columns, got 1"):
        ids("celeba_hq", tmp_path)


def test_portraits_without_a_driver_are_told_what_is_missing(tmp_path):
    with pytest.raises(DatasetError, match=r"no clip found.*driving/<clip>.mp4. Unpack CelebAMask-HQ, and put the"):
        ids("celeba_hq", touch(tmp_path, "CelebA-HQ-img/0.jpg"))


def test_names_that_are_not_utf8_are_left_out(tmp_path):
    touch(tmp_path, f"{VOX}.mp4", os.fsdecode(b"id10280#caf\xe9#000001#000100.mp4"))
    (left,) = DATASETS.get("voxceleb1").look(tmp_path).ignored
    assert (left.entry, left.reason) == ("id10280#caf\\xe9#000001#000100.mp4", NOT_UTF8)


def test_two_clips_with_one_id_are_an_error(tmp_path):
    with pytest.raises(DatasetError, match="two clips have the id"):
        ids("voxceleb1", touch(tmp_path, f"{VOX}.mp4", f"{VOX}.mkv"))


def test_links_in_a_circle_and_into_nowhere_are_no_clips(tmp_path):
    touch(tmp_path, f"{VOX}.mp4")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    assert ids("voxceleb1", tmp_path) == [(VOX, "id10280")]


def test_unicode_names_are_fine(tmp_path):
    assert ids("celebv_hq", touch(tmp_path, "vídeo-例_0.mp4")) == [("vídeo-例_0", "vídeo-例")]


def test_a_root_without_permission_is_named(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(DatasetError, match=r"not readable. Fix the permissions of the data folder"):
        ids("hdtf", tmp_path)


def test_every_prepared_dataset_knows_who_is_in_a_clip_by_its_name(tmp_path):
    assert identity_rule("voxceleb1")(VOX) == "id10280"
    assert identity_rule("celebv")("Jack_Ma") == identity_rule("celebv")("Jack_Ma#0000000007") == "Jack_Ma"
    with pytest.raises(UnknownNameError):
        identity_rule("folder")
