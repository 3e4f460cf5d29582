"""Coefficients that users bring: found by name, held to length, shape and unit, missing without a word never."""

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.errors import ScoreError, UnknownNameError, WeightsError
from evalkit.extractors import EXTRACTORS
from evalkit.metrics import METRICS
from evalkit.records.frame_scores import NO_COEFFICIENTS, NO_FACE_GENERATED, NO_FACE_REFERENCE, OK
from evalkit.runs.notes import frame_notes
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.coefficients import PairFiles, pair_files, parse_folders, read_file, read_pair
from evalkit.scoring.features import FeatureBank
from evalkit.scoring.score_pair import Scorer
from tests.fakes import grey, make_pair, make_protocol

FRAMES = 6
SMIRK = EXTRACTORS.get("smirk")


def arrays(frames, seed=0):
    random = np.random.default_rng(seed)
    return {
        "expression_params": random.normal(size=(frames, 50)).astype(np.float32),
        "pose_params": random.normal(size=(frames, 3), scale=0.3),
    }


def write(path, **content):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **content)
    return path


def with_lids(frames, seed=0):
    """As SMIRK gives them: two eyelids in [0, 1] and the axis-angle of the jaw beside the rest."""
    random = np.random.default_rng(seed + 100)
    more = {"eyelid_params": random.uniform(size=(frames, 2)), "jaw_params": random.uniform(0, 0.2, size=(frames, 3))}
    return {**arrays(frames, seed), **more}


@pytest.fixture
def pair(tmp_path):
    for name in ("source", "driving", "generated"):
        video.write_video(tmp_path / f"{name}.mkv", [grey(range(1, FRAMES + 1))], 25)
    return make_pair(tmp_path / "source.mkv", tmp_path / "driving.mkv")


@pytest.fixture
def score(tmp_path, pair):
    def scored(files, keys=("aed[smirk]", "apd[smirk]", "l1"), **protocol):
        metrics = tuple(METRICS[key] for key in keys)
        scorer = Scorer(make_protocol(**protocol), metrics, FeatureBank(FeatureCache(tmp_path / "cache")))
        name = "generated" if not protocol else "short"
        return {s.metric: s for s in scorer.score(pair, tmp_path / f"{name}.mkv", {"smirk": files})}

    return scored


def test_values_are_those_of_the_files(tmp_path, score):
    ours, theirs = arrays(FRAMES, 1), arrays(FRAMES, 2)
    files = PairFiles(write(tmp_path / "g.npz", **ours), write(tmp_path / "d.npz", **theirs))
    result = score(files)
    expected = np.abs(ours["expression_params"].astype(float) - theirs["expression_params"].astype(float)).mean(axis=1)
    np.testing.assert_array_equal(result["aed[smirk]"].values, expected)
    np.testing.assert_array_equal(
        result["apd[smirk]"].values, np.abs(ours["pose_params"] - theirs["pose_params"]).mean(axis=1)
    )
    assert result["aed[smirk]"].statuses == (OK,) * FRAMES and (result["l1"].values == 0).all()


FULL = "aed[smirk-eyelids-jaw]"


def test_eyelids_and_jaw_count_beside_the_fifty_numbers(tmp_path, score):
    ours, theirs = with_lids(FRAMES, 1), with_lids(FRAMES, 2)
    ours["jaw_params"][3] = np.nan
    files = PairFiles(write(tmp_path / "g.npz", **ours), write(tmp_path / "d.npz", **theirs))
    result = score(files, (FULL, "aed[smirk]"))
    total = sum(
        np.abs(ours[name].astype(float) - theirs[name].astype(float)).sum(axis=1)
        for name in ("expression_params", "eyelid_params", "jaw_params")
    )
    np.testing.assert_allclose(result[FULL].values, total / 55, rtol=1e-12)
    assert result[FULL].statuses == (OK, OK, OK, NO_FACE_GENERATED, OK, OK)
    assert result["aed[smirk]"].statuses == (OK,) * FRAMES


