"""`ek.metric`: the numbers of a run, from arrays."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import evalkit as ek
from evalkit.clips import video
from evalkit.datasets.drawn import render_clip
from evalkit.metrics.base import PerSet
from evalkit.records.frame_scores import read_frames
from evalkit.records.run_folder import RunFolder
from evalkit.types import Selection

METRICS = ("l1", "psnr", "ssim", "flicker", "warp", "motion")
METRICS += ("csim[dlib]", "akd[dlib68]", "apd[landmark]", "identity_drift[dlib]", "akd[dlib68-dtw]")


@pytest.fixture(scope="module")
def scored(root, protocol, tmp_path_factory):
    """A run with the frames behind it: pair -> (generated, driving, source)."""
    chosen = protocol.model_copy(update={"metrics": METRICS, "resolution": 128})
    found = ek.run(chosen, "landmark_warp", data=root, out=tmp_path_factory.mktemp("runs"), anchors=False, workers=1)
    frames = {}
    for person in range(3):
        clip = np.concatenate(list(video.iter_frames(root / f"person{person}" / "take.mkv", Selection(size=128))))
        [made] = (found.path / "generated").glob(f"*person{person}*.mkv")
        frames[made.stem] = (np.concatenate(list(video.iter_frames(made))), clip[1:], clip[:1])
    return found, frames


@pytest.mark.parametrize("key", METRICS)
def test_arrays_have_the_scores_of_a_run(scored, key):
    found, frames = scored
    of_run = {score.pair: score for score in read_frames(RunFolder(found.path).frames) if score.metric == key}
    clips = found.to_pandas("clips")
    shares = clips.set_index(["pair", "metric"])["coverage"].to_dict()
    metric, means = ek.metric(key), []
    for pair, (generated, driving, source) in frames.items():
        against = {metric.metric.reference: source if metric.metric.reference == "source" else driving}
        score = metric(generated, layout="THWC", range=255, **against)
        np.testing.assert_array_equal(score.frames, of_run[pair].values)
        means.append(score.value)
        assert score.coverage == pytest.approx(shares[pair, key])
    assert np.nanmean(means) == pytest.approx(found[key].value, rel=1e-12)


def test_clips_together_are_a_mean_of_means(scored):
    _, frames = scored
    generated, driving = (np.stack([clip[i] for clip in frames.values()]) for i in (0, 1))
    together = ek.metric("l1")(generated, driving, layout="BTHWC", range=255)
    alone = [ek.metric("l1")(g, d, layout="THWC", range=255) for g, d, _ in frames.values()]
    assert together.value == pytest.approx(np.mean([one.value for one in alone]), rel=1e-12)
    assert [len(frames) for frames in together.frames] == [5, 5, 5]


def test_a_frame_without_a_face_has_no_value():
    clip = render_clip(0, 0, frames=3, size=64).frames.copy()
    clip[1] = 128
    score = ek.metric("csim[dlib]")(clip, source=clip[0], layout="THWC", range=255)
    assert np.isnan(score.frames).tolist() == [False, True, False]
    assert score.coverage == pytest.approx(2 / 3) and score.value == pytest.approx(1, abs=0.05)
    assert str(score).endswith("(66.7% of the frames)")


def test_a_metric_of_sets_has_one_value():
    one, other = (render_clip(person, 0, frames=6, size=64).frames for person in (0, 1))
    kid = ek.metric("kid[efficientnet-lite0]")
    same, apart = (kid(one, driving=clip, layout="THWC", range=255) for clip in (one, other))
    assert same.frames is None and same.value < apart.value and kid.metric.level.__class__ is PerSet


def test_a_metric_that_means_nothing_alone_says_so():
    clip = render_clip(0, 0, frames=4, size=64).frames
    score = ek.metric("flicker")(clip, clip, layout="THWC", range=255)
    assert np.isnan(score.frames).tolist() == [True, False, False, False]
    assert score.value == 0 and score.coverage == 1  # the first frame could have none
    assert score.notes[-1] == "means nothing without motion of the same frames"


def test_a_metric_of_sets_leaves_out_frames_without_a_face():
    """In a process of its own: after thousands of tests MediaPipe ended theirs here, twice, while it was loaded."""
    code = (
        "import evalkit as ek\n"
        "from evalkit.datasets.drawn import render_clip\n"
        "clip = render_clip(0, 0, frames=6, size=192).frames.copy()\n"
        "clip[2] = 128\n"
        "score = ek.metric('e_fid[blendshapes]')(clip, driving=clip, layout='THWC', range=255)\n"
        "print(score.value, score.notes[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.stdout == "0.0 N=5 generated, 5 reference\n", done.stderr


def test_a_metric_of_your_own():
    def brightness(generated, reference):
        return np.abs(generated.mean((1, 2, 3)) - reference.mean((1, 2, 3)))

    mine = ek.Metric(
        id="brightness", title="Brightness", better="lower", reference="driving", input=None, function=brightness,
        tasks=frozenset({"self_reenactment"}), settings="", paper="none", description="",
    )  # fmt: skip
    frames = np.zeros((2, 16, 16, 3), np.uint8)
    assert float(ek.metric(mine)(frames + 9, frames, layout="THWC", range=255)) == 9


FRAMES = np.full((3, 16, 16, 3), 7, np.uint8)


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("l1", {}, "compares with driving frames: give them once"),
        ("l1", {"reference": FRAMES, "driving": FRAMES}, "give them once"),
        ("l1", {"source": FRAMES}, "compares with driving frames, not with the source"),
        ("csim[dlib]", {"driving": FRAMES}, "compares with source frames, not with the driving"),
        ("l1", {"driving": FRAMES[:2]}, "got 3 generated and 2 driving frames"),
        ("l1", {"driving": np.pad(FRAMES, ((0, 0), (0, 4), (0, 0), (0, 0)))}, "are 16x16, driving frames 16x20"),
    ],
)
def test_what_does_not_fit_is_an_error(name, given, why):
    with pytest.raises(ek.EvalkitError, match=why):
        ek.metric(name)(FRAMES, layout="THWC", range=255, **given)


def test_layout_and_range_are_never_guessed():
    with pytest.raises(TypeError, match="layout"):
        ek.metric("l1")(FRAMES, FRAMES)  # type: ignore[call-arg]


def test_unknown_and_unavailable_metrics_say_what_to_do():
    with pytest.raises(ek.EvalkitError, match="Did you mean 'ssim'"):
        ek.metric("sim")
    with pytest.raises(ek.EvalkitError, match="--coefficients"):
        ek.metric("aed[smirk]")
