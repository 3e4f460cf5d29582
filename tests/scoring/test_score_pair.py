"""Scoring one pair with fake extractors and metrics: values, statuses, and clips that do not fit."""

import multiprocessing
from dataclasses import replace

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.errors import ScoreError, VideoError
from evalkit.extractors import EXTRACTORS, Extractor
from evalkit.metrics import METRICS
from evalkit.metrics.base import PerSet
from evalkit.records.frame_scores import NO_FACE_GENERATED, NO_FACE_REFERENCE, OK, UNDEFINED
from evalkit.scoring import score_pair
from evalkit.scoring.score_pair import extractors_of, metric_signatures
from tests.fakes import NO_FACE, SIZE, brightness_extractor, grey, make_pair, make_protocol
from tests.scoring.small_metrics import L1, TO_DRIVING, TO_SOURCE, score_into, scored

DRIVING = [20, 40, NO_FACE, 60, 80]


@pytest.fixture(autouse=True)
def calls():
    counts: list[int] = []
    with EXTRACTORS.also({"brightness": brightness_extractor(counts)}):
        yield counts


@pytest.fixture
def clips(tmp_path):
    """Source of levels 10 and 30, driving of `DRIVING`; call with the generated levels."""
    video.write_video(tmp_path / "source.mkv", [grey([10, 30])], 25)
    video.write_video(tmp_path / "driving.mkv", [grey(DRIVING)], 25)

    def made(levels, frames=(0,), source=None, size=SIZE):
        if source is not None:
            video.write_video(tmp_path / "source.mkv", [grey(source)], 25)
        video.write_video(tmp_path / "generated.mkv", [grey(levels, size)], 25)
        return make_pair(tmp_path / "source.mkv", tmp_path / "driving.mkv", frames), tmp_path / "generated.mkv"

    return made


@pytest.fixture
def score(tmp_path):
    def score_here(pair, generated, metrics=(L1, TO_DRIVING, TO_SOURCE), cache="cache", **protocol):
        return scored(pair, generated, tmp_path / cache, metrics, **protocol)

    return score_here


def test_values_and_statuses_frame_by_frame(clips, score):
    result = score(*clips([25, NO_FACE, 50, 60, 83]))
    # |generated - driving| / 255 on flat frames.
    assert result["l1"].values == pytest.approx(np.array([5, 40, 50, 0, 3]) / 255)
    assert result["l1"].statuses == (OK,) * 5
    assert np.array_equal(result["to_driving"].values, [5, np.nan, np.nan, 0, 3], equal_nan=True)
    assert result["to_driving"].statuses == (OK, NO_FACE_GENERATED, NO_FACE_REFERENCE, OK, OK)
    # Frame 2 of the driving clip has no face, which does not matter against the source of level 10.
    assert np.array_equal(result["to_source"].values, [-15, np.nan, -40, -50, -73], equal_nan=True)
    assert result["to_source"].statuses == (OK, NO_FACE_GENERATED, OK, OK, OK)


def test_the_reference_is_blamed_first(clips, score):
    result = score(*clips([NO_FACE] * 5))
    assert result["to_driving"].statuses == (NO_FACE_GENERATED,) * 2 + (NO_FACE_REFERENCE,) + (NO_FACE_GENERATED,) * 2
    nobody = score(*clips([1] * 5, source=[NO_FACE, NO_FACE], frames=(0, 1)), cache="other")
    assert nobody["to_source"].statuses == (NO_FACE_REFERENCE,) * 5 and np.isnan(nobody["to_source"].values).all()


def test_one_source_with_a_face_is_enough(clips, score):
    result = score(*clips([40] * 5, frames=(0, 1), source=[NO_FACE, 30]))
    assert result["to_source"].values.tolist() == [-10] * 5 and result["to_source"].statuses == (OK,) * 5


def test_order_of_results_is_the_order_of_metrics(clips, score):
    pair, generated = clips([1] * 5)
    assert list(score(pair, generated, (TO_SOURCE, L1))) == ["to_source", "l1"]
    assert all(scores.pair == "s--d" for scores in score(pair, generated).values())


def test_the_driving_rule_of_the_protocol_is_applied(clips, score):
    result = score(*clips([40, 60]), driving={"start": 1, "stride": 2, "maximum": 2})
    assert result["to_driving"].values.tolist() == [0, 0] and result["l1"].values.tolist() == [0, 0]


def test_chunks_do_not_matter(clips, score, monkeypatch):
    pair, generated = clips([25, NO_FACE, 50, 60, 83])
    results = []
    original = video.iter_frames
    for chunk in (1, 2, 7, 16):
        monkeypatch.setattr(video, "iter_frames", lambda *selected, chunk=chunk: original(*selected, chunk=chunk))
        results.append(score(pair, generated, cache=f"cache{chunk}"))
    for name in ("l1", "to_driving", "to_source"):
        assert all(np.array_equal(r[name].values, results[0][name].values, equal_nan=True) for r in results)