@pytest.mark.parametrize("absent", ["eyelid_params", "jaw_params"])
@pytest.mark.parametrize("side", ["g", "d"])
def test_a_file_without_eyelids_or_jaw_costs_the_metric_that_needs_them(tmp_path, score, absent, side):
    content = {name: with_lids(FRAMES, seed) for name, seed in (("g", 1), ("d", 2))}
    del content[side][absent]
    files = PairFiles(*(write(tmp_path / f"{name}.npz", **content[name]) for name in ("g", "d")))
    result = score(files, (FULL, "aed[smirk]", "apd[smirk]"))
    assert result[FULL].statuses == (NO_COEFFICIENTS,) * FRAMES and np.isnan(result[FULL].values).all()
    assert result["aed[smirk]"].statuses == result["apd[smirk]"].statuses == (OK,) * FRAMES
    (note,) = frame_notes(METRICS[FULL], [result[FULL]])
    needed = "expression_params, eyelid_params, jaw_params"
    assert note == f"no coefficients for 1 of 1 pairs: the npz files of both clips must hold {needed}"
    assert frame_notes(METRICS["aed[smirk]"], [result["aed[smirk]"]]) == ()


def test_without_files_the_whole_face_has_no_value_either(tmp_path, score):
    result = score(PairFiles(tmp_path / "g.npz", tmp_path / "d.npz"), (FULL, "l1"))
    assert result[FULL].statuses == (NO_COEFFICIENTS,) * FRAMES and (result["l1"].values == 0).all()


def test_optional_arrays_are_not_in_the_signature_of_the_network():
    assert SMIRK.signature == "smirk-imported|expression_params:50+pose_params:3"


def test_driving_rows_are_those_the_protocol_selects(tmp_path, score):
    video.write_video(tmp_path / "short.mkv", [grey([2, 4])], 25)
    theirs = arrays(FRAMES, 2)
    ours = {name: array[[1, 3]] for name, array in theirs.items()}
    files = PairFiles(write(tmp_path / "g.npz", **ours), write(tmp_path / "d.npz", **theirs))
    result = score(files, driving={"start": 1, "stride": 2, "maximum": 2})
    assert result["aed[smirk]"].values.tolist() == [0, 0] == result["apd[smirk]"].values.tolist()


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"start": 1, "stride": 2}, [1, 3, 5]),
        ({"start": 1, "end_margin": 2}, [1, 2, 3]),
        ({"maximum": 2}, [0, 1]),
    ],
)
def test_the_rule_takes_the_rows_of_the_frames_that_are_decoded(tmp_path, pair, rule, rows):
    selection = make_protocol(driving=rule).selection
    assert selection.indices(FRAMES) == rows
    decoded = np.concatenate(list(video.iter_frames(tmp_path / "driving.mkv", selection)))
    assert (decoded[:, 0, 0, 0] - 1).tolist() == rows


def test_rows_of_nan_are_frames_without_a_face(tmp_path, score):
    ours, theirs = arrays(FRAMES, 1), arrays(FRAMES, 2)
    ours["pose_params"][1], theirs["pose_params"][2] = np.nan, np.nan
    files = PairFiles(write(tmp_path / "g.npz", **ours), write(tmp_path / "d.npz", **theirs))
    result = score(files)["apd[smirk]"]
    assert result.statuses == (OK, NO_FACE_GENERATED, NO_FACE_REFERENCE, OK, OK, OK)
    assert np.isnan(result.values).tolist() == [False, True, True, False, False, False]


