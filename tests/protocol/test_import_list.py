"""The published pair lists imported whole, and lists that do not hold together."""

import json

import pytest

from evalkit.datasets.identities import identity_rule
from evalkit.errors import ProtocolError
from evalkit.protocol.import_list import read_pair_list, write_protocol
from evalkit.protocol.pairs import make_pairs
from evalkit.protocol.schema import read_protocol
from evalkit.types import Clip
from tests.e2e.conftest import assert_explained, evalkit

__all__ = ["evalkit"]

LISTS = [
    # file, format, dataset, task, rows, repeated, mixed
    ("dagan/vox256.csv", "fomm", "voxceleb1", "cross_reenactment", 498, 0, 75),
    ("dagan/vox_evaluation.csv", "dagan", "voxceleb1", "self_reenactment", 2083, 1, 0),
    ("dagan/vox_cross_id_evaluation.csv", "dagan", "voxceleb1", "cross_reenactment", 2083, 0, 0),
    ("dagan/vox_cross_id_evaluation_best_frame.csv", "dagan", "voxceleb1", "cross_reenactment", 2083, 0, 0),
    ("dagan/vox_cross_id_animate.csv", "dagan", "voxceleb1", "cross_reenactment", 2083, 1, 0),
    ("dagan/celeV_cross_id_evaluation.csv", "dagan", "celebv", "cross_reenactment", 2083, 0, 0),
    ("mcnet/HDTF_test_evaluation.csv", "dagan", "hdtf", "self_reenactment", 2056, 0, 0),
    ("mcnet/HDTF_test_evaluation_new.csv", "dagan", "hdtf", "self_reenactment", 2083, 0, 0),
]


@pytest.mark.parametrize(("name", "form", "dataset", "task", "rows", "repeated", "mixed"), LISTS)
def test_published_lists_become_protocols(shared, tmp_path, name, form, dataset, task, rows, repeated, mixed):
    imported = read_pair_list(shared / "lists" / name, form, identity_rule(dataset))
    assert (imported.task, imported.rows) == (task, rows)
    assert (len(imported.repeated), len(imported.mixed)) == (repeated, mixed)
    assert not any("/" in couple.source + couple.driving for couple in imported.couples)
    protocol = read_protocol(write_protocol(imported, tmp_path, "imported", dataset, 256))
    assert protocol.task == task and protocol.list_path is not None
    assert len(protocol.list_path.read_text().splitlines()) == 1 + rows - repeated - mixed
    for count in {repeated, mixed} - {0}:
        assert any(assumption.startswith(f"{count} rows") for assumption in protocol.assumptions)
    numbered = any("@" in couple.driving for couple in imported.couples)
    assert any("after @ counts frames" in assumption for assumption in protocol.assumptions) == numbered


def test_cells_end_up_as_clips_and_frames(shared):
    def first(name, form, dataset):
        return read_pair_list(shared / "lists" / name, form, identity_rule(dataset)).couples[0]

    animate = first("dagan/vox_cross_id_animate.csv", "dagan", "voxceleb1")
    assert animate.source == "id10292#ENIHEvg_VLM#009003#009125@75"
    assert animate.driving == "id10290#gTbcgoYXWdU#001173#001330"
    best = first("dagan/vox_cross_id_evaluation_best_frame.csv", "dagan", "voxceleb1")
    assert (best.driving[-3:], best.anchor[-3:]) == ("@34", "@53")
    celebv = first("dagan/celeV_cross_id_evaluation.csv", "dagan", "celebv")
    assert celebv.source == "Donald_Trump@P_Trump_64689.jpg_0000054394.jpg"
    assert first("mcnet/HDTF_test_evaluation_new.csv", "dagan", "hdtf").driving == "RD_Radio39_000@1675"


def write(folder, *lines):
    path = folder / "pairs.csv"
    path.write_text("\r\n".join(lines), encoding="utf-8-sig")
    return path


def read(path, form="dagan"):
    return read_pair_list(path, form, identity_rule("voxceleb1"))


def test_prefixes_of_any_machine_are_dropped(tmp_path):
    path = write(
        tmp_path,
        "source,driving,frame",
        "C:\\data\\a#1#0#1.mp4\\0000003.png,/x y/ü/b#1#0#1.mp4/0000004.jpg",
        "a#1#0#1.mp4,c#2#0#1",
    )
    assert [(c.source, c.driving) for c in read(path).couples] == [
        ("a#1#0#1@3", "b#1#0#1@4"),
        ("a#1#0#1", "c#2#0#1"),
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("source,target", "a,b"), "column 'driving'"),
        (("source,driving", "a/..,b"), "line 2, column 'source': expected a path that ends in <clip>"),
        (("source,driving", "a,b,c"), "line 2: expected 2 columns"),
        (("source,driving", ",b"), "line 2, column 'source': expected a value"),
        (("source,driving",), "holds no row"),
    ],
)
def test_bad_lists_are_named(tmp_path, lines, said):
    with pytest.raises(ProtocolError) as caught:
        read(write(tmp_path, *lines))
    assert said in str(caught.value)


