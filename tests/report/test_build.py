"""Which pairs of a report are worth a process."""

from pathlib import Path

from evalkit.report.build import PairJob, build_pair
from evalkit.report.media import PairMedia
from evalkit.types import AS_STORED


def test_a_pair_of_which_nothing_is_shown_takes_no_time():
    job = PairJob(3, "It has no video.", "It has no landmarks.")
    assert not job.takes_long
    built = build_pair(job)
    assert built.media["reason"] == "It has no video." and built.landmarks == {
        "file": None,
        "note": "It has no landmarks.",
    }


def test_a_pair_with_a_video_does():
    media = PairMedia("a", Path("media"), (), 0, 64, AS_STORED)
    assert PairJob(0, media, "It has no landmarks.").takes_long
