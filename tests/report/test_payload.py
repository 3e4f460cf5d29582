"""Data inside scripts: nothing in it can end the script, open a tag or begin a comment."""

import json
import math

import pytest

from evalkit.report.payload import plain, script

EVIL = "</script><script>alert(1)</script><!-- ]]> &amp; \u2028 \u2029 \\ \" ' `${1}`"


def test_a_name_stays_a_name():
    text = script("a", {"name": EVIL, EVIL: 1})
    assert not any(character in text for character in "<>&\u2028\u2029")
    assert text.startswith('evalkit.receive("a",') and text.endswith(");\n")
    assert json.loads(text.removeprefix('evalkit.receive("a",').removesuffix(");\n")) == {"name": EVIL, EVIL: 1}


def test_missing_is_null_and_never_nan():
    assert "null" in script("a", [plain(math.nan)])
    with pytest.raises(ValueError, match="not JSON compliant"):
        script("a", [math.nan])


def test_numbers_keep_six_digits():
    assert [plain(v) for v in (0.123456789, 1234567.8, None)] == [0.123457, 1234570.0, None]
