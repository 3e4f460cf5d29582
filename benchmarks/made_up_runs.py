"""Finished runs whose scores are made up, written by the functions of `evalkit run`.

    python -m benchmarks.made_up_runs OUT [--pairs 100000] [--frames 8] [--methods 2]

There are no clips, and no files of single pairs, which nothing opens that reads a finished run.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from evalkit.metrics import METRICS
from evalkit.protocol.schema import Protocol
from evalkit.records.frame_scores import NO_FACE_GENERATED, OK, SCHEMA_VERSION, FrameScores
from evalkit.records.json_record import write_record
from evalkit.records.protocol_facts import ProtocolFacts
from evalkit.records.provenance import provenance
from evalkit.records.run import Configuration, DeviceFacts, ProvenanceFacts, RunHeader
from evalkit.records.run_folder import Outcome, RunFolder
from evalkit.runs.plan import PairResult, Plan
from evalkit.runs.summary import summed_up, write_summary
from evalkit.types import Clip, Pair

KEYS = ("l1", "ssim", "csim[dlib]", "akd[dlib68]")
PEOPLE = 400
NO_FACE = 0.002
"""Share of the frames."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--methods", type=int, default=2)
    asked = parser.parse_args()
    for number in range(asked.methods):
        write_run(RunFolder(asked.out / f"m{number}"), asked.pairs, asked.frames, number)


def write_run(folder: RunFolder, count: int, frames: int, number: int) -> None:
    """A finished run of random scores, a few without a face."""
    chance = np.random.default_rng(number)
    people = [f"person{index:03d}" for index in range(PEOPLE)]
    clips = [Clip(f"{people[i % PEOPLE]}_{i:06d}", people[i % PEOPLE], "clip", Path("nowhere")) for i in range(count)]
    pairs = [Pair(clip.id, clip, (0,), clip) for clip in clips]
    protocol = Protocol.model_validate(
        {"id": "many_pairs", "title": "Many pairs", "task": "self_reenactment", "dataset": "folder", "metrics": KEYS}
        | {"pairs": {"rule": "first_frame_self"}}
    )
    level = chance.random((count, len(KEYS)))
    results = [made(pair, level[place], frames, chance) for place, pair in enumerate(pairs)]
    told = {"method": folder.path.name, "title": f"Method {number}", "protocol": protocol.id}
    told |= {"protocol_hash": protocol.hash, "motion": "absolute", "device": "cpu", "precision": "fp32"}
    configuration = Configuration(kind="method", **told)
    metrics = tuple(METRICS[key] for key in KEYS)
    cache = folder.path / "cache"
    plan = Plan(protocol, pairs, metrics, lambda pair, run: None, folder, configuration, cache, {})
    write_summary(plan, results, count)
    write_record(folder.header, finished(configuration, protocol, [result.outcome for result in results]))


def finished(configuration: Configuration, protocol: Protocol, outcomes: Sequence[Outcome]) -> RunHeader:
    """`run.json` of a made-up run of the protocol with all its metrics."""
    return RunHeader(
        schema_version=SCHEMA_VERSION,
        status="finished",
        created="",
        updated="",
        configuration=configuration,
        data=None,
        protocol=ProtocolFacts.model_validate_json(protocol.model_dump_json()),
        metrics=protocol.metrics,
        extractors={},
        coefficients={},
        scoring_device="cpu",
        device=DeviceFacts(type="cpu", name="", threads=None),
        provenance=ProvenanceFacts(**provenance()),
        timings=summed_up(outcomes, "cpu"),
    )


def made(pair: Pair, level: np.ndarray, frames: int, chance: np.random.Generator) -> PairResult:
    """The records of one pair, whose scores vary around `level` of each metric."""
    digests = {"source_sha256": f"{int(pair.id[-6:]):064x}", "driving_sha256": f"{int(pair.id[-6:]):064x}"}
    outcome = Outcome(
        pair.id, "ok", generated=f"generated/{pair.id}.mkv", frames=frames, seconds=1.0, source_frames=(0,), **digests
    )
    scores = {}
    for value, key in zip(level, KEYS, strict=True):
        values = np.clip(value + chance.normal(0, 0.05, frames), 0, 1)
        lost = chance.random(frames) < NO_FACE if METRICS[key].input else np.zeros(frames, bool)
        values[lost] = np.nan
        statuses = tuple(NO_FACE_GENERATED if gone else OK for gone in lost)
        scores[key] = FrameScores(pair.id, key, values, statuses)
    return PairResult(pair, outcome, scores)


if __name__ == "__main__":
    main()
