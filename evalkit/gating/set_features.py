"""Uncertainty of set metrics (FID, FVD, KID): people are left out of both runs, from the features that scoring kept.

A set metric has no value per pair, so its difference cannot be paired directly. But the features of every generated
clip are in the feature cache: each person is left out in turn, in both roles and from both runs, and the metric is
taken anew on each side (`evalkit.statistics.leave_out`). The reference set stays whole. A smaller set raises a Fréchet
distance on both sides alike; therefore only the difference is used.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from evalkit.base.places import cache_dir
from evalkit.errors import ProtocolError
from evalkit.gating.side import Side
from evalkit.metrics import METRICS, Metric
from evalkit.metrics.base import set_rows
from evalkit.records.all_outcomes import read_outcomes
from evalkit.records.run_folder import Outcome
from evalkit.runs.find_clips import recorded_protocol
from evalkit.scoring.cache import FeatureCache, clip_decoding, feature_key
from evalkit.scoring.features import computed_by
from evalkit.statistics.estimate import Estimate
from evalkit.statistics.leave_out import leave_out
from evalkit.types import Selection, Values

MOST_ROWS = 2000
"""Rows of a side that are used: evenly spaced frames of each clip, so that large protocols stay affordable."""


def loss_of_sets(key: str, loss: float, baseline: Side, candidate: Side) -> Estimate | None:
    """The `loss` of the candidate (positive is worse) with its error, over the clips that both have.

    None where it cannot be said: a side that is no run folder, or features that are not in the cache any more. The
    estimate has no error with too few people.
    """
    metric = METRICS.get(key)
    if metric is None or metric.by_frame or metric.input is None:
        return None
    ours, theirs = _outcomes(baseline), _outcomes(candidate)
    people = _people(baseline)
    pairs = [pair for pair in ours if pair in theirs and pair in people]
    one = _whole(_generated(metric, baseline, ours[pair]) for pair in pairs)
    other = _whole(_generated(metric, candidate, theirs[pair]) for pair in pairs)
    reference = _reference(metric, candidate, [theirs[pair] for pair in pairs])
    if not pairs or one is None or other is None or reference is None:
        return None
    sign, whole = 1.0 if metric.better == "lower" else -1.0, np.concatenate(_thin(reference))
    before, after = _thin(one), _thin(other)

    def value(kept: NDArray[np.bool_], _: NDArray[np.bool_]) -> float:
        return sign * (_of(metric, after, whole, kept) - _of(metric, before, whole, kept))

    sources, drivings = zip(*(people[pair] for pair in pairs), strict=True)
    return replace(leave_out(value, sources, drivings, ()).estimate, mean=loss)


def _of(metric: Metric, clips: Sequence[NDArray[np.float64]], reference: Values, kept: NDArray[np.bool_]) -> float:
    """The metric of the clips that stay, of which there are some: nobody is in every pair."""
    chosen = [clip for clip, stays in zip(clips, kept, strict=True) if stays]
    return float(metric.function(np.concatenate(chosen), reference)[0])


def _thin(clips: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    step = -(-sum(len(clip) for clip in clips) // MOST_ROWS)
    return [clip[:: max(step, 1)] for clip in clips]


def _outcomes(side: Side) -> dict[str, Outcome]:
    if side.folder is None:
        return {}
    return {name: outcome for name, outcome in read_outcomes(side.folder).items() if outcome.status == "ok"}


def _people(side: Side) -> dict[str, tuple[str, str]]:
    scores = next(iter((side.scores or {}).values()), {})
    return {pair: (score.source_identity, score.driving_identity) for pair, score in scores.items()}


def _generated(metric: Metric, side: Side, outcome: Outcome) -> NDArray[np.float64] | None:
    assert side.header is not None
    return _load(metric, side, outcome.generated_sha256, Selection(rgb=side.header.protocol.rgb))


def _reference(metric: Metric, side: Side, outcomes: Iterable[Outcome]) -> list[NDArray[np.float64]] | None:
    """Rows of every clip of the protocol's real set; None when they are not to be had."""
    if side.header is None:
        return None
    try:
        protocol = recorded_protocol(side.header)
    except ProtocolError:
        return None
    real_is_driving = protocol.real_set == "driving"
    digests = {outcome.driving_sha256 if real_is_driving else outcome.source_sha256 for outcome in outcomes}
    return _whole(_load(metric, side, digest, protocol.selection) for digest in sorted(digests, key=str))


def _whole(parts: Iterable[NDArray[np.float64] | None]) -> list[NDArray[np.float64]] | None:
    """All parts; None when one is missing."""
    found = []
    for part in parts:
        if part is None:
            return None
        found.append(part)
    return found


def _load(metric: Metric, side: Side, digest: str | None, selection: Selection) -> NDArray[np.float64] | None:
    """Feature rows of a clip from the cache, under the key that scoring put them."""
    assert metric.input is not None and side.header is not None
    extractor, name = metric.input
    signature = computed_by(extractor, side.header.scoring_device)
    stored = FeatureCache(cache_dir()).load(feature_key(digest or "", clip_decoding(selection), signature))
    return None if stored is None or name not in stored else set_rows(metric, stored[name])
