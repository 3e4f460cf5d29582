"""What an extractor is: one network (or formula) that says something of each frame."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from evalkit.base.plugins import Plugin
from evalkit.types import WHOLE_CLIP as WHOLE_CLIP
from evalkit.types import Features, Frames, Sound

Extract: TypeAlias = Callable[[Frames, Mapping[str, Features]], Features]
"""(frames (T, H, W, 3) uint8, features of the required extractors for the same frames) -> named arrays (T, ...)."""
ExtractClip: TypeAlias = Callable[[int, Iterable[Frames]], Features]
"""(number of frames of a clip, the frames in chunks) -> named arrays of one row, or of none."""


ExtractHeard: TypeAlias = Callable[[int, Iterable[Frames], Sound | None], Features]
"""(number of frames of a clip, the frames in chunks, its sound) -> named arrays with a row per frame."""


@dataclass(frozen=True)
class ImportedArray:
    """One array of an npz file that users supply: our name of it, the file's, its columns.

    `longest` bounds the Euclidean length of a row, where the convention does; it tells radians from degrees. A file may
    lack an `optional` array: then what is made of it has no value, and all else has.
    """

    feature: str
    array: str
    columns: int
    longest: float = float("inf")
    optional: bool = False


@dataclass(frozen=True)
class JoinedFeature:
    """A feature whose rows are those of other features (`parts`, by name) side by side."""

    feature: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Extractor:
    """One network per file.

    `signature` names everything that moves its output: network, weights hash, preprocessing; it is part of every cache
    key and of every number. `requires` are ids of extractors whose features it needs. `load` builds the function;
    heavy libraries are imported there. A frame where nothing was found has NaN in every array.

    `weights` are the names of files in the weight registry that `load` needs; metrics whose files are absent are
    reported as unavailable, and so they are when one of `modules`, the optional libraries that `load` imports, is not
    installed. `window` is the number of consecutive frames the network sees at once: features then have
    one row per full window, windows do not overlap, and what is left at the end of a clip is dropped. With `WHOLE_CLIP`
    `load` builds an `ExtractClip`: it sees a clip when its length is known, decoded once more so that no frame has to
    be kept until then. Features of a `transient` extractor are too large to keep or to cache: metrics see that many
    frames at a time. `lookback` is the number of frames before a frame that it looks at beside it: rows then come for
    the earlier frames too, and are dropped, and the first rows of a clip see only what there is.

    `gpu` says that the network can run on one: `load` then takes a device, and it builds on no other extractor.

    One that `hears` sees clips whole and gets their sound as well: `load` builds an `ExtractHeard`.

    One with `imported` arrays is run by the user, not here: its features are read from files
    (`scoring/coefficients.py`), and its `load` refuses. `joined` are features made of those of the files.

    `plugin` is where it comes from, set when it is registered; None for those of evalkit.
    """

    id: str
    signature: str
    requires: tuple[str, ...]
    load: Callable[..., Extract | ExtractClip | ExtractHeard]
    weights: tuple[str, ...] = ()
    window: int = 1
    lookback: int = 0
    transient: int = 0
    gpu: bool = False
    hears: bool = False
    imported: tuple[ImportedArray, ...] = ()
    joined: tuple[JoinedFeature, ...] = ()
    modules: tuple[str, ...] = ()
    plugin: Plugin | None = None
