"""What a side says of its data and its machine."""

from pathlib import Path

import pytest

from evalkit.errors import RunError
from evalkit.gating.side import PairData, _pair_data, _precision, _published, not_run, read_side
from evalkit.records.run import MetricSummary
from evalkit.records.run_folder import Outcome
from tests.facts import metric_facts
from tests.fakes import make_protocol
from tests.gating.conftest import values

AKD = "akd[dlib68]"


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        (PairData("c", "w"), PairData("c", "w"), False),
        (PairData("c", "w"), PairData("c", "v"), True),
        (PairData("c", "w"), PairData("d", "w"), False),  # the digest of the whole says all
        (PairData("c", "w"), PairData("c"), False),
        (PairData("c"), PairData("c", "w"), False),
        (PairData("c"), PairData("d", "w"), True),
        (PairData("c", "w"), PairData("d"), True),
    ],
)
def test_what_is_known_to_differ(one, other, differs):
    assert one.differs(other) is differs


@pytest.mark.parametrize("anchored", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("whole", [("w", "w"), ("w", None), (None, "w"), (None, None)])
def test_what_may_differ(anchored, whole):
    one, other = (PairData("c", text, anchor) for text, anchor in zip(whole, anchored, strict=True))
    assert bool(one.may_differ(other)) is (any(anchored) and None in whole)


def made(**changes):
    facts = {"source_sha256": "s", "driving_sha256": "d", "source_frames": (0,)}
    return _pair_data(Outcome("a", "ok", **{**facts, **changes}))


def test_a_pair_is_what_it_was_made_from():
    plain = made()
    assert len(plain.clips) == len(plain.whole) == 16 and not plain.anchored
    for change in ({"source_sha256": "x"}, {"driving_sha256": "x"}, {"truth_sha256": "t"}):
        other = made(**change)
        assert other.clips != plain.clips and other.whole != plain.whole and not other.anchored
    assert made(source_sha256="d", driving_sha256="s").clips != plain.clips
    anchored, framed = made(anchor_sha256="k"), made(source_frames=(1,))
    assert anchored.clips == framed.clips == plain.clips and len({anchored.whole, framed.whole, plain.whole}) == 3
    assert anchored.anchored and not framed.anchored
    unknown = made(source_frames=None, anchor_sha256="k")
    assert unknown.whole is None and unknown.clips == plain.clips and unknown.anchored


@pytest.mark.parametrize(
    ("machine", "precision"),
    [
        ("cpu, 8 threads, fp32", "fp32"),
        ("A100, bf16", "bf16"),
        ("fp32, fp16", "fp16"),
        ("fp32 beside, cpu", None),
        ("", None),
    ],
)
def test_the_number_format_among_words(machine, precision):
    assert _precision(machine) == precision


@pytest.mark.parametrize(
    ("signatures", "averaging"),
    [
        (["x|clip|v1"], "clip"),
        (["x|frame>protocol|v1"], "frame"),
        (["x", "y|frame>protocol"], "frame"),
        ([None], "clip"),
    ],
)
def test_a_published_side_is_whole_and_says_nothing_of_its_machine(signatures, averaging):
    metrics = {f"m{i}": MetricSummary(**metric_facts(signature=text)) for i, text in enumerate(signatures)}
    summary = not_run(make_protocol(), "h", "m", "M").model_copy(update={"metrics": metrics})
    side = _published(Path("a"), summary, None, "w")
    assert (side.finished, side.averaging, side.coverage_floor, side.checkpoint) == (True, averaging, 0.0, "w")
    assert (side.device, side.precision, side.folder, side.header, side.scores) == (None,) * 5 and side.data == {}


def test_a_run_that_has_not_run():
    found = not_run(make_protocol(version=3), "h", "m", "M")
    assert (found.protocol, found.protocol_version, found.protocol_hash) == ("small", 3, "h")
    assert (found.pairs.protocol, found.pairs.run, found.pairs.scored, found.pairs.failed) == (0, 0, 0, ())
    assert (found.complete, found.metrics, found.data_hash, found.method, found.title) == (False, {}, None, "m", "M")


def test_a_run_read_back(make_run):
    side = read_side(make_run("a", {AKD: values(count=2)[AKD]}, configuration={"checkpoint_sha256": "w" * 64}))
    assert (side.finished, side.averaging, side.coverage_floor) == (True, "clip", 0.9)
    assert (side.device, side.precision, side.checkpoint, side.name) == ("cpu", "fp32", "w" * 64, "a")
    score = side.scores[AKD]["p00_c0"]
    assert (score.pair, score.source_identity, score.driving_identity, score.n, score.coverage) == (
        "p00_c0", "p00", "p00", 10, 1.0)  # fmt: skip
    assert list(side.data) == ["p00_c0", "p01_c0"] and len(side.data) == 2 and "x" not in side.data
    assert side.entry(AKD).value == score.mean / 2 + side.scores[AKD]["p01_c0"].mean / 2 and side.entry("x") is None
    running = read_side(make_run("b", {AKD: values(count=2)[AKD]}, header={"status": "running"}))
    assert (running.finished, running.scores, running.summary.metrics) == (False, {}, {})
    unnamed = read_side(make_run("c", {AKD: values(count=2)[AKD]}, title=""))
    assert unnamed.name == "m"


def test_what_is_no_side(tmp_path):
    with pytest.raises(RunError, match=r"a\.json does not exist\. Expected a run folder, a baseline file or"):
        read_side(tmp_path / "a.json")
