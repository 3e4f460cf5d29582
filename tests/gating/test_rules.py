"""Rules: defaults, what overrides what, and mistakes in the file."""

import math
from contextlib import nullcontext

import pytest
from pydantic import ValidationError

from evalkit.errors import ProtocolError, UnknownNameError
from evalkit.gating.rules import Rule, Rules, check_names, margin, read_rules
from evalkit.gating.verdict import gate
from tests.gating.conftest import values


def written(tmp_path, text):
    path = tmp_path / "gate.yaml"
    path.write_text(text)
    return path


def test_defaults_without_a_file():
    rules = read_rules(None)
    assert rules.confidence == 0.95 and rules.of("csim[dlib]").absolute == 0.005 and rules.of("akd[x]").relative == 0.01
    assert rules.of("csim[dlib]").relative is None and rules.of("psnr").absolute == 0.1


def test_rules_without_a_file_are_those_that_docs_state():
    assert Rules().model_dump() == {
        "confidence": 0.95,
        "primary": (),
        "cluster": "identity",
        "device": "warn",
        "precision": "refuse",
        "seed": None,
        "default": Rule().model_dump(),
        "metrics": {},
    }
    common = {"coverage_drop": 0.02, "too_good": 0.5, "must_improve": False, "typical": True, "ignore": False}
    common |= {"allow_unproven": False}
    tolerances = {"l1": {"relative": 0.01}, "csim": {"absolute": 0.005}, "ssim": {"absolute": 0.005}}
    for key, tolerance in (tolerances | {"psnr": {"absolute": 0.1}}).items():
        assert Rules().of(key).model_dump(exclude_none=True) == common | tolerance
    sizes = {key: margin(Rules().of(key), key, 4.0, 0.0, 6) for key in ("l1", "apd", "p_rmse", "csim", "ssim", "psnr")}
    assert sizes == {"l1": 1.0, "apd": 3.0, "p_rmse": 3.0, "csim": 0.01, "ssim": 0.02, "psnr": 0.5}


@pytest.mark.parametrize(
    ("key", "bad", "good"),
    [("confidence", 0.5, 0.51), ("confidence", 1.0, 0.999), ("seed", -1, 0)],
)
def test_bounds_of_the_rules(key, bad, good):
    assert getattr(Rules(**{key: good}), key) == good
    with pytest.raises(ValidationError):
        Rules(**{key: bad})


@pytest.mark.parametrize("key", ["min_coverage", "coverage_drop", "too_good"])
def test_shares_lie_between_0_and_1(key):
    assert [getattr(Rule(**{key: share}), key) for share in (0, 1)] == [0, 1]
    for share in (-0.001, 1.001):
        with pytest.raises(ValidationError):
            Rule(**{key: share})


def test_a_floor_may_equal_the_ceiling():
    assert Rule(floor=1, ceiling=1).floor == 1


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
        ("metrics: {csim: {margin: -5%}}", "margin"),
        ("metrics: {csim: {margin: -1}}", "margin"),
        ("metrics: {csim: {margin: five}}", "margin"),
        ("allow_unproven: [csim]", "allow_unproven"),
        ("primary: csim", "primary"),
        ("confidence: 0.9\nconfidence: 0.99", "'confidence' comes twice"),
    ],
)
def test_mistakes_are_named(tmp_path, text, phrase):
    with pytest.raises(ProtocolError, match=phrase):
        read_rules(written(tmp_path, text))


def test_a_key_that_comes_twice_is_named_with_its_line(tmp_path):
    """Case A03: the last of two rules won, and a floor was silently gone."""
    text = "metrics:\n  psnr: {floor: 101}\n  psnr: {relative: 0.1}\n"
    with pytest.raises(ProtocolError, match="'psnr' comes twice") as caught:
        read_rules(written(tmp_path, text))
    assert "line 3" in str(caught.value)
    nested = "metrics:\n  psnr:\n    floor: 101\n    floor: 1\n"
    with pytest.raises(ProtocolError, match="'floor' comes twice"):
        read_rules(written(tmp_path, nested))


def test_merged_keys_may_be_overridden(tmp_path):
    text = "metrics:\n  akd: &a {relative: 0.1, floor: 1}\n  aed:\n    <<: *a\n    floor: 2\n"
    rule = read_rules(written(tmp_path, text)).of("aed")
    assert (rule.relative, rule.floor) == (0.1, 2)


def test_margins_are_sizes_or_per_cent_and_shrink_with_the_people(tmp_path):
    rules = read_rules(written(tmp_path, "metrics:\n  csim: {margin: 0.02}\n  akd: {margin: 5 %}\n"))
    assert margin(rules.of("csim[dlib]"), "csim[dlib]", 0.9, 0.005, 6) == 0.02
    assert margin(rules.of("akd[dlib68]"), "akd[dlib68]", 4.0, 0.04, 600) == pytest.approx(0.2)
    # Without a file 25 % for six people, half of that for four times as many, never below the tolerance.
    found = [margin(rules.of("aed"), "aed", 4.0, 0.04, people) for people in (3, 6, 24, 60_000)]
    assert found == pytest.approx([1.0, 1.0, 0.5, 0.04])


