"""Set metrics gather the features of all generated clips, and of every driving clip once."""

from dataclasses import replace

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.extractors import EXTRACTORS, Extractor
from evalkit.metrics import METRICS
from evalkit.protocol.schema import find_protocol
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank
from evalkit.scoring.score_pair import Scorer, metric_signatures
from evalkit.scoring.score_sets import real_clips, score_sets
from evalkit.types import Clip, Pair

CALLS: list[int] = []


def load():
    def extract(frames, upstream):
        CALLS.append(len(frames))
        return {"mean": frames.mean(axis=(1, 2))}

    return extract


def load_windows():
    def extract(frames, upstream):
        return {"mean": frames.mean(axis=(0, 1, 2))[None]}

    return extract


@pytest.fixture
def scorer(tmp_path):
    """A protocol at 32 pixels with two set metrics: difference of mean colours, by frame and by window of four."""
    by_frame = Extractor("mean_colour", "mean|v1", (), load)
    by_window = Extractor("mean_window", "window|v1", (), load_windows, window=4)

    def distance(generated, reference):
        return np.array([np.abs(generated.mean(axis=0) - reference.mean(axis=0)).max()])

    metric = replace(
        METRICS["apd[landmark]"], id="d", variant=None, level="set", input=("mean_colour", "mean"), function=distance
    )
    windowed = replace(metric, id="w", input=("mean_window", "mean"))
    protocol = find_protocol("demo_cross").model_copy(update={"resolution": 32})
    with EXTRACTORS.also({"mean_colour": by_frame, "mean_window": by_window}):
        yield Scorer(protocol, (metric, windowed), FeatureBank(FeatureCache(tmp_path / "cache")))


def clip(path, level, frames):
    video.write_video(path, [np.full((frames, 32, 32, 3), level, np.uint8)], 25)
    return path


def test_value_and_rows(scorer, tmp_path):
    made = [clip(tmp_path / "a.mkv", 10, 6), clip(tmp_path / "b.mkv", 40, 6)]
    driving = clip(tmp_path / "d.mkv", 5, 9)
    scores = score_sets(scorer, made, [driving, driving])
    # Generated frames average to 25, the driving ones (counted once) to 5.
    assert scores["d"].value == pytest.approx(20)
    assert (scores["d"].generated_rows, scores["d"].reference_rows) == (12, 9)
    # Windows of four do not overlap and the rest is dropped: 1 + 1 of 6 frames, 2 of 9.
    assert (scores["w"].generated_rows, scores["w"].reference_rows) == (2, 2)


def test_a_second_time_nothing_is_extracted(scorer, tmp_path):
    made = [clip(tmp_path / "a.mkv", 10, 6)]
    first = score_sets(scorer, made, made)
    before = len(CALLS)
    assert score_sets(scorer, made, made) == first and len(CALLS) == before


def test_clips_shorter_than_a_window_have_no_value(scorer, tmp_path):
    made = [clip(tmp_path / "a.mkv", 10, 3)]
    assert score_sets(scorer, made, made)["w"].value is None


def test_the_protocol_names_the_real_set_and_the_signature_says_which(scorer, tmp_path):
    source, driving = Clip("a", "p1", "clip", tmp_path / "a.mkv"), Clip("b", "p2", "clip", tmp_path / "b.mkv")
    pair = Pair("a--b", source, (0,), driving)
    other = scorer.protocol.model_copy(update={"real_set": "source"})
    assert real_clips(scorer.protocol, [pair]) == [driving.path]
    assert real_clips(other, [pair]) == [source.path]
    assert other.hash != scorer.protocol.hash
    frame_level = METRICS["apd[landmark]"]
    before, after = (metric_signatures(p, (*scorer.metrics, frame_level)) for p in (scorer.protocol, other))
    assert after["d"] != before["d"] and "source clips" in after["d"]
    assert after[frame_level.key] == before[frame_level.key]
