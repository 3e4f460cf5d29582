"""Somebody else's outputs: clips in a folder, matched to the pairs of a protocol by their names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.base.files import content_sha256
from evalkit.base.names import is_text, nfc, short_name, shown
from evalkit.base.text import check_plain
from evalkit.clips import video
from evalkit.errors import RunError, ScoreError, VideoError
from evalkit.protocol.schema import Protocol
from evalkit.records.run_folder import RunFolder
from evalkit.runs.run_pairs import Made
from evalkit.scoring.level_shift import shift_note
from evalkit.types import Frames, Pair, Rgb

_LOOKED_AT = 8
"""Frames at the beginning of an output that are compared with the driving frames."""


@dataclass(frozen=True)
class Outputs:
    """Clips by pair id: `<pair>.mp4` or another video, or a folder `<pair>` of images. `extra` fits no pair."""

    root: Path
    clips: dict[str, Path]
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    def check(self, pair: Pair, protocol: Protocol, folder: RunFolder) -> Made:
        """The output for `pair`.

        Raises `ScoreError` when it is missing, has another size than the protocol's, or another number of frames than
        the driving frames; `VideoError` when it cannot be decoded; `RunError` when it changed since it was scored.
        """
        if pair.id not in self.clips:
            raise ScoreError(f"missing: no {pair.id}.mp4 or folder {pair.id} in {self.root}")
        path = self.clips[pair.id]
        before = folder.read_outcome(pair.id)
        if before and before.status == "ok" and before.generated_sha256 != content_sha256(path):
            raise RunError(f"{path} changed since {folder.path} was scored. Keep that run and add --tag NAME.")
        size = video.frame_size(path)
        if size != (protocol.resolution, protocol.resolution):
            raise ScoreError(
                f"wrong size: {path} is {size[0]}x{size[1]}, {protocol.id} is scored at "
                f"{protocol.resolution}x{protocol.resolution}"
            )
        frames, wanted = video.count_frames(path), video.count_frames(pair.driving.path, protocol.selection)
        if frames != wanted:
            kind = "short" if frames < wanted else "long"
            raise ScoreError(f"{kind}: {path} has {frames} frames for the {wanted} driving frames of the protocol")
        return Made(str(path.resolve()), frames, None, _notes(path, pair, protocol))


def _notes(path: Path, pair: Pair, protocol: Protocol) -> tuple[str, ...]:
    """What a reader of its scores has to know of an output: what is left out of it, the trace of two conversions."""
    found = list(video.notes(path))
    if protocol.task == "self_reenactment":

        def clips(rgb: Rgb) -> tuple[Frames, Frames]:
            whole, driving = replace(protocol.whole, rgb=rgb), replace(protocol.selection, rgb=rgb)
            both = ((path, whole), (pair.driving.path, driving))
            made, true = (next(video.iter_frames(clip, what, chunk=_LOOKED_AT)) for clip, what in both)
            return made, true

        if note := shift_note(clips, protocol.rgb):
            found.append(note)
    return tuple(f"generated: {note}" for note in found)


def check_name(name: str) -> None:
    """Raise `ScoreError` for a name that cannot be part of a path."""
    check_plain("--name", name, ScoreError)


def _name(entry: Path) -> str:
    try:
        return entry.name if entry.is_dir() else entry.stem
    except OSError:
        return entry.stem


def _may_be_clip(entry: Path) -> bool:
    """Whether an entry can be an output; one that may not be looked at can, so that its pair says why it fails."""
    try:
        return video.is_clip(entry)
    except VideoError:
        return True


def find_outputs(root: Path, pairs: Sequence[Pair]) -> Outputs:
    """Match the entries of `root` with the pairs.

    Raises `ScoreError` when the folder is missing, matches no pair at all, or has two clips for one pair.
    """
    if not root.is_dir():
        raise ScoreError(f"--generated {root}: no such folder. Give the folder with one clip per pair.")
    ids = {pair.id for pair in pairs}
    clips: dict[str, Path] = {}
    extra: list[str] = []
    for entry in sorted(root.iterdir()):
        # Outputs may be named in full, and in the Unicode form of another system.
        name = short_name(nfc(_name(entry))) if is_text(entry.name) else ""
        if name not in ids or not _may_be_clip(entry):
            extra.append(shown(entry.name))
        elif name in clips:
            raise ScoreError(
                f"{root}: both {clips[name].name} and {entry.name} are there for the pair {name}. Remove one."
            )
        else:
            clips[name] = entry
    missing = tuple(pair.id for pair in pairs if pair.id not in clips)
    if not clips:
        expected = ", ".join(f"{name}.mp4" for name in missing[:3])
        raise ScoreError(
            f"{root}: nothing there is named after a pair of the protocol (found {len(extra)} other entries). "
            f"Expected names such as {expected}; `evalkit protocols pairs` lists them all."
        )
    return Outputs(root, clips, missing, tuple(extra))
