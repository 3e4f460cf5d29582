"""What one number of a run is: definition, networks, frames used and lost, best and worst pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import UnknownNameError
from evalkit.metrics import METRICS
from evalkit.records.clip_scores import read_clips
from evalkit.records.json_record import content_of
from evalkit.records.run import DeviceFacts, MetricSummary, RunHeader, Summary, read_header, read_summary
from evalkit.records.run_folder import RunFolder
from evalkit.tables.results import speedups
from evalkit.tables.table import of_truth
from evalkit.tables.uncertainty import SKEWED

_SHOWN = 3


@dataclass(frozen=True)
class Explanation:
    """Everything that stands behind one number; `facts` are (what, text) in reading order, `entry` is for machines."""

    key: str
    entry: Mapping[str, object]
    facts: tuple[tuple[str, str], ...]


def explain(run: Path, name: str) -> Explanation:
    """Explain the metric `name` (its key, or its id when the run has one variant of it) of a finished run.

    `fps`, `latency` and `peak_memory` are of the method, not of its output.

    Raises `RunError` when `run` is not a finished run, `UnknownNameError` when it has no such metric.
    """
    summary, header = read_summary(run), read_header(run)
    if name in _COSTS:
        return _cost(name, summary, header)
    key = _key(name, summary.metrics)
    entry = summary.metrics[key]
    facts = [
        ("Metric", f"{entry.title} ({key}), {entry.better} is better{_unit(entry)}"),
        ("Value", _value(entry)),
        ("Signature", entry.signature or "-"),
        *_definition(key, entry.signature),
        ("Protocol", f"{summary.protocol} v{summary.protocol_version}, hash {summary.protocol_hash}"),
        ("Method", f"{summary.title}, {_method(header)}"),
        ("Pairs", _pairs(summary)),
        ("Frames", _frames(entry)),
        *_coefficients(header, key),
        *[("Note", note) for note in entry.notes],
        *_extremes(run, key, entry),
        ("Made by", _made_by(header)),
    ]
    return Explanation(key, content_of(entry), tuple(facts))


_COSTS = {
    "fps": ("fps", 1.0, "frames/s", "frames divided by the method's own seconds, median over pairs, higher is better"),
    "latency": ("latency_s", 1e3, "ms", "wait for one step of the method, median over pairs, lower is better"),
    "peak_memory": ("peak_memory_bytes", 1e-6, "MB", "most memory held during any pair, lower is better"),
}
"""Name -> its key in `timings`, factor to the unit, unit, definition."""


def _cost(name: str, summary: Summary, header: RunHeader) -> Explanation:
    """What a speed, latency or memory of a method is, and on what it was measured."""
    key, factor, unit, words = _COSTS[name]
    timings = header.timings
    found: float | None = getattr(timings, key)
    entry = {"value": None if found is None else found * factor, "unit": unit}
    facts = [
        ("Metric", f"{name}: {words}"),
        ("Value", "not measured" if found is None else f"{found * factor:.6g} {unit}"),
        ("Counted", "the method's own work; decoding the driving clip, writing frames and scoring are left out"),
        ("Frames", f"{timings.frames} in {timings.seconds:.4g} s, {timings.batch or '?'} per step"),
        ("Warm-up", timings.warm_up or "fps is a median over pairs"),
        ("Memory is", timings.peak_memory_of or "not measured"),
        ("Device", _device(header.device)),
        ("Method", f"{summary.title}, {_method(header)}"),
        ("Made by", _made_by(header)),
    ]
    return Explanation(name, entry, tuple(facts))


def _device(device: DeviceFacts) -> str:
    return f"{device.type}, {device.name}" + (f", threads: {device.threads}" if device.threads else "")


def _key(name: str, metrics: Mapping[str, MetricSummary]) -> str:
    if name in metrics:
        return name
    variants = [key for key in metrics if key.partition("[")[0] == name]
    if len(variants) != 1:
        raise UnknownNameError("metric in this run", name, metrics)
    return variants[0]


def _unit(entry: MetricSummary) -> str:
    return f", in {entry.unit}" if entry.unit else ""


def _value(entry: MetricSummary) -> str:
    if entry.value is None:
        return f"none ({entry.status}){': ' + entry.reason if entry.reason else ''}"
    interval = f", no interval: {entry.ci_word}" if entry.ci_word else ""
    if entry.ci_low is not None:
        of = f", {entry.people} people" if entry.people else ""
        interval = f", interval {entry.ci_low:.6g} to {entry.ci_high:.6g} ({entry.ci}{of})"
    skewed = f", {SKEWED}" if entry.skewed else ""
    return f"{entry.value:.6g}{interval}{skewed}, status {entry.status}"


def _definition(key: str, signature: str | None) -> list[tuple[str, str]]:
    """What this evalkit knows of the metric; a run may hold one that it no longer has."""
    metric = METRICS.get(key)
    if metric is None:
        return []
    against = "truth: the source person making the driving motion" if of_truth(signature) else metric.reference
    facts = [("Definition", metric.description), ("Source", metric.paper), ("Compared with", against)]
    return [*facts, *([("Known differences", metric.differences)] if metric.differences else [])]


def _made_by(header: RunHeader) -> str:
    return f"evalkit {header.provenance.evalkit}, commit {header.provenance.commit or 'unknown'}"


def _method(header: RunHeader) -> str:
    configuration = header.configuration
    checkpoint = configuration.checkpoint_sha256
    parts = [f"checkpoint {checkpoint[:12]}" if checkpoint else "no checkpoint file"]
    used = {"precision": configuration.precision, "device": configuration.device}
    parts += [f"{name} {value}" for name, value in used.items() if value is not None]
    parts += speedups(configuration)
    parts += [f"{name}={value}" for name, value in (configuration.options or {}).items() if value]
    return ", ".join(parts)


def _pairs(summary: Summary) -> str:
    pairs = summary.pairs
    failed = f", failed: {', '.join(pairs.failed)}" if pairs.failed else ""
    return f"{pairs.scored} scored of {pairs.protocol} in the protocol{failed}"


def _frames(entry: MetricSummary) -> str:
    lost = [
        f"{count} without a face on the {what} side"
        for count, what in ((entry.no_face_generated, "generated"), (entry.no_face_reference, "reference"))
        if count
    ]
    return ", ".join([f"{entry.frames} used", f"coverage {entry.coverage:.2%}", *lost])


def _coefficients(header: RunHeader, key: str) -> list[tuple[str, str]]:
    """Of a metric on imported coefficients: for how many pairs there are files, and how to tell them."""
    metric = METRICS.get(key)
    network = metric.input[0] if metric and metric.input else ""
    files = [found[network] for found in header.coefficients.values() if network in found]
    if not files:
        return []
    whole = sum("none" not in text for text in files)
    return [("Coefficients", f"supplied for {whole} of {len(files)} pairs; their digests are in run.json")]


def _extremes(run: Path, key: str, entry: MetricSummary) -> list[tuple[str, str]]:
    table = read_clips(RunFolder(run).clips, ("pair", "metric", "mean")).to_pydict()
    rows = zip(table["pair"], table["metric"], table["mean"], strict=True)
    scored = [(pair, mean) for pair, metric, mean in rows if metric == key and mean is not None]
    if not scored:
        return []
    ordered = sorted(scored, key=lambda one: one[1], reverse=entry.better == "higher")
    return [("Best pairs", _listed(ordered[:_SHOWN])), ("Worst pairs", _listed(ordered[: -_SHOWN - 1 : -1]))]


def _listed(scored: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"{pair} ({mean:.4g})" for pair, mean in scored)
