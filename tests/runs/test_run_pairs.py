"""Making and scoring pairs: what is kept, what is made again, and that nothing finished is lost."""

import errno
import os
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalkit.base.files import content_sha256
from evalkit.clips import video
from evalkit.errors import EvalkitError, MethodError, RunError
from evalkit.metrics import METRICS
from evalkit.records.frame_scores import read_frames, write_frames
from evalkit.records.run import Configuration
from evalkit.records.run_folder import RunFolder
from evalkit.runs.plan import Made, Plan
from evalkit.runs.run_pairs import execute
from evalkit.scoring.pool import scoring_pool
from tests.fakes import SIZE, make_pair, make_protocol, noise

CONFIGURATION = Configuration(
    kind="method", method="m", title="M", protocol="small", protocol_hash="a" * 64, motion="absolute"
)


@pytest.fixture
def pairs(tmp_path):
    """Three pairs of clips of three frames."""
    found = []
    for name in "abc":
        path = tmp_path / "data" / f"{name}.mkv"
        video.write_video(path, [noise(3, seed=ord(name))], 25)
        found.append(replace(make_pair(path, path), id=name))
    return found


@pytest.fixture
def plan(pairs, tmp_path):
    """Copies the driving clip and scores l1; `produced` are the ids it was asked for."""
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    produced = []

    def produce(pair, into, coming=()):
        produced.append(pair.id)
        output = into.generated(pair.id)
        output.parent.mkdir(exist_ok=True)
        shutil.copy(pair.driving.path, output)
        return Made(output.relative_to(into.path).as_posix(), 3, None)

    made = Plan(make_protocol(), pairs, (METRICS["l1"],), produce, folder, CONFIGURATION, tmp_path / "cache", {})
    return made, produced


def run(plan, told=None):
    with scoring_pool(1) as pool:
        return execute(plan, pool, lambda pair, became: (told if told is not None else []).append((pair, became)))


def failing(plan, name, error):
    """The plan with a producer that raises for the pair `name`."""

    def produce(pair, folder, coming=()):
        if pair.id == name:
            raise error
        return plan.produce(pair, folder)

    return replace(plan, produce=produce)


def test_finished_pairs_are_kept(plan):
    plan, produced = plan
    first, told = run(plan), []
    assert [r.pair.id for r in first] == produced == ["a", "b", "c"]
    again = run(plan, told)
    assert produced == ["a", "b", "c"] and told == [(name, "kept") for name in "abc"]
    assert all(np.array_equal(x.scores["l1"].values, y.scores["l1"].values) for x, y in zip(first, again, strict=True))


def test_a_pair_that_fails_costs_only_itself_and_is_tried_again(plan):
    plan, produced = plan
    results = run(failing(plan, "b", MethodError("it broke")))
    assert [r.outcome.status for r in results] == ["ok", "failed", "ok"] and results[1].outcome.reason == "it broke"
    assert results[1].scores == {} and [r.outcome.status for r in run(plan)] == ["ok"] * 3
    assert produced == ["a", "c", "b"]


def test_too_many_failures_keep_what_is_finished(plan):
    plan, produced = plan
    with pytest.raises(RunError, match="Finished pairs are kept"):
        run(replace(failing(plan, "b", MethodError("it broke")), max_failures=0))
    assert produced == ["a"] and plan.folder.scores("a").is_file()


def test_a_refused_output_keeps_the_scores_that_are_there(plan):
    # Outputs that changed since they were scored are refused with "keep that run": then it has to be kept whole.
    plan, _ = plan
    run(plan)
    before = read_frames(plan.folder.scores("b"))
    video.write_video(plan.folder.generated("b"), [noise(3, seed=9)], 25)
    with pytest.raises(RunError, match="keep that run"):
        run(failing(plan, "b", RunError("keep that run")))
    assert np.array_equal(read_frames(plan.folder.scores("b"))[0].values, before[0].values)


