"""Cells of published lists, and what becomes of their rows."""

from pathlib import Path

import pytest
import yaml

from evalkit.base.csvfile import Row
from evalkit.errors import ProtocolError
from evalkit.protocol.import_list import FORMATS, Couple, Imported, _name, read_pair_list, write_protocol


def row(**cells):
    return Row(Path("list.csv"), 2, cells, ProtocolError)


@pytest.mark.parametrize(
    ("cell", "name", "whole"),
    [
        ("a", "a", "a"),
        ("/x/y/a", "a", "a"),
        ("a.mp4", "a", "a"),
        ("x/a.b.mp4", "a.b", "a.b"),
        ("a.txt", "a.txt", "a.txt"),
        ("a/0000007.png", "a@7", "0000007.png"),
        ("a.mp4/0000007.png", "a@7", "0000007.png"),
        ("x/a/face.JPG", "a@face.JPG", "face.JPG"),
        ("x/a/Image/5.png", "a@5", "5.png"),  # CelebV keeps its pictures in a folder of that name
        ("Image/5.png", "Image@5", "5.png"),
        ("C:\\data\\a.mp4\\3.png", "a@3", "3.png"),
        ("5.png", None, "5.png"),
        ("..", None, None),
        (".hidden", None, None),
        ("x/.mp4", None, None),
        ("/", None, None),
        ("a:b", None, None),
        ("a*", None, None),
    ],
)
def test_the_end_of_a_path_is_a_clip_or_a_frame(cell, name, whole):
    for expected, alone in ((name, False), (whole, True)):
        if expected is None:
            with pytest.raises(ProtocolError, match="column 'source': expected a path that ends in <clip>"):
                _name(row(source=cell), "source", alone)
        else:
            assert _name(row(source=cell), "source", alone) == expected
    if name is not None:
        assert _name(row(source=cell), "source") == name


def read(folder, form, *lines):
    path = folder / "pairs.csv"
    path.write_text("\n".join(lines) + "\n")
    return read_pair_list(path, form, lambda clip: clip[0])


def couples(found):
    return [(c.source, c.driving, c.anchor, c.line) for c in found]


def test_the_columns_of_both_formats(tmp_path):
    assert FORMATS == ("fomm", "dagan")
    rows = "distance,source,driving,frame", "1,x/a1.mp4,x/b1/7.png,3"
    assert couples(read(tmp_path, "fomm", *rows).couples) == [("a1", "7.png", "", 2)]
    assert couples(read(tmp_path, "dagan", *rows).couples) == [("a1", "b1@7", "", 2)]
    rows = "source_frame,driving_video,anchor,best_frame", "a1/1.png,b1,b1/2.png,b1/3.png", "a1/1.png,b1,b1/2.png,"
    assert couples(read(tmp_path, "dagan", *rows).couples) == [("a1@1", "b1", "b1@3", 2), ("a1@1", "b1", "b1@2", 3)]
    assert couples(read(tmp_path, "dagan", "source,driving,anchor", "a1,b1,").couples) == [("a1", "b1", "", 2)]


@pytest.mark.parametrize(
    ("rows", "task", "kept", "repeated", "mixed"),
    [
        (["a1,b1", "a1,b2"], "cross", [2, 3], [], []),
        (["a1,a2", "b1,b2"], "self", [2, 3], [], []),
        # Half and half is cross-reenactment.
        (["a1,a2", "a1,b1"], "cross", [3], [], [2]),
        (["a1,a2", "b1,b2", "a1,b1"], "self", [2, 3], [], [4]),
        (["a1,b1", "a1,b1", "b1,a1", "a1,b1", "a1,a1", "a1,a1"], "cross", [2, 4], [3, 5], [6, 7]),
    ],
)
def test_rows_of_the_smaller_kind_and_rows_that_come_again(tmp_path, rows, task, kept, repeated, mixed):
    found = read(tmp_path, "dagan", "source,driving", *rows)
    assert found.task == f"{task}_reenactment" and found.rows == len(rows)
    assert [[c.line for c in part] for part in (found.couples, found.repeated, found.mixed)] == [kept, repeated, mixed]


def test_the_same_frame_with_another_anchor_is_another_row(tmp_path):
    found = read(tmp_path, "dagan", "source,driving,anchor", "a1,b1/1.png,b1/2.png", "a1,b1/1.png,b1/3.png")
    assert len(found.couples) == 2 and found.repeated == ()


