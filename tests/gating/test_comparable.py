"""What keeps two sides from being compared, finding by finding."""

from dataclasses import replace

import pytest

from evalkit.gating.comparable import check_pairs, check_sides, check_signatures
from evalkit.gating.rules import Rules
from evalkit.gating.side import PairData
from tests.gating.conftest import entry, values

AKD = "akd[dlib68]"


@pytest.fixture
def side(make_side):
    """A finished side of two pairs."""
    return make_side("a", {AKD: values(count=2)[AKD]})


def findings(one, other, rules=None, subset=False):
    return [(found.kind, found.text) for found in check_sides(one, other, rules or Rules(), subset)]


def data_of(side, text):
    return replace(side, summary=side.summary.model_copy(update={"data_hash": text}))


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("fp32", "fp32", None),
        ("fp32", "fp16", "The precision differs: fp32 in the baseline, fp16 now."),
        (None, "fp16", "The precision of the baseline is not known."),
        ("fp32", None, "The precision of the candidate is not known."),
        (None, None, "The precision of the baseline and of the candidate is not known."),
    ],
)
@pytest.mark.parametrize("policy", ["refuse", "warn", "ignore"])
def test_number_formats(side, one, other, told, policy):
    rules = Rules(precision=policy)
    ends = {
        "refuse": " The rules refuse that; `precision: warn` in a rules file lets it pass.",
        "warn": " A small difference may come from that alone.",
    }
    kind = {"refuse": "not_comparable", "warn": "warning"}
    expected = [(kind[policy], told + ends[policy])] if told and policy in kind else []
    assert findings(replace(side, precision=one), replace(side, precision=other), rules) == expected


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("x|v1", "x|v1", ""),
        ("x|v1", "x|v2", "akd[dlib68] has another signature: x|v1 in the baseline, x|v2 now."),
        ("", "x|v1", "akd[dlib68] has a value without a signature in the baseline: nothing says"),
        ("x|v1", "", "akd[dlib68] has a value without a signature now: nothing says"),
        ("", "", "akd[dlib68] has a value without a signature in the baseline and now: nothing says"),
    ],
)
def test_signatures(make_side, one, other, told):
    means = values(count=2)[AKD]
    sides = [
        make_side(name, {AKD: means}, entries={AKD: entry(AKD, means, signature=text)})
        for name, text in (("a", one), ("b", other))
    ]
    found = check_signatures(*sides, [AKD, "l1"])
    assert [finding.kind for finding in found] == ["not_comparable"] * bool(told)
    assert all(finding.text.startswith(told) for finding in found)


@pytest.mark.parametrize("empty", [0, 1])
def test_a_metric_without_a_value_on_one_side_needs_no_signature(make_side, empty):
    means = values(count=2)[AKD]
    sides = [
        make_side(name, {AKD: means}, entries={AKD: entry(AKD, [None, None] if at == empty else means, signature="")})
        for at, name in enumerate("ab")
    ]
    assert check_signatures(*sides, [AKD]) == []


@pytest.mark.parametrize(
    ("one", "other", "where"),
    [("", "x", "of the baseline"), ("x", "", "of the candidate"), ("", "", "of the baseline and of the candidate")],
)
def test_data_without_a_digest(side, one, other, where):
    told = f"The digest of the data {where} is not known: run it again."
    assert findings(data_of(side, one), data_of(side, other)) == [("not_comparable", told)]


def test_other_data(side):
    """By pair where sides keep it; with a part of the pairs only what is there counts."""
    first, second = side.data
    one, other = data_of(side, "x"), data_of(side, "y")
    assert findings(one, other) == [("not_comparable", "The data differs.")]
    moved = replace(other, data={**side.data, second: PairData("other")})
    told = f"The data differs: other clips behind {second}."
    assert findings(one, moved) == findings(one, moved, subset=True) == [("not_comparable", told)]
    assert findings(one, other, subset=True) == []
    started = replace(other, data={**side.data, first: replace(side.data[first], whole="w", anchored=True)})
    known = replace(one, data={**side.data, first: replace(side.data[first], whole="v")})
    told = f"The data differs: other source frames or anchors behind {first}."
    assert findings(known, started, subset=True) == [("not_comparable", told)]
    told = f"Motion starts at pictures of which one side keeps no digest per pair: {first}."
    ((kind, text),) = findings(one, started, subset=True)
    assert kind == "not_comparable" and text.startswith(told)


def test_other_pairs(side):
    first, second = side.data
    row = side.scores[AKD]
    part = replace(side, scores={AKD: {first: row[first]}})
    one, other = data_of(side, "x"), data_of(part, "y")
    assert findings(one, other) == [("not_comparable", f"The data differs: only in the baseline: {second}.")]
    assert findings(one, other, subset=True) == []
    assert findings(other, one, subset=True) == [("not_comparable", f"The data differs: only now: {second}.")]
    assert [found.text for found in check_pairs(part, {first, second})] == [f"The data differs: only now: {second}."]
    assert check_pairs(side, {first, second}) == check_pairs(replace(side, scores=None), {first}) == []
    unknown = replace(one, scores=None)
    assert findings(unknown, other) == findings(other, unknown) == [("not_comparable", "The data differs.")]


@pytest.mark.parametrize("subset", [False, True])
def test_pairs_that_failed(make_side, side, subset):
    broken = make_side("b", {AKD: values(count=2)[AKD]}, counts={"failed": ["p00_c0", "p01_c0"]})
    told = [("incomplete", "2 pairs of the candidate failed: p00_c0, p01_c0.")]
    assert findings(side, broken, subset=subset) == told
    assert findings(broken, side, subset=subset) == [
        (kind, text.replace("candidate", "baseline")) for kind, text in told
    ]
