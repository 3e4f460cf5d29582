"""How far a run is, and for how long it goes on."""

import pytest

from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.progress import Progress, WorkerFacts, read_progress, write_progress


def progress(**changes):
    facts = {"pairs": 10, "kept": 2, "done": 3, "failed": 1, "frames": 9, "seconds": 8.0, "workers": {}, "failures": ()}
    return Progress(schema_version=SCHEMA_VERSION, **{**facts, **changes})


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({}, 8.0),  # four of eight in eight seconds
        ({"failed": 0}, 8.0 / 3 * 5),
        ({"done": 7}, 0.0),
        ({"done": 0, "failed": 0}, None),
        ({"done": 0, "failed": 0, "kept": 10}, 0.0),
        ({"done": 0, "failed": 4}, 8.0),
    ],
)
def test_the_rest_takes_as_long_as_what_was(changes, left):
    assert progress(**changes).seconds_left == (left if left is None else pytest.approx(left))


def test_it_is_read_as_it_was_written_and_never_in_the_way(tmp_path):
    made = progress(workers={"w1": WorkerFacts(device="cpu", pair="a", doing="make", seconds=1.5)},
                    failures=(("b", "too short"),))  # fmt: skip
    write_progress(tmp_path / "progress.json", made)
    assert read_progress(tmp_path / "progress.json") == made
    assert read_progress(tmp_path / "none.json") is None
    (tmp_path / "progress.json").write_text("{")
    assert read_progress(tmp_path / "progress.json") is None
    write_progress(tmp_path / "progress.json" / "x.json", made)  # no folder: nobody sees it, and that is all