def test_a_generated_clip_that_changed_is_made_again(plan):
    plan, produced = plan
    run(plan)
    video.write_video(plan.folder.generated("b"), [noise(3, seed=9)], 25)
    assert [r.scores["l1"].values.tolist() for r in run(plan)] == [[0.0] * 3] * 3 and produced[3:] == ["b"]


def test_scores_of_the_clip_before_do_not_outlive_it(plan):
    """A run that is stopped between making a changed clip anew and scoring it has no scores of it when it goes on."""
    plan, _ = plan
    run(plan)
    plan.folder.generated("b").write_bytes(b"no clip")

    class Stopped(Exception):
        pass

    class Pool:
        def submit(self, job):
            raise Stopped

    def produce(pair, folder, coming=()):
        made = plan.produce(pair, folder)
        video.write_video(folder.generated(pair.id), [255 - noise(3, seed=ord(pair.id))], 25)
        return made

    with pytest.raises(Stopped):
        execute(replace(plan, produce=produce), Pool(), lambda pair, became: None)
    scores = run(plan)[1].scores["l1"].values
    assert plan.folder.read_outcome("b").status == "ok" and scores.min() > 0


@pytest.mark.parametrize("code", [errno.EBADF, errno.EPIPE])
def test_a_refusal_that_says_nothing_of_the_disk_comes_out_as_it_is(plan, code):
    plan, _ = plan
    with pytest.raises(OSError) as caught:
        run(failing(plan, "b", OSError(code, os.strerror(code))))
    assert caught.value.errno == code and not isinstance(caught.value, EvalkitError)


def test_a_broken_disk_ends_the_run_and_is_not_told_as_a_full_one(plan):
    plan, _ = plan
    with pytest.raises(RunError, match="could not read or write it") as caught:
        run(failing(plan, "b", OSError(errno.EIO, os.strerror(errno.EIO))))
    assert "space" not in str(caught.value)


def test_damaged_scores_of_a_pair_are_noticed_and_taken_anew(plan):
    plan, produced = plan
    before = [r.scores["l1"].values.tolist() for r in run(plan)]
    path = plan.folder.scores("b")
    table = pq.read_table(path)
    values = table.set_column(table.column_names.index("value"), "value", pa.array([0.5, 0.0, 0.0]))
    pq.write_table(values, path)  # whole as a parquet file, with another number in it
    told = []
    assert [r.scores["l1"].values.tolist() for r in run(plan, told)] == before
    assert sorted(told) == [("a", "kept"), ("b", "done"), ("c", "kept")] and produced == ["a", "b", "c"]


def test_a_deleted_generated_clip_is_missed_only_where_it_is_needed(plan):
    plan, produced = plan
    run(plan)
    plan.folder.generated("b").unlink()
    run(plan)
    assert produced == ["a", "b", "c"]
    sets = replace(plan, metrics=(METRICS["l1"], METRICS["fid"]))
    for pair in plan.pairs:  # as if the run had been scored with fid already
        write_frames(plan.folder.scores(pair.id), read_frames(plan.folder.scores(pair.id)), sets.signatures(pair))
    told = []
    run(failing(sets, "b", MethodError("made again")), told)
    assert told == [("a", "kept"), ("b", "failed"), ("c", "kept")]


@pytest.mark.parametrize("what", ["clip", "anchor"])
def test_data_that_changed_under_a_run_stops_it(plan, tmp_path, what):
    plan, _ = plan
    anchor = tmp_path / "anchor.png"
    video.write_image(anchor, noise(1)[0])
    plan = replace(plan, pairs=[replace(pair, anchor=anchor) for pair in plan.pairs])
    run(plan)
    if what == "clip":
        video.write_video(plan.pairs[0].driving.path, [noise(3, seed=9)], 25)
    else:
        video.write_image(anchor, np.zeros((SIZE, SIZE, 3), np.uint8))
    with pytest.raises(RunError, match="changed since"):
        run(plan)


