"""What is said before a run starts: pairs, frames, what is finished, and the time of earlier runs."""

import json
from types import SimpleNamespace

import pytest

from evalkit.runs.forecast import forecast


@pytest.fixture
def session(tmp_path):
    """Five pairs of `small`; `ran` leaves a run folder that finished some of them."""
    pairs = [SimpleNamespace(id=f"p{index}") for index in range(5)]

    def ran(name, finished, seconds, failed=0):
        folder = tmp_path / "small" / name
        (folder / "pairs").mkdir(parents=True)
        for pair in range(finished):
            (folder / "pairs" / f"p{pair}.json").write_text("{}")
        counts = {"pairs": 5, "kept": 0, "done": finished, "failed": failed, "frames": 0, "seconds": seconds}
        content = {"schema_version": 3, **counts, "workers": {}, "failures": []}
        (folder / "progress.json").write_text(json.dumps(content))

    return SimpleNamespace(
        protocol=SimpleNamespace(id="small", driving=SimpleNamespace(maximum=60)),
        settings=SimpleNamespace(out=tmp_path),
        asked=5,
        select=lambda done: pairs,
        ran=ran,
    )


def test_a_first_run(session):
    assert forecast(session, ["a"]) == "To do: 5 pairs of at most 60 frames. No earlier run tells how long that takes."


def test_time_is_that_of_the_pairs_that_are_left(session):
    session.ran("a", finished=2, seconds=30.0, failed=1)
    assert (
        forecast(session, ["a"]) == "To do: 5 pairs of at most 60 frames, 2 of 5 finished. About 30 s by earlier runs."
    )


def test_another_tag_tells_the_time_and_methods_without_a_run_are_named(session):
    session.ran("a@old", finished=4, seconds=80.0)
    session.protocol.driving.maximum = None
    assert forecast(session, ["a@new", "b"]) == (
        "To do: 5 pairs for each of 2 methods. About 1 min 40 s by earlier runs, without b, of which there is none."
    )
