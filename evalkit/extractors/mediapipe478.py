"""478 landmarks, 52 blendshapes and head pose by MediaPipe's face landmarker, each frame as a picture of its own.

Up to four faces are looked for; the one whose landmarks span the largest box is taken (leftmost on a tie), and the
number of faces is kept. Source: Google MediaPipe Tasks, `face_landmarker.task`, default confidences of 0.5; blendshapes
in the order of the file, `_neutral` first; the pose is the rotation of `facial_transformation_matrixes`, which puts the
canonical face model into the view of a camera with a vertical field of 63 degrees.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit import weights
from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.landmark_pose import angles
from evalkit.extractors.no_profiling import no_profiling
from evalkit.extractors.quiet import quiet_stderr
from evalkit.types import Features, Frames, Values

WEIGHTS = "mediapipe-face-landmarker"
POINTS, BLENDSHAPES, MAX_FACES = 478, 52, 4

_TO_CAMERA = np.diag([1.0, -1.0, -1.0])
"""From MediaPipe's axes (x right, y up, z towards the camera) to ours (y down, z away)."""


def load() -> Extract:
    """Features of T frames.

    `points` (T, 478, 2) x, y in pixels; `blendshapes` (T, 52) in [0, 1]; `rotation` (T, 3, 3) in camera axes and
    `angles` (T, 3) yaw, pitch, roll in radians with the signs of `landmark_pose.angles`; `faces` (T,) count.
    """
    read = load_meshes()

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        features = dict(read(frames))
        points = np.ascontiguousarray(features.pop("mesh")[:, :, :2])
        return {"points": points, **features, "angles": angles(features["rotation"])}

    return extract


def load_meshes() -> Callable[[Frames], Features]:
    """Features of T frames as `load` gives them but for `points` and `angles`, and the `mesh` (T, 478, 3).

    x and y of the mesh are those of `points`, z is the depth in the same unit, growing away from the camera.
    """
    import mediapipe

    with quiet_stderr(), no_profiling():
        landmarker = _landmarker(str(weights.locate(WEIGHTS)))
        landmarker.detect(_image(mediapipe, np.zeros((64, 64, 3), np.uint8)))

    def read(frames: Frames) -> Features:
        with no_profiling():  # threads may begin late
            rows = [_row(landmarker.detect(_image(mediapipe, frame)), *frame.shape[1::-1]) for frame in frames]
        return {name: np.stack([row[name] for row in rows]) for name in rows[0]}

    return read


def _landmarker(path: str) -> Any:
    from mediapipe.tasks.python import BaseOptions, vision

    class Landmarker(vision.FaceLandmarker):  # type: ignore[misc]
        """Closing runs on a thread pool that is gone when the interpreter ends; then the process frees it all."""

        def __del__(self, ending: Callable[[], bool] = sys.is_finalizing) -> None:  # bound: modules are emptied first
            if not ending():
                self.close()

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=path),
        num_faces=MAX_FACES,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    landmarker = vision.FaceLandmarker.create_from_options(options)
    landmarker.__class__ = Landmarker
    return landmarker


def _image(mediapipe: Any, frame: NDArray[np.uint8]) -> Any:
    return mediapipe.Image(mediapipe.ImageFormat.SRGB, np.ascontiguousarray(frame))


def _row(found: Any, width: int, height: int) -> dict[str, Values]:
    faces = [
        np.array([(p.x * width, p.y * height, p.z * width) for p in face[:POINTS]]) for face in found.face_landmarks
    ]
    row = {
        "mesh": np.full((POINTS, 3), np.nan),
        "blendshapes": np.full(BLENDSHAPES, np.nan),
        "rotation": np.full((3, 3), np.nan),
        "faces": np.array(float(len(faces))),
    }
    if faces:
        face = min(range(len(faces)), key=lambda i: (-np.ptp(faces[i][:, :2], axis=0).prod(), faces[i][:, 0].min()))
        turn = np.asarray(found.facial_transformation_matrixes[face], dtype=np.float64)[:3, :3]
        row["mesh"] = faces[face]
        row["blendshapes"] = np.array([shape.score for shape in found.face_blendshapes[face]])
        row["rotation"] = _TO_CAMERA @ (turn / np.linalg.norm(turn, axis=0)) @ _TO_CAMERA
    return row


EXTRACTOR = Extractor(
    "mediapipe478",
    f"mediapipe-face-landmarker@{weights.find(WEIGHTS).short}|image-mode-largest",
    (),
    load,
    (WEIGHTS,),
    modules=("mediapipe",),
)
