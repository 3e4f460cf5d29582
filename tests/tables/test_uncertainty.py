"""A number without an interval says why, wherever it is printed; one whose clips are very skewed is marked."""

import json

import pytest

from evalkit.tables.explain import _value
from evalkit.tables.formats import FORMATS
from evalkit.tables.latex import latex_paper
from evalkit.tables.results import read_measured
from evalkit.tables.table import build_table
from evalkit.tables.uncertainty import SKEWED, interval_notes, old_intervals
from tests.facts import header_facts, metric_facts, summary_facts


@pytest.fixture
def run(tmp_path):
    def written(name, **metrics):
        folder = tmp_path / "small" / name
        folder.mkdir(parents=True)
        (folder / "summary.json").write_text(json.dumps(summary_facts(metrics, method=name, title=name)))
        (folder / "run.json").write_text(json.dumps(header_facts()))
        return folder

    return written


def without(word, people, **changes):
    return metric_facts(ci_word=word, people=people, **changes)


def sure(**changes):
    return metric_facts(ci_low=0.05, ci_high=0.2, ci="t-cluster-robust-by-identity-95%", people=6, **changes)


@pytest.mark.parametrize(("people", "word"), [(1, "1 person"), (2, "2 people")])
def test_every_format_prints_the_word(run, people, word):
    folder = run("a", l1=without(word, people), akd=without(word, people, title="AKD", signature="akd|v1"))
    table = build_table([folder])
    assert f"no intervals: {word}" in table.footnotes and table.caption.count(f"{word}.") == 1
    for name, form in FORMATS.items():
        assert word in form(table), name
    assert word in latex_paper(table)
    assert f"no interval: {word}" in _value(read_measured(folder).summary.metrics["l1"])


def test_a_word_of_one_metric_names_it(run):
    folder = run("a", l1=sure(), fid=without("too few rows without some person", 6, title="FID", signature="fid|v1"))
    assert interval_notes([[read_measured(folder)]]) == ("no interval of fid: too few rows without some person",)
    assert build_table([folder]).caption.split(". ")[0].endswith("pairs, 6 people")


def test_very_skewed_clips_are_marked_and_named(run):
    folder = run("a", l1=sure(skewed=True))
    table = build_table([folder])
    assert table.footnotes == (f"{SKEWED}: l1 of a",) and table.rows[0][1][0].skewed
    assert SKEWED in _value(read_measured(folder).summary.metrics["l1"])


def test_intervals_of_an_older_evalkit_are_named(run):
    old = run("old", l1=metric_facts(ci_low=0.05, ci_high=0.2, ci="bootstrap2000-by-identity-95%-seed0"))
    results = [read_measured(run("new", l1=sure())), read_measured(old)]
    assert [line.partition(": ")[2] for line in old_intervals(results)] == ["old"]
    assert interval_notes([results]) == ()
