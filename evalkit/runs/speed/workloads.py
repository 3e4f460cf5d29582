"""All pieces of work: decode, every extractor, every metric, the Fréchet distance, a table."""

from functools import partial
from itertools import count

import numpy as np

from evalkit.clips.video import iter_frames, write_video
from evalkit.extractors import EXTRACTORS, Extractor
from evalkit.metrics import METRICS, Metric
from evalkit.metrics.base import set_rows
from evalkit.metrics.frechet import frechet_distance
from evalkit.protocol.schema import Protocol
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.run import Identity, PairCounts, Summary
from evalkit.runs.aggregate import ClipScore, summarise
from evalkit.runs.speed.material import FRAMES, SIDE, Material, seen_at_once
from evalkit.runs.speed.workload import Run, Workload
from evalkit.scoring.availability import missing_networks, unavailable
from evalkit.tables.formats import text_of
from evalkit.tables.results import Measured
from evalkit.tables.table import table_of
from evalkit.types import Selection

_CLIP = f"{FRAMES} frames of {SIDE}x{SIDE}"
_SET_ROWS = 256
_FRECHET_ROWS, _FRECHET_DIMENSIONS = 512, 2048
_METHODS, _PAIRS, _PEOPLE = 8, 200, 20
_COLUMNS = ("l1", "ssim", "csim[dlib]", "akd[dlib68]")


def all_workloads() -> list[Workload]:
    """Every piece, with those of plugins; what cannot run here says why."""
    rows = f"two sets of {_FRECHET_ROWS} rows of {_FRECHET_DIMENSIONS}"
    return [
        *_files(),
        *(_of_extractor(one) for one in EXTRACTORS.values() if not one.imported),
        *(_of_metric(one) for one in METRICS.values()),
        Workload("frechet/distance", rows, 2 * _FRECHET_ROWS, _frechet),
        Workload("table/markdown", f"{_METHODS} methods, {len(_COLUMNS)} metrics, {_PAIRS} pairs", _METHODS, _table),
    ]


def _files() -> list[Workload]:
    return [
        *(Workload(f"decode/{kind}", _CLIP, FRAMES, partial(_decode, kind, SIDE)) for kind in ("ffv1", "h264", "png")),
        Workload("decode/h264-half", f"{_CLIP}, to {SIDE // 2}", FRAMES, partial(_decode, "h264", SIDE // 2)),
        Workload("write/ffv1", _CLIP, FRAMES, _write),
    ]


def _decode(kind: str, size: int, material: Material) -> Run:
    path, selection = material.clip(kind), Selection(size=size)
    return lambda: sum(len(frames) for frames in iter_frames(path, selection))


def _write(material: Material) -> Run:
    numbers, frames = count(), material.frames
    return lambda: write_video(material.folder / f"written{next(numbers) % 2}.mkv", [frames], 25.0)


def _of_extractor(extractor: Extractor) -> Workload:
    def prepare(material: Material) -> Run:
        return partial(material.extract, extractor.id)

    reason = missing_networks([extractor.id]) or ""
    few = seen_at_once(extractor)
    return Workload(f"extractor/{extractor.id}", f"{few} frames of {SIDE}x{SIDE}", few, prepare, reason)


def _of_metric(metric: Metric) -> Workload:
    reason = unavailable([metric]).get(metric.key, "")
    few = seen_at_once(EXTRACTORS[metric.input[0]]) if metric.input and not reason else FRAMES
    work, units = (f"{few} frames", few) if metric.by_frame else (f"two sets of {_SET_ROWS} rows", 2 * _SET_ROWS)
    return Workload(f"metric/{metric.key}", work, units, partial(_metric, metric), reason)


def _metric(metric: Metric, material: Material) -> Run:
    """The metric alone, on features of real frames that are at hand."""
    if metric.input is None:
        return lambda: metric.function(material.generated, material.frames)
    name, feature = metric.input
    features = material.features(name)
    reference = features[metric.reference_feature or feature]
    generated = np.roll(features[feature], 1, axis=0)
    if not metric.by_frame:
        chance = np.random.default_rng(0)
        sets = [_many(set_rows(metric, rows), chance) for rows in (generated, reference)]
        return lambda: metric.function(*sets)
    against = reference[:1] if metric.reference == "source" else reference
    return lambda: metric.function(generated, against)


def _many(rows: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """As many rows as a set metric gets: rows that were found, each a little different."""
    there = rows[np.isfinite(rows).all(axis=tuple(range(1, rows.ndim)))]
    chosen = there[chance.integers(len(there), size=_SET_ROWS)]
    return np.asarray(chosen + chance.normal(0, 0.1 * there.std() + 1e-6, chosen.shape), rows.dtype)


def _frechet(material: Material) -> Run:
    chance = np.random.default_rng(0)
    one, other = chance.normal(size=(2, _FRECHET_ROWS, _FRECHET_DIMENSIONS)).astype(np.float32)
    return lambda: frechet_distance(one, other)


def _table(material: Material) -> Run:
    """From scores of clips to the text: means, intervals, ranks, layout."""
    rules = Protocol.model_validate(
        {"id": "bench", "title": "Bench", "task": "self_reenactment", "dataset": "folder", "metrics": _COLUMNS}
        | {"pairs": {"rule": "first_frame_self"}}
    )
    values = np.random.default_rng(0).random((_METHODS, len(_COLUMNS), _PAIRS))

    def make() -> str:
        results = [_measured(rules, f"m{number}", values[number]) for number in range(_METHODS)]
        return text_of([table_of(results)], "markdown", paper=False, standalone=False)

    return make


def _measured(rules: Protocol, method: str, values: np.ndarray) -> Measured:
    entries = {
        key: summarise(METRICS[key], rules, [_clip(key, pair, float(v)) for pair, v in enumerate(values[place])], key)
        for place, key in enumerate(_COLUMNS)
    }
    summary = Summary(
        schema_version=SCHEMA_VERSION,
        protocol=rules.id,
        protocol_version=1,
        protocol_hash=rules.hash,
        task=rules.task,
        data_hash=None,
        method=method,
        title=method,
        complete=True,
        pairs=PairCounts(protocol=_PAIRS, run=_PAIRS, scored=_PAIRS, failed=()),
        metrics=entries,
    )
    nothing = Identity(checkpoint_sha256=None, options=None)
    return Measured(method, method, "", summary, rules.title, rules.dataset, None, "", nothing)


def _clip(metric: str, pair: int, value: float) -> ClipScore:
    person = f"p{pair % _PEOPLE}"
    return ClipScore(str(pair), person, person, metric, value, FRAMES, FRAMES, 1.0, 0, 0, "ok", None)