def test_a_person_is_that_of_the_clip_without_its_frame(tmp_path):
    asked = []
    path = tmp_path / "pairs.csv"
    path.write_text("source,driving\na1/3.png,b1\n")
    read_pair_list(path, "dagan", lambda clip: asked.append(clip) or clip)
    assert asked == ["a1", "b1"]


def imported(tmp_path, *given, task="cross_reenactment", repeated=(), mixed=()):
    path = tmp_path / "list name.csv"
    path.write_text("x")
    return Imported(path, task, tuple(Couple(*one, line) for line, one in enumerate(given, 2)), repeated, mixed)


def written(tmp_path, found, **options):
    path = write_protocol(found, tmp_path, "mine", "folder", 64, **options)
    assert path == tmp_path / "mine.yaml"
    return yaml.safe_load(path.read_text()), (tmp_path / "mine.csv").read_text()


COUPLES = "Motion and metrics are not part of the list: absolute was asked for, and the metrics are evalkit's own."


def test_what_is_written_of_a_plain_list(tmp_path):
    content, text = written(tmp_path, imported(tmp_path, ("a1", "b1", ""), ("a,2", "b1", "")))
    assert text == 'source,driving\na1,b1\n"a,2",b1\n'
    assert content == {
        "id": "mine",
        "title": "list name, imported",
        "description": "2 of the 2 rows of list name.csv (sha256 "
        "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881).",
        "task": "cross_reenactment",
        "dataset": "folder",
        "pairs": {"rule": "list", "list": "mine.csv"},
        "motion": "absolute",
        "resolution": 64,
        "metrics": ["csim[dlib]", "apd[landmark]", "aed[landmark]"],
        "assumptions": [COUPLES],
        "licence": "that of the imported list; do not pass it on without asking its authors",
    }


@pytest.mark.parametrize(
    ("task", "motion", "driving", "anchor", "said"),
    [
        ("cross_reenactment", "relative", "b1@3", "b1@1", [
            "Relative motion starts at the frame in the column anchor.",
            "A number after @ counts frames of the clip from 0, in the order of their file names.",
        ]),
        ("cross_reenactment", "absolute", "b1", "b1@1", [
            "Relative motion would start at; absolute motion does not use the frame in the column anchor.",
        ]),
        ("self_reenactment", "absolute", "a2@3", "", [
            "A number after @ counts frames of the clip from 0, in the order of their file names.",
        ]),
    ],
)  # fmt: skip
def test_what_is_assumed_of_frames_and_anchors(tmp_path, task, motion, driving, anchor, said):
    content, text = written(tmp_path, imported(tmp_path, ("a1", driving, anchor), task=task), motion=motion)
    assert content["assumptions"][1:] == said and content["motion"] == motion
    assert text.splitlines()[0] == ("source,driving,anchor" if anchor else "source,driving")
    assert text.splitlines()[1] == (f"a1,{driving},{anchor}" if anchor else f"a1,{driving}")


@pytest.mark.parametrize(("task", "other"), [("cross_reenactment", "one identity"), ("self_reenactment",
                                                                                  "two identities")])  # fmt: skip
def test_what_was_left_out_is_told_with_its_lines(tmp_path, task, other):
    again, odd = (Couple("a", "b", "", 7), Couple("a", "b", "", 9)), (Couple("a", "c", "", 8),)
    content, _ = written(tmp_path, imported(tmp_path, ("a", "b", ""), task=task, repeated=again, mixed=odd))
    assert content["description"].startswith("1 of the 4 rows") and content["assumptions"][1:] == [
        "2 rows that repeat an earlier one are left out: line 7, 9.",
        f"1 rows couple clips of {other} and are left out: line 8.",
    ]


def test_relative_motion_of_whole_clips_needs_no_anchor(tmp_path):
    written(tmp_path, imported(tmp_path, ("a1", "b1", "")), motion="relative")
    with pytest.raises(ProtocolError, match="line 2: relative motion of the single frame b1@3 needs an anchor"):
        write_protocol(imported(tmp_path, ("a1", "b1@3", "")), tmp_path, "other", "folder", 64, "relative")


@pytest.mark.parametrize("suffix", ["yaml", "csv"])
def test_either_file_that_exists_stops_the_other(tmp_path, suffix):
    (tmp_path / f"mine.{suffix}").touch()
    with pytest.raises(ProtocolError, match=rf"mine\.{suffix} exists\. A protocol is never edited"):
        write_protocol(imported(tmp_path, ("a1", "b1", "")), tmp_path, "mine", "folder", 64)
    assert len(list(tmp_path.glob("mine.*"))) == 1
