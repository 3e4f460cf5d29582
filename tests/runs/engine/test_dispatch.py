"""Whoever works when, dies, comes and leaves: the same numbers, every pair scored or listed with its reason."""

import json
import pickle
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace

import pytest

from evalkit.clips import video
from evalkit.errors import RunError, WorkerError
from evalkit.method.find import find_method
from evalkit.method.interface import MethodConfig
from evalkit.records.run_folder import RunFolder
from evalkit.runs.engine import dispatch
from evalkit.runs.engine.bench import Bench
from evalkit.runs.engine.tasks import Answer, Ended, Make, Score, Worker
from evalkit.runs.foreign_clips import find_outputs
from evalkit.runs.run import MethodJob, run_methods, score_outputs
from evalkit.runs.session import RunSettings, open_session
from tests.fakes import make_protocol, noise
from tests.runs.engine.crew import Crew, made

JOBS = [MethodJob(find_method(name), MethodConfig()) for name in ("copy_source", "copy_driving")]
PROTOCOL = make_protocol(metrics=["l1", "psnr", "ssim"])
PAIRS = 5


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    for number in range(PAIRS):
        video.write_video(root / f"person{number}" / "take.mkv", [noise(3 + number, seed=number)], 25)
    return root


@pytest.fixture(scope="module")
def alone(data, tmp_path_factory):
    """What one process writes: method -> bytes of its summary."""
    out = tmp_path_factory.mktemp("alone")
    with pytest.MonkeyPatch.context() as patch, open_session(PROTOCOL, RunSettings(data=data, out=out)) as session:
        patch.setenv("EVALKIT_CACHE", str(out / "cache"))
        return summaries(run_methods(session, JOBS, pytest.fail))


def summaries(finished):
    return {run.summary.method: run.folder.summary.read_bytes() for run in finished}


@contextmanager
def session_of(crew, data, out, **settings):
    with open_session(PROTOCOL, RunSettings(data=data, out=out, **settings)) as session:
        yield replace(session, engine=crew)


def run(crew, data, out, jobs=JOBS, **settings):
    with session_of(crew, data, out, **settings) as session:
        return run_methods(session, jobs, pytest.fail)


def events(finished):
    return Counter(json.loads(line)["event"] for line in (finished.folder.path / "log.jsonl").read_text().splitlines())


@pytest.mark.parametrize("workers", [2, *(pytest.param(count, marks=pytest.mark.slow) for count in (1, 4))])
def test_same_bytes_for_any_number_of_workers_and_any_order(workers, alone, data, tmp_path):
    for seed in range(2):
        assert summaries(run(Crew(["cpu"] * workers, seed), data, tmp_path / str(seed))) == alone


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))])
def test_same_bytes_while_workers_die_come_and_leave(seed, alone, data, tmp_path, monkeypatch):
    monkeypatch.setattr(dispatch, "TRIES", 20)  # so much unrest hits a pair more than twice
    finished = run(Crew(["cpu"] * 3, seed, unrest=0.4), data, tmp_path)
    assert summaries(finished) == alone
    assert sum(events(one)["worker_lost"] for one in finished) > 0


def test_what_is_there_is_kept(alone, data, tmp_path):
    run(Crew(), data, tmp_path, limit=2)
    crew = Crew(seed=1)
    assert summaries(run(crew, data, tmp_path)) == alone
    assert sum(isinstance(task, Make) for _, task in crew.given) == len(JOBS) * (PAIRS - 2)
    crew = Crew(seed=2)
    assert summaries(run(crew, data, tmp_path)) == alone and not crew.given


def test_a_pair_that_was_made_is_only_scored(alone, data, tmp_path):
    finished = run(Crew(), data, tmp_path, jobs=JOBS[:1])
    finished[0].folder.scores("person1_take").unlink()
    crew = Crew()
    assert summaries(run(crew, data, tmp_path, jobs=JOBS[:1])) == {"copy_source": alone["copy_source"]}
    assert [type(task) for _, task in crew.given] == [Score]


