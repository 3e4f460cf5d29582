"""The contract of a metric. Checks with arrays call its own function, without the guard around plugins."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from evalkit.doctor.contract.checks import CannotCheck
from evalkit.doctor.contract.extractors import features_of_heads
from evalkit.errors import EvalkitError
from evalkit.extractors import EXTRACTORS
from evalkit.metrics import METRICS, Metric
from evalkit.metrics.base import SELF_ONLY, MetricFunction, set_rows
from evalkit.metrics.facts import complaints
from evalkit.scoring.availability import dangling
from evalkit.types import Frames, Values

SHAPES = {"points": (68, 2), "shape": (42, 2), "angles": (3,), "pose": (6,), "blendshapes": (52,), "embedding": (128,)}
SHAPES |= {"motion": (1,), "warp": (1,), "flicker": (1,), "gaze": (4,)}
"""Feature -> shape of one row, for features of these names; others are taken to be vectors."""
OF_EXTRACTORS = {("mediapipe478", "points"): (478, 2)}
"""The same where it depends on the extractor."""
_VECTOR = (16,)
_SIDE = 32
_NOISE = (0.0, 4.0, 16.0, 64.0)
_STEPS = (0.0, 0.5, 2.0)
ROWS = 40


def facts(metric: Metric) -> str:
    """The facts are complete and of their types."""
    return "; ".join(complaints(metric))


def signature_is_its_own(metric: Metric, others: Iterable[Metric] | None = None) -> str:
    """The signature is one line, tells the metric from every other one, and follows the network and the protocol."""
    signature = metric.signature("net@1", "a")
    if "\n" in signature:
        return "the signature has more than one line"
    rest = METRICS.values() if others is None else others
    same = [other.key for other in rest if other.key != metric.key and other.signature("net@1", "a") == signature]
    if same:
        return f"the signature is that of {same[0]}"
    different = len({signature, metric.signature("net@2", "a"), metric.signature("net@2", "b")})
    return "" if different == 3 else "the signature does not follow the network or the protocol"


def input_exists(metric: Metric) -> str:
    """The extractor it takes its features from is registered, and what that builds on as well."""
    return dangling(metric) or ""


def feature_exists(metric: Metric) -> str:
    """The extractor gives a feature of that name. Raises `CannotCheck` where the extractor cannot run here."""
    assert metric.input is not None
    name, feature = metric.input
    if EXTRACTORS[name].imported:
        given = [array.feature for array in EXTRACTORS[name].imported]
    else:
        given = sorted(features_of_heads(EXTRACTORS[name]))
    lacks = [needed for needed in (feature, metric.reference_feature) if needed and needed not in given]
    return f"it needs {lacks[0]!r} of {name}, which gives {', '.join(given)}" if lacks else ""


def gets_worse_with_noise(metric: Metric) -> str:
    """A metric of frames: the more noise, the worse, strictly, and within the bounds."""
    reference, generator = _clip(metric), np.random.default_rng(0)
    steps = [np.clip(reference + generator.normal(0, s, reference.shape), 0, 255).astype(np.uint8) for s in _NOISE]
    return _worsens(metric, [_mean(_own(metric)(frames, reference)) for frames in steps])


def gets_worse_with_damage(metric: Metric) -> str:
    """The same with noise or with blur: a metric that looks at the generated frame alone may answer to one of them."""
    wrong = gets_worse_with_noise(metric)
    if not wrong:
        return ""
    reference = _clip(metric)
    blurred = [reference]
    for _ in range(3):
        blurred.append(_blurred(blurred[-1]))
    by_blur = _worsens(metric, [_mean(_own(metric)(frames, reference)) for frames in blurred])
    return f"with noise, {wrong}; with blur, {by_blur}" if by_blur else ""


def gets_worse_with_distance(metric: Metric, function: MetricFunction | None = None, count: int = ROWS) -> str:
    """A metric of features: the further they are from the reference, the worse, strictly, and within the bounds.

    `function` stands in for the metric's own, `count` is the number of rows. Raises `CannotCheck` for a metric of a
    window that has no value for seeded noise, as one may that looks for something particular.
    """
    assert metric.input is not None
    generator = np.random.default_rng(0)
    reference = generator.normal(0, 0.2, (count, *row_shape(metric)))
    away = generator.normal(0, 0.2, reference.shape)
    if metric.window != 1:  # a clip that is at rest, and then moves
        moves = np.where(np.arange(count) < count // 2, 0, 0.1).reshape(-1, *[1] * (reference.ndim - 1))
        reference, away = reference[0] + moves * reference, 0.1 * away
    if metric.reference == "source":
        reference, away = reference[:1], away[:1]
    rows = [reference + step * (away + away.std() / 2) for step in _STEPS]
    if metric.input[1] == "embedding":
        reference, *rows = (row / np.linalg.norm(row, axis=1, keepdims=True) for row in (reference, *rows))
    if metric.missing_is_value:
        for lost, found in enumerate(rows):
            found[: 4 * lost] = np.nan
    reference, *rows = (set_rows(metric, features) for features in (reference, *rows))
    compute = function or _own(metric)
    values = [_mean(compute(found, reference)) for found in rows]
    if metric.window != 1 and np.isnan(values).any():
        raise CannotCheck("it has no value for seeded noise")
    return _worsens(metric, values)


def refuses_other_frames(metric: Metric) -> str:
    """A metric of frames: whatever is not two clips (T, H, W, 3) uint8 of one shape is a `ValueError`."""
    return _refuses(
        metric,
        {
            "another number of frames": (noise(2), noise(3)),
            "another size": (noise(2), noise(2, 33)),
            "a single frame": (noise(2)[0], noise(2)[0]),
            "grey frames": (noise(2)[..., :1], noise(2)[..., :1]),
            "floats": (noise(2) / 255.0, noise(2) / 255.0),
            "int64": (noise(2).astype(np.int64), noise(2)),
            "channels first": (np.moveaxis(noise(2), -1, 1), np.moveaxis(noise(2), -1, 1)),
        },
        "check_frames",
    )


def refuses_other_rows(metric: Metric) -> str:
    """A metric of features, frame by frame: rows of another number or shape are a `ValueError`."""
    rows = np.zeros((3, 4, 4))
    others = {"another number of rows": (rows, rows[:2]), "rows of another shape": (rows, rows[:, :3])}
    return _refuses(metric, others, "check_rows")


def needs_the_true_frame(metric: Metric) -> str:
    """A metric that compares pixels with the driving frame is meaningless in cross-reenactment."""
    frames, function = noise(2), _own(metric)
    alone = np.array_equal(function(frames, noise(2, seed=1)), function(frames, noise(2, seed=2)), equal_nan=True)
    if alone or metric.tasks == SELF_ONLY:
        return ""
    return "it compares pixels with the driving frame, no ground truth in cross-reenactment; tasks is SELF_ONLY"


def checks_of(metric: Metric) -> dict[str, Callable[[Metric], str]]:
    """Name -> check, of all that concern this metric."""
    found: dict[str, Callable[[Metric], str]] = {"facts": facts, "signature": signature_is_its_own}
    if metric.input is None:
        found |= {"direction": gets_worse_with_damage, "refuses other frames": refuses_other_frames}
        return found | {"tasks": needs_the_true_frame}
    found |= {"input exists": input_exists, "direction": gets_worse_with_distance}
    if metric.plugin:
        found |= {"feature exists": feature_exists}
    if metric.by_frame and metric.reference == "driving":
        found |= {"refuses other rows": refuses_other_rows}
    return found


def row_shape(metric: Metric) -> tuple[int, ...]:
    """Shape of one row of the features that a metric sees.

    Raises `CannotCheck` for a feature of an extractor from outside that cannot run here.
    """
    assert metric.input is not None
    name, feature = metric.input
    if name not in EXTRACTORS or EXTRACTORS[name].plugin is None:
        return OF_EXTRACTORS.get(metric.input, SHAPES.get(feature, _VECTOR))
    features = features_of_heads(EXTRACTORS[name])
    if feature not in features:
        raise EvalkitError(f"{metric.key} needs {feature!r} of {name}, which gives {', '.join(sorted(features))}.")
    return features[feature].shape[1:]


def noise(count: int, side: int = _SIDE, seed: int = 0) -> Frames:
    """(count, side, side, 3) frames of seeded noise without black."""
    return np.random.default_rng(seed).integers(1, 256, (count, side, side, 3), dtype=np.uint8)


def _clip(metric: Metric) -> Frames:
    """Seeded noise, as long as the metric's window and a frame more."""
    return noise(metric.window + 1)


