"""What differs between two protocols: keys by their full name, rows of lists, and what moves numbers."""

import pytest

from evalkit.protocol.diff import Difference, diff_protocols
from tests.fakes import make_protocol

CROSS = {"task": "cross_reenactment", "pairs": {"rule": "list", "list": "list.csv"}}


def test_the_same_protocol_under_another_name_and_version():
    found = diff_protocols(make_protocol(), make_protocol(id="other", version=2, supersedes="small"))
    assert (found.keys, found.only_a, found.only_b, found.comparable) == ((), (), (), True)


def test_keys_are_named_by_their_place_and_in_order():
    found = diff_protocols(
        make_protocol(driving={"start": 1}, title="A", clips={"seed": 1}), make_protocol(title="B", resolution=32)
    )
    assert found.keys == (
        Difference("clips.seed", 1, 0, True),
        Difference("driving.start", 1, 0, True),
        Difference("resolution", 16, 32, True),
        Difference("title", "A", "B", False),
    )
    assert not found.comparable and diff_protocols(make_protocol(title="A"), make_protocol(title="B")).comparable


@pytest.mark.parametrize(
    ("one", "other", "only_a", "only_b"),
    [
        ("a,b,\nc,d,1\n", "a,b,\nc,d,1\n", (), ()),
        ("a,b,\nc,d,1\n", "c,d,1\n", ("source a, driving b",), ()),
        ("c,d,1\n", "c,d,2\n", ("source c, driving d, source_frames 1",), ("source c, driving d, source_frames 2",)),
    ],
)
def test_lists_are_compared_row_by_row(tmp_path, one, other, only_a, only_b):
    sides = []
    for name, text in (("x", one), ("y", other)):
        (tmp_path / f"{name}.csv").write_text(f"source,driving,source_frames\n{text}")
        keys = {**CROSS, "pairs": {"rule": "list", "list": f"{name}.csv"}}
        sides.append(make_protocol(**keys).model_copy(update={"folder": tmp_path}))
    found = diff_protocols(*sides)
    # The names of the lists are no difference.
    assert (found.keys, found.only_a, found.only_b) == ((), only_a, only_b)
    assert found.comparable is (not only_a and not only_b)
    alone = diff_protocols(make_protocol(task="cross_reenactment"), sides[0])
    assert alone.only_a == () and len(alone.only_b) == one.count("\n")