@pytest.mark.parametrize("which", ["driving", "source"])
def test_a_clip_that_is_replaced_before_it_is_scored_costs_its_pair(plan, pairs, which):
    """Case driving-clip-replaced-during-run: never "ok" with the digest of a clip it was not made from."""
    plan, _ = plan
    clip = pairs[1].driving.path

    def produce(pair, folder, coming=()):
        made = plan.produce(pair, folder)
        if pair.id == "b":
            other = pairs[2].driving.path if which == "driving" else pairs[0].driving.path
            stamp = clip.stat()
            shutil.copyfile(other, clip)
            os.utime(clip, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        return made

    before = content_sha256(clip)
    results = run(replace(plan, produce=produce))
    assert [r.outcome.status for r in results] == ["ok", "failed", "ok"]
    assert f"{clip} changed while" in (results[1].outcome.reason or "")
    assert results[1].outcome.driving_sha256 == before != content_sha256(clip)


def test_a_clip_that_is_replaced_after_it_is_scored_costs_its_pair(plan, pairs):
    """Kind of driving-clip-replaced-during-run: metrics of sets are computed at the end, of the clips as they are."""
    plan, _ = plan
    clip = pairs[0].driving.path

    def produce(pair, folder, coming=()):
        if pair.id == "c":
            shutil.copyfile(pairs[1].driving.path, clip)
        return plan.produce(pair, folder)

    results = run(replace(plan, produce=produce))
    assert [r.outcome.status for r in results] == ["failed", "ok", "ok"]
    assert f"{clip} changed while the run was going" in (results[0].outcome.reason or "")


def test_no_feature_of_a_clip_replaced_meanwhile_is_kept(plan, pairs, monkeypatch):
    """Kind of driving-clip-replaced-during-run: the cache never says of one clip what another one showed."""
    plan, _ = plan
    clip, original = pairs[0].driving.path, video.iter_frames

    def replaced(path, selection, **more):
        if path == clip and path.stat().st_ino == inode:
            shutil.copy(pairs[1].driving.path, clip.with_suffix(".new"))
            clip.with_suffix(".new").replace(clip)
        return original(path, selection, **more)

    inode = clip.stat().st_ino
    monkeypatch.setattr(video, "iter_frames", replaced)
    results = run(replace(plan, pairs=plan.pairs[:1]))
    assert results[0].outcome.status == "failed" and "changed while" in (results[0].outcome.reason or "")
    assert not list((plan.cache / "features").rglob("*.npz"))


def test_no_flipped_bit_of_an_outcome_changes_what_is_read(plan):
    """Kind of record-bit-flip: the outcome of a pair is right, or one sentence names the file."""
    plan, _ = plan
    run(plan)
    path = plan.folder.outcome_path("a")
    whole, before = path.read_bytes(), plan.folder.read_outcome("a")
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            assert plan.folder.read_outcome("a") == before
        except RunError as error:
            assert str(path) in str(error)


@pytest.mark.parametrize("given", ["generated_sha256", "original_sha256"])
def test_an_output_that_changed_since_it_was_scored_is_refused(plan, given):
    """Also one of another folder: what is asked for is not what was scored."""
    plan, _ = plan
    run(plan)
    output = plan.pairs[0].driving.path
    outcome = plan.folder.read_outcome("a")
    digest = {"generated_sha256": content_sha256(output), given: content_sha256(output)}
    plan.folder.write_outcome(replace(outcome, **digest))
    run(replace(plan, given={"a": output}))
    other = plan.pairs[1].driving.path
    with pytest.raises(RunError, match=r"b\.mkv changed since .*run was scored\. Keep that run and add --tag NAME"):
        run(replace(plan, given={"a": other}))
    plan.folder.write_outcome(replace(outcome, status="failed", **digest))
    run(replace(plan, given={"a": other}))
