"""The history: lines survive each other, jumps are found, levels and their changes."""

import json
import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import RunError
from evalkit.gating import history
from evalkit.gating.formats import COLUMNS, cells
from evalkit.gating.history_series import LevelChange, collect, short
from evalkit.gating.rules import Rules
from evalkit.gating.verdict import gate
from evalkit.gating.verdict_record import read_verdict
from evalkit.records.json_record import content_of
from evalkit.statistics.changepoints import change_points
from tests.gating.appender import METRIC as AKD
from tests.gating.appender import append_many, verdict_of
from tests.gating.conftest import values


def test_two_gates_at_once_lose_no_line(tmp_path):
    path = tmp_path / "h.jsonl"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=append_many, args=(path, start)) for start in (0, 100)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    found = {line.metrics[AKD].candidate for line in history.read(path)}
    assert found == {float(n) for n in (*range(25), *range(100, 125))}


def test_a_real_verdict_goes_in_and_comes_out(make_side, tmp_path):
    verdict = gate(make_side("a", values()), make_side("b", values()), Rules())
    history.append(tmp_path / "new" / "h.jsonl", verdict.record(), "abc")
    line = history.read(tmp_path / "new" / "h.jsonl")[0]
    assert line.commit == "abc" and line.outcome == "pass"
    assert line.metrics[AKD].candidate == pytest.approx(values()[AKD].mean())


def test_a_torn_line_is_named_and_hides_no_other(tmp_path):
    path = tmp_path / "h.jsonl"
    path.write_text('{"schema_version": 1, "half')
    history.append(path, verdict_of(1.0), None)
    assert len(path.read_text().splitlines()) == 2
    with pytest.raises(RunError, match="line 1"):
        history.read(path)


@pytest.mark.parametrize("text", ["[]", '{"schema_version": 1}', "{}", "nonsense"])
def test_foreign_lines_are_refused(tmp_path, text):
    path = tmp_path / "h.jsonl"
    path.write_text(text + "\n")
    with pytest.raises(RunError, match="line 1"):
        history.read(path)


def test_absent_and_unwritable(tmp_path):
    with pytest.raises(RunError, match="does not exist"):
        history.read(tmp_path / "none.jsonl")
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        history.append(tmp_path / "file" / "h.jsonl", verdict_of(1.0), None)


