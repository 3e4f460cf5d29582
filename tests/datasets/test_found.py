"""What `folder` takes for a clip, for a portrait, for neither, and that it says so."""

import os
import unicodedata

import numpy as np
import pytest
from PIL import Image

from evalkit.clips.kinds import UNFINISHED, VIDEO_SUFFIXES
from evalkit.clips.video import write_video
from evalkit.datasets import folder
from evalkit.datasets.folder import index, survey
from evalkit.datasets.sequences import why_no_sequence
from evalkit.errors import DatasetError
from evalkit.protocol.pairs import make_pairs
from evalkit.protocol.schema import find_protocol
from tests.datasets.test_folder import described, manifest, touch

FRAMES = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


def pictures(root, *names, size=(8, 8)):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size).save(root / name)
    return root


def ignored(root):
    return {one.entry: one.reason for one in survey(root).ignored}


def pair_ids(protocol, root):
    return {pair.id for pair in make_pairs(find_protocol(protocol), index(root))}


def test_portraits_are_people_of_their_own_and_only_sources(tmp_path):
    """A04-folder-of-portraits-becomes-a-clip."""
    touch(tmp_path, "p1/c1.mp4", "p2/c1.mp4")
    pictures(tmp_path, "portraits/1.jpg", "portraits/2.jpg", "portraits/3.jpg")  # numbered, of one size
    found = survey(tmp_path)
    assert found.counts == {"clips": 2, "portraits": 3, "ignored": 0}
    assert [(c.id, c.identity, c.role) for c in found.clips if c.kind == "portrait"] == [
        (name, name, "source") for name in "123"
    ]
    assert found.taken == ("portraits/ is taken for 3 sources that do not drive.",)
    both = {"p1_c1--p2_c1", "p2_c1--p1_c1"}
    assert pair_ids("folder_cross", tmp_path) == both | {f"{s}--p{d}_c1" for s in "123" for d in "12"}
    assert pair_ids("folder_self", tmp_path) == {"p1_c1", "p2_c1"}


def test_folders_of_pictures_that_are_read_as_clips_are_named(tmp_path):
    """Numbered photographs of one size look like frames: A04-folder-of-portraits-becomes-a-clip, elsewhere."""
    pictures(tmp_path, *(f"people/{number}.jpg" for number in range(12)))
    (sentence,) = survey(tmp_path).taken
    assert sentence == (
        "1 folder of numbered pictures is taken for a clip of 12 frames, 25 a second: people/. Photographs belong into "
        "portraits/."
    )
    for name in "abcd":
        pictures(tmp_path, *(f"p/{name}/{number}.jpg" for number in range(3)))
    (sentence,) = survey(tmp_path).taken
    assert sentence.startswith(
        "5 folders of numbered pictures are taken for clips of 3 to 12 frames, 25 a second: p/a/"
    )
    assert " and 2 more. " in sentence


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["anna.jpg", "bert.jpg"], "not numbered alike"),
        (["IMG_1.jpg", "DSC_2.jpg"], "not numbered alike"),
        (["1_2.jpg", "2_3.jpg"], "not numbered alike"),
        (["1.jpg", "1.png"], "a number comes twice"),
        (["00012.jpg", "00345.jpg", "00401.jpg"], "too many numbers are left out"),
        (["5.jpg", "10.jpg"], "too many numbers are left out"),
        (["9.jpg", "10.jpg"], None),
        (["f0005.png", "f0010.png", "f0015.png"], None),
        (["a2_0001.png", "a2_0002.png"], None),
        ([f"{i:04d}.png" for i in range(40) if i != 7], None),
    ],
)
def test_what_numbers_make_a_clip(tmp_path, names, says):
    why = why_no_sequence(names, tmp_path)
    assert (why is None) if says is None else (says in why)


def test_photographs_of_different_sizes_are_no_clip(tmp_path):
    pictures(tmp_path, "anna/1.png", "anna/2.png")
    pictures(tmp_path, "anna/3.png", size=(8, 9))
    found = survey(tmp_path)
    assert described(found.clips) == [(f"anna_{i}", "anna", "portrait") for i in (1, 2, 3)]
    assert found.taken == ("anna/ is taken for 3 portraits of one person, not for a clip: they have different sizes.",)
    pictures(tmp_path, "anna/3.png")
    assert described(survey(tmp_path).clips) == [("anna", "anna", "clip")]


def test_photographs_below_a_person_are_left_out_and_said(tmp_path):
    touch(tmp_path, "anna/c.mp4", "anna/deep/deeper/c.mp4", "anna/day/x.jpg", "anna/day/y.jpg")
    assert ignored(tmp_path) == {"anna/deep": folder.DEEP, "anna/day": folder.PHOTOGRAPHS}


def test_every_entry_that_is_no_clip_is_named_with_its_reason(tmp_path):
    touch(tmp_path, "a/c.mp4", "a/notes.txt", "b.mp4.part", "face.heic", ".DS_Store", "seq/1.png", "seq/2.png")
    touch(tmp_path, "seq/sound.wav")
    (tmp_path / "nobody").mkdir()
    assert ignored(tmp_path) == {
        "a/notes.txt": folder.NO_MEDIA,
        "b.mp4.part": folder.HALF,
        "face.heic": folder.UNREAD,
        ".DS_Store": folder.HIDDEN,
        "seq/sound.wav": folder.BESIDE,
        "nobody": folder.EMPTY,
    }
    lines = survey(tmp_path).lines()
    assert lines[0] == "2 clips, 0 portraits, 6 ignored" and "  1 ignored, a hidden name: .DS_Store" in lines


