"""What signatures say of outputs that were prepared."""

import pytest
from pydantic import ValidationError

from evalkit.records.output_rules import OutputRules, marked, resized_by, without_mark

ALL = OutputRules(skip_first=2, whole_clips=True, crop="right-half", resize="lanczos")


def test_nothing_done_leaves_no_mark():
    assert (OutputRules().words, OutputRules().mark) == ("", "")


def test_the_mark_says_everything_in_order():
    words = "without the first 2 frames, chosen from whole clips, cut to right-half, resized by lanczos"
    assert (ALL.words, ALL.mark) == (words, f"|outputs: {words}")
    assert OutputRules(skip_first=1).words == "without the first frame"


@pytest.mark.parametrize("rules", [ALL, OutputRules(crop="1,2,3,4"), OutputRules(resize="box")])
@pytest.mark.parametrize("rest", ["", "|2 of 50 pairs"])
def test_marks_come_off_signatures(rules, rest):
    signature = f"l1|256px{rules.mark}{rest}"
    assert without_mark(signature) == f"l1|256px{rest}"
    assert marked(signature) == rules.words
    assert resized_by(signature) == (rules.resize or "")


def test_signatures_without_a_mark():
    assert (without_mark("l1|256px"), marked("l1|256px"), resized_by("l1|256px")) == ("l1|256px", "", "")


@pytest.mark.parametrize(
    "wrong", [{"skip_first": -1}, {"resize": "sinc"}, {"crops": "left-half"}, {"skip_first": True}]
)
def test_records_are_typed(wrong):
    with pytest.raises(ValidationError):
        OutputRules.model_validate(wrong)