@pytest.mark.parametrize(
    ("named", "judged", "primary"),
    [
        ([], ["l1", "csim[dlib]", "akd[dlib68]", "akd[fan68]"], {"akd[dlib68]"}),
        ([], ["l1", "csim[dlib]"], {"csim[dlib]"}),
        ([], ["l1", "psnr"], {"l1"}),
        (["akd", "l1"], ["l1", "csim[dlib]", "akd[dlib68]", "akd[fan68]"], {"l1", "akd[dlib68]", "akd[fan68]"}),
        (["akd"], ["l1", "csim[dlib]"], {"csim[dlib]"}),
    ],
)
def test_what_is_primary(named, judged, primary):
    assert Rules(primary=named).primary_of(judged) == primary


def test_a_primary_metric_that_nobody_has():
    with pytest.raises(UnknownNameError, match="akd"):
        check_names(Rules(primary=["akdd"]), ["akd[dlib68]"], {"akd[dlib68]": "lower"})


def test_the_seed_of_old_files_is_read_and_said_to_do_nothing(tmp_path, make_side):
    rules = read_rules(written(tmp_path, "confidence: 0.965\nseed: 3\n"))
    verdict = gate(make_side("a", values()), make_side("b", values()), rules)
    assert verdict.exit_code == 0 and "`seed` of the rules has no effect" in verdict.warnings[0]


def test_unknown_metric_gets_the_nearest():
    with pytest.raises(UnknownNameError, match="csim"):
        check_names(Rules(metrics={"cssim": Rule()}), ["csim[dlib]", "l1"], {"csim[dlib]": "higher", "l1": "lower"})


def test_a_direction_against_the_metric_is_refused():
    with pytest.raises(ProtocolError, match="lower is better"):
        check_names(Rules(metrics={"csim": Rule(direction="lower")}), ["csim[dlib]"], {"csim[dlib]": "higher"})


@pytest.mark.parametrize(
    ("rule", "key", "baseline", "tolerance", "people", "expected"),
    [
        (Rule(), "aed", 4.0, 0.0, 0, 1.0),
        (Rule(), "aed", 4.0, 0.0, 7, math.sqrt(6 / 7)),
        (Rule(), "aed", -4.0, 0.0, 6, 1.0),
        (Rule(), "aed", None, 0.0, 6, 0.0),
        (Rule(), "aed", 4.0, 1.5, 6, 1.5),
        (Rule(margin=0.5), "aed", 4.0, 1.5, 600, 0.5),
        (Rule(margin=0.0), "aed", 4.0, 1.5, 6, 0.0),
        (Rule(margin="12.5 %"), "aed", -4.0, 0.0, 600, 0.5),
        (Rule(margin="50%"), "aed", None, 0.0, 6, 0.0),
        (Rule(), "csim[dlib]", 0.5, 0.0, 24, 0.005),
    ],
)
def test_margins_one_by_one(rule, key, baseline, tolerance, people, expected):
    assert margin(rule, key, baseline, tolerance, people) == pytest.approx(expected)


def test_a_rule_over_another():
    one, other = Rule(floor=1.0, relative=0.1), Rule(floor=2.0, ceiling=3.0, absolute=0.5, ignore=True)
    assert one.over(other) == Rule(floor=1.0, ceiling=3.0, relative=0.1, ignore=True)
    assert other.over(one) == Rule(floor=2.0, ceiling=3.0, absolute=0.5, ignore=True)
    assert Rule(floor=1.0).over(other).absolute == 0.5 and Rule(absolute=0).over(Rule(relative=1)) == Rule(absolute=0)


@pytest.mark.parametrize(
    ("direction", "metric", "refused"),
    [(None, "lower", False), ("both", "lower", False), ("lower", "lower", False), ("higher", "lower", True)],
)
def test_directions_of_rules(direction, metric, refused):
    rules = Rules(metrics={"l1": Rule(direction=direction)})
    with pytest.raises(ProtocolError, match="metric says lower") if refused else nullcontext():
        check_names(rules, ["l1"], {"l1": metric})


def test_names_of_rules_may_be_keys_or_ids():
    for name in ("csim", "csim[dlib]"):
        check_names(Rules(metrics={name: Rule()}, primary=(name,)), ["csim[dlib]"], {"csim[dlib]": "higher"})
        with pytest.raises(UnknownNameError):
            check_names(Rules(primary=("csim[x]",)), ["csim[dlib]"], {"csim[dlib]": "higher"})


def test_an_empty_file_has_no_rules(tmp_path):
    assert read_rules(written(tmp_path, "")) == Rules()
    with pytest.raises(ProtocolError, match=r"gate\.yaml: cannot be read as YAML"):
        read_rules(tmp_path / "none" / "gate.yaml")
