"""Check a run folder that somebody submitted: its files, digests, signatures and sums, and clips scored again.

What this proves is that the numbers belong to the clips. That the method made the clips, and what it cost, remains the
word of whoever ran it.
"""

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import comb
from pathlib import Path

import numpy as np

from evalkit.base.digests import Digests
from evalkit.errors import EvalkitError, RunError
from evalkit.leaderboard.entry import find_flags
from evalkit.leaderboard.recomputed import not_scored_again, other_sums, scored_again
from evalkit.leaderboard.submitted import DEFAULTS, Limits, problems
from evalkit.leaderboard.verification import RowVerification
from evalkit.metrics import METRICS
from evalkit.protocol.schema import Protocol, find_protocol
from evalkit.records.frame_scores import FrameScores, read_frames, read_signatures
from evalkit.records.provenance import provenance
from evalkit.records.run import RunHeader, Summary, read_header, read_summary
from evalkit.records.run_folder import Outcome, RunFolder
from evalkit.runs.kept import made_of
from evalkit.runs.plan import PairResult
from evalkit.runs.session import RunSettings, Session, open_session
from evalkit.scoring.score_pair import metric_signatures
from evalkit.types import Pair

_NAMED = 3


@dataclass(frozen=True)
class VerifyOptions:
    """How a submission is verified.

    `pairs` of it are chosen by `seed` and scored again; None takes all, and then the metrics of the whole set too. A
    clip mean may differ by `tolerance` units of the last digit that tables print. `protocol` names a file of the user.
    """

    seed: int
    pairs: int | None = 8
    data: Path | None = None
    protocol: str | None = None
    tolerance: float = 0.5
    limits: Limits = DEFAULTS
    workers: int = 1
    scoring_device: str = "cpu"


@dataclass(frozen=True)
class Check:
    """One check: what it was about, whether it passed, and what was found."""

    name: str
    passed: bool
    words: str


@dataclass(frozen=True)
class Verified:
    """All checks; `record` is what the row says of them, None when one failed."""

    checks: tuple[Check, ...]
    record: RowVerification | None


class _CannotGoOn(Exception):
    """A check failed without which the next ones cannot be made."""


@dataclass
class _Book:
    """The checks so far."""

    checks: list[Check] = field(default_factory=list)

    def check(self, name: str, wrong: Sequence[str], fine: str) -> None:
        """Write a check down: what is wrong, else what is fine."""
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        self.checks.append(Check(name, not wrong, "; ".join(wrong[:_NAMED]) + more if wrong else fine))

    def need(self, name: str, wrong: Sequence[str], fine: str) -> None:
        """The same for a check that the next ones build on."""
        self.check(name, wrong, fine)
        if wrong:
            raise _CannotGoOn


def verify(folder: Path, options: VerifyOptions) -> Verified:
    """Check the run folder `folder`. What is wrong with it is told by the checks, not raised.

    Raises `EvalkitError` when it cannot be verified here: the data of the protocol are missing, or none of its metrics
    can be computed.
    """
    book, record = _Book(), None
    with contextlib.suppress(_CannotGoOn):
        record = _verified(folder, options, book)
    return Verified(tuple(book.checks), record if all(one.passed for one in book.checks) else None)


def missed(of: int, chosen: int, edited: float) -> float:
    """Chance that none of `chosen` random pairs out of `of` is among those edited, a share of at least one pair."""
    wrong = max(1, round(of * edited))
    return comb(of - wrong, chosen) / comb(of, chosen)


