"""Coefficients that users supply for networks evalkit does not run: where the files are, and whether they fit.

    DIR/driving/<clip id>.npz   one row per frame of the driving clip, from its first to its last
    DIR/truth/<pair id>.npz     one row per frame of the true clip, in place of the first, where the protocol has one
    DIR/<method>/<pair id>.npz  one row per generated frame; <method> as the run folder is called, with its @tag

A row of NaN is a frame in which the network found no face. If a file or an optional array is missing, its pair has no
value for the metrics that need it, and the frames say so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.base.files import content_sha256
from evalkit.clips import video
from evalkit.errors import ScoreError, UnknownNameError
from evalkit.extractors import EXTRACTORS, Extractor
from evalkit.extractors.base import ImportedArray
from evalkit.types import Features, Pair, Selection, Values

DRIVING, TRUTH = "driving", "truth"


@dataclass(frozen=True)
class PairFiles:
    """The two files of one network for one pair; they may be missing."""

    generated: Path
    reference: Path

    @property
    def missing(self) -> bool:
        """Whether one of them is missing."""
        return not (self.generated.is_file() and self.reference.is_file())

    def signature(self) -> str:
        """The digests of both, for the records of the pair."""
        return f"generated {_digest(self.generated)} driving {_digest(self.reference)}"

    def lack(self, network: Extractor, feature: str) -> bool:
        """Whether there are no files, or one has not all arrays that `feature` of their `network` is made of.

        Raises `ScoreError` for a file that cannot be read.
        """
        if self.missing:
            return True
        optional = {wanted.array for wanted in arrays_of(network, feature) if wanted.optional}
        return bool(optional) and not all(optional <= set(_read(path)) for path in (self.generated, self.reference))


def _digest(path: Path) -> str:
    """Twelve digits of a file; a file that cannot be read is for `read_file` to explain."""
    try:
        return content_sha256(path)[:12] if path.is_file() else "none"
    except OSError:
        return "unreadable"


def imported_networks() -> list[str]:
    """Ids of the networks whose coefficients are imported."""
    return [name for name in EXTRACTORS if EXTRACTORS[name].imported]


def arrays_of(network: Extractor, feature: str) -> list[ImportedArray]:
    """The arrays of a file that `feature` of an imported network is made of."""
    parts = next((joined.parts for joined in network.joined if joined.feature == feature), (feature,))
    return [wanted for wanted in network.imported if wanted.feature in parts]


def parse_folders(options: Sequence[str]) -> dict[str, Path]:
    """`NAME=DIR` options as network -> folder.

    Raises `UnknownNameError` for a network that is not imported, `ScoreError` for a missing folder.
    """
    folders = {}
    for option in options:
        name, equals, folder = option.partition("=")
        if not equals or not folder:
            raise ScoreError(f"--coefficients {option!r}: expected NAME=DIR, such as smirk=my_coefficients.")
        if name not in imported_networks():
            raise UnknownNameError("network whose coefficients are imported", name, imported_networks())
        if not Path(folder).is_dir():
            raise ScoreError(f"--coefficients {option}: no such folder. Expected {layout(folder)}.")
        folders[name] = Path(folder)
    return folders


def layout(folder: str | Path) -> str:
    """Where files are looked for, in words."""
    return f"{folder}/{DRIVING}/<clip>.npz and {folder}/<method>/<pair>.npz"


def pair_files(folders: Mapping[str, Path], method: str, pair: Pair) -> dict[str, PairFiles]:
    """Network -> the files of a pair of the run called `method`."""
    reference = f"{TRUTH}/{pair.id}.npz" if pair.truth else f"{DRIVING}/{pair.driving.id}.npz"
    return {name: PairFiles(folder / method / f"{pair.id}.npz", folder / reference) for name, folder in folders.items()}


def read_pair(
    files: Mapping[str, PairFiles], networks: Iterable[str], against: Path, selection: Selection
) -> tuple[dict[str, Features], dict[str, Features]]:
    """Features of `networks` of the generated clip and of the one it is compared with, a row per selected frame.

    All NaN where a file is missing. Raises `ScoreError` for a file that does not fit.
    """
    generated: dict[str, Features] = {}
    reference: dict[str, Features] = {}
    for name in networks:
        selected = video.count_frames(against, selection)
        network, both = EXTRACTORS[name], files[name]
        if both.missing:
            nothing = {a.feature: np.full((selected, a.columns), np.nan) for a in network.imported}
            generated[name] = reference[name] = _joined(network, nothing)
            continue
        generated[name] = read_file(network, both.generated, selected, "generated")
        rows = read_file(network, both.reference, video.count_frames(against), f"driving ({against.name})")
        chosen = selection.indices(len(next(iter(rows.values()))))
        reference[name] = {feature: array[chosen] for feature, array in rows.items()}
    return generated, reference


def read_file(network: Extractor, path: Path, frames: int, what: str) -> Features:
    """The features of one file, float64, one row for each of the `frames` frames of the `what` clip.

    Those of an optional array that is not there are NaN. Raises `ScoreError` naming the file, the array, and what was
    expected of it.
    """
    arrays, features = _read(path), {}
    for wanted in network.imported:
        where = f"{path}: {network.id} array {wanted.array!r}"
        if wanted.optional and wanted.array not in arrays:
            features[wanted.feature] = np.full((frames, wanted.columns), np.nan)
            continue
        if wanted.array not in arrays:
            raise ScoreError(f"{where} is missing; the file holds {', '.join(sorted(arrays)) or 'nothing'}.")
        array = arrays[wanted.array]
        if array.ndim != 2 or array.shape[1] != wanted.columns or array.dtype.kind != "f":
            expected = f"(frames, {wanted.columns}) floating-point numbers"
            raise ScoreError(f"{where}: expected {expected}, got {array.shape} {array.dtype}.")
        if len(array) != frames:
            raise ScoreError(f"{where} has {len(array)} rows for the {frames} frames of the {what} clip.")
        features[wanted.feature] = _checked(array.astype(np.float64), wanted.longest, where)
    return _joined(network, features)


def _read(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except Exception as error:  # numpy and zipfile raise half a dozen unrelated types for damaged files
        raise ScoreError(f"{path}: cannot be read as an npz file of plain arrays: {error}") from error


def _joined(network: Extractor, features: Features) -> Features:
    """The features of the files, and those that are made of them."""
    made = {one.feature: np.concatenate([features[part] for part in one.parts], axis=1) for one in network.joined}
    return {**features, **made}


def _checked(array: Values, longest: float, where: str) -> Values:
    if np.isinf(array).any():
        raise ScoreError(f"{where} holds infinite numbers. A frame without a face is a row of NaN.")
    length = np.linalg.norm(array, axis=1)
    if np.nanmax(length, initial=0.0) > longest:
        raise ScoreError(
            f"{where}: expected an axis-angle vector in radians, no longer than {longest:.4f}; "
            f"row {int(np.nanargmax(length))} is {np.nanmax(length):.4g} long. Degrees?"
        )
    return array
