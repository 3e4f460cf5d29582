"""Any folder of clips: three layouts, a manifest, and errors that name the line."""

import os
from contextlib import contextmanager

import pytest

from evalkit.datasets import DATASETS
from evalkit.datasets.folder import DATASET, index, motions
from evalkit.errors import DatasetError


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def described(clips):
    return [(clip.id, clip.identity, clip.kind) for clip in clips]


def test_a_folder_per_identity(tmp_path):
    touch(tmp_path, "anna/one.mp4", "anna/two.MKV", "bert/one.mp4", "bert/face.jpg", "bert/notes.txt")
    assert described(index(tmp_path)) == [
        ("anna_one", "anna", "clip"),
        ("anna_two", "anna", "clip"),
        ("bert_face", "bert", "portrait"),
        ("bert_one", "bert", "clip"),
    ]
    assert index(tmp_path)[0].path == tmp_path / "anna" / "one.mp4"


def test_loose_clips_are_identities_of_their_own(tmp_path):
    touch(tmp_path, "b.mp4", "a.gif", "face.png", "readme.md")
    assert described(index(tmp_path)) == [("a", "a", "clip"), ("b", "b", "clip"), ("face", "face", "portrait")]


def test_image_sequences_are_clips_at_either_level(tmp_path):
    touch(tmp_path, "loose/1.png", "loose/2.png", "anna/walk/0001.jpg", "anna/walk/0002.jpg", "anna/talk.mp4")
    assert described(index(tmp_path)) == [
        ("anna_talk", "anna", "clip"),
        ("anna_walk", "anna", "clip"),
        ("loose", "loose", "clip"),
    ]
    assert index(tmp_path)[1].path.is_dir()


def test_a_folder_that_is_called_as_a_video_is_called_as_one(tmp_path):
    touch(tmp_path, "a.mp4/1.png", "a.mp4/2.png", "anna/b.MP4/1.png", "anna/b.MP4/2.png", "c.d/1.png", "c.d/2.png")
    assert described(index(tmp_path)) == [("a", "a", "clip"), ("anna_b", "anna", "clip"), ("c.d", "c.d", "clip")]


def test_a_folder_with_one_picture_is_an_identity_with_a_portrait(tmp_path):
    touch(tmp_path, "anna/face.png")
    assert described(index(tmp_path)) == [("anna_face", "anna", "portrait")]


def test_hidden_entries_are_passed_over(tmp_path):
    touch(tmp_path, ".trash/a.mp4", "anna/.part.mp4", "anna/a.mp4", "._b.mp4", "seq/1.png", "seq/._1.png", "seq/2.png")
    assert [clip.id for clip in index(tmp_path)] == ["anna_a", "seq"]


def test_ids_are_safe_in_file_names(tmp_path):
    touch(tmp_path, 'an:na/what? a "clip" <1>.mp4')
    (clip,) = index(tmp_path)
    assert clip.id == "an_na_what_ a _clip_ _1_" and clip.path.is_file()


def test_order_does_not_depend_on_the_file_system(tmp_path, monkeypatch):
    touch(tmp_path, *(f"p{i}/c{j}.mp4" for i in range(3) for j in range(3)))
    first, scandir = index(tmp_path), os.scandir

    @contextmanager
    def backwards(path):
        with scandir(path) as found:
            yield sorted(found, key=lambda entry: entry.name, reverse=True)

    monkeypatch.setattr(os, "scandir", backwards)
    assert index(tmp_path) == first and [c.id for c in first] == sorted(c.id for c in first)


@pytest.mark.parametrize("entries", [[], ["notes.txt"], ["anna/notes.txt"]])
def test_an_empty_folder_is_refused(tmp_path, entries):
    touch(tmp_path, *entries)
    with pytest.raises(DatasetError, match=r"no clip found\. Expected videos, image-sequence folders or a mani"):
        index(tmp_path)


def test_two_clips_with_one_id_are_named(tmp_path):
    touch(tmp_path, "anna/one.mp4", "anna/one.mkv")
    with pytest.raises(DatasetError, match=r"two clips have the id 'anna_one': .*one\.mkv and .*one\.mp4\. Rename one"):
        index(tmp_path)


