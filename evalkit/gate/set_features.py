"""Uncertainty of set metrics (FID, FVD, KID): both runs are redrawn together from the features that scoring kept.

A set metric has no value per pair, so its difference cannot be paired directly. But the features of every generated
clip are in the feature cache; identities are redrawn as `evalkit.statistics.bootstrap` does, the same draw for both
runs, and the metric is taken anew on each side. The reference set stays whole. Redrawing raises a Fréchet distance (a
redrawn set is less diverse), on both sides alike; therefore only the difference is used.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from evalkit.base.places import cache_dir
from evalkit.errors import ProtocolError
from evalkit.gate.side import Side
from evalkit.metrics import METRICS, Metric
from evalkit.records.run_folder import Outcome
from evalkit.runs.find_clips import recorded_protocol
from evalkit.scoring.cache import FeatureCache, clip_decoding, feature_key
from evalkit.scoring.features import computed_by
from evalkit.statistics.bootstrap import redraws
from evalkit.types import Selection, Values

RESAMPLES = 200
MOST_ROWS = 2000
"""Rows of a side that are used: evenly spaced frames of each clip, so that large protocols stay affordable."""


def resampled_losses(key: str, baseline: Side, candidate: Side, resamples: int = RESAMPLES) -> Values | None:
    """(R,) losses of the candidate in redrawn sets (positive is worse).

    None where it cannot be said: a side that is no run folder, features that are not in the cache any more, or fewer
    than two identities on a side.
    """
    metric = METRICS.get(key)
    if metric is None or metric.level != "set" or metric.input is None:
        return None
    ours, theirs = _outcomes(baseline), _outcomes(candidate)
    people = _people(baseline)
    pairs = [pair for pair in ours if pair in theirs and pair in people]
    if not pairs:
        return None
    kept = [
        _whole(_generated(metric, side, outcomes[pair]) for pair in pairs)
        for side, outcomes in ((baseline, ours), (candidate, theirs))
    ]
    if kept[0] is None or kept[1] is None:
        return None
    reference = _reference(metric, candidate, [theirs[pair] for pair in pairs])
    counts = redraws([people[pair][0] for pair in pairs], [people[pair][1] for pair in pairs], resamples)
    if counts is None or reference is None:
        return None
    sign = 1.0 if metric.better == "lower" else -1.0
    whole = np.concatenate(_thin(reference))
    before, after = (_redrawn(metric, _thin(side), whole, counts) for side in (kept[0], kept[1]))
    return np.asarray(sign * (after - before))


def _redrawn(metric: Metric, clips: Sequence[NDArray[np.float64]], reference: Values, counts: Values) -> Values:
    """(R,) the metric of redrawn clips; NaN for a draw without any."""
    found = []
    for row in counts.astype(np.int64):
        drawn = [clip for clip, times in zip(clips, row, strict=True) for _ in range(times)]
        found.append(float(metric.function(np.concatenate(drawn), reference)[0]) if drawn else np.nan)
    return np.array(found)


def _thin(clips: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    step = -(-sum(len(clip) for clip in clips) // MOST_ROWS)
    return [clip[:: max(step, 1)] for clip in clips]


def _outcomes(side: Side) -> dict[str, Outcome]:
    if side.folder is None:
        return {}
    found = (side.folder.read_outcome(path.stem) for path in sorted(side.folder.path.glob("pairs/*.json")))
    return {outcome.pair: outcome for outcome in found if outcome is not None and outcome.status == "ok"}


def _people(side: Side) -> dict[str, tuple[str, str]]:
    scores = next(iter((side.scores or {}).values()), {})
    return {pair: (score.source_identity, score.driving_identity) for pair, score in scores.items()}


def _generated(metric: Metric, side: Side, outcome: Outcome) -> NDArray[np.float64] | None:
    rgb = side.header.protocol.rgb if side.header else "accurate"
    return _load(metric, side, outcome.generated_sha256, Selection(rgb=rgb))


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
    return None if stored is None or name not in stored else stored[name]
