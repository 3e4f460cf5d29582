"""What to fetch for a list: one row per raw video, for the user's own downloader. evalkit fetches no videos."""

from collections.abc import Iterable
from dataclasses import dataclass

from evalkit.datasets.prepare.jobs import ClipJob


@dataclass(frozen=True)
class Fetch:
    """One video to download.

    `save_as` is the name without suffix under which `prepare` looks for it, or for what is cut from it; `first_s` and
    `last_s` are where its clips begin and end in seconds, empty when the list counts frames of something cut already;
    `height` is the rendition the boxes were drawn on, empty when any will do.
    """

    save_as: str
    url: str
    first_s: str
    last_s: str
    height: str
    clips: int


def fetch_list(jobs: Iterable[ClipJob]) -> list[Fetch]:
    """Videos in order of their names."""
    by_video: dict[str, list[ClipJob]] = {}
    for job in jobs:
        by_video.setdefault(job.download or job.videos[0], []).append(job)
    return [_fetch(name, found) for name, found in sorted(by_video.items())]


def _fetch(name: str, jobs: list[ClipJob]) -> Fetch:
    spans = [span for job in jobs if (span := job.window.seconds)]
    first = f"{min(span[0] for span in spans):.2f}" if spans else ""
    last = f"{max(span[1] for span in spans):.2f}" if spans else ""
    heights = [job.height for job in jobs if job.height]
    return Fetch(name, jobs[0].url, first, last, str(max(heights)) if heights else "", len(jobs))