def test_source_and_driving_are_told_apart(tmp_path):
    touch(tmp_path, "source/anna.png", "source/bert.jpg", "driving/anna.mp4", "driving/still.png", "driving/carl/1.mp4")
    found = survey(tmp_path)
    assert [(c.id, c.identity, c.kind, c.role) for c in found.clips] == [
        ("bert", "bert", "portrait", "source"),
        ("carl_1", "carl", "clip", "driving"),
        ("driving_anna", "anna", "clip", "driving"),
        ("source_anna", "anna", "portrait", "source"),
    ]
    assert ignored(tmp_path) == {"driving/still.png": folder.STILL_DRIVER}
    expected = {"bert--driving_anna", "bert--carl_1", "source_anna--carl_1"}
    assert pair_ids("folder_cross", tmp_path) == expected and pair_ids("folder_self", tmp_path) == {
        "carl_1",
        "driving_anna",
    }


def test_a_folder_source_alone_is_a_person(tmp_path):
    touch(tmp_path, "source/a.mp4", "other/a.mp4")
    assert [(c.id, c.role) for c in index(tmp_path)] == [("other_a", "any"), ("source_a", "any")]


@pytest.mark.parametrize("name", ["clip.flv", "clip.WMV", "clip.ts", "clip.odd", "clip"])
def test_a_video_is_a_clip_whatever_it_is_called(tmp_path, name):
    """A08-flv-and-wmv-clips-are-left-out-silently."""
    (tmp_path / "p").mkdir()
    write_video(tmp_path / "made.mkv", [FRAMES], 25.0)
    (tmp_path / "made.mkv").replace(tmp_path / "p" / name)
    assert described(index(tmp_path)) == [("p_clip", "p", "clip")]


def test_a_text_is_no_video(tmp_path):
    touch(tmp_path, "p/a.mp4")
    (tmp_path / "p" / "list").write_text("#EXTM3U\nhttp://127.0.0.1/a.mp4\n")
    (tmp_path / "p" / "b.txt").write_text("text " * 1000)
    assert set(ignored(tmp_path).values()) == {folder.NO_MEDIA} and len(index(tmp_path)) == 1
    assert not VIDEO_SUFFIXES & UNFINISHED


def test_names_count_in_their_composed_form(tmp_path):
    """A11-names-in-nfc-and-nfd."""
    name = unicodedata.normalize("NFD", "José")
    touch(tmp_path, f"{name}/é.mp4")
    (clip,) = index(tmp_path)
    assert clip.id == "José_é" and clip.identity == "José" and clip.path.is_file() and clip.path.parent.name == name
    manifest(tmp_path, f"{name},clip,José/é.mp4,x")
    (clip,) = index(tmp_path)
    assert clip.id == "José" and clip.path.is_file()
    touch(tmp_path, "José.mp4", f"{name}.mp4")
    (tmp_path / "manifest.csv").unlink()
    with pytest.raises(DatasetError, match="two clips have the id 'José'"):
        index(tmp_path)


def test_links_are_followed_with_and_without_a_manifest(tmp_path):
    """A15-links-in-a-manifest."""
    blobs, root = tmp_path / "blobs", tmp_path / "snapshot"
    touch(blobs, "1")
    root.mkdir()
    (root / "a.mp4").symlink_to("../blobs/1")
    without = described(index(root))
    assert without == described(index(manifest(root, "a,clip,a.mp4,a"))) == [("a", "a", "clip")]


def test_a_link_to_the_root_finds_nothing_twice(tmp_path):
    touch(tmp_path, "a.mp4", "p/b.mp4")
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "p" / "above").symlink_to("..")
    (tmp_path / "other").symlink_to("p")
    assert [clip.id for clip in index(tmp_path)] == ["a", "other_b", "p_b"]
    assert ignored(tmp_path) == dict.fromkeys(["again", "other/above", "p/above"], folder.LOOP)


def test_a_name_that_is_not_utf8_is_left_out_by_name(tmp_path):
    """A21-file-name-that-is-not-utf8."""
    touch(tmp_path, "a.mp4", "p/b.mp4")
    bad = os.fsdecode(b"caf\xe9")
    touch(tmp_path, f"{bad}.mp4", f"{bad}/c.mp4", f"p/{bad}.png")
    assert described(index(tmp_path)) == [("a", "a", "clip"), ("p_b", "p", "clip")]
    assert ignored(tmp_path) == dict.fromkeys(["caf\\xe9", "caf\\xe9.mp4", "p/caf\\xe9.png"], folder.NOT_UTF8)
    assert pair_ids("folder_self", tmp_path) == {"a", "p_b"}


def test_what_a_manifest_does_not_name_is_said(tmp_path):
    touch(tmp_path, "clips/a.mp4", "clips/b.mp4", "seq/1.png", "seq/2.png", "c.mp4")
    manifest(tmp_path, "a,clip,clips/a.mp4,x", "s,clip,seq,y")
    assert ignored(tmp_path) == {"clips/b.mp4": folder.UNLISTED, "c.mp4": folder.UNLISTED}
