"""Any folder of clips: `<identity>/<clip>.mp4`, `<identity>/<clip>/*.png`, `<clip>.mp4`, or a `manifest.csv`.

Without a manifest the first folder level is the identity, and a clip directly under the root is an identity of its own.
Single images become portraits, which can only be sources. A manifest has the columns id, kind (`clip` or `portrait`),
file (relative to the root, not leaving it) and identity; other columns are ignored.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from evalkit.csvfile import Row, read_rows
from evalkit.datasets.base import Dataset, unique_clips
from evalkit.errors import DatasetError
from evalkit.types import Clip, Kind
from evalkit.video import IMAGE_SUFFIXES, VIDEO_SUFFIXES

MANIFEST = "manifest.csv"
_UNSAFE = re.compile(r"[\x00-\x1f/\\:*?\"<>|]")


def index(root: Path) -> list[Clip]:
    """Clips of `root`, from its manifest if it has one, else from its layout."""
    manifest = root / MANIFEST
    try:
        clips = _from_manifest(manifest) if manifest.is_file() else list(_from_layout(root))
    except PermissionError as error:
        raise DatasetError(f"{error.filename}: not readable. Fix the permissions of the data folder.") from error
    return unique_clips(clips, root)


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
    for entry in _entries(root):
        if entry.is_dir() and not _is_sequence(entry):
            for clip in _entries(entry):
                if _is_clip(clip):
                    yield _layout_clip(clip, identity=entry.name, name=f"{entry.name}_{clip.stem}")
        elif _is_clip(entry):
            yield _layout_clip(entry, identity=entry.stem, name=entry.stem)


def _layout_clip(path: Path, identity: str, name: str) -> Clip:
    kind: Kind = "portrait" if path.suffix.lower() in IMAGE_SUFFIXES and not path.is_dir() else "clip"
    return Clip(_UNSAFE.sub("_", name), identity, kind, path)


def _entries(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _is_clip(path: Path) -> bool:
    return _is_sequence(path) if path.is_dir() else path.suffix.lower() in VIDEO_SUFFIXES | IMAGE_SUFFIXES


def _is_sequence(folder: Path) -> bool:
    """Whether a folder is one clip: at least two images and nothing deeper or playable in it."""
    entries = _entries(folder)
    images = sum(entry.suffix.lower() in IMAGE_SUFFIXES for entry in entries)
    return images >= 2 and not any(entry.is_dir() or entry.suffix.lower() in VIDEO_SUFFIXES for entry in entries)


DATASET = Dataset(
    id="folder",
    title="Your own clips",
    licence="yours",
    obtain="Point --data at a folder with <identity>/<clip>.mp4, image-sequence folders, or a manifest.csv "
    "with the columns id,kind,file,identity.",
    index=index,
)
