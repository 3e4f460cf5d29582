"""Finished runs as `evalkit run` leaves them, with numbers and pictures that a test chooses."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evalkit.base.files import content_sha256
from evalkit.clips import video
from evalkit.metrics import METRICS
from evalkit.protocol.pairs import make_pairs
from evalkit.protocol.schema import Protocol
from evalkit.records.frame_scores import NO_FACE_GENERATED, OK, SCHEMA_VERSION, FrameScores
from evalkit.records.json_record import content_of
from evalkit.records.run import Configuration, read_header, read_summary
from evalkit.records.run_folder import Outcome, RunFolder
from evalkit.report.collect import Comparison, collect
from evalkit.runs.plan import PairResult, Plan
from evalkit.runs.summary import write_summary
from evalkit.types import Clip, Pair
from tests.facts import header_facts
from tests.fakes import grey, make_protocol

FRAMES, SIZE = 6, 32
PEOPLE = ("anna", "bert", "cora")
KEYS = ("l1", "csim[dlib]")
DRIVING, FIRST = 60, 120
"""Grey levels: of the driving clips, and of the first method's; a method's is ten more than the one before."""


def small_protocol(**keys) -> Protocol:
    return make_protocol(**({"title": "Small protocol", "resolution": SIZE, "metrics": list(KEYS)} | keys))


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Path:
    """A clip per person, flat grey with one brighter frame at the end of it."""
    root = tmp_path_factory.mktemp("data")
    for person in PEOPLE:
        video.write_video(root / person / "take.mkv", [grey([DRIVING] * (FRAMES - 1) + [250], SIZE)], 25)
    return root


def pairs_over(data: Path, protocol: Protocol) -> list[Pair]:
    from evalkit.datasets import DATASETS

    return make_pairs(protocol, DATASETS.get("folder").index(data))


def write_run(
    folder: Path,
    pairs: list[Pair],
    *,
    method: str,
    title: str | None = None,
    level: int = FIRST,
    quality: float = 0.5,
    protocol: Protocol | None = None,
    frames: int = FRAMES,
    failed: dict[str, str] | None = None,
    faceless: dict[str, list[int]] | None = None,
    data: Path | None = None,
    clips: bool = True,
    header: dict | None = None,
) -> Path:
    """A run whose frame t of pair i scores `quality` + i / 10 + t / 1000; `faceless` frames have no CSIM."""
    protocol = protocol or small_protocol()
    run, results = RunFolder(folder), []
    metrics = tuple(METRICS[key] for key in protocol.metrics)
    for index, pair in enumerate(pairs):
        digests = {
            f"{side}_sha256": content_sha256(clip.path) if clip.path.exists() else None
            for side, clip in (("source", pair.source), ("driving", pair.driving))
        }
        if pair.id in (failed or {}):
            outcome, scores = Outcome(pair.id, "failed", failed[pair.id], **digests), {}
        else:
            path = run.generated(pair.id)
            if clips:
                video.write_video(path, [grey([level] * frames, protocol.resolution)], 25)
            outcome = Outcome(
                pair.id,
                "ok",
                generated=f"generated/{pair.id}.mkv",
                frames=frames,
                generated_sha256=content_sha256(path) if clips else None,
                **digests,
            )
            scores = {m.key: _scores(pair, m, quality + index / 10, frames, faceless or {}) for m in metrics}
        run.write_outcome(outcome)
        results.append(PairResult(pair, outcome, scores))
    named = {"method": method, "title": title or method, "protocol": protocol.id, "protocol_hash": protocol.hash}
    configuration = Configuration(kind="method", motion="absolute", options={}, **named)
    plan = Plan(protocol, pairs, metrics, None, run, configuration, folder / "cache", {})
    write_summary(plan, results, len(pairs))
    content = header_facts(
        configuration=content_of(configuration),
        data=str(data) if data else None,
        protocol=protocol.model_dump(mode="json"),
        device={"name": "machine"},
        provenance={"commit": "f" * 40, "dirty": False},
        timings={"fps": 10.0},
    )
    for key, value in (header or {}).items():
        content[key] = content[key] | value if isinstance(value, dict) else value
    run.header.write_text(json.dumps(content))
    return folder


def _scores(pair, metric, value, frames, faceless) -> FrameScores:
    values = value + np.arange(frames) / 1000
    gone = [] if metric.input is None else faceless.get(pair.id, [])
    values[gone] = np.nan
    return FrameScores(
        pair.id, metric.key, values, tuple(NO_FACE_GENERATED if t in gone else OK for t in range(frames))
    )


@pytest.fixture
def make_run(tmp_path, data) -> Callable[..., Path]:
    """Write a run of the small protocol over the clips of `data`."""

    def made(method: str, **changes) -> Path:
        name = method.replace("/", "_")
        pairs = changes.pop("pairs", None) or pairs_over(data, changes.get("protocol") or small_protocol())
        return write_run(tmp_path / "runs" / name, pairs, method=method, **({"data": data} | changes))

    return made


@pytest.fixture
def comparison(make_run) -> Comparison:
    """Two methods: the second is better, failed on one pair, and has no face in two frames of another."""
    first = make_run("plain")
    second = make_run(
        "second",
        level=FIRST + 10,
        quality=0.2,
        failed={"anna_take": "raised ValueError: no"},
        faceless={"bert_take": [2, 3]},
    )
    return collect([first, second])


def synthetic_pairs(count: int) -> list[Pair]:
    """Pairs whose clips are nowhere."""
    clips = [Clip(f"p{i % 40:02d}_c{i}", f"p{i % 40:02d}", "clip", Path("nowhere.mkv")) for i in range(count)]
    return [Pair(clip.id, clip, (0,), clip) for clip in clips]


def write_history_of(path: Path, run: Path, factors: list[float], **changes) -> Path:
    """A history whose lines judged `run`, its values multiplied by a factor each: the factor 1 is the run itself."""
    summary, configuration = read_summary(run), read_header(run).configuration
    judged = {key: entry for key, entry in summary.metrics.items() if entry.value is not None}
    texts = []
    for number, factor in enumerate(factors):
        change = {"change": 0.01, "change_low": -0.02, "change_high": 0.04}
        metrics = {
            key: {"candidate": e.value * factor, "title": e.title, "better": e.better, "unit": e.unit, **change}
            | {"signature": e.signature, "status": "worse" if factor > 1 and key == "l1" else "same"}
            for key, e in judged.items()
        }
        line = {
            "schema_version": SCHEMA_VERSION,
            "time": f"2026-01-{number + 1:02d}T00:00:00+0000",
            "commit": f"c{number:09d}{0:030d}",
            "outcome": "regression" if factor > 1 else "pass",
            "exit_code": int(factor > 1),
            "method": summary.method,
            "title": summary.title,
            "protocol": summary.protocol,
            "protocol_hash": summary.protocol_hash,
            "data_hash": summary.data_hash,
            "pairs": len(PEOPLE),
            "checkpoint_sha256": configuration.checkpoint_sha256,
            "metrics": metrics,
        }
        texts.append(json.dumps(line | changes))
    with path.open("a") as file:
        file.writelines(f"{text}\n" for text in texts)
    return path
