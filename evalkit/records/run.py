"""A finished run, typed: what `summary.json` and `run.json` hold, key by key (docs/formats.md)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, model_validator

from evalkit.base.text import plain
from evalkit.errors import RunError
from evalkit.records.json_record import Content, Record, Upgrade, read_record, within, within_each
from evalkit.records.output_rules import OutputRules
from evalkit.records.protocol_facts import ProtocolFacts
from evalkit.types import Motion, Task

Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
PathPart = Annotated[str, AfterValidator(plain)]
"""A name that becomes part of a path."""
Better = Literal["higher", "lower"]
MetricStatus = Literal["ok", "low_coverage", "nothing_scored", "unavailable"]
T = TypeVar("T")


class PairCounts(Record):
    """How many pairs there are, and which failed."""

    protocol: Count
    """Pairs of the protocol."""
    run: Count
    """Pairs that this run covers."""
    scored: Count
    """Pairs that were made and scored."""
    failed: tuple[str, ...]
    """Ids of the pairs that were not."""


class MetricSummary(Record):
    """One metric over a run. Numbers with different signatures are never compared."""

    title: str
    """Name in tables."""
    better: Better
    """Which way is better."""
    unit: str
    """Unit of `value`; empty without one."""
    value: float | None
    """The mean over clips (or frames, as the protocol says), or the value of a set metric; null: nothing was scored."""
    ci_low: float | None
    """Lower end of the interval of `value`; null without one."""
    ci_high: float | None
    """Upper end."""
    ci: str | None = None
    """How the interval was made; null for a metric without one."""
    ci_word: str = ""
    """Why a value has no interval, such as `2 people`; empty with one, and before schema 3."""
    people: Count = 0
    """Different people in `value`, in either role; 0 where that is not known."""
    skewed: bool = False
    """Whether the clips behind `value` are so skewed that the interval holds the truth less often than it says."""
    n: Count
    """Clips in `value`."""
    frames: Count
    """Frames in `value`; rows of features of a set metric."""
    reference_frames: Count = 0
    """Set metrics: rows of the reference set."""
    notes: tuple[str, ...] = ()
    """What a reader of the value has to know: how many rows a set has, how many frames a cap holds, what is missing."""
    coverage: Share
    """Share of the frames (set metrics: of the pairs) that have a value."""
    no_face_generated: Count = 0
    """Frames without a face in the generated clip; set metrics have no such count."""
    no_face_reference: Count = 0
    """Frames without a face in the reference clip."""
    status: MetricStatus
    """`low_coverage`: below the protocol's floor. `unavailable`: could not be computed where the run was made."""
    reason: str = ""
    """Why the metric is unavailable."""
    signature: str | None
    """Definition, networks and protocol rules behind the value; null without a value."""

    @model_validator(mode="after")
    def _value_fits_status(self) -> "MetricSummary":
        if (self.value is None) != (self.status in ("nothing_scored", "unavailable")):
            raise ValueError(f"value is {self.value} and status is {self.status!r}")
        if (self.ci_low is None) != (self.ci_high is None):
            raise ValueError("of ci_low and ci_high one is null")
        return self


class ResultHead(Record):
    """What a result is about: the keys with which `summary.json` and a leaderboard row begin."""

    schema_version: int
    """Of this file."""
    protocol: PathPart
    """Id of the protocol."""
    protocol_version: int
    """Its version."""
    protocol_hash: str
    """Digest of every key of the protocol that moves a number."""
    task: Task
    """What the protocol asks for."""
    data_hash: str | None
    """Digest of the pairs and the clips behind them; null where no pair was made."""
    method: PathPart
    """Id of the method, or the name given to outputs made elsewhere."""
    title: str
    """Name in tables."""
    complete: bool
    """Whether every pair of the protocol was made and scored."""
    pairs: PairCounts
    """Pairs of the protocol, of the run, scored and failed."""


class Summary(ResultHead):
    """`summary.json`: the scores of a run. Nothing in it depends on the clock."""

    metrics: Mapping[str, MetricSummary]
    """By metric key."""


