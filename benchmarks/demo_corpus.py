"""Measure the demo corpus: speed, size on disk, and what dlib makes of it against the known truth.

    python benchmarks/demo_corpus.py --identities 8 --clips 2 --frames 32

Prints the figures that the documentation quotes. Needs dlib-bin, face_recognition_models and PyAV.
"""

import argparse
import importlib.util
import io
import time
from dataclasses import dataclass
from pathlib import Path

import av
import dlib
import numpy as np

from evalkit.datasets.drawn import DEMO_VERSION, DemoClip, render_clip
from evalkit.extractors.landmark_pose import angles, fit_pose


@dataclass(frozen=True)
class Networks:
    """The three dlib networks that `face_recognition_models` carries."""

    detector: dlib.fhog_object_detector
    landmarks: dlib.shape_predictor
    identity: dlib.face_recognition_model_v1


@dataclass(frozen=True)
class Seen:
    """What dlib finds in one clip: frames with a face, their landmarks (N, 68, 2) and descriptors (N, 128)."""

    number: np.ndarray
    landmarks: np.ndarray
    descriptors: np.ndarray


def load_networks() -> Networks:
    """Open the models without importing their package (it needs the removed pkg_resources)."""
    folder = Path(importlib.util.find_spec("face_recognition_models").origin).parent / "models"
    return Networks(
        dlib.get_frontal_face_detector(),
        dlib.shape_predictor(str(folder / "shape_predictor_68_face_landmarks.dat")),
        dlib.face_recognition_model_v1(str(folder / "dlib_face_recognition_resnet_model_v1.dat")),
    )


def look_at(frames: np.ndarray, networks: Networks, upsample: int) -> Seen:
    """Detect, align and describe every frame (the largest face of each)."""
    numbers, landmarks, descriptors = [], [], []
    for number, frame in enumerate(frames):
        boxes = networks.detector(frame, upsample)
        if not boxes:
            continue
        shape = networks.landmarks(frame, max(boxes, key=lambda box: box.area()))
        numbers.append(number)
        landmarks.append([(point.x, point.y) for point in shape.parts()])
        descriptors.append(networks.identity.compute_face_descriptor(frame, shape))
    return Seen(
        np.array(numbers, int), np.array(landmarks, float).reshape(-1, 68, 2), np.array(descriptors).reshape(-1, 128)
    )


def mouth_opening(landmarks: np.ndarray) -> np.ndarray:
    """Gap between the inner lips over the length of the nose, (N,)."""
    gap = np.linalg.norm(landmarks[:, 66] - landmarks[:, 62], axis=1)
    return gap / np.linalg.norm(landmarks[:, 27] - landmarks[:, 33], axis=1)


def disk_bytes(frames: np.ndarray, codec: str, pixels: str, options: dict[str, str]) -> int:
    """Size of a clip stored losslessly in Matroska."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pixels
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format=pixels)))
        container.mux(stream.encode(None))
    return file.getbuffer().nbytes


def spread_of(values: np.ndarray) -> str:
    """Mean, extremes and the 5th and 95th percentile in one line."""
    low, high = np.percentile(values, [5, 95])
    return f"mean {values.mean():.3f}  min {values.min():.3f}  5% {low:.3f}  95% {high:.3f}  max {values.max():.3f}"


def report_identity(found: dict[tuple[int, int], Seen]) -> None:
    """Distances between descriptors of one person's clips, and between people."""
    keys = list(found)
    apart: dict[str, list[np.ndarray]] = {"same identity, other clip": [], "other identity": []}
    for a in keys:
        for b in keys:
            if a >= b:
                continue
            name = "same identity, other clip" if a[0] == b[0] else "other identity"
            one, two = found[a].descriptors, found[b].descriptors
            euclidean = np.linalg.norm(one[:, None] - two[None], axis=2)
            cosine = one @ two.T / np.linalg.norm(one, axis=1)[:, None] / np.linalg.norm(two, axis=1)
            apart[name].append(np.stack([euclidean.ravel(), cosine.ravel()]))
    for name, parts in apart.items():
        if parts:
            values = np.concatenate(parts, axis=1)
            print(f"{name}: euclidean {spread_of(values[0])}")
            print(f"{name}: cosine    {spread_of(values[1])}")
    people = sorted({key[0] for key in keys})
    centre = {p: np.concatenate([found[k].descriptors for k in keys if k[0] == p]).mean(axis=0) for p in people}
    print("euclidean distance between the people's mean descriptors")
    for a in people:
        print(f"  {a}: " + " ".join(f"{np.linalg.norm(centre[a] - centre[b]):.2f}" for b in people))


