"""Score one pair: decode generated and driving clip side by side, once, for all extractors and pixel metrics.

Features are kept under the clip they are of; values of metrics that see frames, or features too large to keep, under
the two clips they compare. So the same outputs are never decoded twice for the same metrics.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.base.stopwatch import stage
from evalkit.clips import video
from evalkit.errors import PluginError, ScoreError
from evalkit.extractors import EXTRACTORS
from evalkit.metrics import Metric
from evalkit.metrics.base import found
from evalkit.protocol.schema import Protocol
from evalkit.records.frame_scores import NO_COEFFICIENTS, NO_SOUND, OK, UNDEFINED, FrameScores
from evalkit.scoring.batching import read_ahead
from evalkit.scoring.cache import clip_decoding, values_key
from evalkit.scoring.coefficients import PairFiles, read_pair
from evalkit.scoring.features import ClipFeatures, FeatureBank, chain_signature, device_kind
from evalkit.scoring.missing_faces import score_frames
from evalkit.types import Features, Frames, Pair, Values

_READ_AHEAD = 4
"""Chunks of both clips that are decoded while a GPU works."""


@dataclass(frozen=True)
class Scorer:
    """Scores pairs of one protocol with `metrics`, whose extractors the `bank` loads as they are needed."""

    protocol: Protocol
    metrics: tuple[Metric, ...]
    bank: FeatureBank

    def score(self, pair: Pair, generated: Path, brought: Mapping[str, PairFiles] | None = None) -> list[FrameScores]:
        """Frame scores of every metric of level "frame" for the generated clip of `pair`.

        Features that metrics of level "set" need are put into the cache on the way. With everything known, neither
        clip is decoded. `brought` are the coefficient files of imported networks.

        Raises `VideoError` when a clip cannot be decoded, `ScoreError` when the generated clip has another number of
        frames or another size than the driving frames of the protocol, or when coefficients do not fit.
        """
        return self.begin(pair, generated, brought).finish()

    def begin(self, pair: Pair, generated: Path, brought: Mapping[str, PairFiles] | None = None) -> "OpenPair":
        """The first half of `score`: decodes both clips. Frames may wait for a full batch. Raises the same errors."""
        size, rgb = self.protocol.resolution, self.protocol.rgb
        wanted = extractors_of([m for m in self.metrics if m.reference == "source"])
        sources = self.bank.of_frames(pair.source.path, pair.source_frames, size, wanted, rgb)
        keys = self._value_keys(pair, generated)
        values = {key: found["values"] for key, name in keys.items() if (found := self.bank.cache.load(name))}
        open_metrics = [metric for metric in self.metrics if metric.key not in values]
        ours = self.generated_features(generated, open_metrics)
        theirs = self.driving_features(pair.reference, open_metrics)
        digests = {path: self.bank.digest(path) for path in (generated, pair.reference)}
        new = self._one_pass(pair, generated, ours, theirs, [m for m in open_metrics if m.key in keys])
        for path, digest in digests.items() if new else ():
            self.bank.check(path, digest)
        for key, computed in new.items():
            self.bank.cache.save(keys[key], {"values": computed})
        return OpenPair(self, pair, generated, brought or {}, sources, ours, theirs, values | new)

    def generated_features(self, path: Path, metrics: Sequence[Metric]) -> ClipFeatures:
        """What is known of a generated clip, of all that `metrics` need."""
        return self.bank.collect(path, self.protocol.whole, extractors_of(metrics))

    def driving_features(self, path: Path, metrics: Sequence[Metric]) -> ClipFeatures:
        """What is known of the driving frames of a clip, or of those of a true clip, of all that `metrics` need."""
        wanted = extractors_of([m for m in metrics if m.reference == "driving"])
        return self.bank.collect(path, self.protocol.selection, wanted)

    def _value_keys(self, pair: Pair, generated: Path) -> dict[str, str]:
        """Metric key -> where its values for these two clips are kept, for the metrics that work by chunk."""
        chosen = [metric for metric in self.metrics if metric.by_frame and _works_by_chunk(metric)]
        clips = [
            [self.bank.digest(generated), clip_decoding(self.protocol.whole)],
            [self.bank.digest(pair.reference), clip_decoding(self.protocol.selection)],
        ]
        signatures = metric_signatures(self.protocol, chosen)
        return {m.key: values_key(clips, signatures[m.key] + device_mark(m, self.bank.device)) for m in chosen}

    def _one_pass(
        self, pair: Pair, generated: Path, ours: ClipFeatures, theirs: ClipFeatures, by_chunk: Sequence[Metric]
    ) -> dict[str, Values]:
        """Decode both clips side by side if anything is missing; returns values of the metrics that work by chunk."""
        if not (by_chunk or ours.missing or theirs.missing):
            return {}
        parts: dict[str, list[Values]] = {metric.key: [] for metric in by_chunk}
        window = max([metric.window for metric in by_chunk], default=1)
        before: list[Frames] = []
        reference = video.iter_frames(pair.reference, self.protocol.selection)
        both = zip_longest(video.iter_frames(generated, self.protocol.whole), reference)
        for made, driving in read_ahead(both, _READ_AHEAD) if self.bank.batch else both:
            _check_match(generated, made, driving)
            ours.feed(made)
            theirs.feed(driving)
            for metric in by_chunk:
                if metric.input is None:
                    parts[metric.key].append(windowed(metric, before, made, driving))
                else:
                    parts[metric.key] += self._transient(metric, metric.input, made, driving)
            if window > 1:
                seen = zip(before or (made[:0], driving[:0]), (made, driving), strict=True)
                before = [np.concatenate(both_parts)[1 - window :] for both_parts in seen]
        return {key: np.concatenate(part) for key, part in parts.items()}

    def _transient(self, metric: Metric, source: tuple[str, str], made: Frames, driving: Frames) -> Iterator[Values]:
        """Values of a metric whose features are too large to keep, a few frames at a time."""
        name, feature = source
        few = EXTRACTORS[name].transient
        for start in range(0, len(made), few):
            both = [self.bank.extract(name, frames[start : start + few], {}) for frames in (made, driving)]
            yield metric.function(*(_feature(metric, name, feature, features) for features in both))


@dataclass
class OpenPair:
    """A pair whose clips were decoded: `values` of the metrics that work by chunk, and features that may be awaited."""

    scorer: Scorer
    pair: Pair
    generated: Path
    brought: Mapping[str, PairFiles]
    sources: dict[str, Features]
    ours: ClipFeatures
    theirs: ClipFeatures
    values: dict[str, Values]

    @property
    def settled(self) -> bool:
        """Whether no frame of it queues for a batch."""
        return self.ours.settled and self.theirs.settled

    def finish(self) -> list[FrameScores]:
        """The frame scores; runs batches that are not full if it has to. Raises `ScoreError`."""
        metrics, protocol = self.scorer.metrics, self.scorer.protocol
        imported = read_pair(self.brought, imported_of(metrics), self.pair.reference, protocol.selection)
        features, reference = self.ours.finish() | imported[0], self.theirs.finish() | imported[1]
        scores = []
        for metric in (m for m in metrics if m.by_frame):
            if metric.key in self.values:
                values = self.values[metric.key]
                statuses = tuple(UNDEFINED if np.isnan(value) else OK for value in values)
            else:
                against = self.sources if metric.reference == "source" else reference
                ours_in, theirs_in = _input(metric, features), _reference(metric, against)
                if metric.reference == "driving":
                    _check_count(self.generated, len(ours_in), len(theirs_in))
                values, statuses = score_frames(metric, protocol.no_face, ours_in, theirs_in)
                if metric.input and self._lack_coefficients(*metric.input):
                    statuses = (NO_COEFFICIENTS,) * len(values)
                if metric.reference_feature and not found(theirs_in).any():
                    statuses = (NO_SOUND,) * len(values)
            scores.append(FrameScores(self.pair.id, metric.key, values, statuses))
        return scores

    def _lack_coefficients(self, network: str, feature: str) -> bool:
        """Whether the user was to bring a feature and did not."""
        return network in self.brought and self.brought[network].lack(EXTRACTORS[network], feature)


def metric_signatures(protocol: Protocol, metrics: Sequence[Metric]) -> dict[str, str]:
    """Metric key -> signature: everything that moves the value under this protocol."""
    averaging = "frame>clip>protocol" if protocol.averaging == "clip" else "frame>protocol"
    # Scores of before there was a choice were made by swscale and do not say so.
    rgb = "" if protocol.rgb == "swscale" else f"|{protocol.rgb} rgb"
    scoring = f"{protocol.resolution}px{rgb}|{averaging}|{protocol.no_face}"
    real = "" if protocol.real_set == "driving" else f"|real set: {protocol.real_set} clips"
    return {
        m.key: m.signature(
            chain_signature(m.input[0]) if m.input else None, scoring + real * (not m.by_frame), protocol.reference
        )
        for m in metrics
    }


def device_mark(metric: Metric, device: str) -> str:
    """What tells values that `device` computed from those of a CPU; nothing for metrics that never leave it."""
    return f"|{kind}" if metric.input and (kind := device_kind(metric.input[0], device)) != "cpu" else ""


def extractors_of(metrics: Sequence[Metric]) -> list[str]:
    """Ids of the extractors whose features of a clip are kept for `metrics`: neither imported nor transient ones."""
    named = {metric.input[0] for metric in metrics if metric.input}
    return sorted(name for name in named - set(imported_of(metrics)) if not EXTRACTORS[name].transient)


def imported_of(metrics: Sequence[Metric]) -> list[str]:
    """Ids of the networks whose coefficients `metrics` use and the user supplies."""
    return sorted({metric.input[0] for metric in metrics if metric.input and EXTRACTORS[metric.input[0]].imported})


def windowed(metric: Metric, before: Sequence[Frames], made: Frames, driving: Frames) -> Values:
    """Values of a metric of frames, which sees as many of the frames `before` on both sides as its window asks for."""
    past = min(metric.window - 1, len(before[0])) if before else 0
    if before and past:
        made, driving = (np.concatenate([b[-past:], now]) for b, now in zip(before, (made, driving), strict=True))
    with stage(f"metric {metric.key}"):
        values = np.array(metric.function(made, driving)[past:], np.float64)
    values[: metric.window - 1 - past] = np.nan
    return values


def _works_by_chunk(metric: Metric) -> bool:
    return metric.input is None or EXTRACTORS[metric.input[0]].transient > 0


def _check_match(generated: Path, made: Frames | None, driving: Frames | None) -> None:
    _check_count(generated, 0 if made is None else len(made), 0 if driving is None else len(driving))
    assert made is not None and driving is not None
    if made.shape != driving.shape:
        wanted, got = driving.shape[1:3], made.shape[1:3]
        raise ScoreError(f"{generated}: frames are {got[1]}x{got[0]}, the protocol's are {wanted[1]}x{wanted[0]}")


def _check_count(generated: Path, made: int, driving: int) -> None:
    if made != driving:
        side = "fewer" if made < driving else "more"
        raise ScoreError(
            f"{generated}: {side} frames than the driving frames of the protocol; one for each is expected"
        )


def _input(metric: Metric, features: dict[str, Features]) -> NDArray[Any]:
    assert metric.input is not None
    extractor, name = metric.input
    return _feature(metric, extractor, name, features[extractor])


def _reference(metric: Metric, features: dict[str, Features]) -> NDArray[Any]:
    """What a metric compares with, which may be another feature of its extractor."""
    assert metric.input is not None
    extractor, name = metric.input
    return _feature(metric, extractor, metric.reference_feature or name, features[extractor])


def _feature(metric: Metric, extractor: str, name: str, features: Features) -> NDArray[Any]:
    if name not in features:
        raise PluginError(f"{metric.key} needs {name!r} of {extractor}, which gives {', '.join(sorted(features))}.")
    return features[name]
