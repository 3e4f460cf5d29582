"""The demo corpus: rendered heads with known pose and expression, made on first use and kept in the cache.

`<root>/clips/<id>.mkv` (lossless), `<root>/truth/<id>.npz` (pose, translation, expression and their names per frame)
and a `manifest.csv`, so that the folder is also a data root for the dataset `folder`. What a pair of clips should
become can be drawn as well: `<root>/answers/<pair>.mkv`, each on first use.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit.base.files import atomic_path
from evalkit.base.places import cache_dir, why_unusable
from evalkit.clips import video
from evalkit.datasets import folder
from evalkit.datasets.base import Dataset, Truth
from evalkit.datasets.drawn import DEMO_VERSION, render_clip
from evalkit.errors import DatasetError
from evalkit.protocol.pairs import pair_id
from evalkit.types import Clip

FPS = 25
_NAME = re.compile(r"demo(\d+)_c(\d+)")


@dataclass(frozen=True)
class Corpus:
    """Which people are drawn, in how many clips of how many frames, `size` pixels square.

    With `shared_motion`, clip c of a person makes the motion that the c-th next person (the first after the last) makes
    in clip 0, frame by frame, so that every motion is made by `clips` people.
    """

    identities: Sequence[int] = range(6)
    clips: int = 2
    frames: int = 32
    size: int = 256
    shared_motion: bool = False

    def motion(self, place: int, clip: int) -> tuple[int, int]:
        """Identity and clip after whom the motion of clip `clip` of the person at `place` is named."""
        people = self.identities
        return (people[(place + clip) % len(people)], 0) if self.shared_motion else (people[place], clip)


PROTOCOLS = Corpus()
"""The corpus of the demo protocols."""


def corpus_root() -> Path:
    """The corpus in the cache, rendered now if missing. The manifest is written last and marks it complete."""
    corpus = PROTOCOLS
    shape = f"{len(corpus.identities)}x{corpus.clips}x{corpus.frames}-{corpus.size}px"
    root = cache_dir() / f"demo-v{DEMO_VERSION}-{shape}"
    if not (root / folder.MANIFEST).is_file():
        if reason := why_unusable(cache_dir()):
            raise DatasetError(f"The demo corpus is rendered into the cache. {reason}")
        render_corpus(root)
    return root


def render_corpus(root: Path, corpus: Corpus = PROTOCOLS) -> None:
    """Render all clips into `root`; clips that are already there are kept.

    Raises `DatasetError` where motion is shared and a person has one clip, or more clips than there are people.
    """
    if corpus.shared_motion and not 2 <= corpus.clips <= len(corpus.identities):
        raise DatasetError(
            f"Motion shared by {corpus.clips} of {len(corpus.identities)} people was asked for: every motion is made "
            "by as many people as a person has clips, so it must be 2 clips or more, and no more than people."
        )
    rows = []
    for place, identity in enumerate(corpus.identities):
        for clip in range(corpus.clips):
            motion = corpus.motion(place, clip)
            person = name_of(identity)
            name = f"{person}_m{motion[0]}" if corpus.shared_motion else f"{person}_c{clip}"
            _render_clip(root, name, identity, clip, corpus, motion)
            rows.append([name, "clip", f"clips/{name}.mkv", person, f"demo{motion[0]:02d}_c{motion[1]}"])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "kind", "file", "identity", "motion"])
    writer.writerows(rows)
    with atomic_path(root / folder.MANIFEST) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")


def name_of(identity: int) -> str:
    """The person drawn under this number."""
    return f"demo{identity:02d}"


def numbers(clip: Clip) -> tuple[int, int]:
    """Identity and clip as `render_clip` takes them. Raises `DatasetError` for a clip of another name."""
    found = _NAME.fullmatch(clip.id)
    if found is None:
        raise DatasetError(
            f"{clip.path}: the true answer is known of clips of the demo corpus, which are called demo00_c0; "
            f"got {clip.id!r}."
        )
    return int(found[1]), int(found[2])


def index(root: Path) -> list[Clip]:
    """Clips of a rendered corpus."""
    return folder.index(root)


def answer_path(root: Path, source: Clip, driving: Clip) -> Path:
    """Where the true clip of a pair lies. Raises `DatasetError` for clips that are not of the corpus."""
    numbers(source), numbers(driving)
    return root / "answers" / f"{pair_id(source, driving)}.mkv"


def draw_answer(root: Path, source: Clip, driving: Clip) -> Path:
    """Draw the true clip of a pair if it is missing: person, lamps and background of the source, motion of the driver.

    It has the frames and the size of the driving clip. Raises `DatasetError` for clips that are not of the corpus.
    """
    path = answer_path(root, source, driving)
    if not path.is_file():
        size = video.read_frames(driving.path, (0,)).shape[1]
        drawn = render_clip(*numbers(source), video.count_frames(driving.path), size, motion=numbers(driving))
        video.write_video(path, [drawn.frames], FPS)
    return path


def _render_clip(root: Path, name: str, identity: int, clip: int, corpus: Corpus, motion: tuple[int, int]) -> None:
    path = root / "clips" / f"{name}.mkv"
    if path.is_file():
        return
    rendered = render_clip(identity, clip, corpus.frames, corpus.size, motion)
    with atomic_path(root / "truth" / f"{name}.npz") as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            pose=rendered.pose,
            expression=rendered.expression,
            expression_names=np.array(rendered.expression_names),
        )
    video.write_video(path, [rendered.frames], FPS)


DATASET = Dataset(
    id="demo",
    title="Demo corpus of rendered heads",
    licence="Apache-2.0 (made by evalkit)",
    obtain="It is made on first use; no --data needed.",
    index=index,
    default_root=corpus_root,
    truth=Truth(answer_path, draw_answer),
    test_people=frozenset(map(name_of, PROTOCOLS.identities)),
)
