"""What of a stranger's text may be part of a path, reach a terminal, or stand in a spreadsheet."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.base.text import check_plain, is_plain, printable, spreadsheet_cell
from evalkit.errors import RunError


@given(st.text(st.characters()))
def test_nothing_steers_a_terminal_and_every_stream_takes_it(text):
    """Case terminal-escapes-and-formulas-in-names."""
    shown = printable(text)
    assert not [one for one in shown if (ord(one) < 32 and one not in "\n\t") or 127 <= ord(one) < 160]
    shown.encode("utf-8")
    assert printable(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mRED", "\\x1b[31mRED"),
        ("a\rb", "a\\x0db"),
        ("\x9b31m", "\\u009b31m"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("caf\udce9", "caf\\udce9"),
        ("Zoë ↓ 人\n\tx", "Zoë ↓ 人\n\tx"),
    ],
)
def test_what_is_written_out(text, shown):
    assert printable(text) == shown


@given(st.text())
def test_json_stays_json(text):
    assert json.loads(printable(json.dumps(text, ensure_ascii=False))) == text


@pytest.mark.parametrize("text", ["=cmd|calc!A0", "+1", "-1", "@x", "\tx"])
def test_a_cell_is_no_formula(text):
    """Case terminal-escapes-and-formulas-in-names."""
    assert spreadsheet_cell(text) == f"'{text}"


@pytest.mark.parametrize("name", ["../x", "a/b", "..", ".x", "", "a\\b", "\x1b[31m", "a\nb", "x" * 300, "\udce9"])
def test_names_that_lead_elsewhere_are_no_part_of_a_path(name):
    """Cases tag-leaves-the-folder and leaderboard-add-escapes."""
    assert not is_plain(name)
    with pytest.raises(RunError, match="expected a plain name") as error:
        check_plain("--tag", name, RunError)
    assert len(str(error.value)) < 1000
    assert is_plain("LivePortrait v1.1 (fp16)") and is_plain("Zoë") and is_plain("csim[dlib]@2")