def test_an_imported_list_makes_pairs_of_single_frames(tmp_path):
    root = tmp_path / "test"
    for person in "ab":
        folder = root / f"{person}#1#0#9.mp4"
        folder.mkdir(parents=True)
        for number in range(12):
            (folder / f"{number:07d}.png").touch()
    clips = [Clip(f"{p}#1#0#9", p, "clip", root / f"{p}#1#0#9.mp4") for p in "ab"]
    path = write(tmp_path, "source,driving,frame", "/q/a#1#0#9.mp4/0000003.png,/q/b#1#0#9.mp4/0000011.png,")
    protocol = read_protocol(write_protocol(read(path), tmp_path, "mine", "voxceleb1", 256))
    (pair,) = make_pairs(protocol, clips)
    assert (pair.id, pair.source, pair.source_frames) == ("a#1#0#9@3--b#1#0#9@11", clips[0], (3,))
    assert pair.driving.path == clips[1].path / "0000011.png"
    beyond = write(tmp_path, "source,driving,frame", "a#1#0#9.mp4/3.png,b#1#0#9.mp4/12.png,")
    with pytest.raises(ProtocolError, match=r"column 'driving': expected a picture of .*b#1#0#9.mp4"):
        make_pairs(read_protocol(write_protocol(read(beyond), tmp_path, "other", "voxceleb1", 256)), clips)


def anchored(tmp_path, anchor="/q/b#1#0#9.mp4/0000005.png", motion="relative"):
    """The pairs of a list with one couple of frames, over two clips of twelve pictures."""
    root = tmp_path / "test"
    for person in "ab":
        folder = root / f"{person}#1#0#9.mp4"
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(12):
            (folder / f"{number:07d}.png").touch()
    clips = [Clip(f"{p}#1#0#9", p, "clip", root / f"{p}#1#0#9.mp4") for p in "ab"]
    row = f"/q/a#1#0#9.mp4/0000003.png,/q/b#1#0#9.mp4/0000011.png,{anchor}"
    imported = read(write(tmp_path, "source,driving,best_frame", row))
    protocol = read_protocol(write_protocol(imported, tmp_path, "anchored", "voxceleb1", 256, motion))
    return protocol, make_pairs(protocol, clips), clips


def test_relative_motion_starts_at_the_best_frame_of_the_list(tmp_path):
    protocol, (pair,), clips = anchored(tmp_path)
    assert protocol.motion == "relative"
    assert pair.anchor == clips[1].path / "0000005.png"
    assert "Relative motion starts at the frame in the column anchor." in protocol.assumptions


def test_absolute_motion_has_no_use_for_it(tmp_path):
    protocol, (pair,), _ = anchored(tmp_path, motion="absolute")
    assert protocol.motion == "absolute" and pair.anchor is None
    assert any("absolute motion does not use" in assumption for assumption in protocol.assumptions)


@pytest.mark.parametrize("anchor", ["/q/a#1#0#9.mp4/5.png", "/q/b#1#0#9.mp4", "/q/b#1#0#9.mp4/12.png"])
def test_an_anchor_is_a_frame_of_the_driving_clip(tmp_path, anchor):
    with pytest.raises(ProtocolError, match=r"anchored\.csv line 2, column 'anchor': expected"):
        anchored(tmp_path, anchor)


def test_a_single_frame_without_anchor_has_no_relative_motion(tmp_path):
    with pytest.raises(ProtocolError, match=r"line 2: relative motion of the single frame b#1#0#9@11 needs an anchor"):
        anchored(tmp_path, anchor="")
    assert not (tmp_path / "anchored.yaml").exists()


def test_the_published_best_frames_are_frames_of_the_driving_clips(shared, tmp_path):
    path = shared / "lists" / "dagan" / "vox_cross_id_evaluation_best_frame.csv"
    imported = read_pair_list(path, "dagan", identity_rule("voxceleb1"))
    assert len(imported.couples) == 2083
    assert all(c.anchor.rpartition("@")[0] == c.driving.rpartition("@")[0] for c in imported.couples)
    protocol = read_protocol(write_protocol(imported, tmp_path, "best", "voxceleb1", 256, "relative"))
    assert protocol.list_path is not None and protocol.list_path.read_text().startswith("source,driving,anchor\n")


def test_a_protocol_is_never_overwritten(tmp_path):
    path = write(tmp_path, "source,driving", "a#1,b#1")
    write_protocol(read(path), tmp_path, "mine", "voxceleb1", 256)
    with pytest.raises(ProtocolError, match="A protocol is never edited: choose another --id"):
        write_protocol(read(path), tmp_path, "mine", "voxceleb1", 256)


def test_the_command_says_what_it_left_out(tmp_path, evalkit):
    path = write(tmp_path, "source,driving", "a#1,b#1", "a#1,b#1", "a#1,a#2")
    arguments = ("protocols", "import", path, "--id", "mine", "--dataset", "voxceleb1", "--out", tmp_path)
    told = evalkit(*arguments, "--format", "fomm", "--json")
    assert json.loads(told.stdout)["couples"] == 1
    assert "1 rows that repeat an earlier one are left out: line 3" in told.stderr
    assert "1 rows couple clips of one identity and are left out: line 4" in told.stderr
    assert_explained(evalkit(*arguments, "--format", "fom"), "Did you mean 'fomm'?")
