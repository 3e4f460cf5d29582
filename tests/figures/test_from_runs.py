"""What is drawn is what the runs hold."""

import json
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from evalkit.calibration.answers import read_answers, write_answers
from evalkit.calibration.calibrate import Answer
from evalkit.calibration.degrade import DEGRADATIONS
from evalkit.cli.app import app
from evalkit.errors import RunError, UnknownNameError
from evalkit.figures.from_runs import frame_values, frames_of, radar_of, tradeoff_of
from evalkit.figures.radar import INNER
from evalkit.records.frame_scores import FrameScores, write_frames
from tests.facts import header_facts, metric_facts, summary_facts

PAIRS = {"p1": 5, "p2": 3}
NAMES = {"good": "Good", "evil": r"<script>$x_{ \input{y}"}
KEYS = {"csim[x]": "higher", "aed[x]": "lower", "akd[x]": "lower", "fid": "lower"}


def scores(seed):
    generator = np.random.default_rng(seed)
    found = []
    for pair, count in PAIRS.items():
        values = generator.uniform(size=count)
        statuses = ["ok"] * count
        if pair == "p1":
            values[[1, 3]], statuses[1], statuses[3] = np.nan, "no_face_generated", "no_face_generated"
        found.append(FrameScores(pair, "csim[x]", values, tuple(statuses)))
    return found


@pytest.fixture
def write(tmp_path):
    def written(name, seed, *, complete=True, statuses=None, anchors=(), **changes):
        folder = tmp_path / "small" / name
        folder.mkdir(parents=True)
        metrics = {
            key: metric_facts(
                title=key.partition("[")[0].upper(),
                better=better,
                value=seed + index / 10,
                ci_low=seed - 0.5,
                ci_high=seed + 0.5,
                signature=f"{key}|v1",
                status=(statuses or {}).get(key, "ok"),
            )
            for index, (key, better) in enumerate(KEYS.items())
        }
        facts = {"task": "cross_reenactment", "method": name, "title": NAMES.get(name, name), "complete": complete}
        summary = summary_facts(metrics, **facts)
        header = header_facts(
            configuration={"precision": "fp32"},
            protocol={"anchors": list(anchors)},
            device={"name": "cpu"},
            timings={"fps": 10.0 * seed},
        )
        (folder / "summary.json").write_text(json.dumps(summary | changes))
        (folder / "run.json").write_text(json.dumps(header))
        write_frames(folder / "frames.parquet", scores(seed), {})
        return folder

    return written


@pytest.fixture
def runs(write):
    return [write("good", 1), write("evil", 2)]


def drawn(figure):
    return {line.get_label(): np.asarray(line.get_ydata(), dtype=np.float64) for line in figure.axes[0].get_lines()}


def test_frames_of_a_pair_with_gaps(runs):
    lines = drawn(frames_of(runs, "csim", "p1"))
    for seed, title in enumerate(NAMES.values(), start=1):
        np.testing.assert_array_equal(lines[title], scores(seed)[0].values)
    assert np.isnan(lines["Good"]).tolist() == [False, True, False, True, False]
    (line, _) = frames_of(runs, "csim", "p1").axes[0].get_lines()
    assert line.get_markevery() == [0, 2, 4]


def test_frames_are_averaged_over_the_pairs_that_have_them(runs):
    first, second = (score.values for score in scores(1))
    expected = [(first[0] + second[0]) / 2, second[1], (first[2] + second[2]) / 2, np.nan, first[4]]
    np.testing.assert_allclose(frame_values(runs[0], "csim[x]"), expected)
    np.testing.assert_allclose(drawn(frames_of(runs, "csim[x]"))["Good"], expected)


def test_frames_that_are_not_there(runs):
    with pytest.raises(UnknownNameError, match="metric that all runs have called 'csmi'"):
        frames_of(runs, "csmi")
    with pytest.raises(UnknownNameError, match=r"pair in .* called 'p3'"):
        frames_of(runs, "csim", "p3")
    with pytest.raises(RunError, match="has no value per frame of fid"):
        frames_of(runs, "fid")
    (runs[1] / "frames.parquet").unlink()
    with pytest.raises(RunError, match="cannot be read as a record file"):
        frames_of(runs, "csim")


def test_the_pareto_figure_draws_the_summaries(runs):
    axes = tradeoff_of(runs).axes[0]
    circles = [found for found in axes.collections if isinstance(found, PathCollection)]
    np.testing.assert_allclose([circle.get_offsets()[0] for circle in circles], [(1.0, 1.1), (2.0, 2.1)])
    assert axes.get_xlabel() == "CSIM[x] (higher is better)" and axes.get_ylabel() == "AED[x] (lower is better)"
    assert tradeoff_of(runs, motion="akd").axes[0].get_ylabel().startswith("AKD[x]")
    assert [text.get_text() for text in axes.texts] == ["Good, 10 fps", r"<script>$x_{ \input{y}, 20 fps"]


def test_the_radar_draws_the_summaries(runs):
    lines = drawn(radar_of(runs))
    np.testing.assert_allclose(lines["Good"], [INNER, 1, 1, 1, INNER])
    np.testing.assert_allclose(lines[NAMES["evil"]], [1, INNER, INNER, INNER, 1])
    labels = [text.get_text() for text in radar_of(runs, ["aed", "fid", "csim"]).axes[0].get_xticklabels()]
    assert labels == ["AED[x]\n2.100 to 1.100", "FID\n2.30 to 1.30", "CSIM[x]\n1.000 to 2.000"]


