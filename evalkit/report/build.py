"""The slow part of a report, one pair at a time: its video and its landmarks, here or in another process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evalkit.base.places import cache_dir
from evalkit.report.collect import Comparison
from evalkit.report.landmarks import PairLandmarks, Source, choose_detector, write_landmarks
from evalkit.report.media import PairMedia, make_mosaic, media_facts
from evalkit.report.pairs import clips_of, driving_selection, frame_count
from evalkit.types import Pair

Media = Literal["all", "worst", "none", "blur"]
MEDIA: tuple[Media, ...] = ("all", "worst", "none", "blur")
_LEFT_OUT = {
    "worst": "Only the worst pairs of each metric have a video (--media worst).",
    "none": "It was made without videos (--media none), which show faces.",
}


@dataclass(frozen=True)
class Options:
    """Options of a report.

    `data` overrides the data root of the run. `media` chooses the pairs with a video, with "blur" all of them
    and every picture blurred; `landmarks` whether missing ones are detected now, `worst` how many the gallery shows,
    `pages` how many pairs have a page (None: all, or some of very many). `history` is what `evalkit gate --history`
    appended to. `by` are groupings of driving frames, with `attributes` of clips out of a CSV file.
    """

    data: Path | None = None
    media: Media = "all"
    landmarks: Source = "cached"
    worst: int = 12
    workers: int = 1
    history: Path | None = None
    by: tuple[str, ...] = ()
    attributes: Path | None = None
    pages: int | None = None


@dataclass(frozen=True)
class PairJob:
    """What to make for the pair at `index`; a text in place of a part says why it is not made."""

    index: int
    media: PairMedia | str
    landmarks: PairLandmarks | str

    @property
    def takes_long(self) -> bool:
        """Whether there is anything to make."""
        return not (isinstance(self.media, str) and isinstance(self.landmarks, str))


@dataclass(frozen=True)
class BuiltPair:
    """What was made: facts for the page of the pair, `media` with a `reason` and `landmarks` with a `note` if not."""

    index: int
    media: dict[str, Any]
    landmarks: dict[str, Any]


def plan_jobs(
    comparison: Comparison,
    out: Path,
    options: Options,
    found: Mapping[str, Pair],
    pages: Sequence[int],
    worst: set[int],
) -> list[PairJob]:
    """One job for each of `pages`; the source and driving clips of `found` are known, `worst` are the worst pairs."""
    detector = choose_detector([method.header for method in comparison.methods])
    driving, resolution = driving_selection(comparison), comparison.protocol.resolution
    jobs = []
    for index in pages:
        pair = comparison.pairs[index]
        if options.media == "none" or (options.media == "worst" and index not in worst):
            reason = _LEFT_OUT[options.media]
            jobs.append(PairJob(index, reason, reason))
            continue
        clips = clips_of(comparison, index, found.get(pair.id))
        media = PairMedia(
            pair.slug,
            out / "media",
            clips,
            frame_count(comparison, index),
            resolution,
            driving,
            blur=options.media == "blur",
        )
        landmarks: PairLandmarks | str = "No metric of these runs uses landmarks."
        if options.landmarks == "none":
            landmarks = "This report was made without landmarks."
        elif detector is not None:
            path = out / "data" / "landmarks" / f"{pair.slug}.js"
            extract = options.landmarks == "extract"
            landmarks = PairLandmarks(pair.slug, path, detector, clips, resolution, driving, cache_dir(), extract)
        jobs.append(PairJob(index, media, landmarks))
    return jobs


def build_pair(job: PairJob) -> BuiltPair:
    """Do one job; what cannot be made becomes a reason on the page."""
    media = media_facts(job.media if isinstance(job.media, str) else make_mosaic(job.media))
    if isinstance(job.landmarks, str):
        return BuiltPair(job.index, media, {"file": None, "note": job.landmarks})
    return BuiltPair(job.index, media, write_landmarks(job.landmarks))
