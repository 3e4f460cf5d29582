"""Scoring the usual way: one public package or script after another, each decoding and detecting again.

Packages: pytorch-fid (on folders of PNG pictures, which is all it takes), lpips, scikit-image, dlib. Frames are read by
evalkit's own decoder, so that all see the same pixels. `upsample` is what dlib's examples and `face_recognition` pass
to the detector: every picture is doubled first. With 0, the rule is evalkit's: doubled only where nothing was found.
"""

import resource
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlib
import numpy as np
import torch
from PIL import Image

from benchmarks.random_networks import ALEXNET, INCEPTION
from evalkit.clips import video
from evalkit.extractors.dlib_models import LANDMARKS_68, RESNET_128, dlib_model
from evalkit.extractors.landmark_pose import angles, fit_pose
from evalkit.types import Selection

SIDE = 256


@dataclass(frozen=True)
class Job:
    """A generated clip, its driving clip (the first `frames` of it), and the source picture (frame 0 of a clip)."""

    generated: Path
    driving: Path
    source: Path
    frames: int

    def pairs(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for chunks in zip(*(self.clip(path) for path in (self.generated, self.driving)), strict=True):
            yield from zip(*chunks, strict=True)

    def clip(self, path: Path) -> Iterator[np.ndarray]:
        return video.iter_frames(path, Selection(maximum=self.frames, size=SIDE))


def run(jobs: list[Job], networks: Path, upsample: int) -> list[dict[str, Any]]:
    """Every script in turn: its name, seconds by the clock and of the processor, and the values it found."""
    scripts: dict[str, Callable[[], dict[str, float]]] = {
        "pytorch-fid": lambda: fid(jobs, networks),
        "lpips": lambda: perceptual(jobs, networks),
        "scikit-image": lambda: pixels(jobs),
        "l1": lambda: absolute(jobs),
        "dlib identity": lambda: identity(jobs, upsample),
        "dlib keypoints": lambda: keypoints(jobs, upsample),
        "dlib pose": lambda: pose(jobs, upsample),
    }
    rows = []
    for name, script in scripts.items():
        began, worked = time.perf_counter(), processor_seconds()
        values = script()
        rows.append({"script": name, "clock": time.perf_counter() - began, "processor": processor_seconds() - worked})
        rows[-1]["values"] = values
    return rows


def processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def fid(jobs: list[Job], networks: Path) -> dict[str, float]:
    from pytorch_fid import fid_score, inception

    inception.load_state_dict_from_url = lambda *a, **k: torch.load(networks / INCEPTION, weights_only=True)
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folders = [Path(name) / side for side in ("generated", "reference")]
        for folder in folders:
            folder.mkdir()
        for number, job in enumerate(jobs):
            for index, pair in enumerate(job.pairs()):
                for folder, picture in zip(folders, pair, strict=True):
                    Image.fromarray(picture).save(folder / f"{number}_{index:04}.png")
        paths = [str(folder) for folder in folders]
        return {"fid": float(fid_score.calculate_fid_given_paths(paths, 50, "cpu", 2048, num_workers=0))}


def perceptual(jobs: list[Job], networks: Path) -> dict[str, float]:
    import lpips

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False).eval()
    layers = torch.load(networks / ALEXNET, weights_only=True)
    stages = [layer for stage in range(1, 6) for layer in getattr(network.net, f"slice{stage}").named_children()]
    for number, layer in stages:
        if isinstance(layer, torch.nn.Conv2d):
            layer.load_state_dict({key: layers[f"features.{number}.{key}"] for key in ("weight", "bias")})

    def tensor(picture: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1

    with torch.no_grad():
        return {"lpips": mean_of_clips(jobs, lambda one, two: float(network(tensor(one), tensor(two))))}


def pixels(jobs: list[Job]) -> dict[str, float]:
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    def similarity(one: np.ndarray, other: np.ndarray) -> float:
        settings = {"channel_axis": -1, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
        return float(structural_similarity(other, one, **settings))

    return {"ssim": mean_of_clips(jobs, similarity), "psnr": mean_of_clips(jobs, peak_signal_noise_ratio)}


def absolute(jobs: list[Job]) -> dict[str, float]:
    return {"l1": mean_of_clips(jobs, lambda one, other: float(np.abs(one / 255.0 - other / 255.0).mean()))}


class Faces:
    """dlib's detector and landmarks, picture by picture."""

    def __init__(self, upsample: int) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._predictor = dlib.shape_predictor(str(dlib_model(LANDMARKS_68)))
        self._upsamples = (1,) if upsample else (0, 1)

    def shape(self, picture: np.ndarray) -> Any:
        for upsample in self._upsamples:
            if boxes := list(self._detector(picture, upsample)):
                return self._predictor(picture, min(boxes, key=lambda b: (-b.area(), b.left())))
        return None

    def points(self, picture: np.ndarray) -> np.ndarray:
        shape = self.shape(picture)
        return np.full((68, 2), np.nan) if shape is None else np.array([(p.x, p.y) for p in shape.parts()], float)


def identity(jobs: list[Job], upsample: int) -> dict[str, float]:
    faces, network = Faces(upsample), dlib.face_recognition_model_v1(str(dlib_model(RESNET_128)))

    def embedding(picture: np.ndarray) -> np.ndarray:
        shape = faces.shape(picture)
        if shape is None:
            return np.full(128, np.nan)
        found = np.array(network.compute_face_descriptor(picture, shape))
        return found / np.linalg.norm(found)

    clips = []
    for job in jobs:
        source = embedding(video.read_frames(job.source, [0], size=SIDE)[0])
        frames = (frame for chunk in job.clip(job.generated) for frame in chunk)
        clips.append(np.nanmean([embedding(frame) @ source for frame in frames]))
    return {"csim[dlib]": float(np.mean(clips))}


def keypoints(jobs: list[Job], upsample: int) -> dict[str, float]:
    faces = Faces(upsample)

    def distance(one: np.ndarray, other: np.ndarray) -> float:
        return float(np.linalg.norm(faces.points(one) - faces.points(other), axis=1).mean())

    return {"akd[dlib68]": mean_of_clips(jobs, distance)}


def pose(jobs: list[Job], upsample: int) -> dict[str, float]:
    faces = Faces(upsample)

    def turn(picture: np.ndarray) -> np.ndarray:
        points = faces.points(picture)[None]
        return angles(fit_pose(points)[0])[0] if np.isfinite(points).all() else np.full(3, np.nan)

    return {"apd[landmark]": mean_of_clips(jobs, lambda one, other: float(np.abs(turn(one) - turn(other)).mean()))}


def mean_of_clips(jobs: list[Job], metric: Callable[[np.ndarray, np.ndarray], float]) -> float:
    """Mean over frames, then over clips; frames without a face are left out."""
    return float(np.mean([np.nanmean([metric(one, other) for one, other in job.pairs()]) for job in jobs]))
