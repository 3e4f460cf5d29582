"""Digests are of what lies there now, whatever its time stamp says."""

import os
import shutil

import pytest

from evalkit.base import digests
from evalkit.base.digests import Digests
from evalkit.base.files import content_sha256


@pytest.fixture
def settled(monkeypatch):
    """Files count as old enough for their digests to be remembered."""
    monkeypatch.setattr(digests, "_YOUNG_S", -1.0)


@pytest.mark.parametrize("how", ["written over", "replaced", "copied over"])
def test_other_content_under_the_old_time_and_size_is_seen(tmp_path, settled, how):
    """Issue 21, kind 4: weights and clips that change under the same time stamp."""
    path, other, known = tmp_path / "x", tmp_path / "y", Digests()
    path.write_bytes(b"a" * 100)
    other.write_bytes(b"b" * 100)
    first, stamp = known.of(path), path.stat()
    if how == "written over":
        path.write_bytes(b"b" * 100)
    elif how == "replaced":
        other.replace(path)
    else:
        shutil.copy2(other, path)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert path.stat().st_mtime_ns == stamp.st_mtime_ns and path.stat().st_size == 100
    assert known.of(path) != first and known.of(path) == content_sha256(path)


def test_a_file_that_stays_is_read_once_and_a_young_one_every_time(tmp_path, monkeypatch):
    read: list[object] = []
    monkeypatch.setattr(digests, "content_sha256", lambda path: read.append(path) or content_sha256(path))
    (tmp_path / "x").write_bytes(b"a")
    known = Digests()
    for count in (1, 2):
        known.of(tmp_path / "x")
        assert len(read) == count
    monkeypatch.setattr(digests, "_YOUNG_S", -1.0)
    for _ in range(3):
        known.of(tmp_path / "x")
    assert len(read) == 3


def test_a_member_of_a_folder_counts(tmp_path, settled):
    folder, known = tmp_path / "frames", Digests()
    folder.mkdir()
    (folder / "0.png").write_bytes(b"a")
    first = known.of(folder)
    stamp = (folder / "0.png").stat()
    (folder / "0.png").write_bytes(b"b")
    os.utime(folder / "0.png", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert known.of(folder) != first
