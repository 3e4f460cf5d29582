"""A run folder that a killed process left behind."""

import fcntl
import threading

import pytest

from evalkit.errors import RunError
from evalkit.records.run_folder import RunFolder


def test_temporary_files_of_a_killed_run_are_removed(tmp_path):
    folder = RunFolder(tmp_path / "run")
    for place in (folder.path, folder.path / "pairs", folder.path / "generated"):
        place.mkdir(parents=True)
        (place / ".a.parquet.tmp1").write_text("half")
        (place / "a.tmp").write_text("the user's")
    with folder.locked():
        assert not list(folder.path.rglob(".a.parquet.tmp1")) and len(list(folder.path.rglob("a.tmp"))) == 3


def test_two_processes_never_work_in_one_folder(tmp_path):
    with (
        RunFolder(tmp_path).locked(),
        pytest.raises(RunError, match="another evalkit process"),
        RunFolder(tmp_path).locked(),
    ):
        pass
    with RunFolder(tmp_path).locked():
        pass


def test_whoever_looks_does_not_keep_others_out(tmp_path):
    """`evalkit status` takes the lock for a moment."""
    folder = RunFolder(tmp_path)
    with folder.locked():
        pass
    with (tmp_path / ".lock").open("rb") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        gone = threading.Timer(0.07, fcntl.flock, (looking, fcntl.LOCK_UN))
        gone.start()
        with folder.locked():
            assert folder.held
        gone.join()
