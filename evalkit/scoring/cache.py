"""Features of a clip, kept under the content they were computed from, so that nothing is ever extracted twice."""

import contextlib
import hashlib
import json
import time
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from evalkit.base.files import atomic_path, canonical_sha256
from evalkit.clips.video import DECODER
from evalkit.types import Features, Rgb, Selection

_SEAL = "__sha256__"
"""Entry with a digest of the others, so that an archive in which something is lost or changed is not taken."""


@dataclass(frozen=True)
class FeatureCache:
    """A folder of `.npz` files named by what they hold. Several processes may use it at once: files appear whole."""

    folder: Path

    def load(self, key: str) -> Features | None:
        """The features stored under `key`; None on a cache miss or for a damaged file."""
        path = self._path(key)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                features = {name: stored[name] for name in stored.files if name != _SEAL}
                whole = stored[_SEAL].tolist() == seal(features)
        except (OSError, ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error):
            return None
        with contextlib.suppress(OSError):
            path.touch()
        return features if whole else None

    def save(self, key: str, features: Features) -> None:
        """Store `features` under `key`. Where that fails they are computed again next time (`why_unusable`)."""
        with contextlib.suppress(OSError), atomic_path(self._path(key)) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **{_SEAL: np.array(seal(features))}, **dict(features))

    def entries(self) -> list[Path]:
        """All feature files."""
        return sorted((self.folder / "features").glob("*/*.npz"))

    def collect_garbage(self, unused_s: float) -> tuple[int, int]:
        """Remove files that were not read or written for `unused_s` seconds; returns how many, and their bytes."""
        before = time.time() - unused_s
        removed, size = 0, 0
        for path in self.entries():
            with contextlib.suppress(FileNotFoundError):  # another process removed it first
                stamp = path.stat()
                if stamp.st_mtime < before:
                    path.unlink()
                    removed, size = removed + 1, size + stamp.st_size
        return removed, size

    def _path(self, key: str) -> Path:
        return self.folder / "features" / key[:2] / f"{key}.npz"


def seal(features: Features) -> str:
    """sha256 over names, types, shapes and values."""
    digest = hashlib.sha256()
    for name, array in sorted(features.items()):
        digest.update(json.dumps([name, str(array.dtype), array.shape]).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def clip_decoding(selection: Selection) -> dict[str, object]:
    """The part of a cache key that tells which frames of a clip were looked at, and how."""
    return {**asdict(selection), "decoder": DECODER}


def still_decoding(indices: Sequence[int], size: int, rgb: Rgb) -> dict[str, object]:
    """The same for single frames."""
    return {"indices": list(indices), "size": size, "rgb": rgb, "decoder": DECODER}


def feature_key(content_sha256: str, decoding: dict[str, object], signature: str) -> str:
    """Cache key of the output of the extractor with `signature` for some content, decoded so (`clip_decoding`)."""
    return canonical_sha256([content_sha256, decoding, signature])


def values_key(clips: Sequence[Sequence[object]], signature: str) -> str:
    """Cache key of the values of the metric with `signature` on clips, each given as [content digest, decoding]."""
    return canonical_sha256(["values", clips, signature])
