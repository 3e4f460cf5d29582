"""The numbers and clips of single pairs."""

import pytest

from evalkit.report.pairs import clip_means, clips_of, frame_count, pair_list
from tests.report.conftest import FRAMES, pairs_over, small_protocol


def test_the_list_names_people_and_failures(comparison):
    first, second, _ = pair_list(comparison, {1})
    assert (first["id"], first["source"], first["driving"], first["failed"]) == ("anna_take", "anna", "anna", [1])
    assert (first["slug"], second["slug"]) == (None, comparison.pairs[1].slug)


def test_means_and_the_coverage_that_is_not_complete(comparison):
    found = clip_means(comparison, "csim[dlib]")
    assert found["means"][1] == [None, pytest.approx(0.3025), pytest.approx(0.4025)]
    assert found["coverage"] == [[None, None, None], [0, pytest.approx(2 / 3, abs=1e-5), None]]


def test_clips_carry_the_digests_they_were_scored_with(comparison, data):
    pair = pairs_over(data, small_protocol())[0]
    clips = clips_of(comparison, 0, pair)
    assert [clip.tile for clip in clips] == ["source", "driving", "0"]
    outcome = comparison.outcomes[0]["anna_take"]
    assert [clip.digest for clip in clips[1:]] == [outcome.driving_sha256, outcome.generated_sha256]
    assert clips[0].frames == (0,) and clips[1].frames == ()
    assert [clip.tile for clip in clips_of(comparison, 1, None)] == ["0", "1"]


def test_frames_of_a_pair(comparison):
    assert frame_count(comparison, 0) == FRAMES
