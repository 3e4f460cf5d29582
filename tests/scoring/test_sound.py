"""Sound on its way to a metric: the driving clip's, a status where it has none, one file decoded in one place."""

from dataclasses import replace

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.extractors import EXTRACTORS, WHOLE_CLIP, Extractor
from evalkit.metrics import METRICS
from evalkit.records.frame_scores import NO_SOUND, OK, FrameScores
from evalkit.records.run_folder import Outcome
from evalkit.runs.aggregate import clip_score
from evalkit.runs.notes import frame_notes
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank
from evalkit.scoring.score_arrays import ArrayScorer
from tests.clips.sounding import tone, write_sounding
from tests.fakes import grey, make_pair
from tests.scoring.small_metrics import L1, scored

LEVELS = [20, 40, 60]


def loudness(count, chunks, sound):
    """Grey levels of the frames, and how loud it is beside each."""
    seen = np.concatenate([chunk.mean(axis=(1, 2, 3)) for chunk in chunks])[:, None]
    if sound is None:
        return {"seen": seen, "heard": np.full((count, 1), np.nan)}
    beside = sound.samples[: 640 * count].reshape(count, 640)
    return {"seen": seen, "heard": np.abs(beside.astype(float)).max(axis=1, keepdims=True)}


EAR = Extractor("ear", "ear|v1", (), lambda: loudness, window=WHOLE_CLIP, hears=True)
LOUD = replace(
    METRICS["sync_d"],
    id="loud",
    input=("ear", "seen"),
    reference_feature="heard",
    function=lambda generated, reference: (generated + reference)[:, 0],
)


@pytest.fixture(autouse=True)
def ear():
    with EXTRACTORS.also({"ear": EAR}):
        yield


@pytest.fixture
def clips(tmp_path):
    for name in ("source", "silent", "generated"):
        video.write_video(tmp_path / f"{name}.mkv", [grey(LEVELS)], 25)
    sound = tone(0.12, 16000)
    sound[:640] = 0
    write_sounding(tmp_path / "loud.mkv", grey(LEVELS), sound, 16000)
    return tmp_path


def score(clips, driving):
    pair = make_pair(clips / "source.mkv", clips / f"{driving}.mkv")
    return scored(pair, clips / "generated.mkv", clips / "cache", (L1, LOUD))


def test_the_driving_clips_sound_meets_the_generated_frames(clips):
    for _ in range(2):  # the second time out of the cache
        found = score(clips, "loud")["loud"]
        assert found.statuses == (OK,) * 3
        assert found.values == pytest.approx([20, 16040, 16060], abs=30)


def test_a_silent_driving_clip_is_a_status_and_no_number(clips):
    found = score(clips, "silent")
    assert found["loud"].statuses == (NO_SOUND,) * 3 and np.isnan(found["loud"].values).all()
    assert found["l1"].statuses == (OK,) * 3
    pair = make_pair(clips / "source.mkv", clips / "silent.mkv")
    counted = clip_score(pair, "loud", Outcome(pair=pair.id, status="ok", frames=3), found["loud"])
    assert (counted.mean, counted.n, counted.coverage, counted.status) == (None, 0, 1.0, "nothing_scored")
    some = FrameScores("b", "loud", np.ones(2), (OK, OK))
    assert frame_notes(LOUD, [found["loud"], some]) == (
        "no sound to compare with in 1 of 2 pairs, or a frame rate that is not 25 per second",
    )


def test_frames_in_memory_have_no_sound(clips):
    scorer = ArrayScorer(LOUD, FeatureBank(FeatureCache(clips / "cache")))
    found = scorer.score([grey(LEVELS)], [grey(LEVELS)])
    assert np.isnan(found.value) and found.statuses == ((NO_SOUND,) * 3,) and found.coverage == 1
