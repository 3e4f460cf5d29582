"""Names: short enough for a file, shown whatever their bytes, found in either Unicode form."""

import os

import pytest

from evalkit.base.names import LONGEST, is_text, path_in, short_name, shown


def test_a_long_name_is_cut_and_told_apart_by_a_digest():
    """A12-long-names-stop-the-run."""
    names = ["é" * 150 + tail for tail in ("a", "b")]
    short = [short_name(name) for name in names]
    assert short[0] != short[1] and all(len(name.encode()) <= LONGEST for name in short)
    assert short[0].startswith("é" * 91 + "~") and short_name(short[0]) == short[0]
    assert short_name("a" * LONGEST) == "a" * LONGEST and len(short_name("a" * (LONGEST + 1))) == LONGEST


def test_bytes_that_are_no_text_are_shown():
    bad = os.fsdecode(b"caf\xe9.mp4")
    assert shown(bad) == "caf\\xe9.mp4" and not is_text(bad) and is_text("café.mp4") and shown("café") == "café"


@pytest.mark.parametrize("asked", ["é/ü.png", "e\u0301/u\u0308.png"])
def test_a_path_is_found_in_either_form(tmp_path, asked):
    (tmp_path / "e\u0301").mkdir()
    (tmp_path / "e\u0301" / "ü.png").touch()
    assert path_in(tmp_path, asked).is_file()
    assert path_in(tmp_path, "é/gone.png") == tmp_path / "e\u0301" / "gone.png"