def _mean(values: Values) -> float:
    """Over the frames that have a value."""
    return float(values[np.isfinite(values)].mean()) if np.isfinite(values).any() else float("nan")


def _own(metric: Metric) -> MetricFunction:
    return cast("MetricFunction", inspect.unwrap(metric.function))


def _worsens(metric: Metric, values: list[float]) -> str:
    told = ", ".join(f"{value:.6g}" for value in values)
    if values != sorted(values, reverse=metric.better == "higher") or len(set(values)) != len(values):
        return f"{metric.better} is better, and growing damage gives {told}"
    if not all(metric.low <= value <= metric.high for value in values):
        return f"the values {told} leave the bounds {metric.low:g} to {metric.high:g}"
    return ""


def _refuses(metric: Metric, others: dict[str, tuple[NDArray[Any], NDArray[Any]]], helper: str) -> str:
    taken = []
    for what, arrays in others.items():
        try:
            _own(metric)(*arrays)
        except ValueError as error:
            if "expected" not in str(error):
                taken.append(f"{what} (the error does not say what was expected: {error})")
        else:
            taken.append(what)
    return f"it takes {', '.join(taken)}; call evalkit.metrics.base.{helper} first" if taken else ""


def _blurred(frames: Frames) -> Frames:
    """Each pixel the mean of itself and its four neighbours, edges repeated."""
    wide = np.pad(frames.astype(np.float64), ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    middle = wide[:, 1:-1, 1:-1]
    around = wide[:, :-2, 1:-1] + wide[:, 2:, 1:-1] + wide[:, 1:-1, :-2] + wide[:, 1:-1, 2:]
    return ((middle + around) / 5).round().astype(np.uint8)