class Configuration(Record):
    """What decides the frames of a run: a folder is never resumed with another one.

    Outputs made elsewhere have none of the optional keys.
    """

    kind: Literal["method", "outputs"]
    """`outputs`: clips that somebody else's model made."""
    method: PathPart
    """Id of the method, or the name given to the outputs."""
    title: str
    """Name in tables."""
    protocol: PathPart
    """Id of the protocol."""
    protocol_hash: str
    """Its digest, as in `summary.json`."""
    motion: Motion
    """How the protocol asks for motion to be transferred."""
    method_version: int | None = None
    """Version on the method's card."""
    code_sha256: str | None = None
    """Digest of the method's code."""
    checkpoint_sha256: str | None = None
    """Digest of the weights; null for a method without any."""
    commit: str | None = None
    """Commit of an external method's clone, and after `+edited:` a digest of its edits; absent for all others."""
    device: str | None = None
    """What computed the frames: `cpu` or `cuda`."""
    precision: str | None = None
    """Number format of the networks: `fp32`, `fp16` or `bf16`."""
    channels_last: bool = False
    """Whether images were stored pixel by pixel; absent: no."""
    compile: bool = False
    """Whether networks ran through torch.compile; absent: no."""
    seed: int | None = None
    """Seed of the method's random numbers."""
    random_weights: bool = False
    """Whether networks had random weights, which is right for speed and wrong for scores."""
    options: Mapping[str, str] | None = None
    """Options of the method; of a file or folder its digest, instead of the value or behind it."""
    outputs: OutputRules | None = None
    """What was done to outputs made elsewhere before they were scored; absent: nothing."""


class Identity(Record):
    """Which weights and options a method ran with; null for outputs made elsewhere."""

    checkpoint_sha256: str | None
    """Digest of the weights."""
    options: Mapping[str, str] | None
    """Options of the method; of a file or folder its digest, instead of the value or behind it."""

    def difference(self, other: "Identity") -> str | None:
        """The first key that differs, with both values; None for the same weights and options."""
        for key in ("checkpoint_sha256", "options"):
            there, here = getattr(self, key), getattr(other, key)
            if there != here:
                return f"{key} differs ({there} there, {here} here)"
        return None


class DeviceFacts(Record):
    """What computed the frames."""

    type: str
    """`cpu`, `cuda` or `cuda:N`."""
    name: str
    """Of the processor or accelerator."""
    threads: int | None
    """Threads PyTorch used on a CPU; null on a GPU or without PyTorch."""


class ProvenanceFacts(Record):
    """The program and the machine that made a run."""

    evalkit: str
    """Version of evalkit."""
    commit: str | None
    """Of its checkout; null outside one."""
    dirty: bool | None
    """Whether its code differed from the commit; null outside a checkout."""
    python: str | None = None
    """Version of Python."""
    libraries: Mapping[str, str | None] | None = None
    """Versions of the libraries that numbers can depend on; null for one that is not installed."""
    platform: str | None = None
    """Operating system."""
    processor: str | None = None
    """Name of the processor."""
    cpus: int | None = None
    """Logical processors."""


class PluginFacts(Record):
    """Code from outside evalkit that a run used."""

    name: str
    """Of the distribution, or of the file."""
    version: str | None
    """Of the distribution; null for a file."""
    sha256: str
    """Digest of its code."""
    brings: tuple[str, ...]
    """What the run took from it: `metric KEY`, `extractor ID`, `method ID`, `dataset ID`."""


class DataFacts(Record):
    """What a run found in its data folder."""

    clips: Count
    """Clips, which can drive."""
    portraits: Count
    """Portraits, which can only be sources."""
    ignored: Mapping[str, Count] | None
    """Why entries became neither -> how many; null for a dataset that does not say."""
    taken: tuple[str, ...]
    """Entries that could have been meant otherwise, a sentence each."""


