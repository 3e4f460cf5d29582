"""What the face metrics say of real faces: a worse answer scores worse, with every network that is at hand."""

import numpy as np
import pytest

from evalkit import weights
from evalkit.clips import video
from evalkit.extractors import EXTRACTORS
from evalkit.metrics import METRICS
from evalkit.scoring.features import dependency_order

LAGS = (0, 2, 12)
FRAMES = range(0, 60, 3)
CLIP = "p002_c1"
BY_LAG = [
    *("akd[mtcnn5]", "akd[mtcnn5-mean-abs]", "akd[mediapipe478]", "akd[mediapipe478-mean-abs]"),
    *("apd[mediapipe]", "apd[3ddfa]", "apd[fsanet]", "aed[blendshapes]", "aed[3ddfa]"),
]


def features_of(name, frames):
    known = {}
    for step in dependency_order([name]):
        known[step] = EXTRACTORS.get(step).load()(frames, known)
    return known[name]


@pytest.fixture(scope="module")
def clip(shared):
    return video.read_frames(shared / "faces" / "clips" / f"{CLIP}.mp4", [*FRAMES, *range(60, 100, 3)], size=256)


@pytest.fixture(scope="module")
def remembered():
    return {}


@pytest.mark.parametrize("key", BY_LAG)
def test_motion_that_comes_later_scores_worse(networks, clip, remembered, key):
    name, feature = METRICS[key].input
    if name not in remembered:
        remembered[name] = features_of(name, clip)
    rows = remembered[name][feature]
    means = [METRICS[key].function(rows[lag : lag + len(FRAMES)], rows[: len(FRAMES)]).mean() for lag in LAGS]
    assert means[0] == 0 < means[1] < means[2]


def test_another_person_scores_worse_than_another_frame(networks, faces):
    rows = features_of("mobilefacenet", faces)["embedding"]
    csim = METRICS["csim[mobilefacenet]"].function
    itself, same, other = csim(rows[:1], rows[:1]), csim(rows[1:2], rows[:1]), csim(rows[2:], rows[:1])
    assert itself[0] == pytest.approx(1) and itself[0] > same[0] > other.max()


@pytest.mark.parametrize("detector", ["mtcnn5", "mediapipe478"])
def test_lost_faces_lower_coverage_and_raise_the_missing_rate(networks, faces, detector):
    broken = faces[:4].copy()
    broken[[1, 2]] = 127
    ours, theirs = features_of(detector, broken)["points"], features_of(detector, faces[:4])["points"]
    assert METRICS[f"coverage[{detector}]"].function(ours, theirs).tolist() == [1, 0, 0, 1]
    assert METRICS[f"mkr[{detector}]"].function(ours, theirs).tolist() == [0, 1, 1, 0]


def test_every_variant_runs_here_or_names_what_it_lacks(networks, monkeypatch):
    monkeypatch.delenv("EVALKIT_ARCFACE", raising=False)
    inputs = {metric.input[0] for metric in METRICS.values() if metric.input}
    lacking = {
        name: weights.missing(file for step in dependency_order([name]) for file in EXTRACTORS.get(step).weights)
        for name in ("arcface", "arcface_glint100", "arcface_onnx", "deep3d", "mtcnn5", "mediapipe478", "tddfa_v2")
    }
    assert lacking.keys() <= inputs
    assert {name for name, reason in lacking.items() if reason is None} == {"mtcnn5", "mediapipe478", "tddfa_v2"}
    assert "fetch scrfd-10g-det arcface-w600k-r50 --accept-licence" in lacking["arcface"]
    assert "Set $EVALKIT_ARCFACE" in lacking["arcface_onnx"]


def test_frames_of_any_kind_are_no_error(networks):
    generator = np.random.default_rng(0)
    for name in ("mobilefacenet", "mtcnn5", "mediapipe478", "tddfa_v2", "fsanet"):
        for shape in ((2, 64, 64, 3), (1, 33, 97, 3), (1, 1, 1, 3)):
            found = features_of(name, generator.integers(0, 256, shape, dtype=np.uint8))
            assert all(len(array) == shape[0] for array in found.values())
