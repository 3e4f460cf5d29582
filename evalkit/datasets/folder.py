"""Any folder of clips: `<identity>/<clip>.mp4`, `<identity>/<clip>/0001.png`, `<clip>.mp4`, or a `manifest.csv`.

Without a manifest the first folder level is the identity, and a clip directly under the root is an identity of its own.
Single images become portraits, which can only be sources; animated ones (WebP, PNG, TIFF) are clips. The pictures of a
folder are the frames of one clip if they are numbered and of one size (`sequences`). What lies in a folder `portraits`
is a source and a person of its own; so it is in `source` when there is a folder `driving` beside it, whose clips only
drive. A manifest has the columns id, kind (`clip` or `portrait`), file (relative to the root) and identity. A column
motion may name what a clip shows: clips of one name show the same motion, frame by frame. A column split may say `test`
of clips that are not for training; without a manifest a folder `train` holds those that are. Other columns are ignored.

Names count in their composed Unicode form. Links are followed, wherever they lead: the owner of the folder put them
there. Names that are not UTF-8 are left out; a pipe or a device with the name of a clip fails its pairs.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evalkit.base.csvfile import Row, read_rows
from evalkit.base.names import is_text, nfc, path_in, shown
from evalkit.clips.kinds import IMAGE_SUFFIXES, UNFINISHED, UNREAD_IMAGES, VIDEO_SUFFIXES
from evalkit.clips.video import is_animation, is_video_inside
from evalkit.datasets.base import Dataset, unique_clips
from evalkit.datasets.found import BESIDE, HALF, HIDDEN, NO_MEDIA, NOT_UTF8, UNREAD, Found, Ignored
from evalkit.datasets.layout import all_entries, is_folder
from evalkit.datasets.sequences import why_no_sequence
from evalkit.errors import DatasetError
from evalkit.types import Clip, Kind, Role

MANIFEST = "manifest.csv"
MOTION, SPLIT = "motion", "split"
TESTED = "split is test in the manifest"
_NAMED = 3
_RATE = 25
"""Frames per second of a folder of pictures (`video.frame_rate`)."""
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]")
_PORTRAITS = {"portrait", "portraits"}
_SOURCES = {"source", "sources", "source_image", "source_images", "src"}
_DRIVERS = {"driving", "drivings", "driver", "drivers", "drive", "driving_video", "driving_videos", "drv"}

DEEP = "a folder below <identity>/<clip>"
PHOTOGRAPHS = "a folder below <identity> whose pictures are no numbered sequence of one size"
STILL_DRIVER = "a still picture, which cannot drive"
EMPTY = "an empty folder"
LOOP = "a link to a folder it lies in"
UNLISTED = "not in the manifest"


def index(root: Path) -> list[Clip]:
    """Clips of `root`, from its manifest if it has one, else from its layout."""
    return list(survey(root).clips)


def survey(root: Path) -> Found:
    """Clips of `root`, what was left out, and what was taken for something else. Raises `DatasetError` as `index`."""
    manifest = root / MANIFEST
    if not manifest.is_file():
        look = _Look(root)
        _read_root(look)
        taken = (*look.taken, *_sequences_note(look))
        return Found(tuple(unique_clips(look.named(), root)), tuple(look.ignored), taken)
    clips = unique_clips(_from_manifest(manifest), root)
    return Found(tuple(clips), tuple(_unlisted(root, clips)))


def _sequences_note(look: "_Look") -> Iterator[str]:
    """A sentence about folders of pictures that are read as clips: numbered photographs of one size look like them."""
    counts = look.sequences.values()
    if not counts:
        return
    names = ", ".join(f"{shown(Path(path).relative_to(look.root))}/" for path in list(look.sequences)[:_NAMED])
    more = f" and {len(counts) - _NAMED} more" if len(counts) > _NAMED else ""
    frames = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
    are = "1 folder of numbered pictures is taken for a clip"
    if len(counts) > 1:
        are = f"{len(counts)} folders of numbered pictures are taken for clips"
    yield f"{are} of {frames} frames, {_RATE} a second: {names}{more}. Photographs belong into portraits/."


def motions(root: Path) -> dict[str, str]:
    """Id of a clip -> name of its motion, for the clips whose manifest names it. Raises `DatasetError`."""
    return {nfc(row.text("id")): row.cells[MOTION] for row in _manifest_rows(root) if row.cells.get(MOTION)}


def train(root: Path) -> Found:
    """Clips that may be trained on. Raises `DatasetError` as `index`, and for a split other than train and test."""
    if not (root / MANIFEST).is_file():
        return survey(root / "train" if (root / "train").is_dir() else root)
    found, rows = survey(root), [row for row in _manifest_rows(root) if row.cells.get(SPLIT)]
    tested = {nfc(row.text("id")) for row in rows if row.one_of(SPLIT, ("train", "test")) == "test"}
    ignored = (*(found.ignored or ()), *(Ignored(shown(name), TESTED) for name in sorted(tested)))
    return replace(found, clips=tuple(clip for clip in found.clips if clip.id not in tested), ignored=ignored)


def _manifest_rows(root: Path) -> list[Row]:
    manifest = root / MANIFEST
    return read_rows(manifest, required=("id",), error=DatasetError) if manifest.is_file() else []


def _from_manifest(manifest: Path) -> list[Clip]:
    rows = read_rows(manifest, required=("id", "kind", "file", "identity"), error=DatasetError)
    return [_manifest_clip(manifest.parent, row) for row in rows]


def _manifest_clip(root: Path, row: Row) -> Clip:
    kind: Kind = "portrait" if row.one_of("kind", ("clip", "portrait")) == "portrait" else "clip"
    identifier, file = row.text("id"), row.text("file")
    if _UNSAFE.search(identifier) or identifier.startswith("."):
        raise row.wrong("id", "a name without slashes, control characters or a leading dot")
    if Path(file).is_absolute() or ".." in Path(file).parts or "\0" in file:
        raise row.wrong("file", "a path inside the data folder")
    return Clip(identifier, row.text("identity"), kind, path_in(root, file))


def _unlisted(root: Path, clips: Sequence[Clip]) -> Iterator[Ignored]:
    """Clips that lie in the usual places and that the manifest does not name."""
    look = _Look(root)
    _read_root(look)
    listed = {clip.path for clip in clips}
    above = {parent for path in listed for parent in path.parents}
    for clip in look.named():
        if clip.path not in listed | above and not any(parent in listed for parent in clip.path.parents):
            yield Ignored(shown(clip.path.relative_to(root)), UNLISTED)


@dataclass
class _Look:
    """What is found on the way through a root. A clip may bring a second id for the case that its first is taken."""

    root: Path
    clips: list[tuple[Clip, str]] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    sequences: dict[str, int] = field(default_factory=dict)

    def pass_over(self, path: str, reason: str) -> None:
        """Note an entry that becomes no clip."""
        self.ignored.append(Ignored(shown(Path(path).relative_to(self.root)), reason))

    def entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """Entries by name whose names can be used."""
        kept = []
        for entry in all_entries(folder):
            if entry.name.startswith("."):
                self.pass_over(entry.path, HIDDEN)
            elif not is_text(entry.name):
                self.pass_over(entry.path, NOT_UTF8)
            elif self._leads_back(entry):
                self.pass_over(entry.path, LOOP)
            else:
                kept.append(entry)
        return kept

    def _leads_back(self, entry: os.DirEntry[str]) -> bool:
        """Whether an entry is a link to the root or a folder above it, below which everything would be found again."""
        return (
            entry.is_symlink() and is_folder(entry) and self.root.resolve().is_relative_to(Path(entry.path).resolve())
        )

    def named(self) -> list[Clip]:
        """The clips, those with a second id called by it where two would have one."""
        first = Counter(nfc(clip.id) for clip, _ in self.clips)
        return [replace(clip, id=second) if first[nfc(clip.id)] > 1 and second else clip for clip, second in self.clips]


def _read_root(look: _Look) -> None:
    found = look.entries(look.root)
    roles = _roles(found)
    pictures = [entry.name for entry in found if _is_picture(entry)]
    if len(pictures) > 1 and why_no_sequence(pictures, look.root) is None:
        look.taken.append(
            f"{len(pictures)} numbered pictures directly in the root are taken for portraits; in a folder of their own "
            "they are one clip."
        )
    for entry in found:
        if not is_folder(entry):
            if entry.name != MANIFEST:
                _read_file(look, entry, identity=_stem(entry), name=_stem(entry))
        elif role := roles.get(entry.name):
            _read_role(look, entry, role)
        else:
            _read_person(look, entry)


def _roles(found: Sequence[os.DirEntry[str]]) -> dict[str, Role]:
    """Folder of the root -> what its content is for. `source` means it only with `driving` beside it."""
    folders = {entry.name: entry.name.lower() for entry in found if is_folder(entry)}
    sources = [name for name, word in folders.items() if word in _SOURCES]
    drivers = [name for name, word in folders.items() if word in _DRIVERS]
    roles: dict[str, Role] = {}
    if sources and drivers:
        roles = {**dict.fromkeys(sources, "source"), **dict.fromkeys(drivers, "driving")}
    return {**roles, **{name: "source" for name, word in folders.items() if word in _PORTRAITS}}


def _read_role(look: _Look, folder: os.DirEntry[str], role: Role) -> None:
    """A folder of sources or drivers: each file a person of its own, each folder one clip or the clips of a person."""
    before = len(look.clips), len(look.ignored)
    if role == "driving" and _is_sequence(look, folder):
        _read_sequence(look, folder, folder.name, folder.name, role)
        return
    for entry in look.entries(Path(folder.path)):
        name = _stem(entry)
        if not is_folder(entry):
            _read_file(look, entry, identity=name, name=name, role=role, second=f"{folder.name}_{name}")
        elif _is_sequence(look, entry):
            _read_sequence(look, entry, name, name, role, second=f"{folder.name}_{name}")
        else:
            _read_person(look, entry, role)
    _note_empty(look, folder, before)
    what = "sources that do not drive" if role == "source" else "clips that only drive"
    look.taken.append(f"{shown(folder.name)}/ is taken for {len(look.clips) - before[0]} {what}.")


def _read_person(look: _Look, folder: os.DirEntry[str], role: Role = "any") -> None:
    """A folder that is one clip, or holds the clips of one person."""
    if _is_sequence(look, folder):
        _read_sequence(look, folder, _stem(folder), _stem(folder), role)
        return
    before = len(look.clips), len(look.ignored)
    found = look.entries(Path(folder.path))
    pictures = [entry.name for entry in found if _is_picture(entry)]
    if len(pictures) > 1 and (why := why_no_sequence(pictures, Path(folder.path))):
        look.taken.append(
            f"{shown(Path(folder.path).relative_to(look.root))}/ is taken for {len(pictures)} portraits of one person, "
            f"not for a clip: {why}."
        )
    for entry in found:
        if not is_folder(entry):
            _read_file(look, entry, identity=folder.name, name=f"{folder.name}_{_stem(entry)}", role=role)
        elif _is_sequence(look, entry):
            _read_sequence(look, entry, folder.name, f"{folder.name}_{_stem(entry)}", role)
        else:
            inner = [one.name for one in all_entries(Path(entry.path)) if _is_picture(one)]
            look.pass_over(entry.path, PHOTOGRAPHS if len(inner) > 1 else DEEP)
    _note_empty(look, folder, before)


def _note_empty(look: _Look, folder: os.DirEntry[str], before: tuple[int, int]) -> None:
    if (len(look.clips), len(look.ignored)) == before:
        look.pass_over(folder.path, EMPTY)


def _is_sequence(look: _Look, folder: os.DirEntry[str]) -> bool:
    """Whether a folder is one clip: numbered pictures of one size and nothing deeper or playable in it."""
    found = [one for one in all_entries(Path(folder.path)) if one.name[0] != "." and is_text(one.name)]
    pictures = [entry.name for entry in found if _is_picture(entry)]
    if len(pictures) < 2 or any(is_folder(entry) or _suffix(entry) in VIDEO_SUFFIXES for entry in found):
        return False
    return why_no_sequence(pictures, Path(folder.path)) is None


def _read_sequence(
    look: _Look, folder: os.DirEntry[str], identity: str, name: str, role: Role, second: str = ""
) -> None:
    found = list(look.entries(Path(folder.path)))
    for entry in found:
        if not _is_picture(entry):
            look.pass_over(entry.path, BESIDE)
    look.sequences[folder.path] = sum(map(_is_picture, found))
    look.clips.append((Clip(_safe(name), identity, "clip", Path(folder.path), role), _safe(second)))


def _read_file(
    look: _Look, entry: os.DirEntry[str], identity: str, name: str, role: Role = "any", second: str = ""
) -> None:
    """One file: a clip, a portrait, or neither."""
    path, suffix = Path(entry.path), _suffix(entry)
    if suffix in UNFINISHED:
        look.pass_over(entry.path, HALF)
    elif suffix in UNREAD_IMAGES:
        look.pass_over(entry.path, UNREAD)
    elif suffix not in VIDEO_SUFFIXES | IMAGE_SUFFIXES and not is_video_inside(path):
        look.pass_over(entry.path, NO_MEDIA)
    else:
        kind: Kind = "portrait" if suffix in IMAGE_SUFFIXES and not is_animation(path) else "clip"
        if kind == "portrait" and role == "driving":
            look.pass_over(entry.path, STILL_DRIVER)
        else:
            look.clips.append((Clip(_safe(name), identity, kind, path, role), _safe(second)))


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name)


def _is_picture(entry: os.DirEntry[str]) -> bool:
    return _suffix(entry) in IMAGE_SUFFIXES and entry.name[0] != "." and is_text(entry.name) and not is_folder(entry)


def _stem(entry: os.DirEntry[str]) -> str:
    """Its name without the ending of a file; frames of `a.mp4` often are in a folder that is called `a.mp4`, too."""
    name, suffix = os.path.splitext(entry.name)  # noqa: PTH122
    return entry.name if is_folder(entry) and suffix.lower() not in VIDEO_SUFFIXES else name


def _suffix(entry: os.DirEntry[str]) -> str:
    return os.path.splitext(entry.name)[1].lower()  # noqa: PTH122


DATASET = Dataset(
    id="folder",
    title="Your own clips",
    licence="yours",
    obtain="Point --data at a folder with <identity>/<clip>.mp4, folders of numbered pictures, source/ and driving/, "
    "or a manifest.csv with the columns id,kind,file,identity.",
    index=index,
    survey=survey,
    train=train,
)
