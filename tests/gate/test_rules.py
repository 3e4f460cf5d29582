"""Rules: defaults, what overrides what, and mistakes in the file."""

import pytest

from evalkit.errors import ProtocolError, UnknownNameError
from evalkit.gate.rules import Rule, Rules, check_names, read_rules


def written(tmp_path, text):
    path = tmp_path / "gate.yaml"
    path.write_text(text)
    return path


def test_defaults_without_a_file():
    rules = read_rules(None)
    assert (
        rules.confidence == 0.965 and rules.of("csim[dlib]").absolute == 0.005 and rules.of("akd[x]").relative == 0.01
    )
    assert rules.of("csim[dlib]").relative is None and rules.of("psnr").absolute == 0.1


def test_key_over_id_over_default_over_built_in(tmp_path):
    rules = read_rules(
        written(
            tmp_path,
            "default: {too_good: 0.9, relative: 0.5}\nmetrics:\n  csim: {absolute: 0.02, must_improve: true}\n"
            '  "csim[dlib]": {min_coverage: 0.7}\n',
        )
    )
    rule = rules.of("csim[dlib]")
    assert (rule.absolute, rule.relative, rule.must_improve, rule.min_coverage, rule.too_good) == (
        0.02,
        None,
        True,
        0.7,
        0.9,
    )
    assert rules.of("csim[arcface]").min_coverage is None and rules.of("l1").relative == 0.5


def test_a_tolerance_replaces_the_whole_one():
    assert Rules(default=Rule(relative=0.1)).of("csim[dlib]").absolute is None


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("confidence: 95", "confidence"),
        ("confidance: 0.9", "did you mean 'confidence'"),
        ("metrics: {csim: {absolut: 1}}", "absolut"),
        ("metrics: {csim: {absolute: -1}}", "absolute"),
        ("metrics: {csim: {absolute: .nan}}", "absolute"),
        ("metrics: {csim: {floor: 2, ceiling: 1}}", "above ceiling"),
        ("- a list", "expected keys and values"),
        ("a: [", "YAML"),
    ],
)
def test_mistakes_are_named(tmp_path, text, phrase):
    with pytest.raises(ProtocolError, match=phrase):
        read_rules(written(tmp_path, text))


def test_unknown_metric_gets_the_nearest():
    with pytest.raises(UnknownNameError, match="csim"):
        check_names(Rules(metrics={"cssim": Rule()}), ["csim[dlib]", "l1"], {"csim[dlib]": "higher", "l1": "lower"})


def test_a_direction_against_the_metric_is_refused():
    with pytest.raises(ProtocolError, match="lower is better"):
        check_names(Rules(metrics={"csim": Rule(direction="lower")}), ["csim[dlib]"], {"csim[dlib]": "higher"})
