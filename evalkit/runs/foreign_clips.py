"""Somebody else's outputs: clips in a folder, matched to the pairs of a protocol, and made to fit its frames."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.base.digests import Digests
from evalkit.base.text import check_plain
from evalkit.clips import video
from evalkit.errors import ScoreError
from evalkit.protocol.schema import Protocol
from evalkit.records.output_rules import OutputRules
from evalkit.records.run_folder import RunFolder
from evalkit.runs.output_names import Matched, match_list, match_names
from evalkit.runs.plan import Made
from evalkit.runs.prepared_output import Fitting, fitting
from evalkit.scoring.level_shift import shift_note
from evalkit.types import Frames, Pair, Rgb

_LOOKED_AT = 8
"""Frames at the beginning of an output that are compared with the driving frames."""
_SAME_RATE = 0.005
"""Rates of 30000/1001 and 30 frames per second are the same to a reader."""


@dataclass(frozen=True)
class Outputs:
    """The outputs of a folder by pair id: video files, or folders of images. `rules` say how they are prepared."""

    root: Path
    matched: Matched
    missing: tuple[str, ...]
    rules: OutputRules

    @property
    def clips(self) -> dict[str, Path]:
        """Pair id -> output."""
        return self.matched.clips

    def of(self, pair: Pair) -> "Outputs":
        """The output of one pair alone."""
        clips = {pair.id: self.clips[pair.id]} if pair.id in self.clips else {}
        return replace(self, matched=Matched(clips), missing=())

    def make(self, pair: Pair, protocol: Protocol, folder: RunFolder) -> Made:
        """The output for `pair`: as it is, or prepared and written into the run folder.

        Raises `ScoreError` when it is missing, has another size than the protocol's, or another number of frames than
        the driving frames; `VideoError` when it cannot be decoded or changes meanwhile.
        """
        if pair.id not in self.clips:
            raise ScoreError(f"missing: no {pair.id}.mp4 or folder {pair.id} in {self.root}")
        path = self.clips[pair.id]
        found = fitting(path, self.rules, pair, protocol)
        notes = _notes(found, pair, protocol)
        if not self.rules.words:
            return Made(str(path.resolve()), found.count, None, notes)
        digests = Digests()
        before = digests.of(path)
        rate = video.frame_rate(pair.driving.path) / protocol.driving.stride
        output = folder.generated(pair.id)
        video.write_video(output, found.frames(protocol.rgb), rate)
        if digests.of(path) != before:
            raise ScoreError(f"{path} changed while it was read. Leave outputs alone during a run, and repeat it.")
        generated = output.relative_to(folder.path).as_posix()
        return Made(generated, found.count, None, notes, str(path.resolve()), before)


def _notes(made: Fitting, pair: Pair, protocol: Protocol) -> tuple[str, ...]:
    """What a reader of its scores has to know of an output: what is left out of it, the trace of two conversions."""
    found = [*made.notes, *video.notes(made.path), *_rate_note(made.path, pair, protocol)]
    if protocol.task == "self_reenactment" or pair.truth:

        def clips(rgb: Rgb) -> tuple[Frames, Frames]:
            true = video.iter_frames(pair.reference, replace(protocol.selection, rgb=rgb), chunk=_LOOKED_AT)
            return next(made.frames(rgb, _LOOKED_AT)), next(true)

        if note := shift_note(clips, protocol.rgb):
            found.append(note)
    return tuple(f"generated: {note}" for note in found)


def _rate_note(path: Path, pair: Pair, protocol: Protocol) -> list[str]:
    """A note where the output plays at another speed than its driving frames, which says how it was written."""
    made, driving = (video.frame_rate(clip, default=0.0) for clip in (path, pair.driving.path))
    driving /= protocol.driving.stride
    if not (made and driving) or abs(made / driving - 1) <= _SAME_RATE:
        return []
    return [
        f"it has another frame rate than the driving frames ({made:.4g} and {driving:.4g} frames per second); "
        "frames are compared by their number"
    ]


def check_name(name: str) -> None:
    """Raise `ScoreError` for a name that cannot be part of a path."""
    check_plain("--name", name, ScoreError)


def find_outputs(
    root: Path,
    pairs: Sequence[Pair],
    rules: OutputRules | None = None,
    listed: Path | None = None,
    subset: bool = False,
) -> Outputs:
    """Match the entries of `root` with the pairs, by their names or as the CSV file `listed` says.

    With `subset`, `listed` may name further pairs. Raises `ScoreError` when the folder is missing, matches no pair at
    all, or has two clips for one pair, and as `match_list` does.
    """
    if not root.is_dir():
        raise ScoreError(f"--generated {root}: no such folder. Give the folder with one clip per pair.")
    rules = rules or OutputRules()
    matched = match_list(root, listed, pairs, subset) if listed else match_names(root, pairs, bool(rules.crop))
    missing = tuple(pair.id for pair in pairs if pair.id not in matched.clips)
    if not matched.clips:
        expected = ", ".join(f"{name}.mp4" for name in missing[:3])
        raise ScoreError(
            f"{listed or root}: nothing there is named after a pair of the protocol (found "
            f"{len(matched.extra) + len(matched.unclear)} other entries). Expected names such as {expected}; "
            "`evalkit protocols pairs` lists them all. With other names, give a CSV file with the columns pair,file by "
            "--files."
        )
    return Outputs(root, matched, missing, rules)
