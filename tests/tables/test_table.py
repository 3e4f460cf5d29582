"""Tables: what may share one, who is best, and what is said beside the numbers."""

import copy
import json
from dataclasses import replace

import pytest

from evalkit.errors import RunError
from evalkit.tables.extra_columns import TIMES
from evalkit.tables.options import TableOptions
from evalkit.tables.results import read_measured
from evalkit.tables.table import build_table, table_of
from tests.facts import header_facts, metric_facts, summary_facts


def entry(value, better="lower", **changes):
    fields = {
        "better": better,
        "value": value,
        "ci_low": None if value is None else value - 0.04,
        "ci_high": None if value is None else value + 0.04,
        "status": "ok" if value is not None else "nothing_scored",
    }
    return metric_facts(**(fields | changes))


def csim(value, **changes):
    return entry(value, "higher", **({"title": "CSIM", "signature": "csim|v1"} | changes))


@pytest.fixture
def run(tmp_path):
    """Write a finished run folder; keys of the summary can be changed."""

    def written(name, metrics, fps=None, **changes):
        folder = tmp_path / "small" / name
        folder.mkdir(parents=True)
        method = name.partition("@")[0]
        summary = summary_facts(metrics, method=method, title=method.replace("_", " "))
        (folder / "summary.json").write_text(json.dumps(summary | changes))
        (folder / "run.json").write_text(json.dumps(header_facts(timings={"fps": fps})))
        return folder

    return written


def marks(table):
    return [[cell.mark for cell in cells] for _, cells in table.rows]


def test_rows_and_columns_keep_their_order(run):
    table = build_table([run("b", {"l1": entry(0.2)}), run("a", {"l1": entry(0.1), "csim[dlib]": csim(0.9)})])
    assert [title for title, _ in table.rows] == ["b", "a"]
    assert [(c.key, c.title, c.better) for c in table.columns] == [
        ("l1", "L1", "lower"),
        ("csim[dlib]", "CSIM", "higher"),
    ]
    assert table.rows[0][1][1].value is None
    cell = table.rows[1][1][0]
    assert (cell.value, cell.coverage, cell.notes) == (0.1, 1.0, "")
    assert (cell.low, cell.high) == pytest.approx((0.06, 0.14))


def test_best_and_second_follow_the_direction(run):
    runs = [run(f"m{i}", {"l1": entry(v), "csim[dlib]": csim(v)}) for i, v in enumerate((0.3, 0.1, 0.2))]
    assert marks(build_table(runs)) == [["", "best"], ["best", ""], ["second", "second"]]


def test_ties_share_a_rank_and_rounding_makes_none(run):
    values = (0.2, 0.2, 0.2000001, 0.5)
    runs = [run(f"m{i}", {"l1": entry(v)}) for i, v in enumerate(values)]
    assert marks(build_table(runs, TableOptions(bold="value"))) == [["best"], ["best"], ["second"], [""]]


def test_what_lies_within_the_interval_of_the_best_is_bold_too(run):
    values = {"a": 0.2, "b": 0.235, "c": 0.245, "d": 0.5}
    runs = [run(name, {"l1": entry(value)}) for name, value in values.items()]
    table = build_table(runs)
    assert marks(table) == [["best"], ["best"], ["second"], [""]]
    assert table.footnotes == ("bold: the best value and those within its 95 % interval",)
    plain = build_table(runs, TableOptions(bold="value"))
    assert marks(plain) == [["best"], ["second"], [""], [""]] and plain.footnotes == ()


def test_a_best_value_without_an_interval_shares_nothing(run):
    runs = [run(f"m{i}", {"l1": entry(v, ci_low=None, ci_high=None)}) for i, v in enumerate((0.2, 0.201, 0.3))]
    assert marks(build_table(runs)) == [["best"], ["second"], [""]]


def test_of_two_numbers_none_is_second(run):
    runs = [run("a", {"l1": entry(0.1)}), run("b", {"l1": entry(0.3)})]
    assert marks(build_table(runs)) == [["best"], [""]]


