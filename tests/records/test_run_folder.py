"""A run folder: what a killed process left behind, what may be resumed, and whose it is."""

import fcntl
import json
import threading
import time

import pytest

from evalkit.base.files import content_sha256
from evalkit.errors import RunError
from evalkit.records.run import read_header
from evalkit.records.run_folder import Outcome, RunFolder
from tests.facts import header_facts


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


@pytest.fixture
def started(tmp_path):
    """A folder that was claimed, with its header and a log."""
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    folder.header.write_text(json.dumps(header_facts(configuration={"seed": 1})))
    folder.log("started")
    return folder


def configured(folder, **keys):
    return read_header(folder.path).configuration.model_copy(update=keys)


def test_outcomes_are_kept_by_pair(started):
    assert started.read_outcome("a") is None
    outcome = Outcome("a", "ok", generated="generated/a.mkv", frames=3, notes=("dropped",))
    started.write_outcome(outcome)
    assert started.read_outcome("a") == outcome and started.outcome_path("a") == started.path / "pairs" / "a.json"


def test_a_run_goes_on_with_its_own_configuration_only(started):
    same, other = configured(started), configured(started, seed=2)
    started.write_outcome(Outcome("a", "ok"))
    started.claim(same)
    with pytest.raises(RunError, match=r"a run of another configuration \(seed: 1 there, 2 now\)\. .*--tag NAME"):
        started.claim(other)
    assert started.header.is_file() and started.read_outcome("a")
    started.claim(other, overwrite=True)
    assert sorted(path.name for path in started.path.iterdir()) == ["log.jsonl", "pairs"]
    assert not list((started.path / "pairs").iterdir())


def test_a_run_without_a_finished_pair_makes_way(started):
    same, other = configured(started), configured(started, seed=2)
    started.write_outcome(Outcome("a", "failed", reason="no memory"))
    started.claim(same)
    assert started.read_outcome("a")
    started.claim(other)
    assert not started.header.exists() and started.read_outcome("a") is None
    assert (started.path / "log.jsonl").is_file()


@pytest.mark.parametrize("finished", [True, False])
def test_a_damaged_header_is_refused_where_pairs_are_finished(started, finished):
    same = configured(started)
    if finished:
        started.write_outcome(Outcome("a", "ok"))
    started.header.write_text("{")
    if finished:
        with pytest.raises(RunError, match=r"run\.json: damaged"):
            started.claim(same)
    else:
        started.claim(same)
        assert not started.header.exists()


def test_results_without_a_header_are_not_touched(started):
    same = configured(started)
    started.header.unlink()
    started.write_outcome(Outcome("a", "failed", reason="no memory"))
    started.claim(same)
    assert started.read_outcome("a") is None  # nobody knows under which configuration it failed
    started.outcome_path("a").write_text("cannot be told not to be a finished pair")
    with pytest.raises(RunError, match=r"holds results but no run\.json\. Move it away"):
        started.claim(same)


def test_a_clip_inside_may_be_any_and_one_outside_only_the_one_that_was_scored(started, tmp_path):
    started.generated("a").parent.mkdir()
    started.generated("a").write_bytes(b"changed since")
    inside = Outcome("a", "ok", generated="generated/a.mkv", generated_sha256="0")
    assert started.clip(inside) == started.generated("a")
    (tmp_path / "b.mkv").write_bytes(b"b")
    with pytest.raises(RunError, match="not the clip that was scored"):
        started.clip(Outcome("b", "ok", generated=str(tmp_path / "b.mkv"), generated_sha256="0"))
    gone = Outcome("c", "ok", generated=str(tmp_path / "c.mkv"), generated_sha256="0")
    assert started.clip(gone) == tmp_path / "c.mkv"
    with pytest.raises(RunError, match="names no generated clip"):
        started.clip(Outcome("d", "failed"))


def test_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(RunError, match=r"cannot write there \(Not a directory\)\. Choose another --out"),
        RunFolder(tmp_path / "file" / "run").locked(),
    ):
        pass


def test_a_worker_that_outlived_its_command_writes_nothing(tmp_path):
    folder = RunFolder(tmp_path)
    with folder.locked() as token:
        mine = RunFolder(tmp_path, token)
        mine.write_outcome(Outcome("a", "ok"))
    assert mine == folder  # who holds it is no part of what it is
    with folder.locked(), pytest.raises(RunError, match="held by another command now"):
        mine.write_outcome(Outcome("b", "ok"))
    assert folder.read_outcome("b") is None


