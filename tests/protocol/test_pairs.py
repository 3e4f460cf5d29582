"""Pair rules: the same clips give the same pairs, nobody drives themselves across identities, work is spread evenly."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import DatasetError, ProtocolError
from evalkit.protocol.pairs import clips_sha256, join_ids, make_pairs, pair_id
from tests.fakes import make_clip, make_protocol

# Clips of up to five identities, one of them possibly with a portrait.
casts = st.lists(st.integers(0, 4), min_size=5, max_size=5).map(
    lambda sizes: [make_clip(f"p{p}_c{c}", f"p{p}") for p, size in enumerate(sizes) for c in range(size)]
)


def crossed(clips, **keys):
    return make_pairs(make_protocol(task="cross_reenactment", **keys), clips)


def random_cross(clips, count, seed=0, **keys):
    return crossed(clips, pairs={"rule": "random_cross", "count": count, "seed": seed}, **keys)


def spread(counts, names):
    values = [counts[name] for name in names]
    return max(values) - min(values)


TWO = [make_clip("a1", "a"), make_clip("a2", "a"), make_clip("b1", "b")]
PORTRAIT = make_clip("c_face", "c", kind="portrait")


def test_every_clip_drives_its_own_first_frame():
    pairs = make_pairs(make_protocol(source={"frames": [0, -1]}), [*TWO, PORTRAIT])
    assert [pair.id for pair in pairs] == ["a1", "a2", "b1"]
    assert all(pair.source == pair.driving and pair.source_frames == (0, -1) for pair in pairs)


def test_all_cross_identity_lists_every_ordered_couple():
    pairs = crossed(TWO)
    assert [pair.id for pair in pairs] == ["a1--b1", "a2--b1", "b1--a1", "b1--a2"]


def test_portraits_are_sources_when_the_protocol_says_so_and_never_drive():
    assert len(crossed([*TWO, PORTRAIT])) == 4
    pairs = crossed([*TWO, PORTRAIT], source={"kinds": ["clip", "portrait"], "frames": [5]})
    assert Counter(pair.source.id for pair in pairs) == {"a1": 1, "a2": 1, "b1": 2, "c_face": 3}
    assert all(pair.driving.kind == "clip" for pair in pairs)
    assert {pair.source_frames for pair in pairs if pair.source == PORTRAIT} == {(0,)}
    assert {pair.source_frames for pair in pairs if pair.source != PORTRAIT} == {(5,)}


def test_next_cross_takes_the_next_name_of_another_person():
    clips = [make_clip(name, name[0]) for name in ("b1", "a1", "a2", "c1")]
    pairs = crossed(clips, pairs={"rule": "next_cross"})
    assert [(p.source.id, p.driving.id) for p in pairs] == [("a1", "b1"), ("a2", "b1"), ("b1", "c1"), ("c1", "a1")]


@given(casts)
def test_all_cross_identity_counts(clips):
    people = Counter(clip.identity for clip in clips)
    # Ordered couples of clips, less those within one identity.
    expected = len(clips) ** 2 - sum(n * n for n in people.values())
    if expected:
        assert len({pair.id for pair in crossed(clips)}) == expected
    else:
        said = f"from {len(clips)} clips of {len(people)} identities, .*; two identities"
        with pytest.raises(DatasetError, match=said):
            crossed(clips)


@settings(max_examples=60, deadline=None)
@given(casts.filter(lambda clips: len({c.identity for c in clips}) > 1), st.integers(1, 40), st.integers(0, 5))
def test_random_cross_holds_its_promises(clips, count, seed):
    pairs = random_cross(clips, count, seed)
    everything = {pair.id for pair in crossed(clips)}
    assert all(pair.source.identity != pair.driving.identity for pair in pairs)
    assert len({pair.id for pair in pairs}) == len(pairs) == min(count, len(everything))
    assert {pair.id for pair in pairs} <= everything
    assert [pair.id for pair in random_cross(clips[::-1], count, seed)] == [pair.id for pair in pairs]
    assert [pair.id for pair in random_cross(clips, count + 3, seed)][: len(pairs)] == [pair.id for pair in pairs]


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6), st.integers(1, 4), st.integers(1, 40), st.integers(0, 5))
def test_random_cross_is_balanced(people, clips_each, count, seed):
    clips = [make_clip(f"p{p}_c{c}", f"p{p}") for p in range(people) for c in range(clips_each)]
    names = [f"p{p}" for p in range(people)]
    # As long as no driving clip has met every source, nothing forces the draw away from the least used identity.
    possible = (people - 1) * clips_each
    pairs = random_cross(clips, min(count, possible), seed)
    drivers = Counter(pair.driving.identity for pair in pairs)
    sources = Counter(pair.source.identity for pair in pairs)
    assert spread(drivers, names) <= 1
    # Whoever drives cannot be the source too, so the sources may lag by one more.
    assert spread(sources, names) <= 2
    for name in names:
        assert spread(Counter(p.driving.id for p in pairs), [c.id for c in clips if c.identity == name]) <= 1


def test_another_seed_gives_other_pairs():
    clips = [make_clip(f"p{p}_c{c}", f"p{p}") for p in range(6) for c in range(3)]
    chosen = {tuple(sorted(pair.id for pair in random_cross(clips, 8, seed))) for seed in range(5)}
    assert len(chosen) == 5


def test_random_cross_of_a_known_cast_never_changes():
    # Written down on purpose: other pairs under the same protocol hash would be another benchmark.
    clips = [make_clip(f"p{p}_c{c}", f"p{p}") for p in range(3) for c in range(2)]
    assert [pair.id for pair in random_cross(clips, 4)] == [
        "p1_c1--p0_c0",
        "p2_c1--p1_c1",
        "p0_c0--p2_c1",
        "p2_c0--p0_c1",
    ]


@pytest.mark.parametrize("clips", [[], [PORTRAIT]])
def test_nothing_to_pair_is_said(clips):
    said = r"'small' makes no pair from \d clips of \d identities, .*; one clip at least"
    with pytest.raises(DatasetError, match=said):
        make_pairs(make_protocol(), clips)
    with pytest.raises(DatasetError, match="two identities at least are needed"):
        random_cross(clips, 3)


def test_pair_ids_name_source_and_driving():
    assert pair_id(TWO[0], TWO[2]) == "a1--b1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b--c"), ("a--b", "c")),
        (("a-", "b"), ("a", "-b")),
        (("a", "~--b"), ("a--~", "b")),
        (("a-~", "b"), ("a-", "b")),
    ],
)
def test_hyphens_in_ids_are_kept_apart(one, other):
    assert join_ids(*one) != join_ids(*other)


def test_two_couples_never_share_an_id():
    clips = [make_clip("a", "1"), make_clip("a--b", "2"), make_clip("b--c", "3"), make_clip("c", "4")]
    pairs = crossed(clips)
    assert len({pair.id for pair in pairs}) == len(pairs)


@pytest.fixture
def listed(tmp_path):
    def pairs(text, **keys):
        (tmp_path / "list.csv").write_text(text)
        keys = {"task": "cross_reenactment", "pairs": {"rule": "list", "list": "list.csv"}} | keys
        return make_pairs(make_protocol(**keys).model_copy(update={"folder": tmp_path}), [*TWO, PORTRAIT])

    return pairs


def test_a_list_is_taken_row_by_row(listed):
    pairs = listed("source,driving,source_frames\nb1,a1,\na2,b1,3 -1\n", source={"frames": [2]})
    assert [(pair.id, pair.source_frames) for pair in pairs] == [("b1--a1", (2,)), ("a2--b1", (3, -1))]


def test_a_list_for_self_reenactment(listed):
    (pair,) = listed("source,driving\na1,a2\n", task="self_reenactment")
    assert pair.id == "a1--a2" and pair.source.identity == pair.driving.identity


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a1,", r"line 2, column 'driving': expected a value"),
        ("a1,a2", r"line 2, column 'driving': expected a clip of another identity for cross_reenactment, got 'a2'"),
        ("a1,b1\na1,b1", r"line 3, column 'source': expected every couple once, 'a1--b1' came before"),
        ("a1", r"line 2: expected 2 columns"),
    ],
)
def test_bad_rows_are_named(listed, row, message):
    with pytest.raises(ProtocolError, match=r"list\.csv " + message):
        listed(f"source,driving\n{row}\n")


@pytest.mark.parametrize(("row", "column"), [("zz,a1", "source"), ("a1,zz", "driving")])
def test_clips_that_are_not_in_the_data_are_named(listed, row, column):
    with pytest.raises(DatasetError, match=rf"1 of 2 pairs .*list\.csv line 3, column '{column}': .*got 'zz'"):
        listed(f"source,driving\nb1,a1\n{row}\n")


def test_a_list_of_two_people_is_no_self_reenactment(listed):
    with pytest.raises(ProtocolError, match="expected a clip of the same identity for self_reenactment, got 'b1'"):
        listed("source,driving\na1,b1\n", task="self_reenactment")


def test_bad_source_frames_are_named(listed):
    with pytest.raises(ProtocolError, match="column 'source_frames': expected whole numbers separated by spaces"):
        listed("source,driving,source_frames\na1,b1,first\n")


def test_a_listed_portrait_gives_its_only_frame(listed):
    (pair,) = listed("source,driving\nc_face,a1\n", source={"frames": [4], "kinds": ["clip", "portrait"]})
    assert pair.source_frames == (0,)


def test_a_listed_portrait_cannot_drive(listed):
    with pytest.raises(ProtocolError, match="line 2, column 'driving'"):
        listed("source,driving\na1,c_face\n")


def test_a_frame_of_a_clip_is_named_by_number_or_by_file(tmp_path):
    folder = tmp_path / "b1"
    folder.mkdir()
    for name in ("0.png", "10.png"):
        (folder / name).touch()
    clips = [make_clip("a1", "a"), replace(make_clip("b1", "b"), path=folder)]
    (tmp_path / "list.csv").write_text("source,driving\na1@7,b1\nb1@10.png,a1\nb1@1,a1\na1,b1@0.png\n")
    protocol = make_protocol(task="cross_reenactment", pairs={"rule": "list", "list": "list.csv"})
    found = make_pairs(protocol.model_copy(update={"folder": tmp_path}), clips)
    assert [(pair.source.id, pair.source_frames, pair.driving.id) for pair in found] == [
        ("a1", (7,), "b1"),
        ("b1@10.png", (0,), "a1"),
        ("b1", (1,), "a1"),
        ("a1", (0,), "b1@0.png"),
    ]
    assert found[1].source.path == folder / "10.png" and found[3].driving.path == folder / "0.png"


def test_the_true_clip_of_a_pair_is_named_where_the_protocol_compares_with_it(listed):
    text = "source,driving,truth\na1,b1,a2\n"
    (pair,) = listed(text, reference="truth")
    assert pair.truth == TWO[1].path == pair.reference
    (pair,) = listed(text)
    assert pair.truth is None and pair.reference == TWO[2].path
    for other in ("b1", "c_face", "zz", ""):
        with pytest.raises(ProtocolError, match="column 'truth': expected the id of a clip of the person 'a'"):
            listed(f"source,driving,truth\na1,b1,{other}\n", reference="truth")


def test_a_protocol_about_certain_clips_takes_no_others():
    def made(clips, rule):
        return make_pairs(make_protocol(task="cross_reenactment", clips=rule), clips)

    about = {"count": 3, "sha256": clips_sha256(clip.id for clip in TWO)}
    assert len(made(TWO, about)) == 4
    others = [*TWO[:2], make_clip("b2", "b")]
    for clips, rule in ((others, about), (TWO[:2] + others[2:], about), (TWO, {"count": 4})):
        with pytest.raises(DatasetError, match=r"is about \d clips; the data has 3, or other ones"):
            made(clips, rule)
    assert len(made(others, {"count": 3})) == 4


def test_an_empty_list_makes_no_pair(listed):
    with pytest.raises(DatasetError, match="makes no pair"):
        listed("source,driving\n")


def test_a_list_whose_clips_are_all_absent_says_how_to_have_them_named(tmp_path):
    (tmp_path / "list.csv").write_text("source,driving\nx,y\ny,x\n")
    protocol = make_protocol(task="cross_reenactment", pairs={"rule": "list", "list": "list.csv"})
    said = r"each of the 2 pairs of list\.csv needs a clip .* `evalkit protocols check .*small\.yaml --data DIR`"
    with pytest.raises(DatasetError, match=said):
        make_pairs(protocol.model_copy(update={"folder": tmp_path}), TWO, missing_ok=True)


def test_absent_portraits_are_asked_for():
    protocol = make_protocol(
        task="cross_reenactment", pairs={"rule": "random_cross", "count": 2}, source={"kinds": ["portrait"]}
    )
    with pytest.raises(DatasetError, match=r"sources are portraits, and none is there\. Put some into"):
        make_pairs(protocol, TWO)


def test_pairs_are_values():
    (first, *_), (again, *_) = crossed(TWO), crossed(TWO)
    assert first == again and hash(first) == hash(again) and replace(first, id="x") != first
