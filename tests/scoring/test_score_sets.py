"""Set metrics gather the features of all generated clips, and of every driving clip once."""

from dataclasses import replace

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.extractors import EXTRACTORS, Extractor
from evalkit.metrics import METRICS
from evalkit.metrics.base import PerSet
from evalkit.protocol.schema import find_protocol
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank
from evalkit.scoring.score_pair import Scorer, metric_signatures
from evalkit.scoring.score_sets import SetPeople, real_clips, score_sets, set_people
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
        METRICS["apd[landmark]"], id="d", variant=None, level=PerSet(), input=("mean_colour", "mean"), function=distance
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


def test_people_say_how_sure_it_is(scorer, tmp_path):
    made = [clip(tmp_path / f"{i}.mkv", 10 * i, 6) for i in range(1, 5)] + [clip(tmp_path / "short.mkv", 200, 3)]
    real = [*(clip(tmp_path / f"r{i}.mkv", 5, 6) for i in range(1, 5)), tmp_path / "r1.mkv"]
    names = ["p1", "p2", "p3", "p4", "p1"]
    found = score_sets(scorer, made, real, SetPeople([(name, name) for name in names], names))
    assert found["d"].value == score_sets(scorer, made, real)["d"].value
    sure = found["d"].left_out.estimate
    assert sure.people == 4 and sure.mean == found["d"].value and sure.error > 0
    # The short clip has no window: four people with one row each, and a distance of means: Student's t of the means.
    windows = found["w"].left_out.estimate
    levels = np.array([10.0, 20, 30, 40])
    assert windows.df == pytest.approx(3) and windows.error == pytest.approx(levels.std(ddof=1) / 2, rel=0.02)


def test_two_people_get_a_word(scorer, tmp_path):
    made = [clip(tmp_path / f"{i}.mkv", 10 * i, 6) for i in range(1, 3)]
    found = score_sets(scorer, made, made, SetPeople([("a", "a"), ("b", "b")], ["a", "b"]))
    assert found["d"].left_out.estimate.word == "2 people"


def test_people_of_pairs_follow_the_real_set(scorer, tmp_path):
    source, driving = Clip("a", "p1", "clip", tmp_path / "a.mkv"), Clip("b", "p2", "clip", tmp_path / "b.mkv")
    pairs = [Pair("a--b", source, (0,), driving)]
    assert set_people(scorer.protocol, pairs) == SetPeople([("p1", "p2")], ["p2"])
    other = scorer.protocol.model_copy(update={"real_set": "source"})
    assert set_people(other, pairs).real == ["p1"]
