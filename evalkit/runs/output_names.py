"""Which pair an output belongs to: by the name of the pair, by a name that demos of methods give, or by a list."""

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.base.csvfile import read_rows
from evalkit.base.names import is_text, nfc, path_in, short_name, shown
from evalkit.clips import video
from evalkit.clips.kinds import VIDEO_SUFFIXES
from evalkit.errors import ScoreError, VideoError
from evalkit.types import Clip, Pair


@dataclass(frozen=True)
class _Form:
    """A kind of file name: what of it is made of the names of source and driving clip, and how.

    `together` is for files that show the result beside the source and the driving frames.
    """

    pattern: re.Pattern[str]
    template: str
    together: bool = False


_FORMS = (
    _Form(re.compile(r"(.+)"), "{pair}"),
    _Form(re.compile(r"(.+)"), "{source}--{driving}"),
    _Form(re.compile(r"(.+)"), "{source}_{driving}"),
    _Form(re.compile(r"(.+)_concat"), "{pair}", together=True),
    _Form(re.compile(r"(.+)_concat"), "{source}--{driving}", together=True),
    _Form(re.compile(r"(.+)_\d+x\d+_\d+_\d{4}(?:_noaudio)?"), "{source}_{driving}", together=True),
    _Form(re.compile(r"(.+)_oo"), "{driving}_{source}"),
    _Form(re.compile(r"(.+)_all"), "{driving}_{source}", together=True),
    _Form(re.compile(r"inference_.+?_uc[0-9.]+_(.+)_mix\d+"), "{source}_by_{driving}"),
)
"""Names that official demos write; docs/outputs.md says which is whose."""


@dataclass(frozen=True)
class Matched:
    """Clips by pair id. `extra` fits no pair, `unclear` several; `beside` are other files of pairs that have one."""

    clips: dict[str, Path]
    extra: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    def passed_over(self) -> list[tuple[tuple[str, ...], str]]:
        """Entries that are not scored, and why, in the words of a sentence about them."""
        all_of_them = (
            (self.extra, "match no pair and are ignored"),
            (self.unclear, "fit several pairs and are ignored (name them after pairs, or list them with --files)"),
            (self.beside, "are other files of pairs that are scored from one, and are ignored"),
        )
        return [(names, why) for names, why in all_of_them if names]


def match_names(root: Path, pairs: Sequence[Pair], together: bool) -> Matched:
    """Match the entries of `root` with the pairs.

    A pair may have one file with the result alone and one that shows it beside others; `together` says which of both is
    wanted where both are there. Raises `ScoreError` for two files of one kind.
    """
    known = {form: _names(form, pairs) for form in _FORMS}
    found: dict[tuple[str, bool], Path] = {}
    extra: list[str] = []
    unclear: list[str] = []
    for entry in sorted(root.iterdir()):
        # Outputs may be named in full, and in the Unicode form of another system.
        called = map(nfc, _called_as(entry)) if is_text(entry.name) else ()
        form, ids = next((fits for name in called for fits in _fitting(name, known)), (None, set[str]()))
        if form is None or not _may_be_clip(entry):
            extra.append(shown(entry.name))
        elif len(ids) > 1:
            unclear.append(shown(entry.name))
        else:
            (pair,) = ids
            if (pair, form.together) in found:
                other = found[pair, form.together].name
                raise ScoreError(f"{root}: both {other} and {entry.name} are there for the pair {pair}. Remove one.")
            found[pair, form.together] = entry
    chosen = {pair: found.get((pair, together), found.get((pair, not together))) for pair, _ in found}
    clips = {pair: path for pair, path in chosen.items() if path}
    beside = sorted(path.name for path in found.values() if path not in clips.values())
    return Matched(clips, tuple(extra), tuple(unclear), tuple(beside))


def match_list(root: Path, listed: Path, pairs: Sequence[Pair], subset: bool = False) -> Matched:
    """The outputs that a CSV file with the columns pair and file names; files are relative to `root`.

    With `subset`, rows of other pairs are left out. Raises `ScoreError` for a row with an unknown pair, a pair or file
    that came before, an absolute path or one with `..`, and a file that is not there.
    """
    ids = {pair.id for pair in pairs}
    clips: dict[str, Path] = {}
    extra: list[str] = []
    files: set[Path] = set()
    for row in read_rows(listed, required=("pair", "file"), error=ScoreError):
        pair, file = short_name(nfc(row.text("pair"))), row.text("file")
        if pair not in ids:
            if subset:
                extra.append(shown(file))
                continue
            raise row.wrong("pair", f"a pair of the protocol{_nearest(pair, ids)}")
        if pair in clips:
            raise row.wrong("pair", "every pair once")
        if Path(file).is_absolute() or ".." in Path(file).parts or "\0" in file:
            raise row.wrong("file", f"a path inside {root}")
        path = path_in(root, file)
        if path in files:
            raise row.wrong("file", "every file once")
        if not os.path.lexists(path):
            raise row.wrong("file", f"a file or folder that exists in {root}")
        files.add(path)
        clips[pair] = path
    return Matched(clips, tuple(extra))


def _names(form: _Form, pairs: Sequence[Pair]) -> dict[str, set[str]]:
    """Name -> the pairs that it may be of."""
    found: dict[str, set[str]] = {}
    for pair in pairs:
        for source in _called(pair.source):
            for driving in _called(pair.driving):
                name = form.template.format(pair=pair.id, source=source, driving=driving)
                found.setdefault(short_name(nfc(name)), set()).add(pair.id)
    return found


def _called(clip: Clip) -> Iterable[str]:
    """How a demo may call a clip: by its file, which users copy under its id."""
    return dict.fromkeys((clip.id, clip.path.stem))


def _fitting(name: str, known: dict[_Form, dict[str, set[str]]]) -> Iterator[tuple[_Form, set[str]]]:
    for form, names in known.items():
        if (part := form.pattern.fullmatch(name)) and (ids := names.get(short_name(part[1]))):
            yield form, ids


def _nearest(pair: str, ids: set[str]) -> str:
    near = difflib.get_close_matches(pair, ids, n=1)
    return f" such as {near[0]!r}" if near else " (`evalkit protocols pairs` lists them)"


def _called_as(entry: Path) -> tuple[str, ...]:
    """What an entry may be called: a file without its ending, a folder by its name, and as the video it is made of."""
    try:
        folder = entry.is_dir()
    except OSError:
        folder = False
    names = (entry.name,) if folder else ()
    return names if folder and entry.suffix.lower() not in VIDEO_SUFFIXES else (*names, entry.stem)


def _may_be_clip(entry: Path) -> bool:
    """Whether an entry can be an output; one that may not be looked at can, so that its pair says why it fails."""
    try:
        return video.is_clip(entry)
    except VideoError:
        return True
