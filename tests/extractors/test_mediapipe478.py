"""MediaPipe landmarks, blendshapes and pose: exactly what its own call says, in our units and axes."""

import subprocess
import sys

import numpy as np
import pytest

from evalkit import weights
from evalkit.extractors import EXTRACTORS
from evalkit.extractors.no_profiling import no_profiling
from evalkit.extractors.quiet import quiet_stderr

ID = "mediapipe478"


@pytest.fixture
def features(networks, faces):
    return EXTRACTORS.get(ID).load()(faces, {})


def test_numbers_are_those_of_its_own_call(features, faces):
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(weights.locate("mediapipe-face-landmarker"))),
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    with quiet_stderr(), no_profiling(), vision.FaceLandmarker.create_from_options(options) as landmarker:
        found = [landmarker.detect(mediapipe.Image(mediapipe.ImageFormat.SRGB, frame)) for frame in faces]
    for row, theirs in enumerate(found):
        points = [(point.x * 256, point.y * 256) for point in theirs.face_landmarks[0]]
        assert features["points"][row].tolist() == [list(point) for point in points]
        assert features["blendshapes"][row].tolist() == [shape.score for shape in theirs.face_blendshapes[0]]
        flip = np.diag([1, -1, -1])
        turn = flip @ features["rotation"][row] @ flip
        np.testing.assert_allclose(turn, theirs.facial_transformation_matrixes[0][:3, :3], atol=1e-6)


def test_points_lie_on_the_face(features, faces):
    # The eye corners, nose tip and mouth corners of the mesh against MTCNN's independent points.
    mesh = features["points"]
    five = np.stack(
        [
            mesh[:, [33, 133]].mean(axis=1),
            mesh[:, [362, 263]].mean(axis=1),
            *(mesh[:, i] for i in (4, 61, 291)),
        ],
        axis=1,
    )
    other = EXTRACTORS.get("mtcnn5").load()(faces, {})["points"]
    eyes = np.linalg.norm(five[:, 0] - five[:, 1], axis=1)
    assert (np.linalg.norm(five - other, axis=2).mean(axis=1) < 0.1 * eyes).all()


def test_rotations_are_rotations_and_their_angles_are_small(features):
    rotation = features["rotation"]
    np.testing.assert_allclose(rotation @ rotation.transpose(0, 2, 1) - np.eye(3), 0, atol=1e-5)
    assert (np.abs(features["angles"]) < np.deg2rad(45)).all()


def test_a_mirrored_frame_turns_yaw_and_roll_round(networks, faces):
    extract = EXTRACTORS.get(ID).load()
    plain, mirrored = extract(faces, {})["angles"], extract(faces[:, :, ::-1], {})["angles"]
    np.testing.assert_allclose(mirrored, plain * [-1, 1, -1], atol=np.deg2rad(4))


def test_no_face_is_nan_and_a_count_of_zero(networks, faceless):
    features = EXTRACTORS.get(ID).load()(faceless, {})
    assert features["faces"].tolist() == [0, 0, 0]
    assert all(np.isnan(features[name]).all() for name in ("points", "blendshapes", "rotation", "angles"))


def test_the_largest_of_several_faces_is_taken(networks, faces):
    picture = np.zeros((256, 512, 3), np.uint8)
    picture[64:192, 64:192] = faces[2][::2, ::2]
    picture[:, 256:] = faces[0]
    features = EXTRACTORS.get(ID).load()(picture[None], {})
    assert features["faces"][0] == 2 and features["points"][0, :, 0].min() > 256


def test_rows_do_not_depend_on_the_frames_before(networks, faces, features):
    backwards = EXTRACTORS.get(ID).load()(faces[::-1], {})
    assert all(np.array_equal(backwards[name][::-1], features[name]) for name in features)


def test_it_is_silent_to_the_end_of_the_process(networks, faces, tmp_path):
    np.save(tmp_path / "faces.npy", faces[:1])
    code = (
        "import numpy, sys; from evalkit.extractors import EXTRACTORS;"
        f"extract = EXTRACTORS.get({ID!r}).load(); print(extract(numpy.load(sys.argv[1]), {{}})['faces'])"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path / "faces.npy")], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "[1.]\n", "")


def test_its_profiling_timers_do_not_end_the_process(networks, faces, tmp_path):
    """Its threads are sent SIGPROF, ignored only until somebody puts the signal's default back."""
    np.save(tmp_path / "faces.npy", faces[:1])
    code = (
        "import numpy, signal, sys; from evalkit.extractors import EXTRACTORS; load = EXTRACTORS.get(sys.argv[1]).load;"
        "first = load(); signal.signal(signal.SIGPROF, signal.SIG_DFL); frames = numpy.load(sys.argv[2]);"
        "print(first(frames, {})['faces'], load()(frames.repeat(9, 0), {})['faces'].sum())"
    )
    command = [sys.executable, "-c", code, ID, str(tmp_path / "faces.npy")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "[1.] 9.0\n")


def test_a_handler_of_the_profiling_signal_stays():
    code = (
        "import os, signal; from evalkit.extractors.no_profiling import no_profiling;"
        "got = []; signal.signal(signal.SIGPROF, lambda *_: got.append(1))\n"
        "with no_profiling():\n    os.kill(os.getpid(), signal.SIGPROF); print(len(got))\n"
        "print(len(got))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "0\n1\n"
