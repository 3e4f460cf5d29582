"""Which metrics are audited, for what each is taken to measure, and who judges methods, whose true errors are unknown.

A metric is audited as a benchmark without ground truth uses it, against the driving or the source clip. The judges are
numbers against the true clip; the first of a kind that does not look through the same networks as the metric counts, so
that no network confirms itself.
"""

from collections.abc import Mapping, Sequence

from evalkit.errors import UnknownNameError
from evalkit.metrics import Metric, find_metric
from evalkit.scoring.features import dependency_order

PURPOSE: Mapping[str, str] = {
    "apd[landmark]": "pose",
    "apd[mediapipe]": "pose",
    "apd[landmark-dtw]": "pose",
    "apd[mediapipe-dtw]": "pose",
    "aed[landmark]": "expression",
    "aed[blendshapes]": "expression",
    "aed[landmark-dtw]": "expression",
    "aed[blendshapes-dtw]": "expression",
    "e_fid[blendshapes]": "expression",
    "mouth": "mouth",
    "au[26]": "mouth",
    "dynamics[lips]": "mouth",
    "blink": "blink",
    "au[45]": "blink",
    "gaze[iris]": "gaze",
    "gaze[blendshapes]": "gaze",
    "motion": "motion",
    "dynamics[head]": "motion",
    "motion_fd[mediapipe478]": "motion",
    "csim[dlib]": "identity",
    "csim[mobilefacenet192]": "identity",
    "identity_drift[mobilefacenet192]": "identity",
    "kid[efficientnet-lite0]": "pixels",
    "flicker": "flicker",
    "jitter[mediapipe478]": "jitter",
    "jitter[dlib68]": "jitter",
}
"""Metric -> the kind of error (`truth.KINDS`) that it is used as a measure of."""
QUICK = ("apd[landmark]", "aed[landmark]", "motion", "csim[dlib]")
JUDGES: Mapping[str, tuple[str, ...]] = {
    "pose": ("apd[mediapipe]", "apd[landmark]"),
    "expression": ("aed[blendshapes]", "aed[landmark]"),
    "mouth": ("au[26]", "lmd[dlib68]"),
    "gaze": ("gaze[iris]",),
    "pixels": ("l1",),
}
"""Kind of error -> metrics that judge it against the true clip."""


def audited_metrics(names: Sequence[str], quick: bool = False) -> dict[Metric, str]:
    """The metrics called `names`, or all, with their purposes. Raises `UnknownNameError` for one that has none."""
    found = [find_metric(name).key for name in names] or list(QUICK if quick else PURPOSE)
    for key in found:
        if key not in PURPOSE:
            raise UnknownNameError("metric with a true answer to compare with", key, PURPOSE)
    return {find_metric(key): PURPOSE[key] for key in found}


def judge_of(metric: Metric, purpose: str) -> Metric | None:
    """Who says which of two methods is nearer to the truth; None where nobody can."""
    judges = (find_metric(key) for key in JUDGES.get(purpose, ()))
    return next((judge for judge in judges if not (_networks(metric) & _networks(judge))), None)


def judges(metrics: Mapping[Metric, str]) -> tuple[Metric, ...]:
    """The judges that `metrics` need."""
    found = (judge_of(metric, purpose) for metric, purpose in metrics.items())
    return tuple(dict.fromkeys(judge for judge in found if judge is not None))


def _networks(metric: Metric) -> set[str]:
    """The networks a metric looks through, those below it included."""
    return set(dependency_order([metric.input[0]])) if metric.input else set()
