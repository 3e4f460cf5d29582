"""A protocol against the clips that are there: everything that is wrong is named, not only the first."""

import pytest

from evalkit.errors import VideoError
from evalkit.protocol.check import check_protocol
from tests.fakes import make_clip, make_protocol

CLIPS = [make_clip("a1", "a"), make_clip("b1", "b")]


@pytest.fixture
def listed(tmp_path):
    def protocol(*rows, **keys):
        (tmp_path / "list.csv").write_text("\n".join(["source,driving,source_frames", *rows]))
        keys = {"task": "cross_reenactment", "pairs": {"rule": "list", "list": "list.csv"}} | keys
        return make_protocol(**keys).model_copy(update={"folder": tmp_path})

    return protocol


def frames(counts):
    """Counts of frames by clip; None cannot be read."""

    def count(clip):
        if counts[clip.id] is None:
            raise VideoError(f"{clip.id} is damaged")
        return counts[clip.id]

    return count


def test_a_list_that_holds():
    report = check_protocol(make_protocol(task="cross_reenactment"), CLIPS, frames({"a1": 9, "b1": 9}))
    assert (report.pairs, report.problems) == (2, ())


def test_every_row_that_is_wrong_is_named(listed):
    report = check_protocol(listed("a1,b1,0", "zz,a1,", "b1,a1,", "a1,b1,1", "a1,yy,"), CLIPS)
    assert report.pairs == 2
    assert [problem[problem.index("line") :].partition(",")[0] for problem in report.problems] == [
        "line 3", "line 5", "line 6",
    ]  # fmt: skip


def test_frames_that_are_not_there_are_named(listed):
    protocol = listed("a1,b1,-4 3", "b1,a1,0", driving={"start": 2, "end_margin": 1})
    assert check_protocol(protocol, CLIPS, frames({"a1": 4, "b1": 4})).problems == ()
    assert check_protocol(protocol, CLIPS, frames({"a1": 3, "b1": 4})).problems == (
        "a1--b1: source frame -4 asked of 'a1', which has 3",
        "a1--b1: source frame 3 asked of 'a1', which has 3",
        "b1--a1: driving frames begin at 2 and end 1 before the last; 'a1' has 3",
    )
    assert check_protocol(protocol, CLIPS, frames({"a1": None, "b1": 4})).problems == ("a1 is damaged",)


def test_a_rule_without_a_pair_is_a_problem():
    report = check_protocol(make_protocol(task="cross_reenactment"), CLIPS[:1])
    assert report.pairs == 0 and len(report.problems) == 1
