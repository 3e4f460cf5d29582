"""What `render_clip` promises about arrays: sizes, ranges, determinism, smoothness, different people."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from evalkit.datasets.drawn import DemoClip, render_clip, rotation_matrix
from evalkit.datasets.drawn.identity import sample_identity
from evalkit.errors import EvalkitError


@pytest.fixture(scope="module")
def clip() -> DemoClip:
    return render_clip(2, 1, 12, 128)


def test_arrays_have_the_stated_form(clip):
    assert clip.frames.shape == (12, 128, 128, 3) and clip.frames.dtype == np.uint8
    assert clip.pose.shape == clip.translation.shape == (12, 3)
    assert clip.pose.dtype == clip.translation.dtype == clip.expression.dtype == np.float64
    assert clip.expression.shape == (12, len(clip.expression_names))


def test_parameters_stay_in_their_ranges():
    from evalkit.datasets.drawn.motion import EXPRESSION_NAMES, move

    for identity in range(40):
        motion = move(identity, identity % 3, 200)
        low = np.array([-1.0 if name in ("mouth_width", "gaze_x", "gaze_y") else 0.0 for name in EXPRESSION_NAMES])
        assert (motion.expression >= low).all() and (motion.expression <= 1.0).all()
        assert (np.abs(motion.pose) <= np.deg2rad([24.0, 11.0, 9.0])).all()


def test_everything_moves(clip):
    long = render_clip(2, 1, 40, 64)
    assert (long.pose.std(axis=0) > np.deg2rad(1.0)).all()
    assert (long.expression.std(axis=0) > 0.02).all()
    assert long.expression[:, long.expression_names.index("blink")].max() > 0.9


def test_frames_of_a_shorter_clip_are_the_first_of_a_longer_one(clip):
    short = render_clip(2, 1, 5, 128)
    for name in ("frames", "pose", "translation", "expression"):
        assert np.array_equal(getattr(short, name), getattr(clip, name)[:5])


def test_bytes_are_equal_in_another_process_with_other_threads(clip):
    code = (
        "import hashlib; from evalkit.datasets.drawn import render_clip; render_clip(7, 0, 1, 64); "
        "print(hashlib.sha256(render_clip(2, 1, 12, 128).frames.tobytes()).hexdigest())"
    )
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "77"}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **threads}
    )
    assert run.stdout.strip() == hashlib.sha256(clip.frames.tobytes()).hexdigest()


def test_motion_is_smooth_and_the_background_is_still(clip):
    steps = np.abs(np.diff(clip.frames.astype(int), axis=0))
    assert steps.mean() > 0.2 and (steps.mean(axis=(1, 2, 3)) < 12.0).all()
    assert (np.abs(np.diff(clip.pose, axis=0)) < np.deg2rad(6.0)).all()
    assert not steps[:, :12, :12].any() and not steps[:, :12, -12:].any()


def test_clips_of_a_person_differ_in_background_and_motion(clip):
    other = render_clip(2, 0, 2, 128)
    assert np.abs(other.frames[0, :12, :12].astype(int) - clip.frames[0, :12, :12]).mean() > 3.0
    assert not np.allclose(other.pose[:2], clip.pose[:2])


def test_another_clips_motion_can_be_made_without_changing_who_is_seen_where(clip):
    double = render_clip(5, 0, 12, 128, motion=(2, 1))
    assert np.array_equal(double.pose, clip.pose) and np.array_equal(double.expression, clip.expression)
    alone = render_clip(5, 0, 12, 128)
    assert np.array_equal(double.frames[:, :12, :12], alone.frames[:, :12, :12])
    assert not np.array_equal(double.frames, alone.frames) and not np.array_equal(double.frames, clip.frames)
    assert np.array_equal(render_clip(2, 1, 12, 128, motion=(2, 1)).frames, clip.frames)


def test_different_seeds_are_different_people():
    people = [sample_identity(seed) for seed in range(30)]
    skins = np.array([person.look.skin for person in people])
    assert np.ptp(skins.mean(axis=1)) > 0.3
    shapes = np.array([list(vars(person.shape).values()) for person in people])
    assert (np.abs(shapes) <= 1.0).all() and (shapes.std(axis=0) > 0.35).all()
    assert len({person.hair_style for person in people}) >= 6 and len({person.beard for person in people}) == 4
    faces = [render_clip(seed, 0, 1, 64).frames[0, 20:50, 20:44].astype(int) for seed in range(5)]
    apart = [np.abs(a - b).mean() for i, a in enumerate(faces) for b in faces[:i]]
    assert min(apart) > 8.0


def test_sizes_agree_with_each_other():
    small, large = (render_clip(4, 0, 1, size) for size in (64, 256))
    shrunk = large.frames[0].reshape(64, 4, 64, 4, 3).mean(axis=(1, 3))
    assert np.abs(shrunk - small.frames[0]).mean() < 4.0
    assert np.array_equal(small.pose, large.pose)


@pytest.mark.parametrize("arguments", [(-1, 0, 4, 64), (0, -1, 4, 64), (0, 0, 0, 64), (0, 0, 4, 32), (0, 0, 4, 1024)])
def test_impossible_requests_are_refused(arguments):
    with pytest.raises(
        EvalkitError, match=str(next(a for a in arguments if a in (-1, 32, 1024) or a == arguments[2] == 0))
    ):
        render_clip(*arguments)


def test_a_motion_that_cannot_be_is_refused():
    with pytest.raises(EvalkitError, match="motion of clip -3"):
        render_clip(0, 0, 2, 64, motion=(1, -3))


def test_rotation_is_roll_after_yaw_after_pitch():
    nose = np.array([0.0, 0.0, -1.0])
    assert (rotation_matrix(0.3, 0.0, 0.0) @ nose)[0] < 0.0
    assert (rotation_matrix(0.0, 0.3, 0.0) @ nose)[1] > 0.0
    assert (rotation_matrix(0.0, 0.0, 0.3) @ np.array([0.0, -1.0, 0.0]))[0] > 0.0
    whole = rotation_matrix(0.3, -0.2, 0.1)
    parts = rotation_matrix(0.0, 0.0, 0.1) @ rotation_matrix(0.3, 0.0, 0.0) @ rotation_matrix(0.0, -0.2, 0.0)
    assert np.allclose(whole, parts) and np.allclose(whole @ whole.T, np.eye(3))
