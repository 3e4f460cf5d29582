"""What keeps two sides from being compared, finding by finding."""

from dataclasses import replace

import pytest

from evalkit.gating.comparable import check_pairs, check_sides, check_signatures, listed, only_in_candidate
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


def summary_of(side, **changes):
    return replace(side, summary=side.summary.model_copy(update=changes))


def counts_of(side, **changes):
    return summary_of(side, pairs=side.summary.pairs.model_copy(update=changes))


def test_two_protocols_are_named_and_nothing_else_is_said(side):
    """Not even that a side is incomplete; what the machine is does stand beside it."""
    other = replace(summary_of(side, protocol="new", protocol_version=3, protocol_hash="b" * 64), finished=False)
    told = (
        "The protocols differ: small v1 (aaaaaaaaaaaa) in the baseline, new v3 (bbbbbbbbbbbb) now. Run the baseline's "
        "checkpoint again and save a new baseline."
    )
    assert findings(side, other) == [("not_comparable", told)]
    assert findings(side, replace(other, precision="fp16"), Rules(precision="warn")) == [
        ("not_comparable", told),
        ("warning", "The precision differs: fp32 in the baseline, fp16 now. A small difference may come from that "
         "alone."),
    ]  # fmt: skip
    assert findings(side, replace(side, finished=False), Rules())[0][0] == "incomplete"


@pytest.mark.parametrize("policy", ["refuse", "warn"])
def test_device_classes(side, policy):
    other = replace(side, device="cuda")
    ((kind, text),) = findings(side, other, Rules(device=policy))
    assert text.startswith("The device class differs: cpu in the baseline, cuda now. ")
    assert kind == ("warning" if policy == "warn" else "not_comparable")
    assert policy == "warn" or "`device: warn`" in text


def test_what_was_not_measured(side):
    """In words, and once; a warning about the machine hides nothing of it."""
    path = side.path
    for other, told in (
        (replace(side, finished=False), f"The candidate {path} is a run that has not finished. Repeat its command."),
        (counts_of(side, run=0), f"The candidate {path} is empty: no pair was scored."),
        (summary_of(side, metrics={}), f"The candidate {path} is empty: no pair was scored."),
        (counts_of(side, protocol=3), "The candidate ran 2 of 3 pairs of the protocol."),
        (summary_of(side, complete=False), f"The candidate {path} is marked as not complete."),
    ):
        assert findings(side, other) == [("incomplete", told)]
        assert findings(other, side) == [("incomplete", told.replace("candidate", "baseline"))]
        # What is missing of the protocol is nothing to say of a part of it; of the baseline it is.
        assert ("incomplete", told) not in findings(side, other, subset=True)
        assert findings(other, side, subset=True) == [("incomplete", told.replace("candidate", "baseline"))]
        cuda = findings(side, replace(other, device="cuda"))
        assert [kind for kind, _ in cuda] == ["warning", "incomplete"]


def test_failed_pairs_of_a_part_are_all_that_is_said_of_it(side):
    failed = summary_of(counts_of(side, failed=("x",), protocol=3), complete=False)
    whole = ["1 pairs of the candidate failed: x.", "The candidate ran 2 of 3 pairs of the protocol."]
    assert [text for _, text in findings(side, failed)] == whole
    assert [text for _, text in findings(side, failed, subset=True)] == whole[:1]


@pytest.mark.parametrize(
    ("count", "text"), [(0, ""), (1, "n0"), (5, "n0, n1, n2, n3, n4"), (6, "n0, n1, n2, n3, n4 and 1 more")]
)
def test_a_long_list_is_cut_after_five(count, text):
    assert listed([f"n{i}" for i in range(count)]) == text


def test_a_metric_that_is_new_is_told_by_name():
    (one,) = only_in_candidate(["l1"])
    assert one.kind == "not_comparable" and one.text.startswith("l1 is new: the baseline has no value of it.")
    assert only_in_candidate([]) == []


@pytest.mark.parametrize(
    ("signature", "same"),
    [
        ("x|v1|3 of 40 pairs", True),
        ("x|v1|3 of 40 pairs|y", False),
        ("x|v1|a of 40 pairs", False),
        ("x|v1", True),
    ],
)
def test_only_the_mark_of_a_partial_run_at_the_end_is_passed_over(make_side, signature, same):
    means = values(count=2)[AKD]
    one, other = (
        make_side(name, {AKD: means}, entries={AKD: entry(AKD, means, signature=text)})
        for name, text in (("a", "x|v1"), ("b", signature))
    )
    assert (check_signatures(one, other, [AKD]) == []) is same
    assert (check_signatures(other, one, [AKD]) == []) is same


@pytest.mark.parametrize("empty", [0, 1])
def test_a_signed_and_an_unsigned_value_of_which_one_is_missing(make_side, empty):
    """Nothing is compared, so nothing stands in the way."""
    means = values(count=2)[AKD]
    sides = [
        make_side(name, {AKD: means}, entries={AKD: entry(AKD, [None, None] if at == empty else means,
                                                        signature="" if at == empty else "x")})
        for at, name in enumerate("ab")
    ]  # fmt: skip
    assert check_signatures(*sides, [AKD]) == []
    assert check_signatures(sides[0], make_side("c", {"l1": means}), [AKD, "l1"]) == []


def test_changed_clips_hide_a_changed_start_of_the_same_pair(side):
    first, _ = side.data
    one = data_of(replace(side, data={**side.data, first: PairData("c")}), "x")
    other = data_of(replace(side, data={**side.data, first: PairData("d", "w", anchored=True)}), "y")
    told = [("not_comparable", f"The data differs: other clips behind {first}.")]
    assert findings(one, other) == findings(one, other, subset=True) == told