@pytest.fixture
def beside_anchors(run, monkeypatch):
    """A table of three methods and the anchors of a protocol; `still` moves nothing, `moved` is the driving clip."""

    def table(values, key="aed[landmark]", better="lower", still=0.3, moved=0.0):
        results = [
            read_measured(run(name, {key: entry(value, better)})) for name, value in zip("abc", values, strict=True)
        ]
        anchors = {"still": still, "moved": moved}
        ends = [
            replace(read_measured(run(name, {key: entry(value, better)})), anchor=True)
            for name, value in anchors.items()
            if value is not None
        ]
        return table_of([*results, *ends])

    return table


def test_a_number_that_does_not_beat_doing_nothing_is_marked_and_not_ranked(beside_anchors):
    table = beside_anchors((0.2, 0.3, 0.31))
    assert [cells[0].notes for _, cells in table.rows] == ["", "‖", "‖", "¶", "¶"]
    assert marks(table) == [[""]] * 5
    assert "‖ no better than an anchor that does nothing; not ranked" in table.footnotes


def test_where_more_is_better_doing_nothing_is_the_lowest_anchor(beside_anchors):
    table = beside_anchors((20.0, 18.0, 30.0), "psnr", "higher", still=19.0, moved=100.0)
    assert [cells[0].notes for _, cells in table.rows] == ["", "‖", "", "¶", "¶"]


@pytest.mark.parametrize(
    ("key", "still"),
    [
        ("csim[dlib]", 0.3),  # against the source: who does nothing is perfect
        ("fid", 0.3),  # of sets: a source clip may be what counts as real
        ("aed[landmark]", None),  # an anchor at the end of the scale cannot be beaten
    ],
)
def test_only_numbers_against_the_driving_frames_have_to_beat_it(beside_anchors, key, still):
    table = beside_anchors((0.2, 0.4, 0.5), key, still=still)
    assert [cells[0].notes for _, cells in table.rows][:3] == ["", "", ""]


def test_columns_of_uneven_coverage_are_marked(run):
    runs = [
        run("a", {"l1": entry(0.1), "csim[dlib]": csim(0.9, coverage=0.917)}),
        run("b", {"l1": entry(0.2), "csim[dlib]": csim(0.8, coverage=1.0)}),
    ]
    table = build_table(runs)
    assert [column.heading for column in table.columns] == ["L1", "CSIM°"]
    assert table.footnotes == (
        "° rows were scored on different shares of the frames, which biases values: csim[dlib] 91.7% to 100.0%",
    )


def test_a_point_of_coverage_is_not_marked(run):
    runs = [run("a", {"csim[dlib]": csim(0.9, coverage=0.991)}), run("b", {"csim[dlib]": csim(0.8)})]
    assert build_table(runs).columns[0].sign == ""


def test_a_single_number_is_not_best_of_anything(run):
    assert marks(build_table([run("a", {"l1": entry(0.1)})])) == [[""]]
    runs = [run("b", {"l1": entry(0.1)}), run("c", {"l1": entry(None)})]
    assert marks(build_table(runs)) == [[""], [""]]


def test_low_coverage_and_incomplete_runs_are_marked_and_not_ranked(run):
    runs = [
        run("a", {"l1": entry(0.1, status="low_coverage", coverage=0.4)}),
        run("b", {"l1": entry(0.2)}, complete=False),
        run("c", {"l1": entry(0.3)}),
        run("d", {"l1": entry(0.4)}),
        run("e", {"l1": entry(0.05, status="low_coverage", coverage=0.1)}, complete=False),
    ]
    table = build_table(runs)
    assert [cells[0].notes for _, cells in table.rows] == ["*", "†", "", "", "*†"]
    assert marks(table) == [[""], [""], ["best"], [""], [""]]
    assert table.footnotes == (
        "* coverage below the protocol's floor; not ranked",
        "† not all pairs of the protocol; not ranked",
    )


def test_footnotes_appear_only_where_they_are_used(run):
    assert build_table([run("a", {"l1": entry(0.1)})]).footnotes == ()


def test_speed_is_a_column_where_somebody_was_timed(run):
    runs = [run("a", {"l1": entry(0.1)}, fps=12.5), run("b", {"l1": entry(0.2)}), run("c", {"l1": entry(0.3)}, fps=3.0)]
    table = build_table(runs)
    assert (table.columns[-1].title, table.columns[-1].better) == ("FPS", "higher")
    assert [cells[-1].value for _, cells in table.rows] == [12.5, None, 3.0]
    assert [cells[-1].mark for _, cells in table.rows] == ["best", "", ""]
    assert [c.title for c in build_table([runs[1]]).columns] == ["L1"]


