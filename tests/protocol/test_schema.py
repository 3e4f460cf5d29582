"""Protocol files: strict keys, clear errors, and a hash that sees what moves a number and nothing else."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import ProtocolError, UnknownNameError
from evalkit.protocol.schema import find_protocol, list_protocols, read_protocol

BASE = {
    "id": "mine",
    "title": "Mine",
    "task": "cross_reenactment",
    "dataset": "folder",
    "pairs": {"rule": "random_cross", "count": 5, "seed": 3},
    "source": {"frames": [0, 2], "kinds": ["clip", "portrait"]},
    "driving": {"start": 1, "stride": 2, "maximum": 9},
    "metrics": ["csim[dlib]"],
}


@pytest.fixture
def write(tmp_path):
    def written(content=None, name="mine.yaml", **changes):
        path = tmp_path / name
        text = content if isinstance(content, str) else yaml.safe_dump(BASE | changes, sort_keys=False)
        path.write_text(text)
        return path

    return written


def test_a_file_is_read_with_its_defaults(write):
    protocol = read_protocol(write())
    assert (protocol.id, protocol.resolution, protocol.motion, protocol.averaging) == ("mine", 256, "absolute", "clip")
    assert protocol.source.frames == (0, 2) and protocol.driving.maximum == 9 and protocol.coverage_floor == 0.9


def test_defaults_are_those_that_published_hashes_stand_for(write):
    """The hash leaves out what has its default: another default would change runs under the same hash."""
    least = {key: BASE[key] for key in ("id", "title", "task", "dataset", "metrics")}
    path = write(yaml.safe_dump(least | {"pairs": {"rule": "random_cross", "count": 5}}))
    assert read_protocol(path).model_dump(mode="json") == {
        **least,
        "version": 1,
        "description": "",
        "clips": {"identities": None, "per_identity": None, "seed": 0, "count": None, "sha256": None},
        "pairs": {"rule": "random_cross", "count": 5, "seed": 0, "list": None},
        "source": {"frames": [0], "kinds": ["clip"]},
        "driving": {"start": 0, "stride": 1, "maximum": None, "end_margin": 0},
        "motion": "absolute",
        "resolution": 256,
        "rgb": "accurate",
        "real_set": "driving",
        "reference": "driving",
        "averaging": "clip",
        "no_face": "exclude_and_report",
        "coverage_floor": 0.9,
        "anchors": [],
        "assumptions": [],
        "citation": "",
        "licence": "",
        "supersedes": None,
        "follows": "",
    }


def test_protocols_are_found_by_name_and_by_path(write):
    assert find_protocol("demo_self").id == "demo_self"
    assert find_protocol(str(write())).title == "Mine"
    assert {"demo_self", "demo_cross", "folder_self", "folder_cross"} <= {p.id for p in list_protocols()}


@pytest.mark.parametrize("name", ["demo_self", "demo_self@1", "demo_self_as_fsrt", "demo_self@1_as_fsrt"])
def test_a_protocol_says_how_it_is_asked_for(write, name):
    assert find_protocol(name).argument == name
    mine = str(write())
    assert find_protocol(mine).argument == mine


def test_an_unknown_protocol_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"no protocol called 'demo_corss'\. Did you mean 'demo_cross'"):
        find_protocol("demo_corss")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metrcs": ["l1"]}, "unknown key 'metrcs', did you mean 'metrics'"),
        ({"driving": {"strid": 2}}, "unknown key 'driving.strid', did you mean 'stride'"),
        ({"pairs": {"rule": "random_cross", "count": 5, "sead": 1}}, "unknown key 'pairs.sead', did you mean 'seed'"),
        ({"task": "selfie"}, r"task: .*'self_reenactment' or 'cross_reenactment' \(got 'selfie'\)"),
        ({"resolution": 8}, r"resolution: .*16 \(got 8\)"),
        ({"resolution": "big"}, r"resolution: .*integer.*\(got 'big'\)"),
        ({"metrics": []}, "metrics: .*at least 1"),
        ({"coverage_floor": 1.5}, "coverage_floor: .*1"),
        ({"source": {"frames": []}}, "source.frames: .*at least 1"),
        ({"source": {"kinds": ["photo"]}}, "source.kinds.0"),
        ({"driving": {"stride": 0}}, r"driving.stride: .*1 \(got 0\)"),
        ({"driving": {"start": -1}}, "driving.start"),
        ({"driving": {"maximum": 0}}, "driving.maximum"),
        ({"id": "Bad Name"}, "id: "),
        ({"pairs": {"rule": "random_cross"}}, "pairs: .*'count' belongs to the rule random_cross and is needed there"),
        ({"pairs": {"rule": "all_cross_identity", "count": 3}}, "'count' belongs to the rule random_cross"),
        ({"pairs": {"rule": "list"}}, "'list' belongs to the rule list and is needed there"),
        ({"pairs": {"rule": "all_cross_identity", "list": "a.csv"}}, "'list' belongs to the rule list"),
        ({"pairs": {"rule": "first_frame_self"}}, "'first_frame_self' does not make pairs for cross_reenactment"),
        ({"task": "self_reenactment"}, "'random_cross' does not make pairs for self_reenactment"),
        ({"id": "other"}, "the id is 'other', expected 'mine' as in the file name"),
    ],
)
def test_bad_files_are_explained(write, changes, message):
    with pytest.raises(ProtocolError, match=rf"mine\.yaml: .*{message}"):
        read_protocol(write(**changes))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", "expected keys and values, got list"),
        ("", "expected keys and values, got NoneType"),
        ("id: [", "cannot be read as YAML"),
        ("{}", "key 'id' is missing; key 'title' is missing"),
        ("a: !!python/object/apply:os.getcwd []", "cannot be read as YAML"),
    ],
)
def test_files_that_are_no_protocol(write, text, message):
    with pytest.raises(ProtocolError, match=rf"mine\.yaml: {message}"):
        read_protocol(write(text))


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ProtocolError, match=r"gone\.yaml: cannot be read as YAML: .*No such file"):
        read_protocol(tmp_path / "gone.yaml")
    (tmp_path / "latin.yaml").write_bytes("title: é".encode("latin-1"))
    with pytest.raises(ProtocolError, match=r"latin\.yaml: cannot be read as YAML"):
        read_protocol(tmp_path / "latin.yaml")


def test_a_file_cannot_say_where_it_lies(write):
    with pytest.raises(ProtocolError, match="unknown key 'folder'"):
        read_protocol(write(folder="/somewhere"))


@settings(max_examples=25)
@given(st.permutations(list(BASE)))
def test_the_hash_does_not_see_the_order_of_keys(tmp_path_factory, order):
    path = tmp_path_factory.mktemp("p") / "mine.yaml"
    path.write_text(yaml.safe_dump({key: BASE[key] for key in order}, sort_keys=False))
    hashes = {read_protocol(path).hash}
    path.write_text(yaml.safe_dump(BASE, sort_keys=False))
    assert hashes == {read_protocol(path).hash}


def test_the_hash_does_not_see_prose_layout_or_stated_defaults(write):
    wanted = read_protocol(write()).hash
    prose = {
        "title": "Other",
        "description": "d",
        "citation": "c",
        "licence": "l",
        "assumptions": ["a"],
        "anchors": ["x"],
    }
    assert read_protocol(write(**prose)).hash == wanted
    assert read_protocol(write(motion="absolute", resolution=256, coverage_floor=0.9, averaging="clip")).hash == wanted
    assert read_protocol(write("# a comment\n" + yaml.safe_dump(BASE, default_flow_style=True))).hash == wanted


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"dataset": "demo"},
        {"motion": "relative"},
        {"resolution": 512},
        {"averaging": "frame"},
        {"coverage_floor": 0.5},
        {"metrics": ["csim[dlib]", "apd[landmark]"]},
        {"driving": {"start": 1, "stride": 2, "maximum": 8}},
        {"driving": {"start": 0, "stride": 2, "maximum": 9}},
        {"source": {"frames": [2, 0], "kinds": ["clip", "portrait"]}},
        {"source": {"frames": [0, 2], "kinds": ["clip"]}},
        {"pairs": {"rule": "random_cross", "count": 5, "seed": 4}},
        {"pairs": {"rule": "all_cross_identity"}},
    ],
)
def test_the_hash_sees_every_key_that_moves_a_number(write, change):
    before = read_protocol(write()).hash
    assert read_protocol(write(**change)).hash != before


def test_the_hash_sees_the_bytes_of_the_pair_list(write, tmp_path):
    path = write(pairs={"rule": "list", "list": "pairs.csv"})
    (tmp_path / "pairs.csv").write_text("source,driving\na,b\n")
    before = read_protocol(path).hash
    (tmp_path / "pairs.csv").write_text("source,driving\na,c\n")
    assert read_protocol(path).hash != before


def test_the_hash_does_not_see_the_folder(write, tmp_path):
    path = write(pairs={"rule": "list", "list": "pairs.csv"})
    (tmp_path / "pairs.csv").write_text("source,driving\na,b\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("mine.yaml", "pairs.csv"):
        (elsewhere / name).write_bytes((tmp_path / name).read_bytes())
    assert read_protocol(elsewhere / "mine.yaml").hash == read_protocol(path).hash


@pytest.mark.parametrize("name", ["../pairs.csv", "/etc/hostname"])
def test_a_pair_list_stays_beside_its_protocol(write, name):
    protocol = read_protocol(write(pairs={"rule": "list", "list": name}))
    with pytest.raises(ProtocolError, match="leaves the protocol's folder"):
        _ = protocol.list_path


def test_a_missing_pair_list_is_named(write):
    protocol = read_protocol(write(pairs={"rule": "list", "list": "gone.csv"}))
    with pytest.raises(ProtocolError, match=r"protocol mine: the pair list .*gone\.csv does not exist"):
        _ = protocol.hash


def test_protocols_are_listed_by_id():
    ids = [protocol.id for protocol in list_protocols()]
    assert len(ids) > 20 and ids == sorted(ids)