@pytest.mark.parametrize("absent", ["generated", "driving", "both"])
@pytest.mark.parametrize("policy", ["exclude_and_report", "carry_previous"])
def test_a_missing_file_is_a_status_and_never_a_zero(tmp_path, score, absent, policy):
    files = PairFiles(tmp_path / "g.npz", tmp_path / "d.npz")
    if absent != "both":
        write(files.reference if absent == "generated" else files.generated, **arrays(FRAMES))
    video.write_video(tmp_path / "short.mkv", [grey(range(1, FRAMES + 1))], 25)
    result = score(files, no_face=policy)
    for key in ("aed[smirk]", "apd[smirk]"):
        assert result[key].statuses == (NO_COEFFICIENTS,) * FRAMES and np.isnan(result[key].values).all()
    assert result["l1"].statuses == (OK,) * FRAMES
    assert "none" in files.signature()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pose_params": np.zeros((FRAMES - 1, 3))}, "'pose_params' has 5 rows for the 6 frames of the generated clip"),
        (
            {"pose_params": np.zeros((FRAMES, 6))},
            r"'pose_params': expected \(frames, 3\) floating.* got \(6, 6\) float64",
        ),
        ({"pose_params": np.zeros((FRAMES, 3), int)}, r"floating-point numbers, got \(6, 3\) int64"),
        ({"pose_params": np.zeros(FRAMES)}, r"got \(6,\)"),
        (
            {"pose_params": np.full((FRAMES, 3), 20.0)},
            r"axis-angle vector in radians.* row 0 is 34.64 long\. Degrees\?",
        ),
        ({"expression_params": np.full((FRAMES, 50), np.inf)}, "holds infinite numbers"),
        ({"expression_params": None}, "'expression_params' is missing; the file holds pose_params"),
        ({"eyelid_params": np.zeros((FRAMES, 1))}, r"'eyelid_params': expected \(frames, 2\) floating.* got \(6, 1\)"),
        ({"jaw_params": np.full((FRAMES, 3), 9.0)}, r"'jaw_params': expected an axis-angle vector in radians"),
    ],
)
def test_a_file_that_does_not_fit_is_named(tmp_path, change, words):
    content = {name: array for name, array in (arrays(FRAMES) | change).items() if array is not None}
    path = write(tmp_path / "g.npz", **content)
    with pytest.raises(ScoreError, match=words) as error:
        read_file(SMIRK, path, FRAMES, "generated")
    assert str(path) in str(error.value)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "g.npz").write_bytes(content)
    with pytest.raises(ScoreError, match=r"g\.npz: cannot be read as an npz file"):
        read_file(SMIRK, tmp_path / "g.npz", FRAMES, "generated")


def test_pickled_objects_are_refused(tmp_path):
    np.savez(tmp_path / "g.npz", pose_params=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ScoreError, match="cannot be read as an npz file of plain arrays"):
        read_file(SMIRK, tmp_path / "g.npz", 1, "generated")


def test_a_driving_file_of_the_selected_frames_only_is_refused(tmp_path, pair):
    files = {"smirk": PairFiles(write(tmp_path / "g.npz", **arrays(5)), write(tmp_path / "d.npz", **arrays(5)))}
    selection = make_protocol(driving={"start": 1}).selection
    with pytest.raises(ScoreError, match=r"5 rows for the 6 frames of the driving \(driving\.mkv\) clip"):
        read_pair(files, ["smirk"], pair.driving.path, selection)


def test_files_are_named_after_method_pair_and_driving_clip(tmp_path, pair):
    found = pair_files({"smirk": tmp_path}, "ours@big", pair)["smirk"]
    assert found == PairFiles(tmp_path / "ours@big" / "s--d.npz", tmp_path / "driving" / "d.npz") and found.missing


def test_options(tmp_path):
    assert parse_folders([f"smirk={tmp_path}"]) == {"smirk": tmp_path}
    with pytest.raises(ScoreError, match="expected NAME=DIR"):
        parse_folders(["smirk"])
    with pytest.raises(UnknownNameError, match=r"'smrk'.*'smirk'"):
        parse_folders([f"smrk={tmp_path}"])
    with pytest.raises(UnknownNameError, match="imported called 'deep3d'"):
        parse_folders([f"deep3d={tmp_path}"])
    with pytest.raises(ScoreError, match=r"no such folder\. Expected .*driving/<clip>\.npz"):
        parse_folders([f"smirk={tmp_path / 'nowhere'}"])


def test_an_imported_network_is_never_run():
    with pytest.raises(WeightsError, match="supply its coefficients with --coefficients smirk=DIR"):
        SMIRK.load()
