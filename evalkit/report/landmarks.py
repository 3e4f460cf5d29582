"""Landmarks for the overlay: the output of the run's detector for every frame, taken from the feature cache."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from evalkit.clips import video
from evalkit.errors import EvalkitError
from evalkit.extractors import EXTRACTORS
from evalkit.records.run import RunHeader
from evalkit.report.media import ClipFile
from evalkit.report.payload import write_script
from evalkit.scoring.availability import missing_networks
from evalkit.scoring.cache import FeatureCache, clip_decoding, feature_key, still_decoding
from evalkit.scoring.features import FeatureBank, chain_signature, dependency_order
from evalkit.types import Selection, Values

Source = Literal["cached", "extract", "none"]
SOURCES: tuple[Source, ...] = ("cached", "extract", "none")
DETECTORS = ("dlib68", "fan68", "mediapipe478", "mtcnn5")
"""Detectors with a feature `points` (T, K, 2) in pixels, in the order in which the overlay prefers them."""
MISSING, _TOP = 65535, 65534


@dataclass(frozen=True)
class PairLandmarks:
    """The overlay of one pair: clips of `resolution` pixels, written to `output` under `slug`.

    With `extract`, what the cache does not hold is found now, by decoding the clip.
    """

    slug: str
    output: Path
    detector: str
    clips: tuple[ClipFile, ...]
    resolution: int
    driving: Selection
    cache: Path
    extract: bool


def choose_detector(headers: Sequence[RunHeader]) -> str | None:
    """A landmark detector that the metrics of the runs were computed with; None when they used none."""
    used = {name for header in headers for name in header.extractors if name in EXTRACTORS}
    order = dependency_order(sorted(used))
    return next((name for name in DETECTORS if name in order), None)


def write_landmarks(job: PairLandmarks) -> dict[str, Any]:
    """Write the points of every clip that has any; returns what the page needs: `file`, `detector` and `missing`.

    `missing` names the tiles without points and says why. Without any points there is no file.
    """
    bank = FeatureBank(FeatureCache(job.cache))
    found: dict[str, Values] = {}
    missing: dict[str, str] = {}
    for clip in job.clips:
        points = _cached(bank, job, clip)
        if points is None and job.extract:
            points = _extracted(bank, job, clip, missing)
        if points is not None:
            found[clip.tile] = points
        else:
            missing.setdefault(clip.tile, "Its landmarks are not in the feature cache.")
    if not found:
        return {"file": None, "detector": job.detector, "missing": missing}
    count = next(iter(found.values())).shape[1]
    tiles = {tile: _packed(points, job.resolution) for tile, points in found.items()}
    write_script(job.output, f"landmarks/{job.slug}", {"points": count, "top": _TOP, "tiles": tiles})
    return {"file": job.output.name, "detector": job.detector, "missing": missing}


def _selection(job: PairLandmarks, clip: ClipFile) -> Selection:
    """The frames of a moving clip that scoring looked at."""
    return job.driving if clip.given else Selection(rgb=job.driving.rgb)


def _cached(bank: FeatureBank, job: PairLandmarks, clip: ClipFile) -> Values | None:
    if clip.digest is None:
        return None
    still = clip.frames and still_decoding(clip.frames, job.resolution, job.driving.rgb)
    decoding = still or clip_decoding(_selection(job, clip))
    features = bank.cache.load(feature_key(clip.digest, decoding, chain_signature(job.detector)))
    return None if features is None else features["points"]


def _extracted(bank: FeatureBank, job: PairLandmarks, clip: ClipFile, missing: dict[str, str]) -> Values | None:
    if reason := missing_networks([job.detector]):
        missing[clip.tile] = reason
        return None
    try:
        if clip.frames:
            found = bank.of_frames(clip.path, clip.frames, job.resolution, [job.detector], job.driving.rgb)
            return found[job.detector]["points"]
        features = bank.collect(clip.path, _selection(job, clip), [job.detector])
        for frames in video.iter_frames(clip.path, _selection(job, clip)):
            features.feed(frames)
        return features.finish()[job.detector]["points"]
    except EvalkitError as error:
        missing[clip.tile] = str(error)
        return None


def _packed(points: Values, resolution: int) -> str:
    """(T, K, 2) pixels as base64 of little-endian uint16: 0 to 65534 span the frame, 65535 stands for no face."""
    scaled = np.clip(np.rint(points / resolution * _TOP), 0, _TOP)
    return base64.b64encode(np.where(np.isfinite(scaled), scaled, MISSING).astype("<u2").tobytes()).decode()
