"""How APD and AED follow the truth, on clips whose pose and expression are known: those of the demo corpus.

Two frames of one clip differ by a known turn of the head and a known change of expression. A good metric of either
grows with the true difference, and with nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit.clips import video
from evalkit.metrics import Metric
from evalkit.scoring.score_pair import Scorer
from evalkit.types import Clip, Selection, Values

FOLLOWERS = ("apd", "aed")
LAGS = (1, 2, 4, 8, 12)
"""Frames are compared with those that come so many frames later."""
SEEN = ("jaw_open", "mouth_width", "smile", "brow_raise", "blink")
"""Parts of the true expression; the gaze is left out, which no landmark of the face's outline follows."""


@dataclass(frozen=True)
class Track:
    """One metric against the truth: (N,) true and measured differences of N pairs of frames.

    True differences are mean absolute ones, in radians for pose, in units of the corpus for expression. `correlation`
    is Pearson's with the kind the metric is for, `other` with the other kind: what it should not see.
    """

    metric: str
    true: Values
    measured: Values
    correlation: float
    other: float


def track_truth(scorer: Scorer, clips: Sequence[Clip]) -> list[Track]:
    """Tracks of the scorer's APD and AED metrics over the clips whose truth is known; empty if there are no such clips.

    The truth of a clip is stored in `truth/<clip id>.npz` beside the folder of the clip.
    """
    metrics = [metric for metric in scorer.metrics if metric.id in FOLLOWERS and metric.window == 1]
    known = [clip for clip in clips if _truth_path(clip).is_file()]
    if not (metrics and known):
        return []
    features = [_features(scorer, clip) for clip in known]
    truths = [_truth(_truth_path(clip), scorer.protocol.selection) for clip in known]
    return [_track(metric, features, truths) for metric in metrics]


def _track(
    metric: Metric, features: Sequence[dict[str, dict[str, Values]]], truths: Sequence[dict[str, Values]]
) -> Track:
    assert metric.input is not None
    extractor, name = metric.input
    measured, pose, expression = [], [], []
    for found, truth in zip(features, truths, strict=True):
        rows = found[extractor][name]
        for lag in (lag for lag in LAGS if lag < len(rows)):
            measured.append(metric.function(rows[lag:], rows[:-lag]))
            pose.append(np.abs(truth["pose"][lag:] - truth["pose"][:-lag]).mean(axis=1))
            expression.append(np.abs(truth["expression"][lag:] - truth["expression"][:-lag]).mean(axis=1))
    values = np.concatenate(measured)
    there = np.isfinite(values)
    kinds = [np.concatenate(pose)[there], np.concatenate(expression)[there]]
    own, other = kinds if metric.id == "apd" else kinds[::-1]
    return Track(metric.key, own, values[there], _correlation(own, values[there]), _correlation(other, values[there]))


def _correlation(one: Values, other: Values) -> float:
    if len(one) < 3 or not (one.std() and other.std()):
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def _features(scorer: Scorer, clip: Clip) -> dict[str, dict[str, Values]]:
    features = scorer.driving_features(clip.path, scorer.metrics)
    if features.missing:
        for chunk in video.iter_frames(clip.path, scorer.protocol.selection):
            features.feed(chunk)
    return {name: dict(arrays) for name, arrays in features.finish().items()}


def _truth(path: Path, selection: Selection) -> dict[str, Values]:
    with np.load(path, allow_pickle=False) as stored:
        names = stored["expression_names"].tolist()
        pose, expression = stored["pose"], stored["expression"][:, [names.index(name) for name in SEEN]]
    rows = selection.indices(len(pose))
    return {"pose": pose[rows], "expression": expression[rows]}


def _truth_path(clip: Clip) -> Path:
    return clip.path.parent.parent / "truth" / f"{clip.id}.npz"
