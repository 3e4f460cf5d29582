"""Check a prepared root: what is there, missing, unreadable, of the wrong size or length, by name."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.base.csvfile import read_rows
from evalkit.base.processes import run_all
from evalkit.clips import video
from evalkit.datasets.prepare.jobs import Recipe
from evalkit.datasets.prepare.journal import MANIFEST
from evalkit.errors import DatasetError, EvalkitError, VideoError
from evalkit.protocol.pairs import expected_pairs, make_pairs
from evalkit.protocol.schema import Protocol
from evalkit.types import Clip

_RATES = {1.2: "30", 24 / 25: "24", 29.97 / 25: "29.97", 2.0: "50", 2.4: "60", 0.4: "10"}


@dataclass(frozen=True)
class Finding:
    """Something wrong with one clip."""

    clip: str
    reason: str


@dataclass(frozen=True)
class Share:
    """How many pairs of a protocol the root can run; `pairs` is None when the protocol states no number."""

    protocol: str
    can_run: int
    pairs: int | None
    reason: str = ""


@dataclass(frozen=True)
class Checked:
    """What a root holds."""

    clips: int
    missing: tuple[Finding, ...]
    unreadable: tuple[Finding, ...]
    wrong_size: tuple[Finding, ...]
    wrong_length: tuple[Finding, ...]
    protocols: tuple[Share, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.missing or self.unreadable or self.wrong_size or self.wrong_length)


@dataclass(frozen=True)
class Probe:
    """What decoding a clip showed. `frames` is None when they were not counted."""

    clip: Clip
    frames: int | None
    width: int
    height: int
    error: str = ""


def check(
    root: Path,
    clips: Sequence[Clip],
    recipe: Recipe | None,
    protocols: Iterable[Protocol],
    expected: Iterable[str],
    *,
    quick: bool,
    workers: int,
    on_clip: Callable[[str, str], None],
) -> Checked:
    """Decode every clip of a root (with `quick` its first frame only) and compare with names, manifest and protocols.

    `expected` are ids that ought to be there; those of the root's manifest are added. Portraits are not decoded.
    """
    manifest = _manifest(root)
    probes = []
    for probe in run_all(probe_quickly if quick else probe_whole, [c for c in clips if c.kind == "clip"], workers):
        probes.append(probe)
        on_clip(probe.clip.id, "failed" if probe.error else "done")
    probes.sort(key=lambda probe: probe.clip.id)
    good = [p for p in probes if not p.error]
    there = {clip.id for clip in clips}
    usable = [clip for clip in clips if clip.kind == "portrait" or clip.id in {probe.clip.id for probe in good}]
    size = recipe.size if recipe else None
    return Checked(
        clips=len(clips),
        missing=tuple(Finding(name, "not in the root") for name in sorted({*expected, *manifest} - there)),
        unreadable=tuple(Finding(p.clip.id, p.error) for p in probes if p.error),
        wrong_size=tuple(f for p in good if (f := _size(p, size))),
        wrong_length=tuple(f for p in good if (f := _length(p, recipe, manifest))),
        protocols=tuple(_share(protocol, usable) for protocol in protocols),
    )


def probe_whole(clip: Clip) -> Probe:
    """Decode a clip to its end."""
    try:
        width, height = video.frame_size(clip.path)
        return Probe(clip, video.count_frames(clip.path), width, height)
    except (VideoError, OSError) as error:
        return Probe(clip, None, 0, 0, str(error))


def probe_quickly(clip: Clip) -> Probe:
    """Decode the first frame of a clip."""
    try:
        width, height = video.frame_size(clip.path)
        return Probe(clip, None, width, height)
    except (VideoError, OSError) as error:
        return Probe(clip, None, 0, 0, str(error))


def _size(probe: Probe, size: int | None) -> Finding | None:
    if size is None or (probe.width, probe.height) == (size, size):
        return None
    return Finding(probe.clip.id, f"{probe.width}x{probe.height}; {size}x{size} is expected")


def _length(probe: Probe, recipe: Recipe | None, manifest: dict[str, int]) -> Finding | None:
    """The name's number of frames counts first, then the manifest's."""
    named = recipe.length(probe.clip.id) if recipe else None
    listed = named or manifest.get(probe.clip.id)
    if probe.frames is None or listed is None or probe.frames == listed:
        return None
    rate = next((fps for ratio, fps in _RATES.items() if abs(probe.frames - ratio * listed) <= 1), None)
    hint = f": cut from a video of {rate} frames per second, not 25" if rate and named else ""
    says = "its name says" if named else "the manifest says"
    return Finding(probe.clip.id, f"{probe.frames} frames, {says} {listed}{hint}")


def _share(protocol: Protocol, clips: Sequence[Clip]) -> Share:
    expected = expected_pairs(protocol)
    try:
        # Whether the truth is known is no matter of the data folder.
        asked = protocol.model_copy(update={"reference": "driving"})
        return Share(protocol.id, len(make_pairs(asked, clips, missing_ok=True)), expected)
    except EvalkitError as error:
        return Share(protocol.id, 0, expected, str(error))


def _manifest(root: Path) -> dict[str, int]:
    """Frames by id, as the manifest of `prepare` tells."""
    path = root / MANIFEST
    if not path.is_file():
        return {}
    rows = read_rows(path, required=("id", "frames"), error=DatasetError)
    return {row.text("id"): row.integer("frames") for row in rows}
