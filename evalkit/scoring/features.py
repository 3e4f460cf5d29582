"""Features of clips: networks are loaded once, clips are decoded once, and what is known is not computed again."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np

from evalkit import weights
from evalkit.base.digests import Digests
from evalkit.base.refusals import explained
from evalkit.base.stopwatch import stage
from evalkit.clips import video
from evalkit.clips.sound import read_sound
from evalkit.clips.special_files import refuse_absent
from evalkit.errors import PluginError, VideoError, WeightsError
from evalkit.extractors import EXTRACTORS, WHOLE_CLIP, Extract, ExtractClip, ExtractHeard
from evalkit.scoring.batching import Batcher
from evalkit.scoring.cache import FeatureCache, clip_decoding, feature_key, still_decoding
from evalkit.types import Features, Frames, Rgb, Selection, Sound


class FeatureBank:
    """Loaded extractors and the cache they share.

    Networks that can run on a GPU run on `device`; with a `batch`, those that see single frames see that many at a
    time, from whichever clips are being fed.
    """

    def __init__(self, cache: FeatureCache, device: str = "cpu", batch: int = 0) -> None:
        self.cache, self.device, self.batch = cache, device, batch
        self._loaded: dict[str, Extract | ExtractClip | ExtractHeard] = {}
        self._batchers: dict[str, Batcher] = {}
        self._digests = Digests()

    def collect(self, path: Path, selection: Selection, wanted: Iterable[str]) -> "ClipFeatures":
        """Cached features of the selected frames of `path`; the rest must be fed.

        `wanted` are ids of extractors that are not transient; those they build on come with them.
        """
        decode = partial(video.iter_frames, path, selection)
        return self._collect(path, clip_decoding(selection), decode, wanted, partial(read_sound, path, selection))

    def of_frames(
        self, path: Path, indices: Sequence[int], size: int, wanted: Iterable[str], rgb: Rgb = "accurate"
    ) -> dict[str, Features]:
        """Features of single frames of a clip, each array with one row per index."""

        def decode() -> list[Frames]:
            return [video.read_frames(path, indices, size=size, rgb=rgb)]

        features = self._collect(path, still_decoding(indices, size, rgb), decode, wanted)
        if features.missing:
            features.feed(*decode())
        return features.finish()

    def of_clip(self, clip: Frames, wanted: Iterable[str]) -> dict[str, Features]:
        """Features of frames in memory, (T, H, W, 3), as of a clip that holds them; neither looked up nor kept."""
        chunks = [clip[start : start + video.CHUNK] for start in range(0, len(clip), video.CHUNK)]
        features = ClipFeatures(self, lambda: chunks, dependency_order(wanted), {}, {}, lambda: None)
        for chunk in chunks:
            features.feed(chunk)
        return features.finish()

    def _collect(
        self,
        path: Path,
        decoding: dict[str, object],
        decode: Callable[[], Iterable[Frames]],
        wanted: Iterable[str],
        hear: Callable[[], Sound | None] | None = None,
    ) -> "ClipFeatures":
        digest = self.digest(path)
        order = dependency_order(wanted)
        keys = {name: feature_key(digest, decoding, computed_by(name, self.device)) for name in order}
        stored = {name: found for name, key in keys.items() if (found := self.cache.load(key)) is not None}
        return ClipFeatures(self, decode, order, keys, stored, partial(self.check, path, digest), hear)

    def extract(self, name: str, frames: Frames, upstream: dict[str, Features]) -> Features:
        """Run one extractor, loading its network on first use."""
        with stage(f"network {name}"):
            return self._frames(name)(frames, upstream)

    def extract_clip(self, name: str, count: int, chunks: Iterable[Frames]) -> Features:
        """Run an extractor that sees clips whole on one of `count` frames."""
        with stage(f"network {name}"):
            return cast("ExtractClip", self._load(name))(count, chunks)

    def extract_heard(self, name: str, count: int, chunks: Iterable[Frames], sound: Sound | None) -> Features:
        """Run an extractor that sees clips whole and hears them on one of `count` frames."""
        with stage(f"network {name}"):
            return cast("ExtractHeard", self._load(name))(count, chunks, sound)

    def batcher(self, name: str) -> Batcher | None:
        """Where frames for an extractor have to queue; None when it sees them at once."""
        entry = EXTRACTORS[name]
        if not (self.batch and entry.gpu and entry.window == 1):
            return None
        if name not in self._batchers:
            self._batchers[name] = Batcher(self._frames(name), self.batch)
        return self._batchers[name]

    def flush(self) -> None:
        """Run all frames that queue."""
        for batcher in self._batchers.values():
            batcher.flush()

    def digest(self, path: Path) -> str:
        """Content digest of a clip, computed once as long as the file stays the same. Raises `VideoError`."""
        refuse_absent(path)
        try:
            return self._digests.of(path)
        except OSError as error:
            raise VideoError(explained(error, path)) from error

    def check(self, path: Path, digest: str) -> None:
        """Raise `VideoError` when a clip is not what it was: what was read of it may be of either."""
        if self.digest(path) != digest:
            raise VideoError(f"{path} changed while it was used. Leave clips alone during a run, and repeat it.")

    def _frames(self, name: str) -> Extract:
        return cast("Extract", self._load(name))

    def _load(self, name: str) -> Extract | ExtractClip | ExtractHeard:
        if name not in self._loaded:
            entry = EXTRACTORS[name]
            before = weights.contents(entry.weights)
            loaded = entry.load(device=self.device) if entry.gpu else entry.load()
            if weights.contents(entry.weights) != before:
                raise WeightsError(f"The weights of {name} changed while they were loaded. Repeat the command.")
            self._loaded[name] = loaded
        return self._loaded[name]


@dataclass
class ClipFeatures:
    """Features of one clip while it is being decoded: stored ones are kept, missing ones grow chunk by chunk.

    `decode` gives the frames that are fed once more, for extractors that have to know how many there are, and `hear`
    the sound beside them, where there may be some. `check`
    raises `VideoError` when the clip is not the one that `keys` were made for; what has no key is not kept.
    """

    bank: FeatureBank
    decode: Callable[[], Iterable[Frames]]
    order: list[str]
    keys: dict[str, str]
    stored: dict[str, Features]
    check: Callable[[], None]
    hear: Callable[[], Sound | None] | None = None
    _parts: dict[str, list[Features]] = field(default_factory=lambda: defaultdict(list))
    _waiting: dict[str, Frames] = field(default_factory=dict)
    _before: dict[str, Frames] = field(default_factory=dict)
    _fed: int = 0
    _owed: int = 0

    @property
    def missing(self) -> list[str]:
        """Extractors that have to see the frames."""
        return [name for name in self.order if name not in self.stored]

    @property
    def settled(self) -> bool:
        """Whether no fed frame queues for a batch."""
        return not self._owed

    def feed(self, frames: Frames) -> dict[str, Features]:
        """Run the missing extractors on the next frames; returns the features of just these, without queueing ones."""
        chunk: dict[str, Features] = {}
        rows = slice(self._fed, self._fed + len(frames))
        for name in self.order:
            window = EXTRACTORS[name].window
            if window == WHOLE_CLIP:
                continue
            if window > 1:
                self._feed_windows(name, window, frames)
            elif name in self.stored:
                chunk[name] = {key: array[rows] for key, array in self.stored[name].items()}
            elif batcher := self.bank.batcher(name):
                self._owed += len(frames)
                batcher.add(frames, partial(self._receive, name))
            else:
                chunk[name] = self._extract(name, frames, chunk)
                self._parts[name].append(chunk[name])
        self._fed += len(frames)
        return chunk

    def finish(self) -> dict[str, Features]:
        """All features, (T, ...) or (windows, ...) each; new ones are put into the cache.

        Raises `VideoError` when the clip was replaced while it was read.
        """
        if not self.settled:
            self.bank.flush()
        if not self.settled:
            raise RuntimeError(f"{self._owed} frames never came back from {self.bank.device}; see the error before.")
        self._waiting.clear()
        self._before.clear()
        for name in self.missing:
            if EXTRACTORS[name].window == WHOLE_CLIP:
                self._parts[name].append(self._whole(name))
        if self._parts:
            self.check()
        for name, parts in self._parts.items():
            self.stored[name] = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
            if name in self.keys:
                self.bank.cache.save(self.keys[name], self.stored[name])
        self._parts.clear()
        return self.stored

    def _whole(self, name: str) -> Features:
        if EXTRACTORS[name].hears:
            return self.bank.extract_heard(name, self._fed, self.decode(), self.hear() if self.hear else None)
        return self.bank.extract_clip(name, self._fed, self.decode())

    def _receive(self, name: str, rows: Features) -> None:
        self._parts[name].append(rows)
        self._owed -= len(next(iter(rows.values())))

    def _extract(self, name: str, frames: Frames, chunk: dict[str, Features]) -> Features:
        lookback = EXTRACTORS[name].lookback
        if not lookback:
            return self.bank.extract(name, frames, chunk)
        before = self._before.get(name, frames[:0])
        seen = np.concatenate([before, frames])
        self._before[name] = seen[-lookback:]
        found = self.bank.extract(name, seen, chunk)
        return {key: array[len(before) :] for key, array in found.items()}

    def _feed_windows(self, name: str, window: int, frames: Frames) -> None:
        if name in self.stored:
            return
        waiting = np.concatenate([self._waiting[name], frames]) if name in self._waiting else frames
        while len(waiting) >= window:
            self._parts[name].append(self.bank.extract(name, waiting[:window], {}))
            waiting = waiting[window:]
        self._waiting[name] = waiting


def chain_signature(name: str) -> str:
    """Signature of an extractor after those of the extractors it builds on."""
    return "+".join(EXTRACTORS[step].signature for step in dependency_order([name]))


def device_kind(name: str, device: str) -> str:
    """Where an extractor runs when `device` is asked for: "cpu" unless its network can leave it."""
    return device.partition(":")[0] if EXTRACTORS[name].gpu else "cpu"


def computed_by(name: str, device: str) -> str:
    """`chain_signature`, and the kind of device unless it is the CPU: last bits differ, so cache keys have to."""
    kind = device_kind(name, device)
    return chain_signature(name) + (f"|{kind}" if kind != "cpu" else "")


def dependency_order(wanted: Iterable[str]) -> list[str]:
    """`wanted` extractor ids and all they build on, each after what it needs.

    Raises `UnknownNameError` for an unknown extractor, and `PluginError` for those that need each other.
    """
    order: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise PluginError(f"Extractors need each other: {' -> '.join((*path, name))}.")
        for required in EXTRACTORS[name].requires:
            visit(required, (*path, name))
        if name not in order:
            order.append(name)

    for name in wanted:
        visit(name, ())
    return order
