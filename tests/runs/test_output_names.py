"""Whose output a file is: by names that demos write, and by a list."""

from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.clips import video
from evalkit.errors import ScoreError
from evalkit.protocol.pairs import pair_id
from evalkit.runs.output_names import match_list, match_names
from evalkit.types import Pair
from tests.fakes import make_clip, noise


def cross(source, driving):
    clips = [make_clip(name, name, path=Path(f"data/{name}.mp4")) for name in (source, driving)]
    return Pair(pair_id(*clips), clips[0], (0,), clips[1])


PAIRS = [cross("ann", "take_2"), cross("ben", "take_2")]


def match(root, *names, pairs=PAIRS, together=False):
    for name in names:
        (root / name).touch()
    return match_names(root, pairs, together)


@pytest.mark.parametrize(
    "name",
    [
        "ann--take_2.mp4",
        "ann--take_2_concat.mp4",
        "ann_take_2.mp4",
        "ann_take_2.jpg",
        "ann_take_2_512x512_3_0915.mp4",
        "ann_take_2_512x512_3_0915_noaudio.mp4",
        "take_2_ann_oo.mp4",
        "take_2_ann_all.mp4",
        "inference_appearance_pose_local_mm_uc5_ann_by_take_2_mix4.mp4",
        "inference_x_uc5.0_ann_by_take_2_mix4.mp4",
    ],
)
def test_names_that_demos_write(tmp_path, name):
    found = match(tmp_path, name)
    assert {pair: path.name for pair, path in found.clips.items()} == {"ann--take_2": name}


@pytest.mark.parametrize(
    "name", ["ann.mp4", "ann_take_3.mp4", "take_2_ann.mp4", "ann--take_2_concat.txt", "_concat.mp4"]
)
def test_names_that_say_nothing(tmp_path, name):
    found = match(tmp_path, name)
    assert found.clips == {} and found.extra == (name,)


@pytest.mark.parametrize("name", ["ann--take_2", "ann--take_2.mp4"])
def test_folders_of_pictures_are_called_as_videos_are(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "1.png").touch()
    assert match_names(tmp_path, PAIRS, False).clips == {"ann--take_2": tmp_path / name}


def test_a_self_pair_is_called_by_both_of_its_clips(tmp_path):
    """LivePortrait writes `<source>--<driving>.mp4`; evalkit calls a pair of one clip by its id."""
    clip = make_clip("ann_take", "ann", path=Path("data/ann/take.mp4"))
    pair = Pair("ann_take", clip, (0,), clip)
    for name in ("ann_take--ann_take.mp4", "take--take.mp4", "ann_take--take.mp4", "ann_take_concat.mp4"):
        folder = tmp_path / name.replace(".", "_")
        folder.mkdir()
        assert list(match(folder, name, pairs=[pair]).clips) == ["ann_take"]


def test_the_result_alone_is_preferred_and_with_a_crop_the_one_beside_others(tmp_path):
    both = ("ann--take_2.mp4", "ann--take_2_concat.mp4")
    for together, taken in ((False, both[0]), (True, both[1])):
        found = match(tmp_path, *both, together=together)
        assert found.clips["ann--take_2"].name == taken
        assert found.beside == tuple(name for name in both if name != taken)
        assert [names for names, _ in found.passed_over()] == [found.beside]


def test_a_name_that_fits_several_pairs_is_nobodys(tmp_path):
    """`a_b_c` may be a and b_c, or a_b and c."""
    found = match(tmp_path, "a_b_c.mp4", pairs=[cross("a", "b_c"), cross("a_b", "c")])
    assert found.clips == {} and found.unclear == ("a_b_c.mp4",)


def test_the_name_of_a_pair_comes_before_everything_else(tmp_path):
    one = replace(cross("x", "y"), id="a_b")
    found = match(tmp_path, "a_b.mp4", pairs=[cross("a", "b"), one])
    assert list(found.clips) == ["a_b"]


@pytest.fixture
def listed(tmp_path):
    """Match a list with these rows in a folder that holds some outputs."""
    for name in ("one.mkv", "sub/two.mkv"):
        video.write_video(tmp_path / "out" / name, [noise(1)], 25)

    def call(*rows, subset=False, header="pair,file"):
        table = tmp_path / "list.csv"
        table.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return match_list(tmp_path / "out", table, PAIRS, subset)

    return call


def test_a_list_says_which_file_is_whose(listed, tmp_path):
    found = listed("ann--take_2,sub/two.mkv", "ben--take_2,one.mkv")
    assert {k: str(v.relative_to(tmp_path / "out")) for k, v in found.clips.items()} == {
        "ann--take_2": "sub/two.mkv",
        "ben--take_2": "one.mkv",
    }


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (["ann--take_3,one.mkv"], r"line 2, column 'pair': expected a pair of the protocol such as 'ann--take_2', got"),
        (["zzz,one.mkv"], r"a pair of the protocol \(`evalkit protocols pairs` lists them\), got 'zzz'"),
        (["ann--take_2,one.mkv", "ann--take_2,sub/two.mkv"], r"line 3, column 'pair': expected every pair once"),
        (["ann--take_2,one.mkv", "ben--take_2,one.mkv"], r"line 3, column 'file': expected every file once"),
        (["ann--take_2,gone.mkv"], r"line 2, column 'file': expected a file or folder that exists in .*out"),
        (["ann--take_2,../list.csv"], r"expected a path inside .*out, got '\.\./list\.csv'"),
        (["ann--take_2,/etc/hostname"], r"expected a path inside .*out, got '/etc/hostname'"),
        (["ann--take_2,"], r"column 'file': expected a value"),
        (["ann--take_2"], r"line 2: expected 2 columns"),
    ],
)
def test_lists_that_cannot_be_meant(listed, rows, reason):
    with pytest.raises(ScoreError, match=reason):
        listed(*rows)


def test_a_list_needs_its_columns(listed):
    with pytest.raises(ScoreError, match=r"column 'file' is missing"):
        listed("ann--take_2", header="pair")


def test_of_a_subset_a_list_may_name_more(listed):
    found = listed("ann--take_2,one.mkv", "ann--take_3,sub/two.mkv", subset=True)
    assert list(found.clips) == ["ann--take_2"] and found.extra == ("sub/two.mkv",)
