"""The picture of a run: worst pairs first, nothing that is missing stops it."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from evalkit.clips import video
from evalkit.metrics import METRICS
from evalkit.records.frame_scores import OK, FrameScores
from evalkit.records.run_folder import Outcome, RunFolder
from evalkit.runs import contact_sheet
from evalkit.runs.aggregate import clip_score
from evalkit.runs.contact_sheet import GAP, HEAD, MAX_ROWS, MOMENTS, TEXT, TILE, worst_first, write_contact_sheet
from evalkit.runs.plan import PairResult
from evalkit.types import Pair
from tests.fakes import grey, make_clip, make_protocol

L1, CSIM, FID = METRICS["l1"], METRICS["csim[dlib]"], METRICS["fid"]
SOURCE, DRIVING, GENERATED = 50, list(range(100, 111)), list(range(200, 211))


def results_of(values, path, frames=11):
    """One pair per name: {name: (l1, csim)}, None for a value that does not exist, "failed" for a failed pair."""
    results, clips = [], []
    for name, numbers in values.items():
        clip = make_clip(name, name, path=path)
        pair = Pair(name, clip, (0,), clip)
        failed = numbers == "failed"
        outcome = (
            Outcome(name, "failed", "it broke")
            if failed
            else Outcome(name, "ok", generated=f"{name}.mkv", frames=frames)
        )
        for metric, value in zip((L1, CSIM), (None, None) if failed else numbers, strict=True):
            array = np.array([np.nan if value is None else value])
            scores = None if failed else FrameScores(name, metric.key, array, (OK if value is not None else "no_face",))
            clips.append(clip_score(pair, metric.key, outcome, scores))
        results.append(PairResult(pair, outcome, {}))
    return results, clips


def order(values, metrics=(L1, CSIM)):
    results, clips = results_of(values, None)
    return [result.pair.id for result in worst_first(results, clips, metrics)]


def test_failed_pairs_come_first_then_the_worst():
    assert order({"good": (0.1, 0.9), "bad": (0.3, 0.2), "broken": "failed", "fair": (0.2, 0.5)}) == [
        "broken",
        "bad",
        "fair",
        "good",
    ]


def test_each_metric_counts_in_its_direction():
    values = {"a": (0.1, 0.2), "b": (0.2, 0.3)}
    assert order(values, (L1,)) == ["b", "a"] and order(values, (CSIM,)) == ["a", "b"]


def test_no_value_is_worse_than_any():
    assert order({"a": (0.9, 0.1), "faceless": (0.9, None), "c": (0.9, 0.2)}, (CSIM,)) == ["faceless", "a", "c"]


def test_metrics_of_sets_rank_no_pair():
    assert order({"b": (0.9, 0.1), "a": (0.1, 0.9)}, (FID,)) == ["a", "b"]


def test_equal_pairs_keep_the_order_of_the_protocol():
    assert order({"b": "failed", "a": "failed"}) == ["b", "a"]


@pytest.fixture
def sheet(tmp_path):
    def drawn(values, **changes):
        video.write_video(tmp_path / "clip.mkv", [grey([SOURCE, *DRIVING[1:]])], 25)
        results, clips = results_of(values, tmp_path / "clip.mkv")
        for result in results:
            if result.outcome.status == "ok":
                video.write_video(tmp_path / f"{result.pair.id}.mkv", [grey(GENERATED)], 25)
        for name, content in changes.items():
            (tmp_path / f"{name}.mkv").write_bytes(content)
        write_contact_sheet(RunFolder(tmp_path), make_protocol(), results, clips, (L1, CSIM, FID))
        with Image.open(tmp_path / "contact_sheet.png") as image:
            return np.asarray(image)

    return drawn


def tile_levels(picture, row, columns=1 + 2 * MOMENTS):
    """Grey level in the middle of every tile of a row."""
    y = HEAD + GAP + row * (TILE + TEXT + GAP) + TEXT + TILE // 2
    return [int(picture[y, GAP + column * (TILE + GAP) + TILE // 2, 0]) for column in range(columns)]


def test_a_row_is_source_driving_generated_at_three_moments(sheet):
    picture = sheet({"a": (0.1, 0.9)})
    assert picture.shape == (HEAD + GAP + TILE + TEXT + GAP, 7 * (TILE + GAP) + GAP, 3)
    # Of frames 0..10 the quarters: 2.5 (rounded to even: 2), 5, 7.5 (8).
    assert tile_levels(picture, 0) == [50, 102, 202, 105, 205, 108, 208]


def test_the_driving_frames_are_those_the_protocol_selects(tmp_path):
    video.write_video(tmp_path / "clip.mkv", [grey([SOURCE, *DRIVING[1:]])], 25)
    video.write_video(tmp_path / "a.mkv", [grey([1, 2, 3])], 25)
    results, clips = results_of({"a": (0.1, 0.9), "b": "failed"}, tmp_path / "clip.mkv", 3)
    protocol = make_protocol(driving={"start": 2, "stride": 3, "maximum": 3})
    write_contact_sheet(RunFolder(tmp_path), protocol, results, clips, (L1, CSIM))
    with Image.open(tmp_path / "contact_sheet.png") as image:
        picture = np.asarray(image)
    # Driving frames 2, 5, 8, of which the quarters are 0.5 (0), 1 and 1.5 (2); the failed pair comes first.
    assert tile_levels(picture, 1) == [50, 102, 1, 105, 2, 108, 3]
    assert tile_levels(picture, 0) == [50, 102, 210, 105, 210, 108, 210]


def test_a_protocol_that_compares_with_the_truth_shows_it(tmp_path):
    video.write_video(tmp_path / "clip.mkv", [grey([SOURCE, *DRIVING[1:]])], 25)
    video.write_video(tmp_path / "truth.mkv", [grey([level - 30 for level in DRIVING])], 25)
    video.write_video(tmp_path / "a.mkv", [grey(GENERATED)], 25)
    results, clips = results_of({"a": (0.1, 0.9), "b": "failed"}, tmp_path / "clip.mkv")
    results = [replace(one, pair=replace(one.pair, truth=tmp_path / "truth.mkv")) for one in results]
    protocol = make_protocol(reference="truth", task="cross_reenactment")
    write_contact_sheet(RunFolder(tmp_path), protocol, results, clips, (L1, CSIM))
    with Image.open(tmp_path / "contact_sheet.png") as image:
        picture = np.asarray(image)
    columns = 1 + 3 * MOMENTS
    assert picture.shape[1] == columns * (TILE + GAP) + GAP
    assert tile_levels(picture, 1, columns) == [50, 102, 72, 202, 105, 75, 205, 108, 78, 208]
    assert tile_levels(picture, 0, columns) == [50, 102, 72, 210, 105, 75, 210, 108, 78, 210]


def test_a_failed_pair_shows_what_there_is_and_its_reason_in_red(sheet):
    picture = sheet({"a": (0.1, 0.9), "broken": "failed"}).astype(int)
    assert tile_levels(picture, 0) == [50, 102, 210, 105, 210, 108, 210]
    red = (picture[..., 0] > picture[..., 1] + 60).any(axis=1)
    row = HEAD + GAP
    assert red[row : row + TEXT].any() and not red[row + TEXT :].any()


def test_a_clip_that_cannot_be_read_stays_grey(sheet):
    assert tile_levels(sheet({"a": (0.1, 0.9)}, a=b"no video"), 0) == [50, 102, 210, 105, 210, 108, 210]


def test_long_runs_show_the_worst(sheet):
    values = {f"p{i:02d}": (i / 100, 0.5) for i in range(MAX_ROWS + 3)}
    assert len(sheet(values)) == HEAD + GAP + MAX_ROWS * (TILE + TEXT + GAP)


def test_no_pair_gives_an_empty_sheet(sheet):
    assert len(sheet({})) == HEAD + GAP


def test_one_frame_is_enough(tmp_path):
    video.write_video(tmp_path / "clip.mkv", [grey([SOURCE])], 25)
    video.write_video(tmp_path / "a.mkv", [grey([70])], 25)
    results, clips = results_of({"a": (0.1, 0.9)}, tmp_path / "clip.mkv", 1)
    write_contact_sheet(RunFolder(tmp_path), make_protocol(), results, clips, (L1, CSIM))
    with Image.open(tmp_path / "contact_sheet.png") as image:
        assert tile_levels(np.asarray(image), 0) == [50] + [50, 70] * MOMENTS


def test_variants_of_one_metric_are_told_apart():
    names = contact_sheet._names([METRICS[key] for key in ("csim[dlib]", "apd[landmark]", "apd[mediapipe]", "fid")])
    assert list(names.values()) == ["CSIM", "APD[landmark]", "APD[mediapipe]"]