@pytest.mark.parametrize("fate", ["die", "late"])
def test_a_pair_that_kills_its_workers_is_set_aside(fate, data, tmp_path):
    crew = Crew(fate=lambda task: fate if made(task, "person1_take") else None)
    first, second = run(crew, data, tmp_path, jobs=JOBS)
    for finished in (first, second):
        assert finished.summary.pairs.failed == ("person1_take",)
        reason = finished.folder.read_outcome("person1_take").reason
        assert reason == (
            "its worker process was killed; making this pair ended 2 workers. Repeat the command to try it again."
        )
        assert events(finished) == {"started": 1, "pair_done": 4, "worker_lost": 2, "pair_failed": 1, "finished": 1}
    assert [made(task, "person1_take") for _, task in crew.given].count(True) == 4
    assert run(Crew(), data, tmp_path)[0].summary.complete


def test_scoring_that_kills_its_workers_is_set_aside(data, tmp_path):
    crew = Crew(fate=lambda task: "die" if isinstance(task, Score) and task.job.pair.id == "person2_take" else None)
    (finished,) = run(crew, data, tmp_path, jobs=JOBS[:1])
    assert finished.summary.pairs.failed == ("person2_take",)
    assert "scoring this pair ended 2 workers" in finished.folder.read_outcome("person2_take").reason


def test_a_pair_is_tried_again_after_all_others(alone, data, tmp_path):
    deaths = iter(["die"])
    crew = Crew(["cpu"], fate=lambda task: next(deaths, None) if made(task, "person0_take") else None)
    assert summaries(run(crew, data, tmp_path, jobs=JOBS[:1])) == {"copy_source": alone["copy_source"]}
    order = [task.pair.id for _, task in crew.given if isinstance(task, Make)]
    assert order == [f"person{number}_take" for number in (0, 1, 2, 3, 4, 0)]


def test_every_worker_loads_as_few_methods_as_it_can(data, tmp_path):
    crew = Crew(["cpu"] * 2)
    run(crew, data, tmp_path)
    loaded = {worker: [] for worker, _ in crew.given}
    for worker, task in crew.given:
        if isinstance(task, Make) and task.run.name not in loaded[worker]:
            loaded[worker].append(task.run.name)
    assert sorted(len(names) for names in loaded.values()) in ([1, 1], [1, 2])


def test_a_broken_device_costs_no_pair(alone, data, tmp_path):
    broken = iter([Answer(reason="CUDA error", broken="cuda:0 cannot be used any more")])
    crew = Crew(fate=lambda task: next(broken, None) if isinstance(task, Score) else None)
    assert summaries(run(crew, data, tmp_path)) == alone
    assert len(crew.ended) == 1


def test_a_worker_says_when_its_device_is_broken(data, tmp_path):
    answers = iter(["", "gone"])
    bench = Bench("cuda:0", broken=lambda device: next(answers))
    with session_of(Crew(), data, tmp_path) as session:
        crew = session.engine
        run_methods(session, JOBS[:1], pytest.fail)
    score = next(task for _, task in crew.given if isinstance(task, Score))
    lost = replace(score, job=replace(score.job, generated=tmp_path / "nothing.mkv", digests=()))
    for told in ("", "gone"):
        answer = bench.do(lost)
        assert "nothing.mkv" in answer.reason and answer.broken == told


class Silent(Exception):
    def __str__(self) -> str:
        raise TypeError("no text")


def test_an_error_without_a_text_is_sent_on(data, tmp_path, monkeypatch):
    def raises(*_):
        raise Silent

    with session_of(Crew(), data, tmp_path) as session:
        crew = session.engine
        run_methods(session, JOBS[:1], pytest.fail)
    monkeypatch.setattr("evalkit.runs.engine.bench._score", raises)
    told = Bench("cpu").do(next(task for _, task in crew.given if isinstance(task, Score)))
    assert str(pickle.loads(pickle.dumps(told)).stop) == "Silent: (an error whose text cannot be read)"


def test_a_straggler_is_given_to_a_worker_that_is_free(alone, data, tmp_path, monkeypatch):
    now = iter(range(100_000))
    hangs = {"person3_take"}
    crew = Crew(fate=lambda task: "hang" if isinstance(task, Make) and task.pair.id in hangs else None)
    end = crew.end
    monkeypatch.setattr(crew, "end", lambda worker: (hangs.clear(), end(worker)))
    ticking = dispatch.run_on
    monkeypatch.setattr("evalkit.runs.run.run_on", lambda *args: ticking(*args, clock=lambda: next(now)))
    (finished,) = run(crew, data, tmp_path, jobs=JOBS[:1])
    assert finished.folder.summary.read_bytes() == alone["copy_source"]
    assert len(crew.ended) == 1 and events(finished)["straggler"] == 1


