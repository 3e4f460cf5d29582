"""Any folder of clips: `<identity>/<clip>.mp4`, `<identity>/<clip>/*.png`, `<clip>.mp4`, or a `manifest.csv`.

Without a manifest the first folder level is the identity, and a clip directly under the root is an identity of its own.
Single images become portraits, which can only be sources; animated ones (WebP, PNG, TIFF) are clips. A manifest has the
columns id, kind (`clip` or `portrait`), file (relative to the root, not leaving it) and identity. A column motion may
name what a clip shows: clips of one name show the same motion, frame by frame. Other columns are ignored.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from evalkit.base.csvfile import Row, read_rows
from evalkit.clips.video import IMAGE_SUFFIXES, VIDEO_SUFFIXES, is_animation
from evalkit.datasets.base import Dataset, unique_clips
from evalkit.datasets.layout import entries, is_folder
from evalkit.errors import DatasetError
from evalkit.types import Clip, Kind

MANIFEST = "manifest.csv"
MOTION = "motion"
_UNSAFE = re.compile(r"[\x00-\x1f/\\:*?\"<>|]")


def index(root: Path) -> list[Clip]:
    """Clips of `root`, from its manifest if it has one, else from its layout."""
    manifest = root / MANIFEST
    return unique_clips(_from_manifest(manifest) if manifest.is_file() else list(_from_layout(root)), root)


def motions(root: Path) -> dict[str, str]:
    """Id of a clip -> name of its motion, for the clips whose manifest names it. Raises `DatasetError`."""
    manifest = root / MANIFEST
    if not manifest.is_file():
        return {}
    rows = read_rows(manifest, required=("id",), error=DatasetError)
    return {row.text("id"): row.cells[MOTION] for row in rows if row.cells.get(MOTION)}


def _from_manifest(manifest: Path) -> list[Clip]:
    rows = read_rows(manifest, required=("id", "kind", "file", "identity"), error=DatasetError)
    inside = manifest.parent.resolve()
    return [_manifest_clip(manifest.parent, inside, row) for row in rows]


def _manifest_clip(root: Path, inside: Path, row: Row) -> Clip:
    kind: Kind = "portrait" if row.one_of("kind", ("clip", "portrait")) == "portrait" else "clip"
    identifier = row.text("id")
    if _UNSAFE.search(identifier) or identifier.startswith("."):
        raise row.wrong("id", "a name without slashes, control characters or a leading dot")
    path = root / row.text("file")
    if not path.resolve().is_relative_to(inside):
        raise row.wrong("file", "a path inside the data folder")
    return Clip(identifier, row.text("identity"), kind, path)


def _from_layout(root: Path) -> Iterator[Clip]:
    for entry in entries(root):
        stem = _stem(entry)
        if is_folder(entry) and not _is_sequence(entry.path):
            for clip in entries(Path(entry.path)):
                if _is_clip(clip):
                    yield _layout_clip(clip, identity=entry.name, name=f"{entry.name}_{_stem(clip)}")
        elif _is_clip(entry):
            yield _layout_clip(entry, identity=stem, name=stem)


def _layout_clip(entry: os.DirEntry[str], identity: str, name: str) -> Clip:
    still = _suffix(entry) in IMAGE_SUFFIXES and not is_folder(entry) and not is_animation(Path(entry.path))
    kind: Kind = "portrait" if still else "clip"
    return Clip(_UNSAFE.sub("_", name), identity, kind, Path(entry.path))


def _is_clip(entry: os.DirEntry[str]) -> bool:
    return _is_sequence(entry.path) if is_folder(entry) else _suffix(entry) in VIDEO_SUFFIXES | IMAGE_SUFFIXES


def _is_sequence(folder: str) -> bool:
    """Whether a folder is one clip: at least two images and nothing deeper or playable in it."""
    found = entries(Path(folder))
    images = sum(_suffix(entry) in IMAGE_SUFFIXES for entry in found)
    return images >= 2 and not any(is_folder(entry) or _suffix(entry) in VIDEO_SUFFIXES for entry in found)


def _stem(entry: os.DirEntry[str]) -> str:
    return os.path.splitext(entry.name)[0]  # noqa: PTH122


def _suffix(entry: os.DirEntry[str]) -> str:
    return os.path.splitext(entry.name)[1].lower()  # noqa: PTH122


DATASET = Dataset(
    id="folder",
    title="Your own clips",
    licence="yours",
    obtain="Point --data at a folder with <identity>/<clip>.mp4, image-sequence folders, or a manifest.csv "
    "with the columns id,kind,file,identity.",
    index=index,
)