def test_anchors_set_no_range_and_are_drawn_when_asked(runs, write):
    far = write("far", 9, anchors=("far",))
    lines = drawn(radar_of([*runs, far]))
    assert list(lines) == list(NAMES.values())
    np.testing.assert_allclose(lines["Good"], [INNER, 1, 1, 1, INNER])
    lines = drawn(radar_of([*runs, far], anchors=True))
    np.testing.assert_allclose(lines["Good"], [INNER, 1, 1, 1, INNER])
    np.testing.assert_allclose(lines["far"], [1, INNER, INNER, INNER, 1])
    assert list(drawn(radar_of([far, write("near", 8, anchors=("near",))]))) == ["far", "near"]


def test_what_cannot_be_compared_is_not_drawn(runs, write):
    partial = write("partial", 3, complete=False)
    for draw in (radar_of, tradeoff_of):
        with pytest.raises(RunError, match=r"partial is not complete: .*leave it out"):
            draw([*runs, partial])
    low = write("low", 4, statuses={"csim[x]": "low_coverage", "fid": "low_coverage"})
    with pytest.raises(RunError, match=r"No metric of identity \(csim\)"):
        tradeoff_of([*runs, low])
    with pytest.raises(RunError, match=r"at least three metrics; these runs share aed\[x\], akd\[x\]"):
        radar_of([*runs, low])


def test_other_protocols_and_newer_schemas_are_refused(runs, write):
    with pytest.raises(RunError, match="their protocol differs"):
        radar_of([*runs, write("other", 3, protocol_hash="b" * 64)])
    with pytest.raises(RunError, match="written with schema 99"):
        radar_of([*runs, write("newer", 3, schema_version=99)])
    with pytest.raises(RunError, match="at least one run"):
        radar_of([])


@pytest.fixture
def answers():
    return [
        Answer("ssim", d.id, step, None if d.id == "roll" else 1 - index / 10, 1.0)
        for d in DEGRADATIONS
        for index, step in enumerate(d.steps)
    ]


def test_a_calibration_is_read_back(answers, tmp_path):
    write_answers(tmp_path / "a.csv", answers)
    assert read_answers(tmp_path / "a.csv") == answers
    write_answers(tmp_path / "b.csv", answers[:-1])
    with pytest.raises(RunError, match=f"ssim under {DEGRADATIONS[-1].id} has the steps"):
        read_answers(tmp_path / "b.csv")
    (tmp_path / "c.csv").write_text((tmp_path / "a.csv").read_text().replace("0.9", "x", 1))
    with pytest.raises(RunError, match=r"line 3, column 'value': expected a number, got 'x'"):
        read_answers(tmp_path / "c.csv")
    write_answers(tmp_path / "d.csv", [])
    with pytest.raises(RunError, match="holds no answers"):
        read_answers(tmp_path / "d.csv")


def test_some_metrics_of_a_calibration_are_drawn(answers, tmp_path):
    write_answers(tmp_path / "a.csv", [*answers, *(replace(answer, metric="l1") for answer in answers)])
    command = ["plot", "calibration", str(tmp_path / "a.csv"), "--out", str(tmp_path / "a.svg"), "-m"]
    app([*command, "l1"], standalone_mode=False)
    drawn = (tmp_path / "a.svg").read_text()
    assert "<!-- l1 -->" in drawn and "<!-- ssim -->" not in drawn
    with pytest.raises(UnknownNameError, match="metric in the calibration"):
        app([*command, "psnr"], standalone_mode=False)


MAGIC = {".pdf": b"%PDF", ".png": b"\x89PNG", ".svg": b"<?xml"}


@pytest.mark.slow
@pytest.mark.parametrize("suffix", list(MAGIC))
def test_every_kind_in_every_format(runs, answers, tmp_path, suffix):
    write_answers(tmp_path / "a.csv", answers)
    folders = [str(run) for run in runs]
    kinds = {
        "frames": [*folders, "--metric", "csim"],
        "pareto": folders,
        "radar": folders,
        "calibration": [str(tmp_path / "a.csv")],
    }
    for kind, arguments in kinds.items():
        out = tmp_path / f"{kind}{suffix}"
        app(["plot", kind, *arguments, "--out", str(out)], standalone_mode=False)
        content = out.read_bytes()
        assert content.startswith(MAGIC[suffix]) and len(content) > 2000
        assert b"<script>" not in content


def test_a_wrong_file_name_is_found_before_anything_is_read(tmp_path):
    with pytest.raises(RunError, match=r"ends in \.pdf, \.png, \.svg"):
        app(["plot", "radar", str(tmp_path / "no run"), "--out", str(tmp_path / "a.gif")], standalone_mode=False)


def test_the_axis_in_seconds(write):
    axes = frames_of([write("good", 1)], "csim", "p1", fps=25.0).axes[0]
    assert axes.get_xlabel() == "time (s), at 25 frames per second"
    assert list(axes.lines[0].get_xdata()) == [0, 0.04, 0.08, 0.12, 0.16]
    assert frames_of([write("evil", 2)], "csim", "p1").axes[0].get_xlabel() == "frame"