def _verified(folder: Path, options: VerifyOptions, book: _Book) -> RowVerification:
    book.need("files", problems(folder, options.limits), "names, sizes and kinds are those of a run")
    header, summary, outcomes = _records(folder, book)
    protocol = _protocol(header, summary, options, book)
    known = tuple(key for key in summary.metrics if key in METRICS)
    settings = RunSettings(
        data=options.data, metrics=known, workers=options.workers, scoring_device=options.scoring_device
    )
    with open_session(protocol, settings) as session:
        ids, digests = [pair.id for pair in session.pairs], Digests()
        book.need("pairs", _other_pairs(ids, outcomes), f"all {len(ids)} of {protocol.id} were made")
        book.check("fit", find_flags(summary, header), "nothing keeps the run off a leaderboard")
        inputs = [wrong for pair in session.pairs for wrong in _other_inputs(pair, outcomes[pair.id], digests)]
        book.need("data", inputs, "source and driving clips are those that were used")
        clips, lacking = _generated(folder, outcomes, digests)
        book.need("clips", lacking, f"{len(clips)} generated clips have the digests of their records")
        made = {name: replace(outcomes[name], generated=str(clip)) for name, clip in clips.items()}
        stored, lacking = _stored(folder, session, made)
        book.need("scores", lacking, "every pair has the scores of every metric")
        book.check("signatures", _other_signatures(session, header, summary), "every metric is that of this evalkit")
        book.check("sums", other_sums(folder, session, header, summary, stored), "the numbers follow from the scores")
        chosen = _chosen(ids, options)
        sample = [result for result in stored if result.pair.id in chosen]
        furthest, failed = scored_again(session, header, summary, stored, sample)
        beyond = [f"{key} is off by {far:.3g}" for key, far in furthest.items() if not far <= options.tolerance]
        unit = "of the last printed digit"
        book.need(
            "scored again",
            failed + ([f"{', '.join(beyond)} {unit}, {options.tolerance:g} is allowed"] if beyond else []),
            f"{len(chosen)} of {len(ids)} pairs, seed {options.seed}: off by at most "
            f"{max(furthest.values(), default=0.0):.2g} {unit}",
        )
    ours = provenance()
    return RowVerification(
        verified=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        evalkit=ours["evalkit"],
        commit=ours["commit"],
        seed=options.seed,
        pairs=tuple(chosen),
        of=len(ids),
        tolerance=options.tolerance,
        furthest={key: round(far, 6) for key, far in furthest.items()},
        not_again=not_scored_again(session, summary, furthest),
        environment=tuple(_environment(header, ours)),
    )


def _records(folder: Path, book: _Book) -> tuple[RunHeader, Summary, dict[str, Outcome]]:
    """What the files say, once they say the same."""
    wrong: list[str] = []
    try:
        header, summary = read_header(folder), read_summary(folder)
        names = [path.stem for path in sorted((folder / "pairs").glob("*.json"))]
        outcomes = {name: one for name in names if (one := RunFolder(folder).read_outcome(name))}
        if header.status != "finished":
            wrong.append("the run is not finished")
        for key, there, here in (
            ("method", header.configuration.method, summary.method),
            ("protocol", header.protocol.id, summary.protocol),
            ("protocol_hash", header.configuration.protocol_hash, summary.protocol_hash),
        ):
            if there != here:
                wrong.append(f"{key} is {there} in run.json and {here} in summary.json")
    except RunError as error:
        wrong.append(str(error))
    book.need("records", wrong, "run.json, summary.json and the outcomes of the pairs can be read")
    return header, summary, outcomes


def _protocol(header: RunHeader, summary: Summary, options: VerifyOptions, book: _Book) -> Protocol:
    """The protocol of the run as it is here."""
    wrong: list[str] = []
    found: Protocol | None = None
    version = f"v{summary.protocol_version}"
    names = [options.protocol or summary.protocol, f"{summary.protocol}@{summary.protocol_version}"]
    for name in names[:1] if options.protocol else names:
        try:
            found = find_protocol(name)
        except EvalkitError as error:
            wrong = wrong or [str(error)]
            continue
        if (found.id, found.hash) == (summary.protocol, summary.protocol_hash):
            break
        wrong = [f"{summary.protocol} {version} has another content here ({found.hash[:12]})"]
        found = None
    book.need("protocol", [] if found else wrong, f"{summary.protocol} {version} is the one of this evalkit")
    assert found is not None
    return found


def _other_pairs(ids: Sequence[str], outcomes: Mapping[str, Outcome]) -> list[str]:
    lacking = [f"{name} is missing" for name in ids if name not in outcomes]
    failed = [f"{name} failed" for name in ids if name in outcomes and outcomes[name].status != "ok"]
    return [*lacking, *failed, *(f"{name} is not a pair of the protocol" for name in outcomes if name not in set(ids))]


