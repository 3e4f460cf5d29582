"""A session: everything is checked before anything runs, and every clip is decoded as rarely as it can be."""

import json
from contextlib import contextmanager
from dataclasses import replace

import pytest

from evalkit.clips import video
from evalkit.errors import DatasetError, MethodError, UnknownNameError, WeightsError
from evalkit.method.find import find_method
from evalkit.method.interface import MethodConfig
from evalkit.runs import session as sessions
from evalkit.runs.foreign_clips import find_outputs
from evalkit.runs.run import MethodJob, run_method, run_methods, score_outputs
from evalkit.runs.session import RunSettings, open_session
from tests.fakes import make_protocol, noise

COPY = MethodJob(find_method("copy_driving"), MethodConfig())


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def settings(tmp_path):
    for number in range(3):
        video.write_video(tmp_path / "data" / f"person{number}" / "take.mkv", [noise(5, seed=number)], 25)
    return RunSettings(data=tmp_path / "data", out=tmp_path / "runs")


@pytest.fixture
def decoded(monkeypatch):
    """Paths that were decoded, one entry each time."""
    paths = []
    for name in ("iter_frames", "count_frames", "read_frames"):
        original = getattr(video, name)
        monkeypatch.setattr(video, name, lambda path, *a, _of=original, **k: paths.append(path) or _of(path, *a, **k))
    return paths


@pytest.fixture
def no_weights(monkeypatch):
    def lacking(metrics, brought):
        return {metric.key: "no weights" for metric in metrics if metric.input}

    monkeypatch.setattr(sessions, "unavailable", lacking)


def test_methods_and_outputs_share_a_session(settings, tmp_path):
    titles, became = [], []

    @contextmanager
    def progress(title, pairs):
        titles.append((title, pairs))
        yield lambda pair, what: became.append((pair, what))

    with open_session(make_protocol(), settings, progress) as session:
        first = run_methods(session, [COPY, MethodJob(COPY.entry, COPY.config, "again")], pytest.fail)
        outputs = find_outputs(first[0].folder.path / "generated", session.pairs)
        scored = score_outputs(session, outputs, "theirs", "new")
    assert titles == [(f"small / {name}", 3) for name in ("copy_driving", "copy_driving@again", "theirs@new")]
    assert [what for _, what in became] == ["done"] * 9
    assert [run.folder.path.name for run in (*first, scored)] == [name.partition(" / ")[2] for name, _ in titles]
    assert {run.summary.metrics["l1"].value for run in (*first, scored)} == {0.0}


def test_a_pair_is_decoded_to_generate_to_score_and_to_show(settings, decoded):
    with open_session(make_protocol(driving={"start": 1}), replace(settings, limit=1)) as session:
        pair = session.pairs[0]
        finished = run_method(session, COPY)
    # Source and driving frames for the method, both clips side by side for the metrics, three tiles of the picture.
    generated = finished.folder.generated(pair.id)
    assert pair.source.path == pair.driving.path
    assert [decoded.count(path) for path in (pair.driving.path, generated)] == [2 + 1 + 2, 1 + 1]
    assert len(decoded) == 7


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ({"metrics": ("l2",)}, UnknownNameError),
        ({"metrics": ("csim[arcface]",)}, WeightsError),
        ({"only": ("person0_tke",)}, UnknownNameError),
        ({"data": None}, DatasetError),
    ],
)
def test_what_cannot_be_run_is_refused_before_a_folder_is_made(settings, tmp_path, no_weights, keys, error):
    with pytest.raises(error), open_session(make_protocol(), replace(settings, **keys)):
        pytest.fail("was opened")
    assert not (tmp_path / "runs").exists()


def test_metrics_that_cannot_be_computed_are_named_and_left_out(settings, no_weights):
    wanted = replace(settings, metrics=("l1", "csim[arcface]", "l1"))
    with open_session(make_protocol(), wanted) as session:
        assert [metric.key for metric in session.metrics] == ["l1"]
        assert session.missing == {"csim[arcface]": "no weights"}
        entry = run_method(session, COPY).summary.metrics["csim[arcface]"]
    assert (entry.status, entry.reason) == ("unavailable", "no weights")


@pytest.mark.parametrize(
    ("keys", "ids", "asked"),
    [
        ({}, (0, 1, 2), 3),
        ({"limit": 2}, (0, 1), 2),
        ({"only": ("person2_take", "person1_take")}, (1, 2), 2),
        ({"only": ("person2_take", "person1_take"), "limit": 1}, (1, 2), 2),
    ],
)
def test_pairs_asked_for_and_those_that_were_made_before(settings, keys, ids, asked):
    with open_session(make_protocol(), replace(settings, **keys)) as session:
        assert [pair.id for pair in session.select([])] == [f"person{number}_take" for number in ids]
        assert session.asked == asked
        made_before = session.select(["person2_take"])
        assert made_before[-1].id == "person2_take"
        assert [pair.id for pair in session.narrowed(["person1_take"]).select([])] == ["person1_take"]
        assert session.narrowed([]) is session


def test_an_anchor_that_cannot_be_run_is_left_out_and_a_method_is_not(settings):
    protocol = make_protocol(source={"frames": (0, 1)})
    entry = find_method("copy_source")
    one_source = MethodJob(replace(entry, card=entry.card.model_copy(update={"max_sources": 1})), MethodConfig())
    said = []
    with open_session(protocol, settings) as session:
        finished = run_methods(session, [replace(one_source, anchor=True), COPY], said.append)
        assert [run.summary.method for run in finished] == ["copy_driving"]
        assert len(said) == 1 and said[0].startswith("The anchor copy_source is left out: copy_source takes 1 source")
        with pytest.raises(MethodError, match=r"takes 1 source image"):
            run_methods(session, [one_source], said.append)


def test_the_header_says_where_the_data_lies(settings, tmp_path):
    with open_session(make_protocol(), replace(settings, only=("person1_take",))) as session:
        finished = run_method(session, COPY)
    header = json.loads(finished.folder.header.read_text())
    assert header["data"] == str(tmp_path / "data") and header["status"] == "finished"
    assert not finished.summary.complete and finished.summary.pairs.run == 1