def test_every_file_has_its_name(tmp_path):
    folder = RunFolder(tmp_path)
    names = {name: getattr(folder, name).relative_to(tmp_path).as_posix() for name in (
        "header", "summary", "frames", "clips", "outcomes", "contact_sheet", "progress", "trace",
    )}  # fmt: skip
    assert names == {
        "header": "run.json", "summary": "summary.json", "frames": "frames.parquet", "clips": "clips.parquet",
        "outcomes": "outcomes.parquet", "contact_sheet": "contact_sheet.png", "progress": "progress.json",
        "trace": "trace.jsonl",
    }  # fmt: skip
    found = (folder.generated("a"), folder.outcome_path("a"), folder.scores("a"))
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "generated/a.mkv", "pairs/a.json", "pairs/a.parquet"
    ]  # fmt: skip
    for name in (folder.generated, folder.outcome_path, folder.scores):
        with pytest.raises(RunError, match=r"the pair '\.\./a' cannot be a file name; the run folder is damaged"):
            name("../a")


def test_an_outcome_of_another_pair_is_damage(started):
    started.write_outcome(Outcome("a", "ok"))
    started.outcome_path("a").rename(started.outcome_path("b"))
    with pytest.raises(RunError, match=r"b\.json: damaged, it is the outcome of the pair 'a'\."):
        started.read_outcome("b")
    started.write_outcome(Outcome("e\u0301", "ok"))
    assert started.read_outcome("e\u0301") == Outcome("e\u0301", "ok")


def test_an_outcome_that_changes_takes_the_file_of_all_with_it(started):
    started.outcomes.write_bytes(b"x")
    started.write_outcome(Outcome("a", "failed"))
    assert not started.outcomes.exists()


def test_a_clip_elsewhere_that_was_scored_and_one_that_cannot_be_read(started, tmp_path):
    (tmp_path / "b.mkv").write_bytes(b"b")
    scored = Outcome("b", "ok", generated=str(tmp_path / "b.mkv"), generated_sha256=content_sha256(tmp_path / "b.mkv"))
    assert started.clip(scored) == tmp_path / "b.mkv"
    with pytest.raises(RunError, match=r"b\.json: its clip cannot be read"):
        started.clip(Outcome("b", "ok", generated="\0"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(RunError, match=r"its clip cannot be read|not the clip that was scored"):
        started.clip(Outcome("b", "ok", generated=str(tmp_path / "folder"), generated_sha256="0"))


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_makes_way_is_everything_but_the_log_and_folders(started, overwrite):
    configuration = configured(started) if overwrite else configured(started, seed=2)
    gone = [started.summary, started.frames, started.clips, started.outcomes, started.contact_sheet, started.progress,
            started.trace]  # fmt: skip
    for path in gone:
        path.touch()
    for place in ("pairs", "generated"):
        (started.path / place / "kept").mkdir(parents=True)
        (started.path / place / "a.tmp").touch()
    (started.path / "generated" / "link").symlink_to("nowhere")
    (started.path / "mine.txt").touch()
    if overwrite:
        started.write_outcome(Outcome("a", "ok"))
    started.claim(configuration, overwrite)
    left = {path.relative_to(started.path).as_posix() for path in started.path.rglob("*")}
    assert left == {"generated", "generated/kept", "log.jsonl", "mine.txt", "pairs", "pairs/kept"}


def test_every_difference_of_a_configuration_is_told_in_order(started):
    started.write_outcome(Outcome("a", "ok"))
    other = configured(started, seed=2, method="other")
    with pytest.raises(RunError, match=r"\(method: 'm' there, 'other' now; seed: 1 there, 2 now\)"):
        started.claim(other)
    started.claim(configured(started))
    assert started.header.is_file()


def test_the_log_has_a_line_for_each_event(started):
    started.log("ended", pairs=3, name="\u00fc")
    first, second = started.path.joinpath("log.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(first)["event"] == "started" and '"\u00fc"' in second
    assert {key: json.loads(second)[key] for key in ("event", "pairs")} == {"event": "ended", "pairs": 3}


def test_whether_somebody_works_there(tmp_path):
    folder = RunFolder(tmp_path / "run")
    assert folder.held is False
    with folder.locked() as token:
        assert folder.held is True and (tmp_path / "run" / ".lock").read_text() == token and len(token) == 32
        RunFolder(folder.path, token).refuse_lost()
        folder.refuse_lost()
        with pytest.raises(RunError, match="held by another command now"):
            RunFolder(folder.path, "x").refuse_lost()
    assert folder.held is False
    with folder.locked() as later:
        assert later != token and (tmp_path / "run" / ".lock").read_text() == later


def test_a_lock_is_asked_for_a_few_times(tmp_path, monkeypatch):
    """Whoever only looks is gone at once; whoever works is not waited for."""
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    with RunFolder(tmp_path).locked(), pytest.raises(RunError, match="is working there"), RunFolder(tmp_path).locked():
        pass
    assert waited == [0.05] * 5
