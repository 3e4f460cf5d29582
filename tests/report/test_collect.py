"""What may share a report, and the matrices it is made of."""

import json

import numpy as np
import pytest

from evalkit.errors import RunError
from evalkit.report.collect import collect, slug
from tests.fakes import edit_record
from tests.report.conftest import PEOPLE, small_protocol


def test_matrices_follow_methods_and_pairs(comparison):
    assert [pair.id for pair in comparison.pairs] == [f"{person}_take" for person in PEOPLE]
    assert [pair.source_identity for pair in comparison.pairs] == list(PEOPLE)
    assert [column.key for column in comparison.paired] == ["l1", "csim[dlib]"]
    means = comparison.clips["l1"].means
    assert means[0] == pytest.approx([0.5025, 0.6025, 0.7025])
    assert np.isnan(means[1, 0]) and means[1, 1:] == pytest.approx([0.3025, 0.4025])
    assert comparison.clips["csim[dlib]"].coverage[1] == pytest.approx([0, 4 / 6, 1])


def test_outcomes_and_frames(comparison):
    assert comparison.outcomes[1]["anna_take"].reason == "raised ValueError: no"
    assert comparison.frames[0]["bert_take", "l1"].values[2] == pytest.approx(0.602)
    assert ("anna_take", "l1") not in comparison.frames[1]


def test_a_run_without_frame_scores_is_read(make_run):
    run = make_run("plain")
    (run / "frames.parquet").unlink()
    assert collect([run]).frames == ({},)


def test_other_protocols_and_signatures_are_refused_with_the_difference(make_run):
    plain = make_run("plain")
    other = make_run("other", protocol=small_protocol(id="other"))
    with pytest.raises(RunError, match="cannot share a report: they are runs of small and other"):
        collect([plain, other])
    longer = make_run("longer", protocol=small_protocol(driving={"stride": 2}))
    with pytest.raises(RunError, match="cannot share a table: their protocol differs"):
        collect([plain, longer])
    metrics = json.loads((plain / "summary.json").read_text())["metrics"]
    metrics["l1"]["signature"] = "l1|v2"
    changed = make_run("changed")
    edit_record(changed / "summary.json", metrics=metrics)
    with pytest.raises(RunError, match=r"cannot share the column l1: .* there, l1\|v2 here"):
        collect([plain, changed])


def test_two_runs_with_one_name_are_refused(make_run):
    with pytest.raises(RunError, match="Two runs have the row name 'same'"):
        collect([make_run("a", title="same"), make_run("b", title="same")])


@pytest.mark.parametrize("name", ["summary.json", "run.json"])
def test_a_newer_schema_is_refused_in_one_sentence(make_run, name):
    run = make_run("plain")
    content = json.loads((run / name).read_text())
    (run / name).write_text(json.dumps(content | {"schema_version": 99}))
    with pytest.raises(RunError, match=r"written with schema 99; this evalkit reads up to \d+. Update evalkit.$"):
        collect([run])


def test_no_run_no_report():
    with pytest.raises(RunError, match="at least one run folder"):
        collect([])


def test_slugs_are_plain_and_never_shared():
    names = ["id10280#vid#1#2.mp4", "id10280_vid_1_2_mp4", "<script>", "ü", "", "a" * 300, "a" * 301, "../x", "-v"]
    slugs = [slug(name) for name in names]
    assert len(set(slugs)) == len(names)
    for text in slugs:
        assert (
            text.isascii()
            and text.replace("-", "").replace("_", "").isalnum()
            and text[0] not in "-."
            and len(text) < 80
        )


def test_uneven_coverage_brings_the_values_over_common_frames(make_run):
    comparison = collect([make_run("plain"), make_run("second", quality=0.2, faceless={"bert_take": [2]})])
    (line,) = [note for note in comparison.table.footnotes if "all rows have" in note]
    csim = [column for column in comparison.table.columns if column.key == "csim[dlib]"]
    assert [column.sign for column in csim] == ["°"]
    means = [
        np.mean([comparison.frames[index][pair, "csim[dlib]"].values[ok].mean() for pair, ok in shared.items()])
        for shared in [_common(comparison)]
        for index in range(2)
    ]
    titles = [title for title, _ in comparison.table.rows]
    assert line.endswith(f"{titles[0]} {means[0]:.3f}, {titles[1]} {means[1]:.3f}")
    assert not any("all rows have" in note for note in collect([make_run("alone")]).table.footnotes)


def _common(comparison):
    """Pair -> which frames have CSIM in both runs, for pairs that have any."""
    both = [
        {pair: scores for (pair, key), scores in frames.items() if key == "csim[dlib]"} for frames in comparison.frames
    ]
    masks = {
        pair: (np.array(both[0][pair].statuses) == "ok") & (np.array(both[1][pair].statuses) == "ok")
        for pair in both[0].keys() & both[1].keys()
    }
    return {pair: mask for pair, mask in masks.items() if mask.any()}
