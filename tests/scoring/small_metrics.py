"""Metrics on the grey level of a frame, and one pair scored with them: for tests, and for processes of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.extractors import EXTRACTORS
from evalkit.metrics import METRICS
from evalkit.metrics.base import Metric
from evalkit.records.frame_scores import FrameScores
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank
from evalkit.scoring.score_pair import Scorer
from evalkit.types import Pair
from tests.fakes import brightness_extractor, make_protocol


def distance(generated, driving):
    return np.abs(generated - driving).mean(axis=1)


def nearness(generated, source):
    found = source[np.isfinite(source).all(axis=1)]
    if not len(found):
        return np.full(len(generated), np.nan)
    return -np.abs(generated[:, None] - found[None]).mean(axis=(1, 2))


TO_DRIVING = replace(METRICS["apd[landmark]"], id="to_driving", input=("brightness", "level"), function=distance)
TO_SOURCE = replace(TO_DRIVING, id="to_source", reference="source", function=nearness)
L1 = METRICS["l1"]


def scored(
    pair: Pair, generated: Path, cache: Path, metrics: Sequence[Metric] = (L1, TO_DRIVING, TO_SOURCE), **protocol: Any
) -> dict[str, FrameScores]:
    """Scores of one pair by the name of their metric, without variant."""
    scorer = Scorer(make_protocol(**protocol), tuple(metrics), FeatureBank(FeatureCache(cache)))
    return {scores.metric.partition("[")[0]: scores for scores in scorer.score(pair, generated)}


def score_into(result: Path, pair: Pair, generated: Path, cache: Path) -> None:
    """What a process of its own does: score `pair` and write the values to `result`, an npz file."""
    EXTRACTORS.register("brightness", brightness_extractor([]))
    np.savez(result, **{name: scores.values for name, scores in scored(pair, generated, cache).items()})
