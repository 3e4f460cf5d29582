"""The parts of making pairs: which clips take part, how many pairs there should be, couples by hand, cells of lists."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.base.csvfile import Row
from evalkit.errors import DatasetError, ProtocolError
from evalkit.protocol.pairs import (
    _anchor,
    _clip_of,
    _driving,
    _source,
    _truth,
    balanced_couples,
    clips_sha256,
    expected_pairs,
    join_ids,
    listed_pair,
    make_pairs,
    next_couples,
    take_clips,
)
from tests.fakes import make_clip, make_protocol

CLIPS = [make_clip(f"p{p}_c{c}", f"p{p}") for p in range(4) for c in range(3)]
PORTRAIT = make_clip("z_face", "z", kind="portrait")
CROSS = "cross_reenactment"


def rank(seed, role, name):
    return hashlib.sha256(f"{seed}:{role}:{name}".encode()).hexdigest()


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("identities", "each"), [(None, None), (2, None), (None, 2), (2, 1), (9, 9)])
def test_chosen_clips_are_the_first_by_their_digest(seed, identities, each):
    """People by the digest of seed, role and name; clips likewise. Portraits stay, in the order of the data."""
    rule = {"identities": identities, "per_identity": each, "seed": seed}
    people = sorted({clip.identity for clip in CLIPS}, key=lambda name: rank(seed, "identity", name))[:identities]
    kept = set()
    for person in people:
        own = [clip.id for clip in CLIPS if clip.identity == person]
        kept |= set(sorted(own, key=lambda name: rank(seed, "clip", name))[:each])
    clips = [PORTRAIT, *CLIPS[::-1]]
    found = take_clips(make_protocol(clips=rule), clips)
    assert found == [clip for clip in clips if clip.id in kept or clip is PORTRAIT]


@pytest.mark.parametrize(
    ("rule", "missing_ok", "refused"),
    [
        ({"count": 12}, False, False),
        ({"count": 11}, False, True),
        ({"count": 13}, False, True),
        ({"count": 13}, True, False),
        ({"count": 12, "sha256": clips_sha256(clip.id for clip in CLIPS)}, False, False),
        ({"count": 12, "sha256": clips_sha256(["x"])}, False, True),
        ({"count": 12, "sha256": clips_sha256(["x"])}, True, False),
        ({}, False, False),
    ],
)
def test_a_protocol_about_so_many_clips(rule, missing_ok, refused):
    protocol = make_protocol(clips=rule)
    if refused:
        with pytest.raises(DatasetError, match=r"is about 1\d clips; the data has 12, or other ones"):
            take_clips(protocol, CLIPS, missing_ok)
        with pytest.raises(DatasetError, match="the data has 12"):
            take_clips(protocol, CLIPS)
    else:
        assert take_clips(protocol, CLIPS, missing_ok) == CLIPS


def test_ids_are_hashed_sorted_and_each_ended_by_a_line_feed():
    assert clips_sha256(["b", "a"]) == hashlib.sha256(b"a\nb\n").hexdigest()
    assert clips_sha256([]) == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    ("task", "clips", "pairs", "expected"),
    [
        ("self_reenactment", {}, {"rule": "first_frame_self"}, None),
        ("self_reenactment", {"count": 7}, {"rule": "first_frame_self"}, 7),
        ("self_reenactment", {"identities": 3, "per_identity": 2}, {"rule": "first_frame_self"}, 6),
        ("self_reenactment", {"identities": 3, "per_identity": 2, "count": 5}, {"rule": "first_frame_self"}, 6),
        ("self_reenactment", {"identities": 3}, {"rule": "first_frame_self"}, None),
        ("self_reenactment", {"per_identity": 2}, {"rule": "first_frame_self"}, None),
        (CROSS, {}, {"rule": "random_cross", "count": 9}, None),
        (CROSS, {"count": 7}, {"rule": "random_cross", "count": 9}, 9),
        (CROSS, {"per_identity": 2}, {"rule": "random_cross", "count": 9}, 9),
        (CROSS, {"identities": 2}, {"rule": "random_cross", "count": 9}, None),
        (CROSS, {"count": 7}, {"rule": "all_cross_identity"}, None),
    ],
)
def test_how_many_pairs_a_protocol_has(task, clips, pairs, expected):
    assert expected_pairs(make_protocol(task=task, clips=clips, pairs=pairs)) == expected


@pytest.mark.parametrize(
    ("wanted", "missing_ok", "refused"), [(3, False, False), (4, False, True), (4, True, False), (2, False, False)]
)
def test_fewer_pairs_than_the_protocol_has(wanted, missing_ok, refused):
    """Three people with a clip each: two couples for each of three, of which `wanted` clips are asked for."""
    clips = [make_clip(f"p{p}", f"p{p}") for p in range(3)]
    rule = {"identities": wanted, "per_identity": 1}
    protocol = make_protocol(clips=rule)
    if refused:
        with pytest.raises(DatasetError, match=r"'small' has 4 pairs; the data allows 3 of them"):
            make_pairs(protocol, clips, missing_ok)
        with pytest.raises(DatasetError, match="has 4 pairs"):
            make_pairs(protocol, clips)
    else:
        assert len(make_pairs(protocol, clips, missing_ok)) == min(wanted, 3)


def test_clips_of_one_role_do_the_other_thing_never():
    driving, source = replace(CLIPS[0], role="driving"), replace(CLIPS[3], role="source")
    pairs = make_pairs(make_protocol(task=CROSS), [driving, source, CLIPS[6]])
    assert {(pair.source.id, pair.driving.id) for pair in pairs} == {
        ("p1_c0", "p0_c0"), ("p1_c0", "p2_c0"), ("p2_c0", "p0_c0")
    }  # fmt: skip
    assert [pair.id for pair in make_pairs(make_protocol(), [driving, source])] == ["p0_c0"]


def test_the_dataset_may_know_the_truth():
    """It is asked with the source before the driving clip, for every pair; without it the protocol cannot run."""
    protocol = make_protocol(task=CROSS, reference="truth")
    clips = [CLIPS[0], CLIPS[3]]
    pairs = make_pairs(protocol, clips, true_clip=lambda source, driving: Path(f"{source.id}+{driving.id}"))
    assert [str(pair.truth) for pair in pairs] == ["p0_c0+p1_c0", "p1_c0+p0_c0"]
    with pytest.raises(DatasetError, match="the dataset 'folder' does not know"):
        make_pairs(protocol, clips)
    assert [pair.truth for pair in make_pairs(make_protocol(task=CROSS), clips, true_clip=pytest.fail)] == [None, None]


@pytest.mark.parametrize(
    ("sources", "drivers", "couples"),
    [
        ("a1 b1 c1", "a1 b1 c1", ["a1 b1", "b1 c1", "c1 a1"]),
        ("c1 a1", "b1 a1", ["a1 b1", "c1 a1"]),  # sources in order, and after the last driver the first
        ("a1 a2", "a1 a2 a3", []),
        ("a1", "a2 a3 b1", ["a1 b1"]),
        ("b1", "a1", ["b1 a1"]),
        ("a1", "", []),
        ("b0", "b0 b1 a1", ["b0 a1"]),
        ("a5", "a5 b1", ["a5 b1"]),
    ],
)
def test_the_next_driver_of_another_person(sources, drivers, couples):
    one, other = ([make_clip(name, name[0]) for name in names.split()] for names in (sources, drivers))
    assert [f"{source.id} {driving.id}" for source, driving in next_couples(one, other)] == couples


def drawn_by_hand(sources, drivers, count, seed):
    """Draw by draw: the least used driving person, its least used clip, then a source likewise; ties by digest."""
    chosen = []

    def order(role, clip):
        before = [couple[0 if role == "source" else 1] for couple in chosen]
        text = f"{seed}:{role}:{len(chosen)}:{clip.id}"
        people, clips = sum(c.identity == clip.identity for c in before), sum(c.id == clip.id for c in before)
        return people, clips, hashlib.sha256(text.encode()).hexdigest()

    while len(chosen) < count:
        fitting = (
            (source, driving)
            for driving in sorted(drivers, key=lambda clip: order("driving", clip))
            for source in sorted(sources, key=lambda clip: order("source", clip))
            if source.identity != driving.identity and (source, driving) not in chosen
        )
        chosen.append(next(fitting))
    return chosen


def test_balanced_couples_by_the_rule_itself():
    for seed in (0, 3):
        found = balanced_couples(CLIPS[:7], CLIPS[2:], 15, seed)
        assert found == drawn_by_hand(CLIPS[:7], CLIPS[2:], 15, seed)
        assert balanced_couples(CLIPS[:7], CLIPS[2:], 0, seed) == []
    assert len(balanced_couples(CLIPS[:1], CLIPS[3:5], 9, 0)) == 2


@pytest.mark.parametrize(
    ("source", "driving", "name"),
    [
        ("a", "b", "a--b"),
        ("a-b", "c-d", "a-b--c-d"),
        ("a--b", "c", "a-~-b--c"),
        ("a-", "b", "a-~--b"),
        ("a~", "b", "a~~--b"),
        ("e\u0301", "b", "\u00e9--b"),
    ],
)
def test_names_of_couples(source, driving, name):
    assert join_ids(source, driving) == name


def row(**cells):
    return Row(Path("list.csv"), 2, cells, ProtocolError)


@pytest.fixture
def known(tmp_path):
    """Clips by id: a folder of pictures, a video, a portrait, and a name with a mark in it."""
    folder = tmp_path / "a1"
    folder.mkdir()
    for name in ("x.png", "y.png"):
        (folder / name).touch()
    clips = [
        make_clip("a1", "a", path=folder),
        make_clip("b@1", "b"),
        make_clip("b", "b"),
        make_clip("face", "c", kind="portrait"),
    ]
    return {clip.id: clip for clip in clips}


def test_a_clip_by_its_name_before_a_frame_of_another(known):
    assert (
        _clip_of("b@1", known).id == "b@1" and _clip_of("b@2", known).id == "b" and _clip_of("b@1@4", known).id == "b@1"
    )
    assert _clip_of("x", known) is None and _clip_of("x@b", known) is None and _clip_of("@b", known) is None
    assert _source(row(source="b@1"), known) == (known["b@1"], ())
    assert _source(row(source="b@1@4"), known) == (known["b@1"], (4,))
    assert _driving(row(driving="b@1"), known) is known["b@1"]


def test_frames_of_pictures(known):
    source, frames = _source(row(source="a1@y.png"), known)
    assert (source.id, source.identity, source.kind, frames) == ("a1@y.png", "a", "clip", (0,))
    assert source.path == known["a1"].path / "y.png"
    driving = _driving(row(driving="a1@1"), known)
    assert (driving.id, driving.path.name) == ("a1@1", "y.png")
    with pytest.raises(ProtocolError, match=r"column 'source': expected a picture of .*a1, which has to be a folder"):
        _source(row(source="a1@z.png"), known)
    with pytest.raises(ProtocolError, match="column 'driving': expected a picture of"):
        _driving(row(driving="a1@2"), known)


@pytest.mark.parametrize(
    ("anchor", "name"), [("a1@0", "x.png"), ("a1@y.png", "y.png"), ("a1", None), ("a1@", None), ("b@0", None)]
)
def test_anchors(known, anchor, name):
    given = row(driving="a1@1", anchor=anchor)
    if name is None:
        with pytest.raises(ProtocolError, match="column 'anchor': expected <clip>@<frame> of the driving clip"):
            _anchor(given, known)
    else:
        assert _anchor(given, known) == known["a1"].path / name
    with pytest.raises(ProtocolError, match="column 'anchor'"):
        _anchor(row(driving="gone", anchor=anchor), known)


def test_truths(known):
    assert _truth(row(truth="b"), known, known["b@1"]) == known["b"].path
    for cells, source in (({"truth": "b"}, "a1"), ({"truth": "gone"}, "a1"), ({}, "a1"), ({"truth": "face"}, "face")):
        with pytest.raises(ProtocolError, match="column 'truth': expected the id of a clip of the person"):
            _truth(row(**cells), known, known[source])


def test_a_row_is_a_pair(known):
    protocol = make_protocol(task=CROSS, source={"frames": [3]}, motion="relative")
    pair = listed_pair(protocol, row(source="b", driving="a1", anchor="a1@1"), known)
    assert (pair.id, pair.source_frames, pair.anchor) == ("b--a1", (3,), known["a1"].path / "y.png")
    assert listed_pair(protocol, row(source="b", driving="a1"), known).anchor is None
    assert listed_pair(protocol, row(source="b", driving="a1", source_frames="5 6"), known).source_frames == (5, 6)
    assert listed_pair(protocol, row(source="b@7", driving="a1", source_frames="5"), known).source_frames == (7,)
    assert listed_pair(protocol, row(source="face", driving="a1"), known).source_frames == (0,)
    absolute = make_protocol(task=CROSS)
    assert listed_pair(absolute, row(source="b", driving="a1", anchor="a1@1"), known).anchor is None
    assert listed_pair(absolute, row(source="b", driving="a1", truth="b@1"), known).truth is None
    for cells, column in (
        ({"source": "x", "driving": "a1"}, "source"),
        ({"source": "b", "driving": "x"}, "driving"),
        ({"source": "b", "driving": "face"}, "driving"),
        ({"source": "b", "driving": "b@1"}, "driving"),
    ):
        with pytest.raises(ProtocolError, match=f"column '{column}'"):
            listed_pair(protocol, row(**cells), known)


def test_why_there_is_no_pair():
    for task, clips, kinds, said in (
        (CROSS, CLIPS[:3], ["clip"], "3 clips of 1 identities, 3 of which can be sources .clip.; two identities at"),
        ("self_reenactment", [PORTRAIT], ["clip"], "1 clips of 1 identities, 0 of which can .* .clip.; one"),
        (CROSS, [PORTRAIT], ["clip", "portrait"], ".*, 1 of which can be sources .clip or portrait.; two identities"),
        (CROSS, [PORTRAIT], ["portrait"], "1 clips of 1 identities, 1 of which can be sources .portrait.; two"),
        (CROSS, CLIPS, ["portrait"], "12 clips of 4 identities: its sources are portraits, and none is there"),
    ):  # fmt: skip
        with pytest.raises(DatasetError, match=f"'small' makes no pair from {said}"):
            make_pairs(make_protocol(task=task, source={"kinds": kinds}), clips)
