"""Features of clips: networks are loaded once, clips are decoded once, and what is known is not computed again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evalkit import video
from evalkit.cache import FeatureCache, feature_key
from evalkit.errors import VideoError
from evalkit.extractors import EXTRACTORS, WHOLE_CLIP, Extract
from evalkit.files import content_sha256
from evalkit.types import Features, Frames


class FeatureBank:
    """Loaded extractors and the cache they share."""

    def __init__(self, cache: FeatureCache) -> None:
        self.cache = cache
        self._loaded: dict[str, Extract] = {}
        self._digests: dict[tuple[Path, int, int], str] = {}

    def collect(self, path: Path, decoding: dict[str, object], wanted: Iterable[str]) -> "ClipFeatures":
        """What the cache knows of the frames of `path` that `decoding` describes; the rest must be fed.

        `wanted` are ids of extractors that are not transient; those they build on come with them.
        """
        digest = self.digest(path)
        order = dependency_order(wanted)
        keys = {name: feature_key(digest, decoding, chain_signature(name)) for name in order}
        stored = {name: found for name, key in keys.items() if (found := self.cache.load(key)) is not None}
        return ClipFeatures(self, order, keys, stored)

    def of_frames(self, path: Path, indices: Sequence[int], size: int, wanted: Iterable[str]) -> dict[str, Features]:
        """Features of single frames of a clip, each array with one row per index."""
        features = self.collect(path, {"indices": list(indices), "size": size}, wanted)
        if features.missing:
            features.feed(video.read_frames(path, indices, size=size))
        return features.finish()

    def extract(self, name: str, frames: Frames, upstream: dict[str, Features]) -> Features:
        """Run one extractor, loading its network on first use."""
        if name not in self._loaded:
            self._loaded[name] = EXTRACTORS.get(name).load()
        return self._loaded[name](frames, upstream)

    def digest(self, path: Path) -> str:
        """Content digest of a clip, computed once as long as the file stays the same. Raises `VideoError`."""
        if not path.exists():
            raise VideoError(f"{path}: no such file or folder")
        stamp = path.stat()
        key = (path, stamp.st_mtime_ns, stamp.st_size)
        if key not in self._digests:
            self._digests[key] = content_sha256(path)
        return self._digests[key]


@dataclass
class ClipFeatures:
    """Features of one clip while it is being decoded: stored ones are kept, missing ones grow chunk by chunk."""

    bank: FeatureBank
    order: list[str]
    keys: dict[str, str]
    stored: dict[str, Features]
    _parts: dict[str, list[Features]] = field(default_factory=lambda: defaultdict(list))
    _waiting: dict[str, list[Frames]] = field(default_factory=lambda: defaultdict(list))
    _fed: int = 0

    @property
    def missing(self) -> list[str]:
        """Extractors that have to see the frames."""
        return [name for name in self.order if name not in self.stored]

    def feed(self, frames: Frames) -> dict[str, Features]:
        """Run the missing extractors on the next frames; returns the features of just these frames."""
        chunk: dict[str, Features] = {}
        rows = slice(self._fed, self._fed + len(frames))
        for name in self.order:
            if EXTRACTORS.get(name).window != 1:
                self._feed_windows(name, frames)
            elif name in self.stored:
                chunk[name] = {key: array[rows] for key, array in self.stored[name].items()}
            else:
                chunk[name] = self.bank.extract(name, frames, chunk)
                self._parts[name].append(chunk[name])
        self._fed += len(frames)
        return chunk

    def finish(self) -> dict[str, Features]:
        """All features, (T, ...) or (windows, ...) each; new ones are put into the cache."""
        for name, waiting in self._waiting.items():
            if EXTRACTORS.get(name).window == WHOLE_CLIP:
                self._parts[name].append(self.bank.extract(name, np.concatenate(waiting), {}))
        self._waiting.clear()
        for name, parts in self._parts.items():
            self.stored[name] = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
            self.bank.cache.save(self.keys[name], self.stored[name])
        self._parts.clear()
        return self.stored

    def _feed_windows(self, name: str, frames: Frames) -> None:
        if name in self.stored:
            return
        window = EXTRACTORS.get(name).window
        self._waiting[name].append(frames)
        if window == WHOLE_CLIP:
            return
        waiting = np.concatenate(self._waiting[name])
        while len(waiting) >= window:
            self._parts[name].append(self.bank.extract(name, waiting[:window], {}))
            waiting = waiting[window:]
        self._waiting[name] = [waiting]


def chain_signature(name: str) -> str:
    """Signature of an extractor after those of the extractors it builds on."""
    return "+".join(EXTRACTORS.get(step).signature for step in dependency_order([name]))


def dependency_order(wanted: Iterable[str]) -> list[str]:
    """`wanted` extractor ids and all they build on, each after what it needs."""
    order: list[str] = []

    def visit(name: str) -> None:
        for required in EXTRACTORS.get(name).requires:
            visit(required)
        if name not in order:
            order.append(name)

    for name in wanted:
        visit(name)
    return order