def _other_inputs(pair: Pair, outcome: Outcome, digests: Digests) -> list[str]:
    found = [f"{path.name} of {pair.id}" for path, digest in made_of(pair, outcome) if digests.of(path) != digest]
    return [f"{one} is not the clip that was used" for one in found]


def _generated(folder: Path, outcomes: Mapping[str, Outcome], digests: Digests) -> tuple[dict[str, Path], list[str]]:
    """The generated clips by pair, and what is wrong with the others.

    A clip that `score` took from elsewhere is submitted as `generated/<pair>` with the suffix it had.
    """
    clips, wrong = dict[str, Path](), list[str]()
    root = folder.resolve()
    for name, outcome in outcomes.items():
        stated = Path(outcome.generated or "")
        path = folder / "generated" / f"{name}{stated.suffix}" if stated.is_absolute() else folder / stated
        if not path.resolve().is_relative_to(root) or path.resolve() == root:
            wrong.append(f"the clip of {name} is outside of the folder")
        elif not path.exists():
            wrong.append(f"{path.relative_to(folder)} is missing")
        elif digests.of(path) != outcome.generated_sha256:
            wrong.append(f"{path.relative_to(folder)} is not the clip that was scored")
        else:
            clips[name] = path
    return clips, wrong


def _stored(folder: Path, session: Session, outcomes: Mapping[str, Outcome]) -> tuple[list[PairResult], list[str]]:
    """The scores of every pair as they were submitted, and what is wrong with the others."""
    results, wrong = list[PairResult](), list[str]()
    signatures = metric_signatures(session.protocol, session.metrics)
    by_frame = [metric.key for metric in session.metrics if metric.by_frame]
    for pair in session.pairs:
        path = RunFolder(folder).scores(pair.id)
        try:
            scores: dict[str, FrameScores] = {one.metric: one for one in read_frames(path)}
            stated = read_signatures(path)
        except RunError as error:
            wrong.append(str(error))
            continue
        frames = outcomes[pair.id].frames
        lacking = [key for key in by_frame if key not in scores or len(scores[key].values) != frames]
        others = [key for key in by_frame if not stated.get(key, "").startswith(signatures[key])]
        if lacking or any(one.pair != pair.id for one in scores.values()):
            wrong.append(f"{pair.id} lacks scores of {', '.join(lacking) or 'its own'}")
        elif others:
            wrong.append(f"{pair.id}: {others[0]} was computed as {stated.get(others[0])}")
        results.append(PairResult(pair, outcomes[pair.id], scores))
    return results, wrong


def _other_signatures(session: Session, header: RunHeader, summary: Summary) -> list[str]:
    """Metrics that mean something else here. One that is unknown here cannot be told to be the same."""
    mark = header.configuration.outputs.mark if header.configuration.outputs else ""
    ours = metric_signatures(session.protocol, [METRICS[key] for key in summary.metrics if key in METRICS])
    wrong = [f"{key} is not a metric of this evalkit" for key in summary.metrics if key not in METRICS]
    for key, text in ours.items():
        stated = summary.metrics[key].signature
        if stated is not None and stated != text + mark:
            wrong.append(f"{key} is {stated}, here {text + mark}")
    return wrong


def _chosen(ids: Sequence[str], options: VerifyOptions) -> list[str]:
    """Ids of the pairs to score again, in the protocol's order."""
    if options.pairs is None or options.pairs >= len(ids):
        return list(ids)
    places = np.random.default_rng(options.seed).choice(len(ids), options.pairs, replace=False)
    return [ids[place] for place in sorted(places)]


def _environment(header: RunHeader, ours: Mapping[str, object]) -> list[str]:
    """Versions that differ: they explain a difference of numbers and are not an error."""
    theirs = header.provenance
    libraries = ours["libraries"]
    assert isinstance(libraries, dict)
    pairs = [("evalkit", theirs.evalkit, ours["evalkit"]), ("Python", theirs.python, ours["python"])]
    pairs += [(name, (theirs.libraries or {}).get(name), version) for name, version in libraries.items()]
    edited = ["the evalkit that verified has edited code"] if ours["dirty"] else []
    return edited + [
        f"{name}: {there or 'not stated'} there, {here or 'none'} here" for name, there, here in pairs if there != here
    ]
