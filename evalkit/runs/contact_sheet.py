"""The picture of a run: source | driving | truth, where it is known | generated, worst pairs first."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from evalkit.clips import video
from evalkit.errors import RunError, VideoError
from evalkit.metrics import Metric
from evalkit.protocol.schema import Protocol
from evalkit.records.run_folder import RunFolder
from evalkit.runs.aggregate import ClipScore
from evalkit.runs.plan import PairResult
from evalkit.types import Frames

MAX_ROWS, MOMENTS, TILE, GAP, TEXT = 12, 3, 144, 4, 20
HEAD = 2 * TEXT
"""Which run it is, and the names of the columns."""
_INK, _PAPER, _ALARM = (30, 30, 30), (255, 255, 255), (176, 32, 32)


def write_contact_sheet(
    folder: RunFolder,
    protocol: Protocol,
    results: Sequence[PairResult],
    clips: Sequence[ClipScore],
    metrics: Sequence[Metric],
) -> None:
    """Write `contact_sheet.png`: up to `MAX_ROWS` pairs, failed ones first, then by mean rank over the metrics.

    Its first line says which run it is and what worst means. A row shows the first source image, then the driving,
    the true if the protocol compares with it, and the generated frame at `MOMENTS` evenly spaced moments.
    """
    shown = worst_first(results, clips, metrics)[:MAX_ROWS]
    titles = ["source", *_moment(protocol) * MOMENTS]
    columns = len(titles)
    width, row_height = columns * (TILE + GAP) + GAP, TILE + TEXT + GAP
    sheet = Image.new("RGB", (width, HEAD + GAP + row_height * len(shown)), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=13)
    ranking = ", ".join(_names(metrics).values())
    about = f"{folder.path.name} on {protocol.id} v{protocol.version}"
    about += f", worst pairs first by mean rank over {ranking}" if ranking else ""
    draw.text((GAP, GAP), about[: width // 7], fill=_INK, font=font)
    for column, title in enumerate(titles):
        draw.text((GAP + column * (TILE + GAP), GAP + TEXT), title, fill=_INK, font=font)
    by_pair = {result.pair.id: [c for c in clips if c.pair == result.pair.id] for result in shown}
    for row, result in enumerate(shown):
        top = HEAD + GAP + row * row_height
        caption = _caption(result, by_pair[result.pair.id], metrics)
        failed = result.outcome.status == "failed"
        draw.text((GAP, top), caption[: width // 7], fill=_ALARM if failed else _INK, font=font)
        for column, tile in enumerate(_tiles(folder, protocol, result)):
            sheet.paste(Image.fromarray(tile), (GAP + column * (TILE + GAP), top + TEXT))
    video.write_image(folder.contact_sheet, np.asarray(sheet))


def worst_first(
    results: Sequence[PairResult], clips: Sequence[ClipScore], metrics: Sequence[Metric]
) -> list[PairResult]:
    """Failed pairs, then pairs by the mean of their ranks over the metrics, worst first; no value ranks last."""
    ranks: dict[str, list[int]] = defaultdict(list)
    for metric in metrics:
        sign = 1 if metric.better == "higher" else -1
        scored = sorted(
            (c for c in clips if c.metric == metric.key), key=lambda c: -np.inf if c.mean is None else sign * c.mean
        )
        for rank, clip in enumerate(scored):
            ranks[clip.pair].append(rank)
    return sorted(results, key=lambda r: (r.outcome.status == "ok", float(np.mean(ranks[r.pair.id] or [0])), r.pair.id))


def _caption(result: PairResult, clips: Sequence[ClipScore], metrics: Sequence[Metric]) -> str:
    if result.outcome.status == "failed":
        return f"{result.pair.id}   failed: {result.outcome.reason}"
    means = {clip.metric: clip for clip in clips}
    names = _names(metrics)
    parts = [
        f"{names[m.key]} {mean:.{m.decimals}f}" if (mean := means[m.key].mean) is not None else f"{names[m.key]} none"
        for m in metrics
        if m.by_frame
    ]
    coverage = min((clip.coverage for clip in clips), default=0.0)
    return "   ".join([result.pair.id, *parts, f"coverage {coverage:.1%}"])


def _names(metrics: Sequence[Metric]) -> dict[str, str]:
    """Key -> title of the metrics that have a value per frame, with the variant where a title comes twice."""
    shown = [metric for metric in metrics if metric.by_frame]
    titles = Counter(metric.title for metric in shown)
    return {m.key: m.title + ("".join(m.key.partition("[")[1:]) if titles[m.title] > 1 else "") for m in shown}


def _moment(protocol: Protocol) -> tuple[str, ...]:
    """What a moment of a pair is shown as."""
    return ("driving", "truth", "generated") if protocol.reference == "truth" else ("driving", "generated")


def _tiles(folder: RunFolder, protocol: Protocol, result: PairResult) -> list[NDArray[np.uint8]]:
    """Source, then driving, truth where it is known, and generated in turn; what cannot be read stays grey."""
    pair, outcome = result.pair, result.outcome
    blank = np.full((TILE, TILE, 3), 210, np.uint8)
    names = _moment(protocol)
    step = len(names)
    tiles = [blank] * (1 + step * MOMENTS)
    try:
        source = video.read_frames(pair.source.path, pair.source_frames[:1], size=protocol.resolution, rgb=protocol.rgb)
        tiles[0] = video.fit(source[0], TILE)
        rule = protocol.selection
        count = outcome.frames or video.count_frames(pair.driving.path, rule)
        moments = [int(i) for i in np.linspace(0, count - 1, MOMENTS + 2)[1:-1].round()]
        places = [rule.start + rule.stride * i for i in moments]
        known = [pair.driving.path, *([pair.truth] if pair.truth and "truth" in names else [])]
        for column, path in enumerate(known, 1):
            tiles[column::step] = _small(video.read_frames(path, places, size=protocol.resolution, rgb=protocol.rgb))
        if outcome.status == "ok" and outcome.generated:
            tiles[step::step] = _small(video.read_frames(folder.clip(outcome), moments, rgb=protocol.rgb))
    except (VideoError, RunError):
        pass
    return tiles


def _small(frames: Frames) -> list[NDArray[np.uint8]]:
    return [video.fit(frame, TILE) for frame in frames]