def test_methods_that_need_a_gpu_are_made_on_one_and_scored_beside_it(data, tmp_path, monkeypatch):
    crew = Crew(["cuda:0", "cuda:1", "cpu"], fate=lambda task: "hang" if isinstance(task, str) else None)
    on_gpu = [MethodJob(JOBS[0].entry, MethodConfig(device="cuda:0")), JOBS[1]]
    monkeypatch.setattr("evalkit.runs.engine.bench.make_pair", _unmade_on_gpu)
    run(crew, data, tmp_path, jobs=on_gpu)
    for worker, task in crew.given:
        gpu = isinstance(task, Make) and task.run.name == "copy_source"
        assert worker.kind == ("cuda" if gpu else "cpu")
        if gpu:
            assert task.produce.config.device == worker.device


def _unmade_on_gpu(produce, pair, folder, digests, coming=()):
    """There is no GPU here; the pair fails as it would for any other reason."""
    from evalkit.runs.kept import unmade

    return replace(unmade(pair, digests), reason="no GPU")


def test_outputs_made_elsewhere_are_scored_by_all_workers(data, tmp_path):
    (finished,) = run(Crew(), data, tmp_path, jobs=JOBS[:1])
    crew = Crew()
    with session_of(crew, data, tmp_path) as session:
        outputs = find_outputs(finished.folder.path / "generated", session.pairs)
        theirs = score_outputs(session, outputs, "theirs")
    assert theirs.summary.metrics["l1"].value == finished.summary.metrics["l1"].value
    sent = [task.produce.outputs.clips for _, task in crew.given if isinstance(task, Make)]
    assert len(sent) == PAIRS and all(len(clips) == 1 for clips in sent)


def test_a_method_that_makes_several_pairs_at_once_has_them_from_one_hand(data, tmp_path, monkeypatch):
    monkeypatch.setattr("evalkit.runs.producers.MethodProducer.at_once", lambda self: 16)
    crew = Crew(["cpu"] * 2)
    run(crew, data, tmp_path, jobs=JOBS[:1])
    first = [len(task.coming) for _, task in crew.given if isinstance(task, Make)]
    assert sorted(first, reverse=True) == [2, 1, 1, 0, 0]  # three pairs for one worker, two for the other


def test_a_failure_too_many_ends_the_run_and_keeps_what_is_finished(data, tmp_path):
    crew = Crew(fate=lambda task: Answer(reason="bad") if isinstance(task, Score) else None)
    with pytest.raises(RunError, match="2 pairs failed, more than --max-failures 1"):
        run(crew, data, tmp_path, jobs=JOBS[:1], max_failures=1)
    assert not (tmp_path / "small" / "copy_source" / "summary.json").exists()


def test_an_anchor_that_cannot_go_on_is_left_out_and_the_others_finish(alone, data, tmp_path):
    stopped = Answer(stop=RunError("it cannot be built"))
    crew = Crew(fate=lambda task: stopped if isinstance(task, Make) and task.run.name == "copy_source" else None)
    said = []
    with session_of(crew, data, tmp_path) as session:
        finished = run_methods(session, [replace(JOBS[0], anchor=True), JOBS[1]], said.append)
    assert summaries(finished) == {"copy_driving": alone["copy_driving"]}
    assert said == ["The anchor copy_source is left out: it cannot be built"]


def test_workers_that_never_live_end_the_command(data, tmp_path, monkeypatch):
    crew = Crew()
    monkeypatch.setattr(crew, "idle", list)
    monkeypatch.setattr(crew, "wait", lambda seconds: [Ended(Worker("cpu#1", "cpu"), "exit code 1")])
    with pytest.raises(WorkerError, match="before they are given anything: exit code 1"):
        run(crew, data, tmp_path)


def test_a_worker_that_outlives_its_command_writes_nothing(data, tmp_path):
    crew = Crew()
    (finished,) = run(crew, data, tmp_path, jobs=JOBS[:1])
    make = next(task for _, task in crew.given if isinstance(task, Make))
    before = finished.folder.outcome_path(make.pair.id).read_bytes()
    with RunFolder(finished.folder.path).locked():
        answer = Bench("cpu").do(make)
    assert "is held by another command now" in str(answer.stop)
    assert finished.folder.outcome_path(make.pair.id).read_bytes() == before
