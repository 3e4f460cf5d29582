"""Batches across clips: full, in order, every row back where it belongs; reading ahead within bounds."""

import threading
import time

import numpy as np
import pytest

from evalkit.scoring.batching import Batcher, read_ahead
from tests.fakes import grey


@pytest.fixture
def seen():
    return []


@pytest.fixture
def batcher(seen):
    """Batches of four; says the first pixel and notes every batch."""

    def extract(frames, upstream):
        seen.append(frames[:, 0, 0, 0].tolist())
        return {"level": frames[:, 0, 0, :1].astype(float)}

    return Batcher(extract, 4)


def test_batches_are_full_and_cross_clips(batcher, seen):
    clips = {"a": [1, 2, 3], "b": [4, 5, 6, 7, 8, 9], "c": [10]}
    got = {name: [] for name in clips}
    for name, levels in clips.items():
        batcher.add(grey(levels), lambda rows, name=name: got[name].extend(rows["level"][:, 0]))
    assert seen == [[1, 2, 3, 4], [5, 6, 7, 8]] and got["a"] == [1, 2, 3] and got["b"] == [4, 5, 6, 7, 8]
    batcher.flush()
    # The last batch is filled up with copies, of which nobody hears.
    assert seen[2] == [9, 10, 10, 10] and got == {name: list(levels) for name, levels in clips.items()}
    batcher.flush()
    assert len(seen) == 3


def test_a_long_piece_fills_several_batches(batcher, seen):
    rows = []
    batcher.add(grey(range(1, 10)), lambda part: rows.extend(part["level"][:, 0]))
    assert [len(batch) for batch in seen] == [4, 4] and rows == list(range(1, 9))


def test_frames_of_another_size_begin_a_batch_of_their_own(batcher, seen):
    batcher.add(grey([1, 2]), lambda rows: None)
    batcher.add(grey([3], size=8), lambda rows: None)
    batcher.flush()
    assert seen == [[1, 2, 2, 2], [3, 3, 3, 3]]


def test_reading_ahead_changes_nothing_and_keeps_its_bound():
    made = []

    def items():
        for number in range(30):
            made.append(number)
            yield number

    got = []
    for number in read_ahead(items(), 3):
        got.append(number)
        time.sleep(0.002)
        assert len(made) <= len(got) + 3 + 1  # in the queue, and one in the hand of the thread
    assert got == list(range(30))


def test_an_error_comes_after_what_was_read_before_it():
    def items():
        yield 1
        raise ValueError("broken")

    got = []
    with pytest.raises(ValueError, match="broken"):
        got.extend(read_ahead(items(), 2))
    assert got in ([], [1]) and list(read_ahead(iter([]), 2)) == []


def test_the_thread_ends_when_the_reader_goes():
    before = threading.active_count()
    reader = read_ahead(iter(np.arange(1000)), 2)
    assert next(reader) == 0
    reader.close()
    assert threading.active_count() == before
