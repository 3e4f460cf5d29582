"""Nothing, files, folders, and what is neither."""

import os
import stat
from pathlib import Path

import pytest

from evalkit.clips.special_files import mode_of, refuse_absent, refuse_special
from evalkit.errors import VideoError


def test_what_is_there(tmp_path):
    (tmp_path / "a").touch()
    os.mkfifo(tmp_path / "pipe")
    assert mode_of(tmp_path) == stat.S_IFDIR and mode_of(tmp_path / "a") == stat.S_IFREG
    assert mode_of(tmp_path / "pipe") == stat.S_IFIFO and mode_of(Path("/dev/null")) == stat.S_IFCHR
    assert mode_of(tmp_path / "b") is mode_of(tmp_path / "a" / "b") is None


def test_what_may_be_read(tmp_path):
    (tmp_path / "a").touch()
    for path in (tmp_path, tmp_path / "a"):
        refuse_special(path)
        refuse_absent(path)
    refuse_special(tmp_path / "b")
    with pytest.raises(VideoError, match="b: no such file or folder"):
        refuse_absent(tmp_path / "b")


@pytest.mark.parametrize("refuse", [refuse_special, refuse_absent])
def test_what_may_never_end(refuse):
    with pytest.raises(VideoError, match="null: a pipe, socket or device"):
        refuse(Path("/dev/null"))


def test_what_nobody_may_look_at(tmp_path):
    with pytest.raises(VideoError, match="the name is too long for the file system"):
        mode_of(tmp_path / ("a" * 300))