@pytest.mark.parametrize("chunk", [1, 2, 16])
def test_a_metric_of_frames_sees_those_before_it_across_chunks(clips, score, monkeypatch, chunk):
    def trail(made, driving):
        level = made[:, 0, 0, 0].astype(float)
        return np.array([level[max(t - 2, 0) : t + 1].sum() for t in range(len(level))])

    original = video.iter_frames
    monkeypatch.setattr(video, "iter_frames", lambda path, selection: original(path, selection, chunk=chunk))
    metric = replace(L1, id="trail", variant="x", window=3, function=trail)
    found = score(*clips([10, 20, 30, 40, 50]), (metric,))["trail"]
    assert found.values[2:].tolist() == [60, 90, 120] and np.isnan(found.values[:2]).all()
    assert found.statuses == (UNDEFINED, UNDEFINED, OK, OK, OK)


def test_cache_on_or_off_gives_the_same_bits_and_less_work(clips, score, calls):
    pair, generated = clips([25, NO_FACE, 50, 60, 83])
    first = score(pair, generated)
    assert sum(calls) == 5 + 5 + 1
    calls.clear()
    again, anew = score(pair, generated), score(pair, generated, cache="fresh")
    assert sum(calls) == 11
    for name, scores in first.items():
        assert np.array_equal(scores.values, again[name].values, equal_nan=True)
        assert np.array_equal(scores.values, anew[name].values, equal_nan=True)
        assert scores.statuses == again[name].statuses == anew[name].statuses


@pytest.fixture
def pixels():
    """Frames per call of an extractor whose features are too large to keep, and a metric on them."""
    counts: list[int] = []

    def extract(frames, upstream):
        counts.append(len(frames))
        return {"level": frames[:, 0, 0, :2].astype(float)}

    entry = Extractor("pixels", "pixels|v1", (), lambda: extract, transient=2)
    with EXTRACTORS.also({"pixels": entry}):
        yield counts, replace(TO_DRIVING, id="large", input=("pixels", "level"))


def test_scoring_the_same_outputs_again_runs_no_network_and_decodes_nothing(clips, score, calls, pixels, monkeypatch):
    forwards, large = pixels
    metrics = (L1, TO_DRIVING, TO_SOURCE, large, replace(TO_DRIVING, id="whole", level=PerSet()))
    pair, generated = clips([25, NO_FACE, 50, 60, 83])
    first = score(pair, generated, metrics)
    assert sum(calls) == 11 and forwards == [2, 2, 2, 2, 1, 1], "a few frames of both clips at a time"
    renamed = generated.rename(generated.with_name("renamed.mkv"))
    calls.clear()
    forwards.clear()
    for name in ("iter_frames", "read_frames"):
        monkeypatch.setattr(video, name, lambda *a, **k: pytest.fail("decoded again"))
    again = score(pair, renamed, metrics)
    assert calls == forwards == []
    for name, scores in first.items():
        assert np.array_equal(scores.values, again[name].values, equal_nan=True)
        assert scores.statuses == again[name].statuses


def test_values_are_kept_for_these_two_clips_and_this_metric_only(clips, score, pixels):
    forwards, large = pixels
    pair, generated = clips([1, 2, 3, 4, 5])
    assert score(pair, generated, (large,))["large"].values[0] == 19
    assert score(pair, clips([2, 2, 3, 4, 5])[1], (large,))["large"].values[0] == 18
    newer = replace(large, version=2, function=lambda generated, driving: np.zeros(len(generated)))
    assert score(pair, generated, (newer,))["large"].values[0] == 0
    video.write_video(pair.driving.path, [grey([9, 9, 9, 9, 9])], 25)
    assert score(pair, generated, (large,))["large"].values[0] == 7
    assert sum(forwards) == 4 * 10


def test_known_features_of_clips_that_do_not_fit_are_refused(clips, score, tmp_path):
    score(*clips([1] * 5))
    pair, _ = clips([1] * 5)
    short = tmp_path / "short.mkv"
    video.write_video(short, [grey([7] * 3)], 25)
    score(make_pair(tmp_path / "source.mkv", short), short)
    with pytest.raises(ScoreError, match=r"short\.mkv: fewer frames than the driving frames of the protocol"):
        score(pair, short, (TO_DRIVING,))