def report_truth(clips: dict[tuple[int, int], DemoClip], found: dict[tuple[int, int], Seen]) -> None:
    """Correlation of landmark measurements with the known jaw and head pose."""
    jaw, opening, pose, estimate = [], [], [], []
    for key, clip in clips.items():
        seen = found[key]
        jaw.append(clip.expression[seen.number, clip.expression_names.index("jaw_open")])
        opening.append(mouth_opening(seen.landmarks))
        pose.append(clip.pose[seen.number])
        estimate.append(angles(fit_pose(seen.landmarks)[0]))
    within = [np.corrcoef(a, b)[0, 1] for a, b in zip(jaw, opening, strict=True) if len(a) > 2]
    together = np.corrcoef(np.concatenate(jaw), np.concatenate(opening))[0, 1]
    per_clip = f"per clip mean {np.mean(within):.3f} min {np.min(within):.3f}"
    print(f"mouth opening vs jaw_open: r {together:.3f} over all, {per_clip}")
    true, guessed = np.concatenate(pose), np.concatenate(estimate)
    for axis, name in enumerate(("yaw", "pitch", "roll")):
        error = np.rad2deg(np.abs(true[:, axis] - guessed[:, axis]))
        r = np.corrcoef(true[:, axis], guessed[:, axis])[0, 1]
        print(f"{name}: r {r:.3f}, mean absolute error {error.mean():.1f} deg")


def main() -> None:
    """Render, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--identities", type=int, default=8)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--clips", type=int, default=2)
    parser.add_argument("--frames", type=int, default=32)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--every", type=int, default=1, help="look at every n-th frame only (dlib is the slow part)")
    arguments = parser.parse_args()
    people = range(arguments.first, arguments.first + arguments.identities)
    start = time.process_time()
    clips = {
        (i, c): render_clip(i, c, arguments.frames, arguments.size) for i in people for c in range(arguments.clips)
    }
    frames = len(clips) * arguments.frames
    print(
        f"demo version {DEMO_VERSION}: {len(people)} identities x {arguments.clips} clips x {arguments.frames} frames"
    )
    print(f"rendering: {time.process_time() - start:.1f} s of processor time, {frames} frames")
    for codec, pixels, options in (("ffv1", "bgr0", {"level": "3"}), ("libx264rgb", "rgb24", {"qp": "0"})):
        total = sum(disk_bytes(clip.frames, codec, pixels, options) for clip in clips.values())
        print(f"{codec}: {total / 1e6:.1f} MB")
    networks = load_networks()
    for upsample in (1, 0):
        found = {}
        for key, clip in clips.items():
            seen = look_at(clip.frames[:: arguments.every], networks, upsample)
            found[key] = Seen(seen.number * arguments.every, seen.landmarks, seen.descriptors)
        shown = len(clips) * len(range(0, arguments.frames, arguments.every))
        total = sum(len(seen.number) for seen in found.values())
        worst = min(found, key=lambda key: len(found[key].number))
        print(f"face found, upsample {upsample}: {total} of {shown}; fewest in {worst}: {len(found[worst].number)}")
        if upsample == 1:
            report_identity(found)
            report_truth(clips, found)


if __name__ == "__main__":
    main()
