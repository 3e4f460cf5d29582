"""README.md is what its files say, and no name in it can become markup."""

import re

from evalkit.base.places import resource_dir
from evalkit.leaderboard.board import add_entry
from evalkit.leaderboard.entry import make_entry
from evalkit.leaderboard.render import render, write_rendered

HARD = "<script>alert(1)</script> | \\input{x} [a](b) `c` *d*\n# e"


def test_ours_is_rendered():
    folder = resource_dir("leaderboards")
    assert (folder / "README.md").read_text(encoding="utf-8") == render(folder), "run `evalkit leaderboard render`"


def test_an_empty_folder_says_how_to_begin(boards):
    assert "No result has been added yet" in write_rendered(boards).read_text()


def test_no_name_becomes_markup(run, boards):
    add_entry(boards, make_entry(run("a", {"csim[x]": 0.5}, title=HARD), boards, ["<b>"]))
    text = render(boards)
    bare = re.sub(r"\\.", "", text)
    assert "<script" not in text and "<b>" not in text
    (row,) = [line for line in bare.splitlines() if "script" in line and line.startswith("|")]
    assert "&lt;script&gt;" in row
    assert row.count("|") == 7 and not set(row) & set("`*[]<>")


def test_reported_tables_stand_apart(run, boards):
    add_entry(boards, make_entry(run("a", {"csim[x]": 0.5}), boards, None))
    (boards / "published").symlink_to(resource_dir("leaderboards") / "published")
    measured, reported = render(boards).split("## Reported in papers")
    assert "| a |" in measured and "FOMM" not in measured
    assert all(f"### {name}\n" in reported for name in ("FSRT", "G3FA", "MagicPortrait", "SFD"))
    assert "Not stated: " in reported
