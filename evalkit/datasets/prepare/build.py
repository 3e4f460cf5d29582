"""Prepare a dataset: lists -> jobs -> crops -> manifest and report. Resumable; one failed video stops no other."""

import errno
import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from evalkit.base.processes import run_all
from evalkit.base.refusals import explained
from evalkit.datasets.prepare.jobs import ClipJob, Listing, Recipe, Remark
from evalkit.datasets.prepare.journal import Journal, sole_use, stamp_of, write_if_new
from evalkit.datasets.prepare.make import VideoReport, VideoTask, process_video
from evalkit.datasets.prepare.raw import RawVideos
from evalkit.errors import DatasetError

OnClip = Callable[[str, str], None]
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}


@dataclass(frozen=True)
class Settings:
    """Folders, and how to work. `images` writes folders of PNG instead of lossless videos."""

    raw: Path
    root: Path
    lists: Path | None
    split: str
    images: bool = True
    workers: int = 1


@dataclass(frozen=True)
class Prepared:
    """What a call did: clips by outcome, and frames decoded with the seconds of all processes."""

    made: int
    kept: int
    remarks: tuple[Remark, ...]
    report: Path
    frames: int
    seconds: float

    @property
    def not_made(self) -> list[Remark]:
        """Clips of the list that are missing."""
        return [remark for remark in self.remarks if remark.kind == "not made"]


def prepare(dataset: str, recipe: Recipe, settings: Settings, on_clip: OnClip) -> Prepared:
    """Make every missing clip of the list; `on_clip` is called with the id and "done", "failed" or "kept".

    Raises `DatasetError` for lists that do not hold together, folders that are absent or cannot be written, and a full
    disk; finished clips are kept in every case.
    """
    listing = recipe.read(settings.lists, settings.raw, settings.split)
    raw = RawVideos(settings.raw)
    if settings.root.resolve() == settings.raw.resolve():
        raise DatasetError(f"--data {settings.root} is also --raw. Prepared clips need a folder of their own.")
    try:
        settings.root.mkdir(parents=True, exist_ok=True)
        with sole_use(settings.root):
            return _prepare(dataset, settings, listing, raw, on_clip)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise DatasetError(
            f"{explained(error, settings.root)} Finished clips are kept; repeat the command then."
        ) from error


def _prepare(dataset: str, settings: Settings, listing: Listing, raw: RawVideos, on_clip: OnClip) -> Prepared:
    journal = Journal(settings.root)
    remarks = list(listing.remarks)
    waiting: list[ClipJob] = []
    for job in listing.jobs:
        state, note = _state(settings, journal, job)
        remarks += [Remark(job.id, "odd", note, job.where)] if note else []
        if state == "waiting":
            waiting.append(job)
        else:
            on_clip(job.id, "kept")
    tasks, missing = _tasks(settings, raw, waiting)
    for remark in missing:
        on_clip(remark.clip, "failed")
    remarks += missing
    reports = _make(settings, journal, tasks, on_clip)
    clips = [clip for report in reports for clip in report.clips]
    remarks += [Remark(c.job.id, "not made", c.failure, c.job.where) for c in clips if c.failure]
    for job in listing.jobs:
        notes = journal.done[job.id].notes if job.id in journal.done else ()
        remarks += [Remark(job.id, "odd", note, job.where) for note in notes]
    journal.write_manifest()
    report = _write_report(dataset, settings, listing, remarks)
    return Prepared(
        made=sum(not clip.failure for clip in clips),
        kept=len(listing.jobs) - len(waiting),
        remarks=tuple(remarks),
        report=report,
        frames=sum(report.frames for report in reports),
        seconds=sum(report.seconds for report in reports),
    )


def _state(settings: Settings, journal: Journal, job: ClipJob) -> tuple[str, str]:
    """Whether a clip is there ("kept") or has to be made ("waiting"), and a note about one that looks odd."""
    path = settings.root / job.file
    entry = journal.done.get(job.id)
    if entry is None or not path.exists():
        if path.exists() and journal.begun.get(job.id) != job.file:
            return "kept", "was there before and is not listed in prepare.jsonl; left as it is"
        return "waiting", ""
    if entry.digest != job.digest or entry.images != settings.images:
        return "waiting", ""
    touched = entry.stamp != stamp_of(path)
    return "kept", "changed since it was prepared; delete it to have it made again" if touched else ""


def _tasks(settings: Settings, raw: RawVideos, jobs: Sequence[ClipJob]) -> tuple[list[VideoTask], list[Remark]]:
    """One task per raw video, the longest first; and remarks about jobs that have none."""
    by_video: dict[tuple[Path, str], list[ClipJob]] = defaultdict(list)
    missing: list[Remark] = []
    for job in jobs:
        path, note = raw.find(job)
        if path is None:
            missing.append(Remark(job.id, "not made", f"no raw video called {job.videos[0]}.*", job.where))
        else:
            by_video[path, note].append(job)
    tasks = [
        VideoTask(path, settings.root, tuple(found), settings.images, note) for (path, note), found in by_video.items()
    ]
    return sorted(tasks, key=lambda task: -max(float(job.window.end or 0) for job in task.jobs)), missing


def _make(settings: Settings, journal: Journal, tasks: Sequence[VideoTask], on_clip: OnClip) -> list[VideoReport]:
    jobs = [job for task in tasks for job in task.jobs]
    if not jobs:
        return []
    for stale in settings.root.rglob(".*.tmp*"):
        _remove(stale)
    journal.begin(jobs)
    for job in jobs:
        _remove(settings.root / job.file)
    reports = []
    for report in run_all(process_video, tasks, settings.workers):
        reports.append(report)
        journal.learn(clip.entry for clip in report.clips if clip.entry)
        for clip in report.clips:
            on_clip(clip.job.id, "failed" if clip.failure else "done")
    return reports


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write_report(dataset: str, settings: Settings, listing: Listing, remarks: Iterable[Remark]) -> Path:
    """`prepare_<split>.json`: how many clips the list has, and everything that is missing or odd, with reasons."""
    kinds: dict[str, list[dict[str, str]]] = {"not made": [], "left out": [], "odd": []}
    for remark in sorted(remarks, key=lambda remark: (remark.clip, remark.where, remark.reason)):
        cells = asdict(remark)
        kinds[cells.pop("kind")].append(cells)
    missing = len({remark["clip"] for remark in kinds["not made"]} & {job.id for job in listing.jobs})
    content = {
        "schema_version": 1,
        "dataset": dataset,
        "split": settings.split,
        "clips_in_list": len(listing.jobs),
        "clips_there": len(listing.jobs) - missing,
        **{kind.replace(" ", "_"): found for kind, found in kinds.items()},
    }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    return write_if_new(settings.root / f"prepare_{settings.split}.json", text)
