"""`evalkit leaderboard` and `evalkit table --style` as a user calls them."""

import json
import signal
import sys

import pytest

from evalkit.cli import main
from tests.compiling import compile_latex


@pytest.fixture
def call(monkeypatch, capsys):
    def called(*arguments):
        monkeypatch.setattr(sys, "argv", ["evalkit", *(str(argument) for argument in arguments)])
        handler, code = signal.getsignal(signal.SIGINT), 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        finally:
            signal.signal(signal.SIGINT, handler)
        out, err = capsys.readouterr()
        return code, out, err

    return called


METRICS = {"csim[x]": 0.5, "aed[x]": 0.2}


def test_add_show_render_and_draw(call, run, boards, tmp_path):
    runs = [
        run(name, {"csim[x]": v, "aed[x]": v}, fps=v * 10, spread=0.1)
        for name, v in (("a", 0.5), ("b", 0.6), ("c", 0.7))
    ]
    where = ("--leaderboards", boards)
    assert call("leaderboard", "add", *runs, "--trained-on", "VoxCeleb1", *where)[0] == 0
    code, out, _ = call("leaderboard", "show", "small", *where)
    assert code == 0 and "| c | " in out and "Rank by Borda score over csim" in out
    content = json.loads(call("leaderboard", "show", "small", "--json", *where)[1])
    assert {row[0] for row in content["rows"]} == {"a", "b", "c"}
    assert call("leaderboard", "render", "--check", *where)[0] == 1
    assert call("leaderboard", "render", *where)[0] == 0
    assert call("leaderboard", "render", "--check", *where)[0] == 0
    assert (boards / "small" / "pareto.png").stat().st_size > 1000
    assert call("leaderboard", "pareto", "small", "--out", tmp_path / "p.pdf", *where)[0] == 0
    assert (tmp_path / "p.pdf").read_bytes().startswith(b"%PDF")
    code, _, err = call("leaderboard", "pareto", "small", "--out", tmp_path / "p.pdf", "--motion", "akd", *where)
    assert code == 2 and "called 'akd'" in err


def test_an_unfit_run_ends_in_one_paragraph(call, run, boards):
    folder = run("a", METRICS, header={"provenance": {"dirty": True}})
    code, out, err = call("leaderboard", "add", folder, "--leaderboards", boards)
    assert code == 2 and out == "" and "made from changed code" in err and list(boards.iterdir()) == []
    code, _, err = call("leaderboard", "add", folder, "--force", "--leaderboards", boards)
    assert code == 0 and "not ranked" in err


@pytest.mark.parametrize(("paper", "tables"), [("sfd", 3), ("fsrt", 3), ("g3fa", 2), ("magicportrait", 3)])
def test_the_tables_of_a_paper_come_out_of_one_command_and_compile(call, paper, tables, tmp_path):
    code, out, _ = call("leaderboard", "show", paper, "--format", "latex", "--standalone")
    assert code == 0 and out.startswith("\\documentclass")
    assert out.count("\\begin{table}") == out.count("\\end{table}") == tables
    compile_latex(out, tmp_path)


def test_reproduce_prints_caveats(call, boards, tmp_path):
    code, out, _ = call("leaderboard", "reproduce", "fsrt", "--table", "1", "--out", tmp_path, "--leaderboards", boards)
    assert code == 2
    code, out, _ = call("leaderboard", "reproduce", "fsrt", "--table", "1", "--out", tmp_path)
    assert code == 0 and "0.0421" in out and "FSRT does not state" in out
    content = json.loads(call("leaderboard", "reproduce", "fsrt", "--json", "--out", tmp_path)[1])
    assert len(content["numbers"]) == 72 and content["paper"] == "fsrt"


def test_wrong_names_are_explained(call, boards):
    assert "Did you mean 'fsrt'?" in call("leaderboard", "show", "fsr")[2]
    told = call("leaderboard", "show", "small", "--table", "1", "--leaderboards", boards)[2]
    assert "--table works for papers only (" in told and "; 'small' is not one of them." in told
    assert "'plan' is not one of 'plain'" in " ".join(call("table", "x", "--style", "plan")[2].split())


def test_table_with_reported_rows(call, run):
    folder = run("fomm", {"csim[x]": 0.5}, title="FOMM")
    code, out, _ = call("table", folder, "--style", "paper", "--reported", "SFD:1", "--format", "markdown")
    assert code == 0 and "Reported in SFD, Table 1" in out and "*0.503*" in out
    code, _, err = call("table", folder, "--reported", "fsrt:1")
    assert code == 2 and "No number of FSRT, Table 1 belongs into this table" in err
    assert "expected PAPER:TABLE" in call("table", folder, "--reported", "fsrt")[2]