class CostFacts(Record):
    """What a method costs, over the pairs that were timed (docs/decisions/cost.md); null if not measured."""

    fps: Amount | None
    """Frames divided by the method's own seconds, median over pairs."""
    latency_s: Amount | None
    """Wait for one step of the method in seconds, median over pairs."""
    batch: Count | None
    """Most frames a step gave."""
    warm_up: str
    """What latency leaves out."""
    peak_memory_bytes: Count | None
    """Peak memory over all pairs."""
    peak_memory_of: str
    """Which memory that is."""


class Timings(CostFacts):
    """`timings` of `run.json`."""

    frames: Count
    """Frames of the pairs that were timed."""
    seconds: Amount
    """The method's own seconds for them."""


class RunHeader(Record):
    """`run.json`: what ran, on what, when."""

    schema_version: int
    """Of this file."""
    status: Literal["running", "finished"]
    """`running` also for a run that was stopped."""
    created: str
    """When the run began."""
    updated: str
    """When this file was written."""
    configuration: Configuration
    """What decides the frames."""
    data: str | None
    """Data root; null for the demo corpus and where none was given."""
    protocol: ProtocolFacts
    """The protocol, with all its keys."""
    metrics: tuple[str, ...]
    """Keys of the metrics that were asked for and could be computed."""
    extractors: Mapping[str, str]
    """Network behind a metric -> signature of it and of those it builds on."""
    coefficients: Mapping[str, Mapping[str, str]]
    """Pair -> imported network -> digest of its files; empty without imported coefficients."""
    scoring_device: str
    """Where networks of metrics ran: `cpu` or `cuda`."""
    device: DeviceFacts
    """What computed the frames."""
    provenance: ProvenanceFacts
    """The program and the machine."""
    timings: Timings
    """What the method cost."""
    plugins: tuple[PluginFacts, ...] = ()
    """Code from outside evalkit; absent: none."""
    found: DataFacts | None = None
    """What the data folder held; absent in files of earlier versions."""
    shard: tuple[Count, Count] | None = None
    """Which of how many parts of the pairs this run has; absent: all."""
    stages: Mapping[str, Amount] | None = None
    """Where the time of all tasks went: stage to seconds (`evalkit profile`); absent in files of earlier versions."""


def identity_of(configuration: Configuration) -> Identity:
    """What tells apart two runs of one method."""
    return Identity(checkpoint_sha256=configuration.checkpoint_sha256, options=configuration.options)


def read_header(path: Path) -> RunHeader:
    """`run.json` of the run folder `path`. Raises `RunError` when it is absent, damaged, or from a newer evalkit."""
    return _read(path / "run.json", f"{path} is not a run folder", RunHeader, {1: _header_1})


def read_summary(path: Path) -> Summary:
    """`summary.json` of a run folder. Raises `RunError` when it is absent, damaged, or from a newer evalkit."""
    return _read(path / "summary.json", f"{path} is not a finished run", Summary, {1: summary_1})


def _read(path: Path, absent: str, kind: type[T], upgrades: Mapping[int, Upgrade]) -> T:
    if not path.is_file():
        raise RunError(f"{absent}: it has no {path.name}. Run `evalkit run` or `evalkit score` first.")
    return read_record(path, kind, upgrades)


def summary_1(content: Content) -> Content:
    """Schema 1 allowed a metric without `signature`: nothing says what was measured, as with null."""
    return within_each(content, "metrics", lambda row: {"signature": None, **row})


def costs_1(content: Content) -> Content:
    """Schema 1 gained latency and memory on the way; null in `warm_up` or `peak_memory_of` stood for nothing said."""
    unknown = {"fps": None, "latency_s": None, "batch": None, "peak_memory_bytes": None}
    words = {key: "" for key in ("warm_up", "peak_memory_of") if content.get(key) is None}
    return {**unknown, **content, **words}


def _header_1(content: Content) -> Content:
    """Schema 1 gained keys on the way: missing ones get the value that their absence stood for."""
    began = {"updated": content["created"]} if "created" in content else {}
    content = {**began, "data": None, "coefficients": {}, "scoring_device": "cpu", **content}
    content = within(content, "device", lambda device: {"threads": None, **device})
    return within(content, "timings", costs_1)
