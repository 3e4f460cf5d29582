"""Tables over the frames that all runs have: the same frames for every row, whatever each of them lost."""

import json

import numpy as np
import pyarrow as pa
import pytest

from evalkit.errors import RunError
from evalkit.records.frame_scores import NO_FACE_GENERATED, OK, FrameScores, write_frames, write_table
from evalkit.records.run_folder import RunFolder
from evalkit.runs.common_frames import common_note, on_common_frames
from evalkit.tables.table import arranged
from tests.facts import header_facts, metric_facts, summary_facts

AED, FID = "aed[landmark]", "fid"
LOST = np.nan


@pytest.fixture
def run(tmp_path):
    """A run folder with scores of AED: pair -> values, NaN where no face was found."""

    def written(method, values, averaging="clip", **changes):
        folder = RunFolder(tmp_path / "small" / method)
        folder.path.mkdir(parents=True)
        scores = [
            FrameScores(pair, AED, np.array(v, float), tuple(NO_FACE_GENERATED if np.isnan(x) else OK for x in v))
            for pair, v in values.items()
        ]
        write_frames(folder.frames, scores, {AED: "aed|v1"})
        people = {"pair": list(values), "source_identity": [p[0] for p in values], "driving_identity": list(values)}
        write_table(folder.clips, pa.table(people), {})
        found = np.concatenate([np.array(v, float) for v in values.values()])
        entries = {
            AED: metric_facts(value=float(np.nanmean(found)), coverage=float(np.isfinite(found).mean()), signature="a"),
            FID: metric_facts(value=30.0, signature="f"),
        }
        facts = summary_facts(entries, method=method, title=method) | changes
        folder.summary.write_text(json.dumps(facts))
        header = header_facts()
        header["protocol"]["averaging"] = averaging
        folder.header.write_text(json.dumps(header))
        return folder.path

    return written


def values(results, key=AED):
    return {result.title: result.summary.metrics[key].value for result in results}


def test_every_row_is_a_mean_over_the_same_frames(run):
    # The careless method lost the two hard frames, where both are bad.
    careful = run("careful", {"p": [1, 1, 9, 9], "q": [2, 2, 2, 2]})
    careless = run("careless", {"p": [1.5, 1.5, LOST, LOST], "q": [3, 3, 3, 3]})
    assert values(on_common_frames([careful, careless])) == {"careful": 1.5, "careless": 2.25}
    careful_alone = values(on_common_frames([careful]))["careful"]
    assert careful_alone == pytest.approx((5 + 2) / 2)


def test_coverage_and_counts_are_of_the_common_frames(run):
    runs = [run("a", {"p": [1, LOST, 1, 1]}), run("b", {"p": [1, 1, LOST, 1]})]
    for result in on_common_frames(runs):
        entry = result.summary.metrics[AED]
        assert (entry.coverage, entry.frames, entry.n, entry.signature) == (0.5, 2, 1, "a")


def test_a_pair_that_one_run_lacks_counts_for_none(run):
    runs = [run("a", {"p": [1, 1], "q": [5, 5]}), run("b", {"p": [2, 2]})]
    results = on_common_frames(runs)
    assert values(results) == {"a": 1.0, "b": 2.0}
    assert {result.summary.metrics[AED].n for result in results} == {1}


def test_frames_count_alike_where_the_protocol_averages_frames(run):
    pairs = {"p": [1, 1, 1, LOST], "q": [5, LOST, LOST, LOST]}
    runs = [run("a", pairs, averaging="frame"), run("b", pairs, averaging="frame")]
    assert values(on_common_frames(runs)) == {"a": 2.0, "b": 2.0}


def test_no_common_frame_is_no_value(run):
    runs = [run("a", {"p": [1, LOST]}), run("b", {"p": [LOST, 1]})]
    assert values(on_common_frames(runs)) == {"a": None, "b": None}


def test_sets_of_frames_stay_as_they_are(run):
    runs = [run("a", {"p": [1, LOST]}), run("b", {"p": [2, 2]})]
    assert values(on_common_frames(runs), FID) == {"a": 30.0, "b": 30.0}


def test_the_table_says_what_it_compares_and_marks_no_column(run):
    runs = [run("a", {"p": [1, LOST, 1, 1]}), run("b", {"p": [2, 2, 2, 2]})]
    results = on_common_frames(runs)
    assert [column.sign for column in arranged(results).columns] == ["", ""]
    assert common_note(results) == [f"means over the frames that all rows have: {AED} 75.0% of all"]


def test_runs_that_cannot_be_compared_are_refused(run):
    runs = [run("a", {"p": [1]}), run("b", {"p": [2]}, data_hash="other")]
    with pytest.raises(RunError, match="their data differs"):
        on_common_frames(runs)


def test_a_folder_without_frame_scores_is_refused(run):
    path = run("a", {"p": [1]})
    RunFolder(path).frames.unlink()
    with pytest.raises(RunError, match=r"frames\.parquet"):
        on_common_frames([path])


def test_a_folder_given_twice_is_refused(run):
    path = run("a", {"p": [1]})
    with pytest.raises(RunError, match="Two runs have the row name 'a'"):
        on_common_frames([path, path])


def test_a_metric_that_the_summary_lacks_is_left_out(run):
    path = run("a", {"p": [1]})
    summary = json.loads(RunFolder(path).summary.read_text())
    del summary["metrics"][AED]
    RunFolder(path).summary.write_text(json.dumps(summary))
    results = on_common_frames([path])
    assert list(results[0].summary.metrics) == [FID] and common_note(results) == []