@pytest.mark.slow
def test_several_processes_may_fill_one_cache(clips, score, tmp_path):
    pair, generated = clips([25, NO_FACE, 50, 60, 83])
    alone = score(pair, generated, cache="alone")
    results = [tmp_path / f"{number}.npz" for number in range(2)]
    context = multiprocessing.get_context("spawn")
    arguments = [(result, pair, generated, tmp_path / "together") for result in results]
    processes = [context.Process(target=score_into, args=each) for each in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    for result in results:
        mine = np.load(result)
        assert set(mine) == set(alone)
        assert all(np.array_equal(mine[k], alone[k].values, equal_nan=True) for k in alone)
    made = [sorted(p.name for p in (tmp_path / name).rglob("*") if p.is_file()) for name in ("alone", "together")]
    assert made[0] == made[1] and len(made[0]) == 4


def test_known_features_need_no_decoding(clips, score, monkeypatch):
    pair, generated = clips([25, 30, 50, 60, 83])
    metrics = (TO_DRIVING, TO_SOURCE)
    first = score(pair, generated, metrics)
    for name in ("iter_frames", "read_frames"):
        monkeypatch.setattr(video, name, lambda *a, **k: pytest.fail("decoded again"))
    assert score(pair, generated, metrics)["to_driving"].statuses == first["to_driving"].statuses


def test_reference_features_are_shared_by_methods(clips, score, calls, tmp_path):
    pair, generated = clips([1, 2, 3, 4, 5])
    score(pair, generated)
    calls.clear()
    video.write_video(tmp_path / "other.mkv", [grey([9, 8, 7, 6, 5])], 25)
    score(pair, tmp_path / "other.mkv")
    assert sum(calls) == 5


# Around the chunk of 16 frames the two clips end in the same chunk, in different ones, or exactly at its edge.
@pytest.mark.parametrize(("made", "wanted"), [(4, 5), (6, 5), (16, 17), (17, 16), (16, 32), (33, 32), (1, 40)])
def test_another_number_of_frames_is_refused(tmp_path, score, made, wanted):
    for name, count in (("source", 1), ("driving", wanted), ("generated", made)):
        video.write_video(tmp_path / f"{name}.mkv", [grey([7] * count)], 25)
    pair = make_pair(tmp_path / "source.mkv", tmp_path / "driving.mkv")
    side = "fewer" if made < wanted else "more"
    for metrics in ((L1,), (TO_SOURCE,), (L1, TO_DRIVING)):
        with pytest.raises(ScoreError, match=rf"generated\.mkv: {side} frames than the driving frames of the protocol"):
            score(pair, tmp_path / "generated.mkv", metrics)


def test_a_wrong_size_is_refused(clips, score):
    with pytest.raises(ScoreError, match=r"generated\.mkv: frames are 24x24, the protocol's are 16x16"):
        score(*clips([1] * 5, size=24))


@pytest.mark.parametrize("missing", ["source", "driving", "generated"])
def test_a_missing_clip_is_named(clips, score, tmp_path, missing):
    pair, generated = clips([1] * 5)
    (tmp_path / f"{missing}.mkv").unlink()
    with pytest.raises(VideoError, match=rf"{missing}\.mkv: no such file"):
        score(pair, generated)


def test_a_damaged_clip_leaves_no_features(clips, score, tmp_path):
    pair, generated = clips([1] * 5)
    generated.write_bytes(b"no video")
    with pytest.raises(VideoError, match="not a readable video"):
        score(pair, generated, (TO_DRIVING,))
    assert not list((tmp_path / "cache").rglob("*.npz"))


def test_driving_frames_follow_the_rule(clips):
    pair, _ = clips([1] * 5)
    rule = make_protocol(driving={"start": 1, "stride": 3}).driving
    frames = np.concatenate(list(video.iter_frames(pair.driving.path, rule.selection(8))))
    assert frames.shape == (2, 8, 8, 3) and frames[:, 0, 0, 0].tolist() == [40, 80]


def test_signatures_hold_everything_that_moves_a_value():
    metrics = (L1, TO_DRIVING)
    base = metric_signatures(make_protocol(), metrics)
    assert base.keys() == {"l1", "to_driving[landmark]"}
    assert (
        "brightness|v1" in base["to_driving[landmark]"] and "16px" in base["l1"] and "frame>clip>protocol" in base["l1"]
    )
    for change in ({"resolution": 32}, {"averaging": "frame"}):
        assert all(value != base[key] for key, value in metric_signatures(make_protocol(**change), metrics).items())
    for key, value in (("version", 2), ("settings", "other"), ("reference", "source"), ("variant", "x")):
        changed = metric_signatures(make_protocol(), (replace(L1, **{key: value}),))
        assert list(changed.values()) != [base["l1"]]


def test_extractors_of_metrics():
    assert extractors_of((L1,)) == [] and extractors_of((TO_SOURCE, TO_DRIVING, L1)) == ["brightness"]
    assert score_pair.extractors_of(tuple(METRICS[key] for key in ("csim[dlib]", "akd[dlib68]"))) == [
        "dlib128",
        "dlib68",
    ]
