"""Score one pair: decode generated and driving clip side by side, once, for all extractors and pixel metrics."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit import video
from evalkit.errors import ScoreError
from evalkit.features import ClipFeatures, FeatureBank, chain_signature
from evalkit.metrics import Metric
from evalkit.protocol import DrivingRule, Protocol
from evalkit.records import NO_FACE_GENERATED, NO_FACE_REFERENCE, OK, FrameScores
from evalkit.types import Features, Frames, Pair, Values


@dataclass(frozen=True)
class Scorer:
    """Scores pairs of one protocol. `bank` must offer the extractors that `metrics` take their input from."""

    protocol: Protocol
    metrics: tuple[Metric, ...]
    bank: FeatureBank

    def score(self, pair: Pair, generated: Path) -> list[FrameScores]:
        """Frame scores of every metric for the generated clip of `pair`.

        Raises `VideoError` when a clip cannot be decoded, `ScoreError` when the generated clip has another number of
        frames or another size than the driving frames of the protocol.
        """
        size, driving = self.protocol.resolution, self.protocol.driving
        sources = self.bank.of_frames(pair.source.path, pair.source_frames, size)
        pixels = [metric for metric in self.metrics if metric.input is None]
        ours = self.bank.collect(generated, {"size": None})
        theirs = self.bank.collect(pair.driving.path, {"size": size, **driving.model_dump()})
        values = self._one_pass(pair, generated, ours, theirs, pixels)
        features, reference = ours.finish(), theirs.finish()
        for metric in self.metrics:
            if metric.input is not None:
                against = sources if metric.reference == "source" else reference
                values[metric.key] = metric.function(_input(metric, features), _input(metric, against))
        return [
            FrameScores(pair.id, m.key, values[m.key], _statuses(m, values[m.key], features, reference, sources))
            for m in self.metrics
        ]

    def _one_pass(
        self, pair: Pair, generated: Path, ours: ClipFeatures, theirs: ClipFeatures, pixels: Sequence[Metric]
    ) -> dict[str, Values]:
        """Decode both clips side by side, once, as far as anything is missing."""
        if not (pixels or ours.missing or theirs.missing):
            return {}
        parts: dict[str, list[Values]] = {metric.key: [] for metric in pixels}
        reference = driving_frames(pair.driving.path, self.protocol.resolution, self.protocol.driving)
        for made, driving in zip_longest(video.iter_frames(generated), reference):
            _check_match(generated, made, driving)
            ours.feed(made)
            theirs.feed(driving)
            for metric in pixels:
                parts[metric.key].append(metric.function(made, driving))
        return {key: np.concatenate(part) for key, part in parts.items()}


def metric_signatures(protocol: Protocol, metrics: Sequence[Metric]) -> dict[str, str]:
    """Metric key -> signature: everything that moves the value under this protocol."""
    averaging = "frame>clip>protocol" if protocol.averaging == "clip" else "frame>protocol"
    return {
        metric.key: metric.signature(
            chain_signature(metric.input[0]) if metric.input else None,
            f"{protocol.resolution}px|{averaging}|{protocol.no_face}",
        )
        for metric in metrics
    }


def extractors_of(metrics: Sequence[Metric]) -> list[str]:
    """Ids of the extractors that `metrics` take their input from."""
    return sorted({metric.input[0] for metric in metrics if metric.input})


def driving_frames(path: Path, size: int, rule: DrivingRule) -> Iterator[Frames]:
    """The driving frames a protocol selects from a clip, in chunks."""
    return video.iter_frames(path, size=size, start=rule.start, stride=rule.stride, maximum=rule.maximum)


def _check_match(generated: Path, made: Frames | None, driving: Frames | None) -> None:
    if made is None or driving is None or len(made) != len(driving):
        side = "fewer" if made is None or (driving is not None and len(made) < len(driving)) else "more"
        raise ScoreError(
            f"{generated}: {side} frames than the driving frames of the protocol; one for each is expected"
        )
    if made.shape != driving.shape:
        wanted, got = driving.shape[1:3], made.shape[1:3]
        raise ScoreError(f"{generated}: frames are {got[1]}x{got[0]}, the protocol's are {wanted[1]}x{wanted[0]}")


def _input(metric: Metric, features: dict[str, Features]) -> NDArray[Any]:
    assert metric.input is not None
    extractor, name = metric.input
    return features[extractor][name]


def _statuses(
    metric: Metric,
    values: Values,
    generated: dict[str, Features],
    driving: dict[str, Features],
    sources: dict[str, Features],
) -> tuple[str, ...]:
    """A value that does not exist is blamed on the reference first: no method could have had it."""
    if metric.input is None:
        return (OK,) * len(values)
    no_reference = ~_found(_input(metric, driving))
    if metric.reference == "source":
        no_reference = np.full(len(values), not _found(_input(metric, sources)).any())
    blame = np.where(no_reference, NO_FACE_REFERENCE, NO_FACE_GENERATED)
    return tuple(OK if ok else str(why) for ok, why in zip(np.isfinite(values), blame, strict=True))


def _found(rows: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(rows.reshape(len(rows), -1)).all(axis=1))
