"""Run folders, cards and options of strangers: nothing is written elsewhere, and nothing steers a terminal."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import assert_explained


@pytest.fixture
def cases(shared):
    return shared / "cases"


def test_a_row_stays_in_its_leaderboard(cases, evalkit, tmp_path):
    """Case leaderboard-add-escapes."""
    boards = tmp_path / "deep" / "er" / "boards"
    boards.mkdir(parents=True)
    run = cases / "leaderboard-add-escapes" / "run"
    done = evalkit("leaderboard", "add", run, "--leaderboards", boards, "--force")
    assert_explained(done, "summary.json", "protocol", "expected a plain name")
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize("tag", ["../../../../evil", "feature/x", ".x", "\x1b[31mx", "a\\b", ""])
def test_a_tag_stays_in_the_folder(evalkit, small_root, protocols, tmp_path, tag):
    """Case tag-leaves-the-folder: --tag is checked as --name is."""
    out = tmp_path / "deep" / "er" / "runs"
    options = ("--data", small_root, "--no-anchors", "-m", "l1", "--workers", "1", "--out", out, "--tag", tag)
    done = evalkit("run", "-p", protocols / "small_self.yaml", "-M", "copy_source", *options)
    assert_explained(done, "--tag", "expected a plain name")
    assert "\x1b" not in done.stderr and not list(tmp_path.rglob("*"))


@pytest.mark.parametrize("format", ["markdown", "csv", "latex", "json"])
def test_no_title_steers_the_terminal(cases, evalkit, format):
    """Case terminal-escapes-and-formulas-in-names."""
    done = evalkit("table", cases / "terminal-escapes-and-formulas-in-names" / "run", "--format", format)
    assert done.returncode in (0, 2) and "\x1b" not in done.stdout + done.stderr
    if format == "csv" and done.returncode == 0:
        assert not [line for line in done.stdout.splitlines() if line.startswith(("=", "+", "-", "@"))]


def test_a_title_of_a_card_is_printable(evalkit, make_method, small_root, protocols, tmp_path):
    """Case terminal-escapes-and-formulas-in-names."""
    method = Path(make_method("odd", "yield from driving"))
    (method / "method.yaml").write_text('id: odd\ntitle: "\\e[31mRED"\nkind: baseline\n')
    done = evalkit("run", "-p", protocols / "small_self.yaml", "-M", method, "--data", small_root, "--out", tmp_path)
    assert_explained(done, "title", "printable")
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("command", ["table", "explain", "report", "gate"])
@pytest.mark.parametrize("name", ["no-signature", "n-text", "no-timings", "configuration-list"])
def test_a_key_that_is_missing_is_named(cases, evalkit, tmp_path, name, command):
    """Case summary-with-missing-keys."""
    run = shutil.copytree(cases / "summary-with-missing-keys" / name, tmp_path / name)
    more = {"explain": ("l1",), "report": ("--out", tmp_path / "report")}.get(command, ())
    arguments = ("gate", "--baseline", run, "--candidate", run) if command == "gate" else (command, run, *more)
    done = evalkit(*arguments)
    assert "Traceback" not in done.stderr and "this is a bug" not in done.stderr, done.stderr
    assert done.returncode in ((2, 4) if command == "gate" else (0, 2)), done.stderr
