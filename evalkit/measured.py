"""What a table, a ranking or a comparison needs of a result, whether it lies in a run folder or on a leaderboard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.errors import RunError, UnknownNameError
from evalkit.runfolder import read_header, read_summary


@dataclass(frozen=True)
class Costs:
    """What a method costs beside its frames per second; None for what nobody measured, "" for what nobody stated.

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

    `name` is how errors call it, `title` its row, `heading` its protocol's title. `summary` holds what `summary.json`
    holds. `fps` and `costs` were measured on `machine`. `identity` says which weights and options it was made with. A
    result with `flags` (reasons in words) is printed and never ranked, and so is an `anchor`: a method that does
    nothing, whose numbers mark the ends of the scale.
    """

    name: str
    title: str
    tag: str
    summary: Mapping[str, Any]
    heading: str
    dataset: str
    fps: float | None
    machine: str
    identity: Mapping[str, Any]
    flags: tuple[str, ...] = ()
    anchor: bool = False
    costs: Costs = Costs()

    @property
    def method(self) -> str:
        """The method's id."""
        return str(self.summary["method"])

    @property
    def protocol(self) -> str:
        """The protocol's id."""
        return str(self.summary["protocol"])


def read_measured(path: Path) -> Measured:
    """A finished run folder. Raises `RunError` when it is none, or was written by a newer evalkit."""
    summary, header = read_summary(path), read_header(path)
    configuration, protocol = header.get("configuration", {}), header.get("protocol", {})
    tag = path.name.partition("@")[2]
    return Measured(
        name=str(path),
        title=row_title(summary["title"], tag),
        tag=tag,
        summary=summary,
        heading=protocol.get("title", summary["protocol"]),
        dataset=protocol.get("dataset", ""),
        fps=header["timings"]["fps"],
        machine=machine(header.get("device", {}), configuration),
        identity={key: configuration.get(key) for key in ("checkpoint_sha256", "options")},
        anchor=summary["method"] in protocol.get("anchors", ()),
        costs=costs_of(header["timings"]),
    )


def costs_of(timings: Mapping[str, Any]) -> Costs:
    """The costs in `timings` of `run.json`, or in `speed` of a leaderboard row; older files hold less."""
    return Costs(
        latency_ms=_scaled(timings.get("latency_s"), 1e3),
        batch=timings.get("batch"),
        peak_memory_mb=_scaled(timings.get("peak_memory_bytes"), 1e-6),
        warm_up=timings.get("warm_up") or "",
        memory_of=timings.get("peak_memory_of") or "",
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


def machine(device: Mapping[str, Any], configuration: Mapping[str, Any]) -> str:
    """Where and how fast numbers were made: the device, the precision, and what was done for speed."""
    speedups = [name for name in ("channels_last", "compile") if configuration.get(name)]
    return ", ".join(str(part) for part in (device.get("name"), configuration.get("precision"), *speedups) if part)


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
    """Raise `RunError` unless the results share protocol, data and (per metric) signatures, and differ in name."""
    first = results[0]
    signatures: dict[str, tuple[str, str]] = {}
    for result in results:
        for key, what in (("protocol_hash", "protocol"), ("data_hash", "data")):
            if result.summary[key] != first.summary[key]:
                there, here = (_facts(one, key) for one in (first, result))
                raise RunError(
                    f"{first.name} and {result.name} cannot share a table: their {what} differs ({there}; {here})."
                )
        for metric, entry in result.summary["metrics"].items():
            if not entry["signature"]:
                continue
            name, known = signatures.setdefault(metric, (result.name, entry["signature"]))
            if known != entry["signature"]:
                differ = f"{known} there, {entry['signature']} here"
                raise RunError(f"{name} and {result.name} cannot share the column {metric}: {differ}.")
    titles = [result.title for result in results]
    for title in titles:
        if titles.count(title) > 1:
            raise RunError(f"Two runs have the row name {title!r}. Run one of them again with --tag NAME.")


def refuse_mixed_rows(results: Sequence[Measured]) -> None:
    """Raise `RunError` when results of several protocols that share a row were made with other weights or options."""
    rows: dict[str, Measured] = {}
    for result in results:
        other = rows.setdefault(result.title, result)
        for key, value in result.identity.items():
            if other.identity.get(key) != value:
                raise RunError(
                    f"{other.name} and {result.name} cannot share the row {result.title!r}: their {key} differs "
                    f"({other.identity.get(key)} there, {value} here). Run one of them again with --tag NAME."
                )


def _facts(result: Measured, key: str) -> str:
    summary = result.summary
    version = f" v{summary['protocol_version']}" if key == "protocol_hash" else ""
    return f"{summary['protocol']}{version} {summary[key][:12]}, {summary['pairs']['run']} pairs"