def manifest(root, *rows, header="id,kind,file,identity"):
    (root / "manifest.csv").write_text("\n".join([header, *rows]) + "\n")
    return root


def test_a_manifest_says_it_all(tmp_path):
    touch(tmp_path, "clips/a.mp4", "clips/ignored.mp4", "faces/f.png")
    manifest(
        tmp_path, "z1,clip,clips/a.mp4,Anna,x", "f1,portrait,faces/f.png,Bert,y", header="id,kind,file,identity,note"
    )
    assert described(index(tmp_path)) == [("f1", "Bert", "portrait"), ("z1", "Anna", "clip")]
    assert index(tmp_path)[1].path == tmp_path / "clips/a.mp4"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,film,a.mp4,p", r"line 3, column 'kind': expected 'clip' or 'portrait', got 'film'"),
        (",clip,a.mp4,p", r"line 3, column 'id': expected a value, got ''"),
        ("a,clip,,p", r"line 3, column 'file': expected a value"),
        ("a,clip,a.mp4,", r"line 3, column 'identity': expected a value"),
        ("a/b,clip,a.mp4,p", r"line 3, column 'id': expected a name without slashes.*got 'a/b'"),
        (".a,clip,a.mp4,p", r"line 3, column 'id': expected a name without slashes"),
        ("a,clip,../a.mp4,p", r"line 3, column 'file': expected a path inside the data folder, got '\.\./a\.mp4'"),
        ("a,clip,/etc/hostname,p", r"line 3, column 'file': expected a path inside the data folder"),
        ("a,clip,a.mp4", r"line 3: expected 4 columns \(id, kind, file, identity\), got 3"),
    ],
)
def test_bad_rows_are_named(tmp_path, row, message):
    manifest(tmp_path, "ok,clip,a.mp4,p", row)
    with pytest.raises(DatasetError, match=r"manifest\.csv " + message):
        index(tmp_path)


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"manifest\.csv line 1: column 'identity' is missing; found id, kind, file"):
        index(manifest(tmp_path, header="id,kind,file"))


def test_a_manifest_without_rows_or_with_one_id_twice(tmp_path):
    with pytest.raises(DatasetError, match="no clip found"):
        index(manifest(tmp_path))
    with pytest.raises(DatasetError, match="two clips have the id 'a'"):
        index(manifest(tmp_path, "a,clip,1.mp4,p", "a,clip,2.mp4,p"))


def test_the_root_must_be_named_and_must_exist(tmp_path):
    assert DATASETS.get("folder") is DATASET and DATASET.resolve_root(tmp_path) == tmp_path
    with pytest.raises(DatasetError, match=r"The dataset 'folder' needs --data DIR\. Point --data at a folder"):
        DATASET.resolve_root(None)
    touch(tmp_path, "file.mp4")
    for missing in ("gone", "file.mp4"):
        with pytest.raises(DatasetError, match=rf"--data .*{missing}: no such folder"):
            DATASET.resolve_root(tmp_path / missing)


def test_a_folder_that_may_not_be_read(tmp_path, monkeypatch):
    touch(tmp_path, "anna/a.mp4")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("anna"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DatasetError, match=r"anna: not readable\. Fix the permissions"):
        index(tmp_path)


def test_the_real_faces_have_a_manifest_that_fits(shared):
    clips = index(shared / "faces")
    assert len(clips) > 20 and {clip.kind for clip in clips} == {"clip", "portrait"}
    assert all(clip.path.is_file() for clip in clips) and len({clip.identity for clip in clips}) > 10


def test_motions_stand_in_the_manifest(tmp_path):
    assert motions(tmp_path) == {}
    (tmp_path / "manifest.csv").write_text("id,kind,file,identity,motion\na,clip,a.mkv,a,walk\nb,clip,b.mkv,b,\n")
    assert motions(tmp_path) == {"a": "walk"}
    (tmp_path / "manifest.csv").write_text("id,kind,file,identity\na,clip,a.mkv,a\n")
    assert motions(tmp_path) == {}