def test_the_commit_comes_from_ci(monkeypatch, tmp_path):
    monkeypatch.setenv("GITHUB_SHA", "feed")
    assert history.current_commit(tmp_path) == "feed"
    for name in ("GITHUB_SHA", "CI_COMMIT_SHA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert history.current_commit(tmp_path) is None


def test_one_jump_is_found_where_it_is():
    noise = np.random.default_rng(0).normal(0, 0.1, 40)
    assert change_points(noise + np.where(np.arange(40) < 17, 1.0, 2.0)) == [17]


def test_two_jumps():
    noise, n = np.random.default_rng(1).normal(0, 0.1, 60), np.arange(60)
    assert change_points(noise + np.where(n < 20, 0, np.where(n < 45, 1, 0.3))) == [20, 45]


@pytest.mark.parametrize("count", [4, 6, 10, 30])
def test_noise_alone_rarely_jumps(count):
    # At most 6 % by construction; 6 % + 3 sigma of 200 series is 11 %.
    found = [change_points(np.random.default_rng(seed).normal(size=count)) for seed in range(200)]
    assert sum(bool(jumps) for jumps in found) <= 22


def test_a_jump_of_one_and_a_half_deviations_is_mostly_found():
    # 1.6 standard deviations between halves of 40 checkpoints: 78 of these 100 series show a jump.
    series = [np.random.default_rng(seed).normal(size=40) + np.repeat([0.0, 1.6], 20) for seed in range(100)]
    assert sum(bool(change_points(values)) for values in series) >= 70


def test_exact_levels():
    assert change_points(np.array([1.0, 1, 1, 3, 3, 3])) == [3]
    for nothing in (np.full(9, 0.7), np.array([1.0]), np.array([]), np.array([1.0, 2.0])):
        assert change_points(nothing) == []


def test_scale_and_shift_do_not_matter():
    values = np.random.default_rng(2).normal(0, 0.1, 30) + np.repeat([0.0, 1.0], 15)
    assert change_points(values) == change_points(1e-6 * values + 5) == [15]


def lines(tmp_path, *verdicts):
    path = tmp_path / "h.jsonl"
    for number, verdict in enumerate(verdicts):
        history.append(path, verdict, f"c{number:09d}")
    return history.read(path)


def test_another_signature_begins_another_series(tmp_path):
    found = collect(lines(tmp_path, verdict_of(1.0), verdict_of(1.1), verdict_of(9.0, signature="akd|v2")))
    assert [series.values for series in found] == [(1.0, 1.1), (9.0,)]


def test_other_clips_begin_another_series(tmp_path):
    # The quick stage sees a part of the clips: its mean is no point of the full protocol's chart.
    found = collect(lines(tmp_path, verdict_of(1.0), verdict_of(1.4, data_hash="part"), verdict_of(1.1)))
    assert [series.values for series in found] == [(1.0, 1.1), (1.4,)]


def test_missing_values_are_left_out(tmp_path):
    assert collect(lines(tmp_path, verdict_of(1.0), verdict_of(None)))[0].values == (1.0,)


def test_levels_and_their_changes(tmp_path):
    (series,) = collect(lines(tmp_path, *[verdict_of(v) for v in (1.0, 1.0, None, 1.0, 3.0, 3.0, 3.0)]))
    assert series.places == (0, 1, 3, 4, 5, 6) and series.jumps == (3,)
    assert series.levels == ((0, 3, 1.0), (3, 6, 3.0))
    assert series.changes == (LevelChange(3, 1.0, 3.0, worse=True),)
    assert short(series.lines[3]) == "c000000004"


def test_a_checkpoint_is_called_by_its_commit_else_its_weights_else_its_time(tmp_path):
    (line,) = lines(tmp_path, verdict_of(1.0))
    assert short(line) == "c000000000"
    assert short(line.model_copy(update={"commit": None})) == "c" * 10
    assert short(line.model_copy(update={"commit": None, "checkpoint_sha256": None})) == line.time[:10]


def test_a_fall_is_better_where_lower_is_better(tmp_path):
    (series,) = collect(lines(tmp_path, *[verdict_of(v) for v in (3.0, 3.0, 3.0, 1.0, 1.0, 1.0)]))
    assert [change.worse for change in series.changes] == [False]


def test_a_verdict_file(tmp_path):
    path = tmp_path / "v.json"
    path.write_text(json.dumps(content_of(verdict_of(1.0))))
    assert read_verdict(path) == verdict_of(1.0)
    path.write_text("{}")
    with pytest.raises(RunError, match="evalkit gate --json"):
        read_verdict(path)


def test_verdicts_and_histories_of_schema_2_are_read(tmp_path):
    """Both written by version 0.2.0. What it called "same" was no alarm, and not shown."""
    old = Path(__file__).resolve().parents[1] / "data" / "gate_schema2"
    verdict = read_verdict(old / "verdict.json")
    statuses = {key: row.status for key, row in verdict.metrics.items()}
    assert (verdict.outcome, verdict.exit_code) == ("pass", 0) and set(statuses.values()) == {"not_proven"}
    row = verdict.metrics["csim[dlib]"]
    assert row.allowed_unproven and row.margin is None and row.p is not None and len(cells(row)) == len(COLUMNS)
    lines = tmp_path / "gate.jsonl"
    lines.write_text((old / "history.jsonl").read_text())
    history.append(lines, verdict, "b")
    first, second = history.read(lines)
    assert {value.status for value in first.metrics.values()} == {"not_proven"} and first.metrics == second.metrics
    assert [len(series.values) for series in collect([first, second])] == [2, 2, 2]