def test_frames_per_step_are_stated_of_methods_that_have_them(run):
    runs = [run("a", {"l1": entry(0.1)}, fps=12.5), run("b", {"l1": entry(0.2)}, fps=3.0)]
    header = json.loads((runs[1] / "run.json").read_text())
    (runs[1] / "run.json").write_text(json.dumps(header | {"timings": header["timings"] | {"batch": 4}}))
    caption = build_table(runs, TableOptions(columns=TIMES)).caption
    assert "Frames per step: b 4." in caption


def test_the_caption_names_protocol_size_and_variants(run):
    caption = build_table([run("a", {"l1": entry(0.1), "csim[dlib]": csim(0.5, n=2)})]).caption
    for part in ("Self-reenactment", "small v1 (aaaaaaaa)", "N = 2-3 of 3 pairs", "l1, csim[dlib]"):
        assert part in caption


def test_no_run_no_table():
    with pytest.raises(RunError, match="at least one run folder"):
        build_table([])


@pytest.mark.parametrize(
    ("changes", "what"),
    [({"protocol_hash": "b" * 64}, "their protocol differs"), ({"data_hash": "e" * 64}, "their data differs")],
)
def test_other_protocols_and_other_data_are_refused(run, changes, what):
    runs = [run("a", {"l1": entry(0.1)}), run("b", {"l1": entry(0.1)}, **changes)]
    with pytest.raises(RunError, match=f"small/a and .*small/b cannot share a table: {what}"):
        build_table(runs)


def test_other_signatures_never_share_a_column(run):
    runs = [run("a", {"l1": entry(0.1)}), run("b", {"l1": entry(0.1, signature="l1|v2")})]
    with pytest.raises(RunError, match=r"cannot share the column l1: l1\|v1 there, l1\|v2 here"):
        build_table(runs)


def test_other_signatures_never_share_a_column_whatever_the_first_run_has(run):
    runs = [
        run("a", {"l1": entry(0.1)}),
        run("b", {"l1": entry(0.1), "csim[dlib]": csim(0.5)}),
        run("c", {"l1": entry(0.1), "csim[dlib]": csim(0.5, signature="csim|v2")}),
    ]
    with pytest.raises(RunError, match="cannot share the column"):
        build_table(runs)


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_value_without_a_signature_shares_its_column_with_no_other(run, nothing):
    unknown = entry(0.1, signature=nothing)
    assert build_table([run("alone", {"l1": unknown})]).rows[0][1][0].value == 0.1
    one = run("a", {"l1": unknown})
    for other in (run("b", {"l1": entry(0.1)}), run("c", {"l1": unknown})):
        for runs in ([one, other], [other, one]):
            with pytest.raises(RunError, match=r"cannot share the column l1: .*no signature"):
                build_table(runs)
    missing = run("d", {"l1": entry(None, signature=nothing)})
    assert build_table([missing, run("e", {"l1": entry(0.2)})]).rows[0][1][0].value is None


def test_tags_tell_two_runs_of_a_method_apart(run):
    metrics = {"l1": entry(0.1)}
    table = build_table([run("a", metrics), run("a@wide", copy.deepcopy(metrics))])
    assert [title for title, _ in table.rows] == ["a", "a (wide)"]
    same = run("b", metrics, title="a")
    with pytest.raises(RunError, match="Two runs have the row name 'a'"):
        build_table([run("c", metrics, title="a"), same])


@pytest.mark.parametrize("name", ["summary.json", "run.json"])
def test_a_folder_that_is_no_finished_run(run, name):
    folder = run("a", {"l1": entry(0.1)})
    (folder / name).unlink()
    with pytest.raises(RunError, match=rf"small/a is not a .*run.*: it has no {name}"):
        build_table([folder])


def test_a_damaged_or_newer_summary_is_refused(run):
    folder = run("a", {"l1": entry(0.1)})
    (folder / "summary.json").write_text("{half")
    with pytest.raises(RunError, match=r"summary\.json: damaged"):
        build_table([folder])
    with pytest.raises(RunError, match="written with schema 99"):
        build_table([run("b", {"l1": entry(0.1)}, schema_version=99)])
