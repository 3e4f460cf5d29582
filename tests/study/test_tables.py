"""A study in the layout of papers, with names escaped everywhere."""

from dataclasses import replace

import pytest

from evalkit.study.answers import read_sheet
from evalkit.study.folder import read_study, read_tokens
from evalkit.study.score import score
from evalkit.study.tables import all_tables, count_line, paper_tables
from evalkit.study.votes import Gathered
from evalkit.tables.formats import FORMATS
from evalkit.tables.latex import document, latex_paper
from tests.compiling import compile_latex
from tests.study.conftest import TITLES, prefer, sheet


@pytest.fixture
def results(key, tokens):
    given = [read_sheet(key, tokens, sheet(key, tokens[rater], prefer(key, rater, "Good"))) for rater in range(3)]
    bad = read_sheet(key, tokens, sheet(key, tokens[3], prefer(key, 3, "Good", checks_right=False)))
    answers = tuple(answer for found in [*given, bad] for answer in found.answers)
    return score(key, Gathered(answers, 2, {"forged token": 1, "malformed": 2}))


def test_the_table_of_papers(key, results):
    (table,) = paper_tables(key, results)
    assert [column.title for column in table.columns] == [TITLES["evil"], "Third & last"]
    assert [(title, [cell.text for cell in cells]) for title, cells in table.rows] == [
        ("Small", ["100% (6)", "100% (6)"])
    ]
    assert "votes for Good over each method, with the number of 6 scenes won in brackets" in table.caption
    assert "36 votes of 3 raters; 1 raters left out (rater 4 missed 3 of 3 attention checks)" in table.caption
    assert table.caption.endswith("Rule: more than 0 missed attention checks, or none answered, leave a rater out.")
    assert "3 answers or sheets refused (forged token: 1, malformed: 2)" in table.caption


def test_two_motions_are_rows_named_as_in_fsrt(key, results):
    other = key.groups[0].model_copy(update={"protocol": "small_relative", "motion": "relative"})
    both = key.model_copy(update={"groups": (*key.groups, other)})
    more = tuple(replace(one, protocol="small_relative") for one in results.preferences)
    (table,) = paper_tables(both, replace(results, preferences=(*results.preferences, *more)))
    assert [title for title, _ in table.rows] == ["Absolute motion", "Relative motion"]


def test_without_ours_a_matrix(make, shared_runs):
    folder = make(shared_runs, ours=None, raters=2)
    key, tokens = read_study(folder), read_tokens(folder)
    found = [read_sheet(key, tokens, sheet(key, tokens[r], prefer(key, r, "Good"))).answers for r in range(2)]
    (table,) = paper_tables(key, score(key, Gathered((*found[0], *found[1]), 0, {})))
    rows = dict(table.rows)
    assert [cell.text for cell in rows["Good"]] == ["", "100% (6)", "100% (6)"]
    assert rows[TITLES["evil"]][0].text == "0% (0)" and rows["Third & last"][2].text == ""


@pytest.mark.parametrize("form", list(FORMATS))
def test_names_are_only_text(key, results, form):
    printed = "\n".join(FORMATS[form](table) for table in all_tables(key, results))
    if form == "latex":
        printed += "\n".join(latex_paper(table) for table in all_tables(key, results))
        assert r"\input" not in printed and r"\textbackslash{}input" in printed
    if form == "markdown":
        assert "<script>" not in printed and "&lt;script&gt;" in printed


def test_it_compiles(key, results, tmp_path):
    compile_latex(document([latex_paper(table) for table in all_tables(key, results)]), tmp_path)


def test_everything_is_in_the_full_tables(key, results):
    _, comparisons, strengths = all_tables(key, results)
    cells = dict(comparisons.rows)["Good over Third & last"]
    assert [cell.text for cell in cells][:2] == ["18", "100%"] and cells[5].text == "6 of 6"
    assert next(iter(strengths.rows))[0] == "Good" and strengths.rows[0][1][0].mark == "best"


def test_the_count_of_nothing(key):
    assert count_line(score(key, Gathered((), 0, {}))) == "0 votes of 0 raters"
