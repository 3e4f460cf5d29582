"""What a table, a ranking or a comparison needs of a result, whether it is in a run folder or on a leaderboard."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import RunError, UnknownNameError
from evalkit.records.output_rules import resized_by, without_mark
from evalkit.records.run import (
    Configuration,
    CostFacts,
    DeviceFacts,
    Identity,
    Summary,
    identity_of,
    read_header,
    read_summary,
)


@dataclass(frozen=True)
class Costs:
    """What a method costs beside its frames per second; None if not measured, "" if not stated.

    `latency_ms` is the wait for a step of `batch` frames, `peak_memory_mb` counts 10^6 bytes of what `memory_of` says,
    `warm_up` tells what was left out.
    """

    latency_ms: float | None = None
    batch: int | None = None
    peak_memory_mb: float | None = None
    warm_up: str = ""
    memory_of: str = ""

    @property
    def measured(self) -> bool:
        """Whether there is a number."""
        return self.latency_ms is not None or self.peak_memory_mb is not None


@dataclass(frozen=True)
class Measured:
    """One result over one protocol.

    `name` is how errors call it, `title` its row, `heading` its protocol's title. `fps` and `costs` were measured on
    `machine`. `identity` says which weights and options it was made with. A result with `flags` (reasons in words) is
    printed and never ranked, and so is an `anchor`: a method whose numbers mark one end of the scale. `follows` is the
    preset that its protocol has on it, `points` what that had to decide. The `status` of a leaderboard row says who
    stands for its numbers; that of a run is empty.
    """

    name: str
    title: str
    tag: str
    summary: Summary
    heading: str
    dataset: str
    fps: float | None
    machine: str
    identity: Identity
    flags: tuple[str, ...] = ()
    anchor: bool = False
    costs: Costs = Costs()
    follows: str = ""
    points: tuple[str, ...] = ()
    status: str = ""

    @property
    def method(self) -> str:
        """The method's id."""
        return self.summary.method

    @property
    def protocol(self) -> str:
        """The protocol's id."""
        return self.summary.protocol


def read_measured(path: Path) -> Measured:
    """Read a finished run. Raises `RunError` if `path` is not a run folder, or a newer evalkit wrote it."""
    summary, header = read_summary(path), read_header(path)
    tag = path.name.partition("@")[2]
    return Measured(
        name=str(path),
        title=row_title(summary.title, tag),
        tag=tag,
        summary=summary,
        heading=header.protocol.title,
        dataset=header.protocol.dataset,
        fps=header.timings.fps,
        machine=machine(header.device, header.configuration),
        identity=identity_of(header.configuration),
        anchor=summary.method in header.protocol.anchors,
        costs=costs_of(header.timings),
        follows=header.protocol.follows,
        points=header.protocol.assumptions if header.protocol.follows else (),
    )


def costs_of(facts: CostFacts) -> Costs:
    """The costs of a run or a leaderboard row, in the units of tables."""
    return Costs(
        latency_ms=_scaled(facts.latency_s, 1e3),
        batch=facts.batch,
        peak_memory_mb=_scaled(facts.peak_memory_bytes, 1e-6),
        warm_up=facts.warm_up,
        memory_of=facts.peak_memory_of,
    )


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def row_title(title: str, tag: str) -> str:
    """A method's title with the tag that tells two runs of it apart."""
    return f"{title} ({tag})" if tag else title


def find_row(results: Sequence[Measured], name: str) -> str:
    """The row title of the result called `name`: its title, its method's id, or `<method>@<tag>`.

    Raises `UnknownNameError`.
    """
    for result in results:
        if name in (result.title, result.method, f"{result.method}@{result.tag}"):
            return result.title
    known = {known for result in results for known in (result.method, result.title)}
    raise UnknownNameError("method in this table", name, known)


def machine(device: DeviceFacts, configuration: Configuration) -> str:
    """Where and how fast numbers were made: the device, the precision, and what was done for speed."""
    return ", ".join(part for part in (device.name, configuration.precision, *speedups(configuration)) if part)


def speedups(configuration: Configuration) -> list[str]:
    """What was done for speed, by the names of its options."""
    done = {"channels_last": configuration.channels_last, "compile": configuration.compile}
    return [name for name, on in done.items() if on]


def by_protocol(results: Sequence[Measured]) -> dict[str, list[Measured]]:
    """Results that may stand side by side, by protocol.

    Raises `RunError` as `refuse_unlike` does within a protocol, and as `refuse_mixed_rows` across them.
    """
    groups: dict[str, list[Measured]] = {}
    for result in results:
        groups.setdefault(result.protocol, []).append(result)
    for group in groups.values():
        refuse_unlike(group)
    refuse_mixed_rows(results)
    return groups


def refuse_unlike(results: Sequence[Measured]) -> None:
    """Raise `RunError` unless the results share protocol, data and (per metric) signatures, and differ in name.

    A value without a signature shares its column with no other: nothing says that both are the same metric. How outputs
    made elsewhere were cut may differ, and whether they were resized (`prepared_notes` says so); the filter may not.
    """
    first = results[0]
    signatures: dict[str, tuple[Measured, str | None]] = {}
    filters: dict[str, Measured] = {}
    for result in results:
        one, other = first.summary, result.summary
        if one.protocol_hash != other.protocol_hash:
            differ = "; ".join(_of_protocol(summary) for summary in (one, other))
            raise RunError(f"{first.name} and {result.name} cannot share a table: their protocol differs ({differ}).")
        if one.data_hash != other.data_hash:
            differ = "; ".join(_of_data(summary) for summary in (one, other))
            raise RunError(f"{first.name} and {result.name} cannot share a table: their data differs ({differ}).")
        for metric, entry in other.metrics.items():
            if entry.value is None and not entry.signature:
                continue
            known, signature = signatures.setdefault(metric, (result, entry.signature))
            if known is not result and not _is_same_metric(signature, entry.signature):
                differ = f"{signature or _NO_SIGNATURE} there, {entry.signature or _NO_SIGNATURE} here"
                raise RunError(f"{known.name} and {result.name} cannot share the column {metric}: {differ}.")
            if how := resized_by(entry.signature or ""):
                filters[how] = result
    if len(filters) > 1:
        (one_filter, here), (other_filter, there) = sorted(filters.items())[:2]
        raise RunError(
            f"{here.name} and {there.name} cannot share a table: their outputs were resized by {one_filter} and by "
            f"{other_filter}. Score both with one --resize."
        )
    titles = [result.title for result in results]
    for title in titles:
        if titles.count(title) > 1:
            raise RunError(f"Two runs have the row name {title!r}. Run one of them again with --tag NAME.")


def refuse_mixed_rows(results: Sequence[Measured]) -> None:
    """Raise `RunError` when results of several protocols that share a row were made with other weights or options."""
    rows: dict[str, Measured] = {}
    for result in results:
        other = rows.setdefault(result.title, result)
        if difference := other.identity.difference(result.identity):
            raise RunError(
                f"{other.name} and {result.name} cannot share the row {result.title!r}: their {difference}. "
                "Run one of them again with --tag NAME."
            )


def _is_same_metric(one: str | None, other: str | None) -> bool:
    return bool(one and other) and without_mark(one or "") == without_mark(other or "")


_NO_SIGNATURE = "no signature"


def _of_protocol(summary: Summary) -> str:
    version = f"{summary.protocol} v{summary.protocol_version}"
    return f"{version} {summary.protocol_hash[:12]}, {summary.pairs.run} pairs"


def _of_data(summary: Summary) -> str:
    return f"{summary.protocol} {(summary.data_hash or 'unknown')[:12]}, {summary.pairs.run} pairs"
